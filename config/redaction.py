"""Keeps secrets out of logs: what looks like a secret key is cut to its kind, wherever it was written."""

import logging
import re

SECRET = re.compile(r"sk_[\w-]{6,}")


class WithoutSecrets(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return SECRET.sub("sk_…", super().format(record))
