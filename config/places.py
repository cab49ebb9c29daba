"""Where this installation keeps its own things: the data folder, the sockets and the generated secrets."""

import hashlib
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from config.processes import Trouble

# A unix socket's path must fit in 108 bytes; PostgreSQL adds "/.s.PGSQL.5432" to its folder.
LONGEST_SOCKET_FOLDER = 85

CODE = Path(__file__).resolve().parent.parent


def data_dir() -> Path:
    """MICROLIFT_DATA_DIR, else (as root) ``/var/lib/microlift``, else ``.data`` beside the code."""
    chosen = os.environ.get("MICROLIFT_DATA_DIR")
    if chosen:
        return Path(chosen).expanduser().resolve()
    if os.geteuid() == 0:
        return Path("/var/lib/microlift")
    return CODE / ".data"


def make_data_dir(data: Path) -> None:
    """Creates the data folder; one that exists keeps its mode and owner."""
    # Root's servers run as nobody and must pass through; each thing inside has a mode of its own.
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        data.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            data.mkdir(mode=mode)
            data.chmod(mode)  # the umask may have taken bits away
    except OSError as error:
        raise Trouble(f"{data} cannot be created ({error.strerror}): choose another MICROLIFT_DATA_DIR") from error
    if not data.is_dir() or not os.access(data, os.W_OK | os.X_OK):
        raise Trouble(f"{data} is not a folder we may write in: choose another MICROLIFT_DATA_DIR")


def admin_password_file(data: Path) -> Path:
    return data / "admin_password"


def logs_dir(data: Path) -> Path:
    return data / "logs"


def socket_dir(data: Path) -> Path:
    """Where both servers listen; a folder of its own when the data folder's path is too long or too odd for that."""
    inside = data / "sockets"
    # A comma, for one, would make two hosts of it.
    if len(str(inside)) <= LONGEST_SOCKET_FOLDER and re.fullmatch(r"[A-Za-z0-9/._-]+", str(inside)):
        return inside
    # Not TMPDIR: every process of an installation must find the same folder.
    return Path("/tmp") / f"microlift-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"


def embedded_database_url(data: Path) -> str:
    return f"postgresql://microlift@/microlift?host={socket_dir(data)}"


def embedded_redis_url(data: Path) -> str:
    return f"unix://{socket_dir(data)}/valkey.sock"


def local_secret(data: Path) -> str:
    """The generated SECRET_KEY of a local installation."""
    return kept_secret(data / "secret_key", secrets.token_urlsafe(48))


def kept_secret(path: Path, fresh: str) -> str:
    """What the file holds; ``fresh`` is kept there first when there is none. Only the file's owner can read it."""
    make_data_dir(path.parent)
    if path.exists():
        return path.read_text()
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(fresh)
    try:
        os.link(draft, path)  # complete at once, and never over what another process has just kept
    except FileExistsError:
        return path.read_text()
    else:
        return fresh
    finally:
        draft.unlink()
