"""ETags, pure: the same bytes have the same tag in every process."""

from hashlib import blake2b


def tag_of(body: bytes) -> str:
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'
