"""What is copied from the admin into pages and servers."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from tracking.models import Key


def script_tag(base: str, token: str) -> str:
    return f'<script async src="{base.rstrip("/")}/v1/client.js" data-key="{token}"></script>'


def installation(base: str, key: Key) -> SafeString:
    """The script tag of a client key, ready to copy."""
    return copyable(script_tag(base, key.token))


def copyable(text: str) -> SafeString:
    return render_to_string("tracking/admin/copyable.html", {"text": text})
