# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coverage-guided fuzzing by atheris of what reads bytes: ``python -m tests.fuzz.guided SECONDS``.

Needs an environment with atheris and nothing else (``requirements/fuzz.txt``),
so nothing here may import hypothesis or pytest. Each reader runs in a process
of its own, for libFuzzer ends the process; a finding ends it with its bytes.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import typing as t

import atheris

with atheris.instrument_imports(include=["ansible_collections.nusantara.backup"]):
    from ansible_collections.nusantara.backup.plugins.module_utils import _naming
    from ansible_collections.nusantara.backup.plugins.module_utils._base import _json
    from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
    from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError
    from ansible_collections.nusantara.backup.plugins.module_utils._engines._mariadb._check import DumpCheck
    from ansible_collections.nusantara.backup.plugins.module_utils._engines._postgresql._archive import ArchiveCheck
    from ansible_collections.nusantara.backup.plugins.module_utils._engines._tarcheck import TarCheck
    from ansible_collections.nusantara.backup.plugins.module_utils._engines._tardigest import Digests
    from ansible_collections.nusantara.backup.plugins.module_utils._record import _history, _journal
    from ansible_collections.nusantara.backup.plugins.module_utils._sets import _manifest

NAME = "2026112024F1D-SIMPEG"
_MEMORY = "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None


def _journal_walk(raw: bytes) -> None:
    path = pathlib.Path("journal.jsonl")
    path.write_bytes(raw)
    _history.history_of(_journal.Journal(str(path), Clock()), believed=False)


def _line(raw: bytes) -> None:
    """One line whose chain is right: the bytes are its data."""
    try:
        data = _json.parse_json(raw)
    except ValueError:
        return
    if isinstance(data, dict) and isinstance(data.get("event"), str) and isinstance(data.get("data"), dict):
        entry = _journal.Entry(1, "2026-11-20T17:00:00Z", data["event"], data["data"], "", "")
        try:
            _history.fold([entry])
        except _journal.UnfitEntryError:
            return


def _checked(make: t.Callable[[], t.Any], raw: bytes) -> None:
    """The first byte says how large the pieces are."""
    check, size = make(), (raw[0] if raw else 0) * 8 + 1
    for at in range(1, len(raw), size):
        check.feed(raw[at : at + size])
    check.finish()


READERS: t.Mapping[str, tuple[t.Callable[[bytes], object], t.Sequence[bytes]]] = {
    "naming": (lambda raw: _naming.parse(raw.decode("latin-1")), [b"2017040124F1W-All", b"20170401-24-F-1-W-All.r2"]),
    "manifest": (
        lambda raw: _manifest.decode(raw, NAME, "a path"),
        [b'{"schema": "nusantara.backup/manifest/1", "name": "2026112024F1D-SIMPEG", "source": "SIMPEG", "files": []}'],
    ),
    "journal": (_journal_walk, [b'{"at":"x","data":{},"event":"x","hash":"x","prev":"' + b"0" * 64 + b'","seq":1}\n']),
    "history": (
        _line,
        [b'{"event": "run.started", "data": {"run": "r", "mode": "x", "jobs": [{"source": "A", "type": "F"}]}}'],
    ),
    "tar": (lambda raw: _checked(lambda: TarCheck(512, Digests()), raw), [b"\xff" + bytes(512)]),
    "archive": (lambda raw: _checked(ArchiveCheck, raw), [b"\xffPGDMP\x01\x0e\x00\x04\x08\x01" + bytes(60)]),
    "mariadb": (lambda raw: _checked(DumpCheck, raw), [b"\xff-- MariaDB dump 10.19\n-- Dump completed\n"]),
}


def _one(name: str, seconds: str, place: str) -> None:
    """Never comes back: libFuzzer ends the process."""
    os.chdir(place)
    read, seeds = READERS[name]
    corpus = pathlib.Path("corpus")
    corpus.mkdir()
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)

    def case(raw: bytes) -> None:
        try:
            read(raw)
        except BackupError as problem:
            assert problem.code != "internal" and problem.remedy

    words = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", "-max_len=8192", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *words, f"-artifact_prefix={place}/", str(corpus)], case)
    atheris.Fuzz()


def main(arguments: t.Sequence[str]) -> int:
    seconds = arguments[0] if arguments else "20"
    if len(arguments) > 1:
        _one(arguments[1], seconds, arguments[2])
    bad = 0
    for name in READERS:
        with tempfile.TemporaryDirectory(prefix="guided-", dir=_MEMORY) as place:
            command = [sys.executable, "-m", "tests.fuzz.guided", seconds, name, place]
            done = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")
        cases = re.search(r"number_of_executed_units: ([0-9]+)", done.stderr)
        covered = re.findall(r"cov: ([0-9]+)", done.stderr) or ["0"]
        sys.stdout.write(f"{name}: {cases[1] if cases else 0} cases, {covered[-1]} edges, status {done.returncode}\n")
        if done.returncode:
            bad += 1
            sys.stdout.write(done.stdout[-2000:] + done.stderr[-3000:])
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
