# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sudo, podman and their like say when they fail is told by name; and words that do harm are refused."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Result
from ansible_collections.nusantara.backup.plugins.module_utils._base._reader import Problems, Reader
from ansible_collections.nusantara.backup.plugins.module_utils._base._wordlist import read_program, shell_at
from ansible_collections.nusantara.backup.plugins.module_utils._engines._prefix import (
    behind,
    read_prefix,
    refuse_failure,
    refuse_prefix,
)

# As the programs of Debian 12 said it.
SAID = [
    (["sudo", "-n"], 1, "sudo: a password is required", "engine.prefix", "without a password"),
    (["sudo"], 1, "Sorry, user x is not allowed to execute 'psql' as y on db1.", "engine.prefix", "without a password"),
    (["sudo"], 1, "sudo: unknown user nobody1\nsudo: error initializing audit plugin", "engine.prefix", "no such user"),
    (
        ["runuser"],
        1,
        "runuser: user x does not exist or the user",
        "engine.prefix",
        "no such user",
    ),
    (
        ["podman"],
        125,
        'Error: no container with name or ID "db1" found: no such container',
        "engine.prefix",
        "no such container",
    ),
    (
        ["podman"],
        255,
        "Error: can only create exec sessions on running containers: container state improper",
        "engine.prefix",
        "does not run",
    ),
    (
        ["podman"],
        255,
        "Error: unable to find user x: no matching entries in passwd file",
        "engine.prefix",
        "no such user",
    ),
    (
        ["podman"],
        127,
        'Error: runc: exec failed: exec: "psql": executable file not found in $PATH: OCI runtime attempted',
        "engine.prefix_program",
        "no program 'psql'",
    ),
    (["docker"], 1, "Error response from daemon: No such container: db1", "engine.prefix", "no such container"),
    (["docker"], 1, "Error: Cannot connect to the Docker daemon at unix:///x", "engine.prefix", "reach its service"),
    (["sudo"], 1, "sudo: psql: command not found", "engine.prefix_program", "no program 'psql'"),
    (["runuser"], 1, "runuser: failed to execute psql: No such file or directory", "engine.prefix_program", "'psql'"),
    (["x"], 3, "", "engine.prefix", "'psql' ended with status 3"),
    (["x"], -9, "strange", "engine.prefix", "was killed by SIGKILL: strange"),
]


@pytest.mark.parametrize(("prefix", "status", "said", "code", "words"), SAID)
def test_what_a_prefix_says_is_told_by_name(prefix: list[str], status: int, said: str, code: str, words: str) -> None:
    with pytest.raises(EngineError) as caught:
        refuse_failure(tuple(prefix), "psql", Result(status, b"", said))
    assert caught.value.code == code
    assert words in caught.value.what
    assert "'" + " ".join(prefix) + "'" in caught.value.what
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("prefix", "status", "said"),
    [
        ((), 1, "sudo: a password is required"),
        (("sudo",), 0, "sudo: unable to resolve host db1"),
    ],
)
def test_without_a_failure_of_a_prefix_nothing_is_said(prefix: tuple[str, ...], status: int, said: str) -> None:
    refuse_failure(prefix, "psql", Result(status, b"", said))


def test_the_words_of_a_program_are_not_taken_for_those_of_its_prefix() -> None:
    refuse_prefix(("sudo",), Result(1, b"", "dump: user 7 does not exist in table t"))
    refuse_prefix(("sudo",), Result(1, b"", ""))


def test_settings_go_behind_a_prefix_by_env_and_without_one_by_the_environment() -> None:
    words = ("psql", "x")
    assert behind((), words, {"B": "2", "A": "1"}).env == {"B": "2", "A": "1"}
    made = behind(("sudo",), words, {"B": "2", "A": "1"})
    assert (made.argv, made.env) == (("sudo", "env", "A=1", "B=2", "psql", "x"), {})
    assert behind(("sudo",), words, {}).argv == ("sudo", "psql", "x")


def problems(prefix: t.Any, *, interactive: bool = True) -> list[str]:
    found = Problems()
    read_prefix(Reader({"prefix": prefix}, "source", found), interactive=interactive)
    return found.found


@pytest.mark.parametrize(
    "prefix",
    [
        ["sudo", "-n", "-u", "postgres"],
        ["podman", "exec", "-i", "-u", "postgres", "db1"],
        ["/usr/bin/docker", "exec", "-di", "db1", "timeout", "7200"],
        ["podman", "--runtime", "runc", "exec", "--interactive", "db1"],
        ["runuser", "-u", "x", "--"],
        ["nice", "-n", "19"],
        ["podman", "exec", "-i", "ssh"],
    ],
)
def test_usual_prefixes_are_taken(prefix: list[str]) -> None:
    assert problems(prefix) == []


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        (["podman", "exec", "db1"], "needs -i"),
        (["podman", "exec", "-it", "db1"], "terminal"),
        (["docker", "exec", "-i", "--tty", "db1"], "terminal"),
        (["ssh", "db1"], "shell on the other side"),
        (["/usr/bin/su", "postgres"], "shell on the other side"),
        (["runuser", "-l", "x", "-c"], "makes a shell read"),
        (["sudo", "sh", "-c"], "hands text to a shell"),
        (["-n", "sudo"], "must be an absolute path"),
        ([], "must name a program"),
        ("sudo", "must be a list"),
    ],
)
def test_prefixes_that_do_harm_are_refused(prefix: t.Any, words: str) -> None:
    assert any(words in problem for problem in problems(prefix)), problems(prefix)


def test_a_program_that_reads_no_input_needs_no_open_one() -> None:
    assert problems(["podman", "exec", "db1"], interactive=False) == []


@given(st.lists(st.text(max_size=8) | st.sampled_from(["sh", "-c", "bash", "--", "exec", "-i"]), max_size=6))
def test_any_words_are_judged_without_a_fault(words: list[str]) -> None:
    found = Problems()
    taken = read_program(Reader({"dump": words}, "source", found), "dump", required=True)
    assert found.found or taken == tuple(words)
    assert not found.found or all(problem.startswith("source.dump") for problem in found.found)
    if not found.found:
        assert shell_at(taken) is None
