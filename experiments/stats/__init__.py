"""Statistics on sufficient statistics: pure functions, no database, no clock, no settings.

Start at ``registry.compare``. Only ``answers`` and ``samples`` are free of scipy; the rest belongs in workers.
"""
