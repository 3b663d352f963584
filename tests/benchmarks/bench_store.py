# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verification and copies against the tools of the house, and the memory that the core holds."""

from __future__ import annotations

import json
import os
import shutil
import typing as t
from pathlib import Path

from tests.benchmarks.measure import Row, Side, for_information, forget, in_turn, run
from tests.benchmarks.runner import Host
from tests.benchmarks.workload import make_tree

SOURCE = "Situs"
MARKER = ".nusantara-backup-medium"
MEMORY_LIMIT = 64


def mark(place: Path) -> None:
    """Make a directory a disk medium of its own name."""
    place.mkdir(parents=True, exist_ok=True)
    (place / MARKER).write_text(json.dumps({"name": place.name}) + "\n", encoding="utf-8")


def verification(tree: Path, host: Host, rounds: int) -> t.Iterator[Row]:
    """One set of a tree, uncompressed so that it is large, re-read from a cold disk."""
    _plain_set(tree, host)
    artifact = host.artifact()

    def cold() -> None:
        forget(artifact)

    ours = Side("ours", host.verify, cold)
    coreutils = Side("sha256sum", lambda: run("sha256sum", "--", str(artifact)), cold)
    openssl = Side("openssl", lambda: run("openssl", "dgst", "-sha256", str(artifact)), cold)
    yield in_turn(ours, coreutils, rounds).speed_at_least("Verification, cold, to sha256sum", 0.9)
    yield in_turn(ours, openssl, for_information(rounds)).speed_at_least(
        "Verification, cold, to openssl dgst -sha256", None
    )


def copies(tree: Path, host: Host, rounds: int) -> t.Iterator[Row]:
    """The same set to two disk media, and by ``cp`` twice, ``sync`` and ``sha256sum`` of both."""
    _plain_set(tree, host)
    artifact, found = host.artifact(), host.set_directory()
    places = [host.base / name for name in ("m0", "m1")]
    raw = [host.base / f"raw{number}" for number in range(2)]

    def clear() -> None:
        for place in places:
            shutil.rmtree(place, ignore_errors=True)
            mark(place)
        for path in raw:
            path.unlink(missing_ok=True)
        shutil.rmtree(host.state / "receipts", ignore_errors=True)
        os.sync()
        forget(artifact)

    def by_hand(drop: bool) -> None:
        for path in raw:
            run("cp", "--", str(artifact), str(path))
        run("sync", *map(str, raw))
        if drop:
            forget(*raw)
        run("sha256sum", "--", *map(str, raw))

    ours = Side("ours", lambda: host.copy(SOURCE, found.name, *places), clear)
    yield in_turn(ours, Side("cp", lambda: by_hand(False), clear), rounds).at_most(
        "Copy to two disk stores, to cp twice, sync, sha256sum of both (from the page cache)", 1.15
    )
    yield in_turn(ours, Side("cp, cold", lambda: by_hand(True), clear), for_information(rounds)).at_most(
        "The same, when sha256sum too must read from the disk", None
    )
    clear()


def memory(base: Path, keys: t.Sequence[str], sizes: t.Sequence[int]) -> t.Iterator[Row]:
    """Whole runs of growing sources, each copied to two media: the peak of the runner's own process."""
    peaks = []
    for size in sizes:
        host = Host(base / f"memory-{size}", keys)
        tree = host.base / "tree"
        make_tree(tree, size)
        media = [{"name": name, "kind": "disk", "path": str(host.base / name)} for name in ("m0", "m1")]
        for medium in media:
            mark(Path(medium["path"]))
        source = {"name": SOURCE, "engine": "files", "path": str(tree), "media": [medium["name"] for medium in media]}
        host.run(host.job(source, media=media))
        peaks.append(host.peak)
        shutil.rmtree(host.base)
    names = ", ".join(f"{size / 1000:g} GB {peak:.1f} MiB" for size, peak in zip(sizes, peaks))
    yield memory_row("Memory of our own process, a whole run with two copies", max(peaks), names)


def memory_row(figure: str, peak: float, detail: str) -> Row:
    return Row(figure, f"at most {MEMORY_LIMIT} MiB", f"{peak:.1f} MiB", "", peak <= MEMORY_LIMIT, detail)


def _plain_set(tree: Path, host: Host) -> None:
    host.clear()
    source = {"name": SOURCE, "engine": "files", "path": str(tree), "compression": "none", "encryption": "none"}
    host.run(host.job(source))
