# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty small sources in one run: what of its time is our own, and how a plain script of the same work compares."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shlex
import shutil
import sqlite3
import statistics
import time
import typing as t
from pathlib import Path

from tests.benchmarks.bench_store import mark, memory_row
from tests.benchmarks.measure import Row, Side, in_turn, run
from tests.benchmarks.runner import Host
from tests.support.mariadb import Server
from tests.support.postgres import SUPERUSER, Cluster

OWN_LIMIT = 1.5
_NAMES = ("Siti", "Budi", "Dewi", "Agus", "Rina", "Joko", "Putri", "Hadi")
_ROWS = 1000


@dataclasses.dataclass(frozen=True)
class Small:
    """One source: as our configuration has it, and the command of a script that writes its dump to stdout."""

    source: t.Mapping[str, t.Any]
    producer: str


def databases(base: Path, count: int) -> t.Iterator[Small]:
    """SQLite databases of some 30 kB."""
    for number in range(count):
        path, copy = base / f"buku-{number}.db", base / f"copy-{number}.db"
        with contextlib.closing(sqlite3.connect(path)) as made:
            made.execute("CREATE TABLE buku_tamu (id INTEGER PRIMARY KEY, nama TEXT NOT NULL)")
            made.executemany("INSERT INTO buku_tamu (nama) VALUES (?)", ((_name(row),) for row in range(_ROWS)))
            made.commit()
        words = shlex.join(["sqlite3", str(path), f".backup '{copy}'"])
        producer = f"{words} && cat {copy} && rm {copy}"
        yield Small({"name": f"Buku{number}", "engine": "sqlite", "path": str(path)}, producer)


def trees(base: Path, count: int) -> t.Iterator[Small]:
    """Trees of twenty files."""
    for number in range(count):
        tree = base / f"situs-{number}"
        tree.mkdir()
        for file in range(20):
            (tree / f"berkas-{file}.txt").write_text(f"Berkas {file} milik {_name(file)}\n" * 50, encoding="utf-8")
        producer = shlex.join(["tar", "--create", "--file=-", f"--directory={tree}", "."])
        yield Small({"name": f"Situs{number}", "engine": "files", "path": str(tree)}, producer)


def postgresql(cluster: Cluster, count: int) -> t.Iterator[Small]:
    """Databases of one server, each with rows and a function."""
    for number in range(count):
        name = f"layanan_{number}"
        cluster.create(name)
        cluster.sql(
            name,
            "CREATE TABLE tamu (id int PRIMARY KEY, nama text NOT NULL);"
            "CREATE FUNCTION salam(text) RETURNS text LANGUAGE sql AS $$ SELECT 'Salam, ' || $1 $$;"
            f"INSERT INTO tamu SELECT n, 'Budi ' || n FROM generate_series(1, {_ROWS}) AS n;",
        )
        where = ["--host", str(cluster.socket), "--port", str(cluster.port), "--username", SUPERUSER]
        producer = shlex.join([str(cluster.binaries / "pg_dump"), "-Fc", "-Z0", *where, name])
        options = cluster.options(database=name, globals=False)
        yield Small({"name": f"Layanan{number}", "engine": "postgresql", **options}, producer)


def mariadb(server: Server, login: Path, count: int) -> t.Iterator[Small]:
    """Databases of one server, each with rows and a function."""
    for number in range(count):
        name = f"arsip_{number}"
        server.create(name)
        server.sql(
            name,
            "CREATE TABLE surat (id int PRIMARY KEY, perihal varchar(80) NOT NULL);"
            "CREATE FUNCTION salam(nama varchar(80)) RETURNS varchar(100) DETERMINISTIC RETURN CONCAT('Salam, ', nama);"
            f"INSERT INTO surat SELECT seq, CONCAT('Surat ', seq) FROM seq_1_to_{_ROWS};",
        )
        words = [f"--defaults-file={login}", "--single-transaction", "--routines", "--events", "--hex-blob", name]
        options = server.options(database=name, accounts=False)
        yield Small({"name": f"Arsip{number}", "engine": "mariadb", **options}, shlex.join(["mariadb-dump", *words]))


class Night:
    """One run of all of them with one copy each, watched; and the same work as a script."""

    def __init__(self, host: Host, sources: t.Sequence[Small]) -> None:
        self._host = host
        self._sources = sources
        self._nas = host.base / "nas"
        self._by_hand = host.base / "by-hand"
        media = [{"name": self._nas.name, "kind": "disk", "path": str(self._nas), "building": "B"}]
        entries = [{"frequency": "daily", "media": [self._nas.name], **small.source} for small in sources]
        self._job = host.site(entries, media=media)
        self.waits: list[dict[str, float]] = []

    def clear(self) -> None:
        self._host.clear()
        shutil.rmtree(self._nas, ignore_errors=True)
        mark(self._nas)
        shutil.rmtree(self._by_hand, ignore_errors=True)
        (self._by_hand / "copies").mkdir(parents=True)
        os.sync()

    def ours(self) -> float:
        """Our own seconds are kept aside; returned are those of the whole run."""
        begun = time.monotonic()
        waited = self._host.watched(self._job)
        whole = time.monotonic() - begun - waited.pop("bookkeeping")
        self.waits.append({"whole": whole, "own": whole - waited["engines"] - waited["disk"], **waited})
        found = len(list(self._nas.glob("*/*/*.manifest.json")))
        if found != len(self._sources):
            raise SystemExit(f"{found} of {len(self._sources)} sources have a copy")
        return whole

    def script(self) -> None:
        """Each dump through zstd and age; flushed, re-read, signed, copied, flushed and re-read again."""
        key = self._host.state / "keys" / "manifest"
        recipients = " ".join(f"-r {key}" for key in self._host.recipients)
        lines = ["set -euo pipefail", f"cd {shlex.quote(str(self._by_hand))}"]
        for small in self._sources:
            name = small.source["name"]
            coded = f"zstd -q -3 -T0 -c | age --encrypt {recipients} | tee {name}"
            lines += [
                f"( {small.producer} ) | {coded} | sha256sum > {name}.sum",
                *_proven(name),
                f"ssh-keygen -Y sign -q -n script -f {shlex.quote(str(key))} < {name}.sum > {name}.sig",
                f"sync {name}.sum {name}.sig .",
                f"cp {name} copies/{name}",
                *_proven(f"copies/{name}"),
                f"cp {name}.sum {name}.sig copies/",
                f"sync copies/{name}.sum copies/{name}.sig copies",
            ]
        run("bash", "-c", "\n".join(lines))

    def own_row(self, figure: str) -> Row:
        def median(kind: str) -> float:
            return statistics.median(waited[kind] for waited in self.waits)

        own = median("own")
        lowest, highest = (edge(waited["own"] for waited in self.waits) for edge in (min, max))
        detail = f"of {median('whole'):.2f} s; engines {median('engines'):.2f} s, disk {median('disk'):.2f} s"
        spread = f"{lowest:.2f} to {highest:.2f}"
        return Row(figure, f"at most {OWN_LIMIT:g} s", f"{own:.2f} s", spread, own <= OWN_LIMIT, detail)


def _proven(name: str) -> list[str]:
    """Flush a file, drop it from the page cache, read it from the disk."""
    return [
        f"sync {name}",
        f"dd of={name} oflag=nocache conv=notrunc,fdatasync count=0 status=none",
        f"sha256sum {name}",
    ]


def small(base: Path, cluster: Cluster, server: Server, keys: t.Sequence[str], rounds: int) -> t.Iterator[Row]:
    """A mixed site, and one without servers, whose runs are almost only our own."""
    data = base / "small"
    data.mkdir()
    login = server.option_file(data / "login")
    mixed = [*databases(data, 8), *trees(data, 4), *postgresql(cluster, 4), *mariadb(server, login, 4)]
    local = [*databases(base, 12), *trees(base, 8)]
    for what, sources in (("8 SQLite, 4 trees, 4 PostgreSQL, 4 MariaDB", mixed), ("12 SQLite, 8 trees", local)):
        host = Host(base / f"small-{len(what)}", keys)
        night = Night(host, sources)
        # The first run makes the host's signing key.
        night.clear()
        night.ours()
        night.waits.clear()
        pairs = in_turn(Side("ours", night.ours, night.clear), Side("script", night.script, night.clear), rounds)
        figure = f"20 small sources in one run ({what})"
        yield night.own_row(f"{figure}: our own time")
        yield memory_row(f"{figure}: memory of our own process", host.peak, f"{rounds} rounds")
        yield pairs.at_most(f"{figure}: the whole run, to a script of the same programs", None)


def _name(number: int) -> str:
    return f"{_NAMES[number % len(_NAMES)]} {number}"
