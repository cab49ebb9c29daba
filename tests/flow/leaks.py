"""Looks for words in everything that an installation keeps: tables, Valkey, logs and all other files, and metrics."""

import base64
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import psycopg
from psycopg import sql
from redis import Redis

from config import places
from tests.house import House

# These hold a secret because they are the place for it.
KEPT_ON_PURPOSE = {"admin_password", "secret_key"}
TABLES = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
"""
# Every column as psql would show it: texts, JSON, arrays, addresses, and bytes in hexadecimal.
ROWS = "SELECT row::text FROM {} AS row"
DISK_BLOCK = 1 << 22


def written(word: str) -> list[str]:
    """The word as it may be written: plain, in hexadecimal, in Base64 at each of its three beginnings."""
    raw = word.encode()
    coded = [base64.b64encode(b"x" * shift + raw)[4 if shift else 0 : -4].decode() for shift in range(3)]
    return [word, raw.hex(), *(part for part in coded if len(part) > 7)]


def anywhere(house: House, words: Iterable[str]) -> set[tuple[str, str]]:
    """The words that are found, each with the place: ``("tracking_event", "q7f3")``. Prints what is around them."""
    ways = [(way.lower().encode(), word) for word in words for way in written(word)]
    found = set()
    for place, content in chain(_tables(house), _valkey(house), _files(house), _told(house)):
        # A search for each is many times faster than one pattern of them all.
        low = content.lower()
        for way, word in ways:
            if way in low and (place, word) not in found:
                found.add((place, word))
                print(place, word, content[max(0, low.index(way) - 150) : low.index(way) + 100])
    return found


def _tables(house: House) -> Iterator[tuple[str, bytes]]:
    with psycopg.connect(house.dsn) as connection:
        for (name,) in connection.execute(TABLES).fetchall():
            query = sql.SQL(ROWS).format(sql.SQL(".").join(sql.Identifier(part) for part in name.split(".")))
            yield from ((name, text.encode()) for (text,) in connection.execute(query))


def valkey(house: House, database: int = 0) -> Redis:
    return Redis(unix_socket_path=f"{places.socket_dir(house.data)}/valkey.sock", db=database)


def _valkey(house: House) -> Iterator[tuple[str, bytes]]:
    """Every key of every database with what it holds, task messages of Celery among it."""
    readers: dict[Any, Callable[[Redis, bytes], Any]] = {
        b"string": lambda store, key: store.get(key),
        b"list": lambda store, key: store.lrange(key, 0, -1),
        b"hash": lambda store, key: store.hgetall(key),
        b"set": lambda store, key: store.smembers(key),
        b"zset": lambda store, key: store.zrange(key, 0, -1, withscores=True),
        b"stream": lambda store, key: store.xrange(key),
    }
    for database in range(16):
        store = valkey(house, database)
        for key in store.scan_iter(count=1000):
            yield "valkey", f"{key!r} {readers[store.type(key)](store, key)!r}".encode()


def _files(house: House) -> Iterator[tuple[str, bytes]]:
    """Logs, and what the servers have written to the disk: also rows that are gone, in the log of PostgreSQL."""
    for path in house.data.rglob("*"):
        if path.name in KEPT_ON_PURPOSE or path.is_socket() or not path.is_file():
            continue
        place = str(path.relative_to(house.data)) if path.suffix == ".log" else path.relative_to(house.data).parts[0]
        if place != "static":
            yield from ((place, block) for block in _blocks(path))


def _blocks(path: Path) -> Iterator[bytes]:
    """With a little of the one before, so that no word is cut in two."""
    before = b""
    with suppress(FileNotFoundError), path.open("rb") as file:
        while block := file.read(DISK_BLOCK):
            # Much of what PostgreSQL keeps ready is empty.
            if block.count(0) < len(block):
                yield before + block
            before = block[-500:]


def _told(house: House) -> Iterator[tuple[str, bytes]]:
    for page in ("/metrics", "/readyz", "/livez"):
        with suppress(HTTPError), urllib.request.urlopen(house.base_url + page, timeout=10) as answer:
            yield page, answer.read()
