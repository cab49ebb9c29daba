"""The embedded servers: a real PostgreSQL and a real Valkey below the data folder, on sockets that only we reach."""

import fcntl
import os
import shutil
import signal
import socket
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from config import places
from config.privileges import Launch, launch_for
from config.processes import Child, Trouble, nothing, run_to_end, wait_until

POSTGRES, VALKEY = "PostgreSQL", "Valkey"
BOTH = frozenset({POSTGRES, VALKEY})
SOCKETS = {POSTGRES: ".s.PGSQL.5432", VALKEY: "valkey.sock"}

# Given on the command line, so that an older data folder gets them too.
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "max_connections": "60",
    "jit": "off",  # our queries are short; compiling them costs more than it gains
    "max_wal_size": "256MB",
    "min_wal_size": "64MB",
    "wal_level": "minimal",  # one server, no replica
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %a ",
    "logging_collector": "off",
}
INITDB_OPTIONS = (
    "--username=microlift",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth-local=trust",  # the folder's mode decides who gets as far as the socket
    "--auth-host=reject",
)

# A server that was killed replays its log first; a command that uses our servers may last.
START_SECONDS, LOCK_SECONDS = 60, 10
BARE = {"PATH": os.defpath, "LC_ALL": "C"}


@dataclass
class Servers:
    """What this process started itself; empty when somebody else had already."""

    children: list[Child] = field(default_factory=list)
    owned: bool = False
    outside: Path | None = None  # our socket folder, when it is not below the data folder

    def stop(self) -> None:
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            child.stop()
        if self.outside is not None:
            shutil.rmtree(self.outside, ignore_errors=True)


def needed(environ: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Which servers an installation with these variables starts itself."""
    chosen = environ.get("MICROLIFT_ENV") or ("production" if environ.get("DATABASE_URL") else "local")
    if chosen == "production":
        return frozenset()
    given = {POSTGRES: environ.get("DATABASE_URL"), VALKEY: environ.get("REDIS_URL")}
    return frozenset(name for name, url in given.items() if not url)


def running(data: Path, wanted: frozenset[str] = BOTH) -> bool:
    return all(_answers(places.socket_dir(data) / SOCKETS[name]) for name in wanted)


@contextmanager
def servers(
    data: Path,
    *,
    wanted: frozenset[str] | None = None,
    share: bool = True,
    pulse: Callable[[], None] = nothing,
) -> Iterator[Servers]:
    """Starts what is wanted (default: what is needed) and stops it at the end.

    With ``share``, servers that run already are used and left alone, and ours are stopped only after others have
    done with them. ``pulse`` runs while waiting and may raise.
    """
    wanted = needed() if wanted is None else wanted
    if not wanted:
        yield Servers()
        return
    places.make_data_dir(data)
    with ExitStack() as stack:
        using = stack.enter_context((data / "servers.users").open("a")) if share else None
        if using:
            fcntl.flock(using, fcntl.LOCK_SH)
        lock = _own(data, wanted, share, pulse)
        if lock is None:
            yield Servers()
            return
        ours = Servers(owned=True)
        # Left in reverse: wait for the others, stop, then give the lock away.
        stack.callback(os.close, lock)
        stack.callback(ours.stop)
        if using:
            stack.callback(_wait_for_others, using.fileno())
        _start(data, wanted, ours, lock, pulse)
        yield ours


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _own(data: Path, wanted: frozenset[str], share: bool, pulse: Callable[[], None]) -> int | None:
    """The lock that whoever starts the servers holds; None when their servers can be used.

    The servers inherit it: it is free only when the last process of the last server is gone, so whatever a dead
    server left behind is then known to be stale.
    """
    lock = os.open(data / "servers.lock", os.O_RDWR | os.O_CREAT, 0o600)
    held = False

    def decided() -> bool:
        nonlocal held
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = True
        return held or (share and running(data, wanted))

    try:
        if not wait_until(decided, seconds=START_SECONDS if share else LOCK_SECONDS, pulse=pulse):
            who = os.pread(lock, 200, 0).decode() or "another process"
            raise Trouble(f"{who} is using the servers of {data}: let it finish, then start again")
        if held:
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{Path(sys.argv[0]).name or 'python'} (pid {os.getpid()})".encode(), 0)
    except BaseException:
        os.close(lock)
        raise
    if held:
        return lock
    os.close(lock)
    return None


def _wait_for_others(using: int) -> None:
    try:
        fcntl.flock(using, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Other commands still use the database: waiting for them.", file=sys.stderr)
        fcntl.flock(using, fcntl.LOCK_EX)


def _start(data: Path, wanted: frozenset[str], ours: Servers, lock: int, pulse: Callable[[], None]) -> None:
    launch = launch_for(data)
    sockets = _socket_folder(data, launch)
    ours.outside = None if sockets.is_relative_to(data) else sockets
    if POSTGRES in wanted and not (data / "postgres" / "PG_VERSION").exists():
        _create_cluster(data, launch, pulse)
    recipes = {POSTGRES: _postgres, VALKEY: _valkey}
    for name in sorted(wanted):
        child = recipes[name](data, sockets, launch)
        child.keep_open = (lock,)
        ours.children.append(child)
        child.start()
    for child in ours.children:
        _wait_until_ready(child, sockets, pulse)
    if POSTGRES in wanted:
        _create_database(sockets)


def _wait_until_ready(child: Child, sockets: Path, pulse: Callable[[], None]) -> None:
    ready = {POSTGRES: _postgres_ready, VALKEY: _answers}[child.name]
    path = sockets / SOCKETS[child.name]
    in_time = wait_until(lambda: ready(path) or not child.alive, seconds=START_SECONDS, pulse=pulse)
    if not child.alive:
        raise Trouble(f"{child.name} did not start: {child.complaint} (log: {child.log})")
    if not in_time:
        raise Trouble(f"{child.name} does not answer: {child.complaint} (log: {child.log})")


def _postgres_ready(path: Path) -> bool:
    try:
        with _connect(path.parent):
            return True
    except psycopg.OperationalError:  # not there yet, or still replaying its log
        return False


def _connect(sockets: Path) -> psycopg.Connection:
    return psycopg.connect(host=str(sockets), user="microlift", dbname="postgres", connect_timeout=2, autocommit=True)


def _create_database(sockets: Path) -> None:
    with _connect(sockets) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'microlift'").fetchone():
            connection.execute("CREATE DATABASE microlift")


def _socket_folder(data: Path, launch: Launch) -> Path:
    """Only the servers' owner (and root) may pass: whoever reaches a socket is trusted."""
    folder = places.socket_dir(data)
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), launch.uid}:
        raise Trouble(f"{folder} belongs to somebody else: remove it, or choose a shorter MICROLIFT_DATA_DIR")
    folder.chmod(0o700)
    os.chown(folder, launch.uid, launch.gid)
    for name in SOCKETS.values():
        (folder / name).unlink(missing_ok=True)
        (folder / f"{name}.lock").unlink(missing_ok=True)
    return folder


def _private_folder(folder: Path, launch: Launch) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    os.chown(folder, launch.uid, launch.gid)


def _postgres(data: Path, sockets: Path, launch: Launch) -> Child:
    cluster, programs = data / "postgres", launch.binaries.postgres / "bin"
    (cluster / "postmaster.pid").unlink(missing_ok=True)  # we hold the lock, so its process is gone
    settings = {**POSTGRES_SETTINGS, "unix_socket_directories": str(sockets)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Child(
        POSTGRES,
        [str(programs / "postgres"), "-D", str(cluster), *options],
        places.logs_dir(data) / "postgres.log",
        BARE,
        as_whom=launch.as_whom,
        farewell=signal.SIGINT,  # "fast": ends sessions, writes what it must, goes
        death=signal.SIGINT,
        patience=30,  # what it has to write may take a slow disk that long
        grace=4,
    )


def _create_cluster(data: Path, launch: Launch, pulse: Callable[[], None]) -> None:
    """initdb beside the final place: a start that was interrupted leaves no half database."""
    draft = data / "postgres.new"
    if draft.exists():
        shutil.rmtree(draft)
    _private_folder(draft, launch)
    initdb = Child(
        "initdb",
        [str(launch.binaries.postgres / "bin" / "initdb"), "-D", str(draft), *INITDB_OPTIONS],
        places.logs_dir(data) / "initdb.log",
        BARE,
        as_whom=launch.as_whom,
        death=signal.SIGKILL,
        grace=0.5,
    )
    if run_to_end(initdb, pulse=pulse) != 0:
        raise Trouble(f"PostgreSQL could not create its files: {initdb.complaint} (log: {initdb.log})")
    draft.rename(data / "postgres")


def _valkey(data: Path, sockets: Path, launch: Launch) -> Child:
    folder = data / "valkey"
    _private_folder(folder, launch)
    options = {
        "port": "0",
        "unixsocket": str(sockets / SOCKETS[VALKEY]),
        "unixsocketperm": "700",
        "save": "",  # broker and cache: nothing in it must survive
        "appendonly": "no",
        "dir": str(folder),
    }
    return Child(
        VALKEY,
        [str(launch.binaries.valkey), *(part for name, value in options.items() for part in (f"--{name}", value))],
        places.logs_dir(data) / "valkey.log",
        BARE,
        as_whom=launch.as_whom,
        grace=2,
    )
