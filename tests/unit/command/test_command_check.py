# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A check program that reads the dump in the same pass: it decides by its status, and can hold nobody up."""

from __future__ import annotations

import os
import pathlib
import subprocess
import time
import typing as t

import pytest
from tests.support.command_engine import dumped, opened, problem_of, program
from tests.support.site import is_alive, wait_until

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._engines._command._check import SLACK

MEGABYTES = "head -c 8388608 /dev/zero"


def check(tmp_path: pathlib.Path, script: str) -> dict[str, t.Any]:
    return {"end": {"check": [program(tmp_path / "check", script)]}}


def test_a_check_that_reads_everything_and_is_content(tmp_path: pathlib.Path) -> None:
    note = tmp_path / "seen"
    made = dumped(tmp_path, MEGABYTES, **check(tmp_path, f"sha256sum > {note}; echo 'all is well'; echo 'hm' >&2"))
    assert note.read_text().split()[0] == made.written.plain.sha256
    assert made.codes() == []


def test_a_check_that_talks_without_end_does_not_block(tmp_path: pathlib.Path) -> None:
    """Both its outputs are read while it is fed."""
    script = "while head -c 65536 | grep -q .; do head -c 200000 /dev/zero; head -c 200000 /dev/zero >&2; done"
    assert dumped(tmp_path, "yes | head -c 4000000", **check(tmp_path, script)).written.plain.bytes == 4_000_000


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("cat > /dev/null; echo 'line 7: bad' >&2; exit 3", "ended with status 3: line 7: bad"),
        ("cat > /dev/null; echo 'says so on stdout'; exit 1", "ended with status 1: says so on stdout"),
        ("cat > /dev/null; exit 1", "ended with status 1 and said nothing"),
        ("echo 'broken at once' >&2; exit 1", "broken at once"),
        ("head -c 100000 > /dev/null; kill -9 $$", "was killed by SIGKILL"),
        ("head -c 100 > /dev/null", "bytes unread"),
        ("exec <&-; sleep 0.2", "bytes unread"),
    ],
)
def test_pitfall_a_check_that_is_not_content_decides(tmp_path: pathlib.Path, script: str, words: str) -> None:
    problem = problem_of(tmp_path, MEGABYTES, **check(tmp_path, script))
    assert problem.code == "engine.incomplete"
    assert words in problem.what
    assert problem.remedy


def test_what_a_check_leaves_unread_behind_its_end_is_no_fault(tmp_path: pathlib.Path) -> None:
    """Redis appends 40 bytes that redis-check-rdb does not read; when they come is chance."""
    script = "head -c 10 > /dev/null"
    assert dumped(tmp_path, f"head -c {SLACK} /dev/zero", **check(tmp_path, script)).codes() == []


def test_a_dump_that_fails_is_told_by_its_own_words(tmp_path: pathlib.Path) -> None:
    """The check refuses what it got, but the first cause is the dump's."""
    script = "cat > /dev/null; echo 'no end' >&2; exit 1"
    problem = problem_of(tmp_path, "echo half; echo 'no such host' >&2; exit 2", **check(tmp_path, script))
    assert (problem.code, problem.what) == ("engine.failed", "'dump' ended with status 2: no such host")


@pytest.mark.parametrize("script", ["sleep 600", "cat > /dev/null; sleep 600", "trap '' TERM; exec sleep 600"])
def test_a_check_that_hangs_is_ended_at_the_time_limit(tmp_path: pathlib.Path, script: str) -> None:
    note = tmp_path / "pid"
    began = time.monotonic()
    problem = problem_of(tmp_path, MEGABYTES, **check(tmp_path, f"echo $$ > {note}; {script}"), limit_seconds=1)
    assert problem.code == "engine.time_limit"
    assert time.monotonic() - began < 30
    assert not is_alive(int(note.read_text()))


def test_a_run_that_gives_up_ends_the_check(tmp_path: pathlib.Path) -> None:
    note = tmp_path / "pid"
    options = check(tmp_path, f"echo $$ > {note}; exec sleep 600")
    with opened(tmp_path, "echo data", **options) as (stream, _session):
        stream.end_check.feed(memoryview(b"data"))
        wait_until(lambda: note.exists() and note.read_text().endswith("\n"))
    assert not is_alive(int(note.read_text()))


def test_memory_does_not_grow_with_what_a_slow_check_has_not_read(tmp_path: pathlib.Path) -> None:
    """The dump waits for it, and nothing is kept meanwhile."""
    script = "dd bs=4096 of=/dev/null status=none"
    with open("/proc/self/status", encoding="ascii") as stream:
        before = resident(stream.read())
    made = dumped(tmp_path, "head -c 67108864 /dev/zero", **check(tmp_path, script))
    with open("/proc/self/status", encoding="ascii") as stream:
        after = resident(stream.read())
    assert made.written.plain.bytes == 67_108_864
    assert after - before < 32 * 1024


def resident(status: str) -> int:
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def test_a_real_check_program_takes_and_refuses(tmp_path: pathlib.Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "data").write_bytes(os.urandom(300_000))
    archive = tmp_path / "archive.tar"
    subprocess.run(["tar", "-cf", str(archive), "-C", str(tmp_path), "tree"], check=True)
    end = {"end": {"check": ["tar", "--list", "--file=-"]}}
    assert dumped(tmp_path, f"cat {archive}", **end).codes() == []
    problem = problem_of(tmp_path, f"head -c 200000 {archive}", **end)
    assert "Unexpected EOF" in problem.detail


def test_a_check_is_asked_also_when_nothing_came(tmp_path: pathlib.Path) -> None:
    with opened(tmp_path, ":", **check(tmp_path, 'test -n "$(head -c 1)"')) as (stream, _session):
        stream.stop()
        with pytest.raises(EngineError) as caught:
            stream.end_check.finish()
    assert caught.value.code == "engine.incomplete"
