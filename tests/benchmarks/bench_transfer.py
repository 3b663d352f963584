# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies and verifications against ``cp``, ``sync`` and ``sha256sum``, side by side, medians of five."""

from __future__ import annotations

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t

from tests.support.mounts import mark
from tests.support.sets import MadeSet, make_big_set

NAME = "2026112024F1D-BENCH"
ROUNDS = 5
_HEAD = """
import sys
from ansible_collections.nusantara.backup.plugins.module_utils._clock import Clock
"""
_COPY = (
    _HEAD
    + """
from ansible_collections.nusantara.backup.plugins.module_utils._model import Medium
from ansible_collections.nusantara.backup.plugins.module_utils._transfer import SetRef, Transfer
base, name = sys.argv[1:]
media = [Medium(one, "disk", f"{base}/{one}") for one in ("one", "two")]
copies = Transfer(f"{base}/store", f"{base}/state", Clock()).copy(SetRef("BENCH", name), media)
assert [copy.receipt.outcome for copy in copies] == ["verified"] * 2, [str(copy.error) for copy in copies]
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM:")))
"""
)
_VERIFY = (
    _HEAD
    + """
from ansible_collections.nusantara.backup.plugins.module_utils._verify import verify_store
report = verify_store(f"{sys.argv[1]}/store", Clock())
assert report.counts["ok"] == 1 and not report.problems, report
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM:")))
"""
)


def run(megabytes: int = 1024, directory: str | None = None) -> dict[str, dict[str, t.Any]]:
    """Rows by name: seconds of both sides, their ratio, the ratio to reach, and our peak memory in MiB."""
    with tempfile.TemporaryDirectory(prefix="nusantara-bench-", dir=directory) as base:
        return _Bench(pathlib.Path(base), megabytes).rows()


class _Bench:
    def __init__(self, base: pathlib.Path, megabytes: int) -> None:
        self.base = base
        self.made: MadeSet = make_big_set(base / "store", "BENCH", NAME, megabytes << 20)
        for name in ("one", "two"):
            mark(base / name, name)
        self.memory: list[float] = []

    def rows(self) -> dict[str, dict[str, t.Any]]:
        copies = [(self._timed(self._raw_copy), self._timed(self._copy)) for _round in range(ROUNDS)]
        copy_memory = max(self.memory)
        self.memory.clear()
        reads = [(self._timed(self._raw_verify), self._timed(self._verify)) for _round in range(ROUNDS)]
        copying = _row(copies, copy_memory)
        verifying = _row(reads, max(self.memory))
        return {
            "transfer to two disks / cp twice, sync, sha256sum of both": {**copying, "at most": 1.15},
            "verify / sha256sum": {**verifying, "at most": round(1 / 0.9, 2)},
        }

    def _timed(self, work: t.Callable[[], None]) -> float:
        """Both sides start with a cold source and with empty destinations, as at night."""
        for left in [*self.base.glob("one/BENCH"), *self.base.glob("two/BENCH")]:
            shutil.rmtree(left)
        for raw in self.base.glob("raw*"):
            raw.unlink()
        os.sync()
        with open(self.made.artifact(), "rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        begun = time.monotonic()
        work()
        return time.monotonic() - begun

    def _raw_copy(self) -> None:
        for number in (1, 2):
            _tool("cp", "--", str(self.made.artifact()), str(self.base / f"raw{number}"))
        _tool("sync")
        for number in (1, 2):
            _tool("sha256sum", "--", str(self.base / f"raw{number}"))

    def _raw_verify(self) -> None:
        _tool("sha256sum", "--", str(self.made.artifact()))

    def _copy(self) -> None:
        self._python(_COPY, str(self.base), NAME)

    def _verify(self) -> None:
        self._python(_VERIFY, str(self.base))

    def _python(self, script: str, *arguments: str) -> None:
        done = _tool(sys.executable, "-c", script, *arguments)
        self.memory.append(int(done.stdout) / 1024)


def _row(pairs: list[tuple[float, float]], memory: float) -> dict[str, t.Any]:
    theirs, ours = (statistics.median(side) for side in zip(*pairs, strict=True))
    return {
        "ours": round(ours, 2),
        "theirs": round(theirs, 2),
        "ratio": round(ours / theirs, 2),
        "memory MiB": round(memory, 1),
    }


def _tool(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=True, capture_output=True, text=True)


if __name__ == "__main__":
    for title, row in run().items():
        print(title, row)
