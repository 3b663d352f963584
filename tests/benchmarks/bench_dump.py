# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps of PostgreSQL and of a tree against the same programs in a shell pipe."""

from __future__ import annotations

import shlex
import subprocess
import typing as t
from pathlib import Path

from tests.benchmarks.measure import Row, Side, for_information, forget, in_turn, run
from tests.benchmarks.runner import Host
from tests.benchmarks.workload import DATABASE
from tests.support.postgres import SUPERUSER, Cluster


def recipients(count: int = 2) -> list[str]:
    """Public keys whose private halves nobody keeps."""
    made = []
    for _key in range(count):
        said = subprocess.run(["age-keygen"], check=True, capture_output=True, text=True).stdout
        made.append(next(line.split()[-1] for line in said.splitlines() if line.startswith("# public key")))
    return made


class Chain:
    """``PRODUCER | zstd -3 -T0 | age | tee FILE | sha256sum``, then ``sync`` of the file."""

    def __init__(self, producer: t.Sequence[str], target: Path, keys: t.Sequence[str]) -> None:
        self._target = target
        age = ["age", "--encrypt", *(word for key in keys for word in ("-r", key))]
        stages = [list(producer), ["zstd", "-q", "-3", "-T0", "-c"], age, ["tee", str(target)], ["sha256sum"]]
        self._pipe = " | ".join(shlex.join(stage) for stage in stages)

    def clear(self) -> None:
        self._target.unlink(missing_ok=True)

    def make(self) -> None:
        run("bash", "-o", "pipefail", "-c", f"{self._pipe} && sync {shlex.quote(str(self._target))}")

    def make_and_read_back(self) -> None:
        self.make()
        forget(self._target)
        run("bash", "-o", "pipefail", "-c", f"cat {shlex.quote(str(self._target))} | sha256sum")


def postgresql_source(cluster: Cluster, inventory: str, **more: t.Any) -> dict[str, t.Any]:
    """The database of the benchmarks as a source of ours."""
    options = cluster.options(database=DATABASE, inventory=inventory, **more)
    return {"name": "SIMPEG", "engine": "postgresql", **options}


def postgresql(cluster: Cluster, host: Host, keys: t.Sequence[str], rounds: int) -> t.Iterator[Row]:
    """The database against the shell: alone, with its re-read, with its inventory, and the whole run."""
    producer = [str(cluster.binaries / "pg_dump"), "-Fc", "-Z0", "-h", str(cluster.socket), "-p", str(cluster.port)]
    chain = Chain([*producer, "-U", SUPERUSER, DATABASE], host.base / "chain.zst.age", keys)
    objects = host.job(postgresql_source(cluster, "objects", globals=False))
    rows = host.job(postgresql_source(cluster, "rows", globals=False))
    whole = host.job(postgresql_source(cluster, "rows"))
    raw = Side("shell", chain.make, chain.clear)
    raw_read = Side("shell", chain.make_and_read_back, chain.clear)

    def ours(job: Path, read_back: bool) -> Side:
        return Side("ours", lambda: host.dump(job, read_back=read_back), host.clear)

    yield in_turn(ours(objects, False), raw, rounds).at_most("PostgreSQL, without read-back, to the raw chain", 1.05)
    yield in_turn(ours(objects, True), raw_read, rounds).at_most("PostgreSQL, both sides read back", 1.05)
    yield in_turn(ours(rows, False), raw, rounds).at_most("PostgreSQL, with row inventory, to the raw chain", 1.2)
    run_side = Side("whole run", lambda: host.run(whole), host.clear)
    yield in_turn(run_side, raw_read, for_information(rounds)).at_most(
        "PostgreSQL, a whole run (preflight, rows, globals, manifest, journal), to the raw chain that reads back", None
    )


def files(tree: Path, host: Host, keys: t.Sequence[str], rounds: int) -> t.Iterator[Row]:
    """A tree against the shell: alone and with its re-read."""
    chain = Chain(["tar", "--create", "--file=-", f"--directory={tree}", "."], host.base / "chain.tar.zst.age", keys)
    job = host.job({"name": "Situs", "engine": "files", "path": str(tree)})
    raw = Side("shell", chain.make, chain.clear)
    raw_read = Side("shell", chain.make_and_read_back, chain.clear)

    def ours(read_back: bool) -> Side:
        return Side("ours", lambda: host.dump(job, read_back=read_back), host.clear)

    yield in_turn(ours(False), raw, rounds).at_most("files, without read-back, to tar in the raw chain", 1.05)
    yield in_turn(ours(True), raw_read, rounds).at_most("files, both sides read back", 1.05)
    whole = Side("whole run", lambda: host.run(job), host.clear)
    yield in_turn(whole, raw_read, for_information(rounds)).at_most(
        "files, a whole run (preflight, manifest, journal), to the raw chain that reads back", None
    )
