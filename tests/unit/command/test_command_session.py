# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the dump of a program amounts to: statuses, words, counting, settings, and the manifest's honesty."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest
from tests.support.command_engine import ENGINE, dumped, looked, parsed, problem_of, program

from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import ERROR, INFO, WARNING
from ansible_collections.nusantara.backup.plugins.module_utils._engines._command import _session
from ansible_collections.nusantara.backup.plugins.module_utils._engines._prefix import unbounded

BASE = {"dump": ["dump-it"], "restore": ["cat"], "end": "none"}


def test_a_program_is_dumped_as_it_speaks(tmp_path: pathlib.Path) -> None:
    made = dumped(tmp_path, "printf 'a\\0b'", end={"last_bytes": "62"})
    assert made.plain == b"a\0b"
    assert made.findings == ()


def test_promise_1_no_proof_is_said_before_each_dump(tmp_path: pathlib.Path) -> None:
    """``end: none`` is a warning of the preflight, and so stands in every manifest and report."""
    (finding,) = looked(tmp_path).findings
    assert (finding.code, finding.level) == ("engine.command.unproven", WARNING)
    assert looked(tmp_path, end={"last_line": "x"}).findings == ()


def test_a_dump_that_says_nothing_but_words_is_no_dump(tmp_path: pathlib.Path) -> None:
    """Pitfall: exit 0, everything on stderr, an empty file."""
    problem = problem_of(tmp_path, "echo 'connected, but not allowed' >&2")
    assert problem.code == "engine.empty"


def test_an_empty_dump_is_no_dump_though_it_ends_well(tmp_path: pathlib.Path) -> None:
    assert problem_of(tmp_path, ":").code == "engine.empty"


@pytest.mark.parametrize(("status", "taken"), [(0, True), (3, True), (1, False), (4, False)])
def test_which_statuses_mean_success(tmp_path: pathlib.Path, status: int, taken: bool) -> None:
    script = f"echo data; echo why >&2; exit {status}"
    if not taken:
        problem = problem_of(tmp_path, script, ok_status=[0, 3])
        assert (problem.code, problem.what) == ("engine.failed", f"'dump' ended with status {status}: why")
        return
    found = dumped(tmp_path, script, ok_status=[0, 3], stderr="ignore").findings
    assert [(one.code, one.level) for one in found] == ([("engine.command.status", INFO)] if status else [])


def test_what_a_killed_dump_said_is_told(tmp_path: pathlib.Path) -> None:
    problem = problem_of(tmp_path, "echo data; kill -9 $$", ok_status=[0, 9, 137])
    assert problem.what == "'dump' was killed by SIGKILL: it said nothing"


@pytest.mark.parametrize(("stderr", "codes"), [("warn", ["engine.command.said"]), ("ignore", [])])
def test_words_of_a_dump_that_succeeds(tmp_path: pathlib.Path, stderr: str, codes: list[str]) -> None:
    made = dumped(tmp_path, "echo data; echo 'careful: 2 left out' >&2", stderr=stderr)
    assert made.codes() == codes
    assert all("careful: 2 left out" in finding.message for finding in made.findings)


def test_words_can_fail_a_dump(tmp_path: pathlib.Path) -> None:
    problem = problem_of(tmp_path, "echo data; echo careful >&2", stderr="fail")
    assert problem.code == "engine.failed"
    assert "not silent: careful" in problem.what


def test_settings_reach_every_program_and_nothing_else_does(tmp_path: pathlib.Path) -> None:
    check = program(tmp_path / "check", 'cat > /dev/null; test "$HOMEPAGE" = "a b"')
    made = dumped(tmp_path, "env", environment={"HOMEPAGE": "a b"}, end={"check": [check]})
    names = {line.partition(b"=")[0] for line in made.plain.splitlines()}
    assert names == {b"PATH", b"LC_ALL", b"TZ", b"HOME", b"HOMEPAGE", b"PWD"}


def test_a_prefix_stands_before_dump_probe_and_count_and_settings_go_behind_it(tmp_path: pathlib.Path) -> None:
    prefix = [program(tmp_path / "pre", 'echo "version=$*"; echo "bytes=7"; printf "$1\\t5\\n"')]
    more = {"prefix": prefix, "probe": ["look"], "count": ["tell", "all"], "environment": {"A": "b c"}}
    assert looked(tmp_path, **more).version == "env A=b c look"
    assert looked(tmp_path, **more).estimated_bytes == 7
    assert dumped(tmp_path, "no", **more).plain.startswith(b"version=env A=b c /")


@pytest.mark.parametrize(
    ("depth", "rows", "totals"),
    [("objects", None, {"counted": 2}), ("rows", 3, {"counted": 2, "rows": 12})],
)
def test_counting_is_approximate_and_says_so(
    tmp_path: pathlib.Path, depth: str, rows: int | None, totals: dict[str, int]
) -> None:
    script = "printf 'ou=a\\t1\\nb c\\t9\\n\\nou=a\\t 2\\n'"
    inventory = dumped(tmp_path, "echo data", depth, count=[program(tmp_path / "count", script)]).inventory
    assert not inventory.exact and "moment of its own" in inventory.why
    assert inventory.totals == totals
    assert next((one.kind, one.name, one.rows) for one in inventory.objects) == ("counted", "ou=a", rows)


def test_without_a_count_nothing_is_known(tmp_path: pathlib.Path) -> None:
    inventory = dumped(tmp_path, "echo data").inventory
    assert (inventory.exact, inventory.totals, inventory.objects) == (False, {}, ())
    assert "not known" in inventory.why


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 4", "ended with status 4"),
        ("echo 'x 5'", "'x 5', which is no name, tab and number"),
        ("printf 'x\\tmany\\n'", "no name, tab and number"),
        ("printf 'x\\t-1\\n'", "no name, tab and number"),
        ("printf '\\t1\\n'", "no name, tab and number"),
        ('for n in 1 2 3 4; do printf "n$n\\t1\\n"; done', "counts 4 names"),
    ],
)
def test_counting_that_fails_is_a_warning_and_the_dump_stands(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    monkeypatch.setattr(_session, "MOST_COUNTED", 3)
    made = dumped(tmp_path, "echo data", count=[program(tmp_path / "count", script)])
    (finding,) = made.findings
    assert (finding.code, finding.level) == ("engine.command.count", WARNING)
    assert words in finding.message
    assert made.inventory.totals == {}


def test_names_that_are_counted_can_be_printed(tmp_path: pathlib.Path) -> None:
    script = program(tmp_path / "count", "printf 'a\\033[2Jb\\t1\\n\\377\\t2\\n'")
    names = [one.name for one in dumped(tmp_path, "echo data", count=[script]).inventory.objects]
    assert names == ["'a\\x1b[2Jb'", "\\xff"]


@pytest.mark.parametrize(
    ("script", "version", "size"),
    [
        ("echo version=7.2; echo bytes=12; echo other=1", "7.2", 12),
        ("echo PONG", "unknown", 0),
        ("echo 'bytes=many'; echo 'bytes=-1'; echo 'bytes=99999999999999999999'", "unknown", 0),
        ("printf 'version=a\\033[2J\\n'", "'a\\x1b[2J'", 0),
        ("printf 'version=%0300d\\n' 1", "0" * 200, 0),
    ],
)
def test_what_a_probe_tells(tmp_path: pathlib.Path, script: str, version: str, size: int) -> None:
    probe = looked(tmp_path, probe=[program(tmp_path / "probe", script)])
    assert (probe.version, probe.estimated_bytes) == (version, size)


def test_a_probe_that_fails_stops_the_dump_in_its_words(tmp_path: pathlib.Path) -> None:
    problem = problem_of(tmp_path, "echo data", probe=[program(tmp_path / "probe", "echo down >&2; exit 1")])
    assert problem.code == "engine.command.probe"
    assert problem.what.endswith("ended with status 1: down")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "output of dump-it"),
        ({"dump": ["/usr/local/sbin/dump-it", "--user=x"]}, "output of dump-it"),
        ({"prefix": ["/usr/bin/sudo", "-u", "x"]}, "output of dump-it behind sudo"),
    ],
)
def test_a_source_is_described_by_its_programs_alone(more: dict[str, t.Any], words: str) -> None:
    assert ENGINE.describe(parsed({**BASE, **more})) == words


def test_an_error_of_the_preflight_is_an_error_of_the_dump(tmp_path: pathlib.Path) -> None:
    problem = problem_of(tmp_path, "echo data", count=["/usr/bin/nusantara-nowhere"])
    assert problem.code == "tool.missing"
    assert next(one.level for one in looked(tmp_path, count=["/usr/bin/nusantara-nowhere"]).findings) == ERROR


@pytest.mark.parametrize(
    ("prefix", "user", "told"),
    [
        (["podman", "exec", "-i", "db1"], 0, True),
        (["/usr/bin/docker", "exec", "db1"], 0, True),
        (["podman", "exec", "-i", "db1", "timeout", "60"], 0, False),
        (["podman", "exec", "-i", "db1", "/usr/bin/timeout", "60"], 0, False),
        (["sudo", "-n", "-u", "redis"], 0, False),
        (["sudo", "-n", "-u", "redis"], 1000, True),
        (["runuser", "-u", "redis", "--"], 0, False),
        ([], 1000, False),
    ],
)
def test_a_prefix_where_no_signal_arrives_is_told(
    monkeypatch: pytest.MonkeyPatch, prefix: list[str], user: int, told: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    found = unbounded(tuple(prefix))
    assert [(one.code, one.level) for one in found] == ([("engine.prefix_unbounded", INFO)] if told else [])
