# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile papers of the greatest size cost little memory: measured by the operating system, in a process of its own."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest

# More than any of them takes above what the interpreter with all our modules takes; see docs/fuzzing.md.
BOUND_MIB = 256
MIB = 1 << 20
NAME = "2026112024F1D-SIMPEG"
# Of sixty megabytes and more, each of the worst kind: a value in two bytes, text that grows fourfold, one long word.
HOSTILE: dict[str, t.Callable[[int], bytes]] = {
    "lists": lambda size: b"[" + b"[]," * (size // 3) + b"0]",
    "mappings": lambda size: b"[" + b'{"":0},' * (size // 7) + b"0]",
    "numbers": lambda size: b"[" + b"0," * (size // 2) + b"0]",
    "texts": lambda size: b"[" + b'"",' * (size // 3) + b"0]",
    # As many values as are just allowed, in text that takes four bytes a letter, filled up with one long word.
    "just mappings": lambda size: _filled('["😀",'.encode() + b'{"":0},' * min(490_000, size // 8), size),
    "just words": lambda size: _filled(b"[" + '"😀😀",'.encode() * min(1_490_000, size // 12), size),
    "wide text": lambda size: '["😀", "'.encode() + b"x" * size + b'"]',
    "a long word": lambda size: b'"' + b"x" * size + b'"',
    "a long number": lambda size: b"9" * size,
    "depth": lambda size: b"[" * size,
    "zeros": bytes,
}


def _filled(raw: bytes, size: int) -> bytes:
    return raw + b'"' + b"x" * (size - len(raw)) + b'"]'


READ: dict[str, str] = {
    "manifest": f"_manifest.load(sys.argv[1], '{NAME}')",
    "receipt": f"_receipts.Receipts(sys.argv[1]).newest('{NAME}')",
    "verified": "_verified.last_verified(sys.argv[1])",
    "journal": "_journal.Journal(sys.argv[1] + '/journal.jsonl', _clock.Clock()).believe(print)",
    "append": "_journal.Journal(sys.argv[1] + '/journal.jsonl', _clock.Clock()).append('event', {})",
    "job": "sys.exit(_cli.main(['facts', '--config', sys.argv[1] + '/job.json']))",
    "marker": "_disk_check.marker_name(sys.argv[1])",
    "progress": "_progress.read_progress(sys.argv[1] + '/progress.json')",
    "signature": f"_transfer._signature(sys.argv[1] + '/{NAME}.manifest.json.sig')",
}
FILES = (
    f"{NAME}.manifest.json",
    f"{NAME}.manifest.json.sig",
    f"receipts/internal/{NAME}.json",
    "verified.json",
    "journal.jsonl",
    "job.json",
    ".nusantara-backup-medium",
    "progress.json",
)
PROGRAM = """
import sys
from ansible_collections.nusantara.backup.plugins.module_utils._base import _clock
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError
from ansible_collections.nusantara.backup.plugins.module_utils._copies import _transfer
from ansible_collections.nusantara.backup.plugins.module_utils._edges import _cli
from ansible_collections.nusantara.backup.plugins.module_utils._media import _disk_check
from ansible_collections.nusantara.backup.plugins.module_utils._record import _journal
from ansible_collections.nusantara.backup.plugins.module_utils._run import _progress
from ansible_collections.nusantara.backup.plugins.module_utils._sets import _manifest, _receipts, _verified
try:
    {call}
except (BackupError, OSError, ValueError) as problem:
    print(type(problem).__name__, str(problem)[:200])
finally:
    # What the kernel counted since this program began; getrusage would count the one that started it, too.
    with open("/proc/self/status") as status:
        print(next(line for line in status if line.startswith("VmHWM:")))
"""


def peak(call: str, directory: pathlib.Path) -> int:
    """The most memory that one process held, in MiB, as the kernel counted it."""
    command = [sys.executable, "-c", PROGRAM.format(call=call), str(directory)]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    found = re.search(r"^VmHWM:\s+([0-9]+) kB$", done.stdout, re.MULTILINE)
    assert done.returncode in (0, 1) and "Traceback" not in done.stdout and found is not None, done.stdout
    return int(found[1]) >> 10


def hostile(directory: pathlib.Path, raw: bytes) -> None:
    """Every file that is read is of the same content, which is written once."""
    first = directory / "first"
    first.write_bytes(raw)
    (directory / "receipts" / "internal").mkdir(parents=True)
    for name in FILES:
        os.link(first, directory / name)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> int:
    """What the interpreter takes with all that is imported."""
    return peak("pass", tmp_path_factory.mktemp("usual"))


@pytest.mark.parametrize("paper", sorted(READ))
@pytest.mark.parametrize("kind", ["just mappings", "just words"])
def test_papers_of_any_size_cost_little_memory(paper: str, kind: str, usual: int, tmp_path: pathlib.Path) -> None:
    """Just below the limit of a manifest: what is larger is not read at all."""
    hostile(tmp_path, HOSTILE[kind](15 * MIB))
    assert peak(READ[paper], tmp_path) - usual < BOUND_MIB


@pytest.mark.long
@pytest.mark.parametrize("size", [200 * 1024, 3_500 * 1024, 7 * MIB, 15 * MIB, 63 * MIB])
@pytest.mark.parametrize("paper", sorted(READ))
@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_every_kind_of_hostile_paper(
    paper: str,
    kind: str,
    size: int,
    usual: int,
    tmp_path: pathlib.Path,
    record_property: t.Callable[[str, object], None],
) -> None:
    hostile(tmp_path, HOSTILE[kind](size))
    more = peak(READ[paper], tmp_path) - usual
    record_property("mib", more)
    assert more < BOUND_MIB


def test_more_memory_would_be_seen(usual: int, tmp_path: pathlib.Path) -> None:
    assert peak(f"bytearray({(BOUND_MIB + 50) * MIB})", tmp_path) - usual > BOUND_MIB
