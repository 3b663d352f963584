# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Children: a clean environment, every end in words, bounded output, and nothing left running."""

from __future__ import annotations

import os
import pathlib
import signal
import stat
import subprocess
import typing as t

import pytest
from tests.support.site import is_alive, wait_until

from ansible_collections.nusantara.backup.plugins.module_utils._base import _process
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import ToolError
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import (
    STDERR_LIMIT,
    Children,
    Command,
    clean_environment,
    end_words,
    find_tool,
)


def sh(script: str, *arguments: str) -> Command:
    return Command(("sh", "-c", script, "sh", *arguments))


def test_pitfall_a_child_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "x")
    monkeypatch.setenv("LD_PRELOAD", "")
    monkeypatch.setenv("PATH", "/nowhere")
    with Children() as children:
        said = children.run(Command(("env",), {"PGPASSFILE": "/run/x"})).stdout.decode()
    names = {line.partition("=")[0] for line in said.splitlines()}
    assert names == {"PATH", "LC_ALL", "TZ", "HOME", "PGPASSFILE"}
    assert "TZ=UTC" in said and "LC_ALL=C.UTF-8" in said


def test_the_base_environment_can_be_changed() -> None:
    assert clean_environment({"HOME": "/x"})["HOME"] == "/x"


def test_no_descriptor_but_the_named_ones_reaches_a_child(tmp_path: pathlib.Path) -> None:
    with (tmp_path / "a").open("w") as kept, (tmp_path / "b").open("w") as passed, Children() as children:
        command = Command(("ls", "-l", "/proc/self/fd"), pass_fds=(passed.fileno(),))
        said = children.run(command).stdout.decode()
        assert kept.name not in said
        assert passed.name in said


def test_a_child_works_in_the_root_directory_and_a_group_of_its_own() -> None:
    with Children() as children:
        said = children.run(sh("pwd; ps -o pgid= -p $$; echo $$")).stdout.decode().split()
    assert said[0] == "/"
    assert said[1] == said[2]


def test_feeding_and_listening_at_once_does_not_block() -> None:
    data = bytes(range(256)) * 8192
    with Children() as children:
        assert children.run(Command(("cat",)), stdin=data).stdout == data
        assert children.run(Command(("true",)), stdin=data).status == 0


def test_who_is_fed_and_does_not_read_is_let_go_before_its_pipe_is_closed() -> None:
    """A pipe that is closed under the feeding thread has its number given to the next file that opens."""
    data = bytes(1 << 20)
    with Children() as children:
        for _unused in range(300):
            assert children.run(Command(("true",)), stdin=data).status == 0


@pytest.mark.parametrize(
    ("script", "status", "words"),
    [
        ("exit 0", 0, "ended with status 0"),
        ("exit 3", 3, "ended with status 3"),
        ("kill -9 $$", -9, "was killed by SIGKILL"),
        ("kill -TERM $$", -15, "was killed by SIGTERM"),
    ],
)
def test_an_end_in_words(script: str, status: int, words: str) -> None:
    with Children() as children:
        result = children.run(sh(script))
    assert result.status == status
    assert end_words(status) == words


def test_an_unknown_signal_in_words() -> None:
    assert end_words(-99) == "was killed by signal 99"


def test_a_missing_program_is_named() -> None:
    with Children() as children, pytest.raises(ToolError) as caught:
        children.run(Command(("no-such-program",)))
    assert caught.value.code == "tool.missing"
    assert "'no-such-program' is not installed" in str(caught.value)
    with pytest.raises(ToolError):
        find_tool("no-such-program")


@pytest.mark.parametrize("kind", ["mode", "absent", "directory", "garbage"])
def test_a_program_that_cannot_start_is_named(tmp_path: pathlib.Path, kind: str) -> None:
    path = tmp_path / "program"
    if kind == "directory":
        path.mkdir()
    elif kind != "absent":
        path.write_bytes(b"\x7fELF garbage" if kind == "garbage" else b"#!/bin/sh\n")
        path.chmod(0o755 if kind == "garbage" else 0o644)
    with Children() as children, pytest.raises(ToolError) as caught:
        children.run(Command((str(path),)))
    assert caught.value.code == "tool.start"
    assert "'program' could not be started: " in str(caught.value)


def test_a_child_that_hangs_is_killed_with_all_that_it_started(tmp_path: pathlib.Path) -> None:
    note = tmp_path / "pid"
    with Children() as children, pytest.raises(ToolError) as caught:
        children.run(sh('echo partly >&2; sleep 1000 & echo $! > "$1"; wait', str(note)), timeout=1)
    assert caught.value.code == "tool.timeout"
    assert caught.value.detail == "partly"
    grandchild = int(note.read_text(encoding="ascii"))
    wait_until(lambda: not is_alive(grandchild))


def test_waiting_has_an_end() -> None:
    with Children() as children:
        child = children.spawn(Command(("sleep", "1000")))
        with pytest.raises(ToolError) as caught:
            child.wait(0.05)
        assert caught.value.code == "tool.timeout"
        assert not is_alive(child.process.pid)


def test_more_output_than_expected_is_refused() -> None:
    with Children() as children, pytest.raises(ToolError) as caught:
        children.run(Command(("yes",)), limit=100_000)
    assert caught.value.code == "tool.output"
    with Children() as children:
        assert len(children.run(sh("head -c 100000 /dev/zero"), limit=100_000).stdout) == 100_000


def test_a_flood_of_words_is_kept_in_part() -> None:
    script = "echo first >&2; head -c 5000000 /dev/zero | tr '\\0' x >&2; echo last >&2"
    with Children() as children:
        said = children.run(sh(script)).stderr
    assert said.startswith("first\n") and said.endswith("last")
    assert len(said) < STDERR_LIMIT + 100
    assert "bytes left out" in said


@pytest.mark.parametrize("size", [STDERR_LIMIT // 2, STDERR_LIMIT, STDERR_LIMIT + 1])
def test_words_at_the_limit(size: int) -> None:
    with Children() as children:
        said = children.run(sh(f"head -c {size} /dev/zero | tr '\\0' x >&2")).stderr
    assert ("bytes left out" in said) == (size > STDERR_LIMIT)
    assert said.count("x") == min(size, STDERR_LIMIT)


def test_words_that_are_no_text_are_kept() -> None:
    with Children() as children:
        assert children.run(sh("printf '\\377\\001' >&2")).stderr == "\ufffd\x01"


def test_the_end_of_a_run_ends_all_children() -> None:
    with Children() as children:
        started = [children.spawn(Command(("sleep", "1000"))) for unused in range(3)]
        started[0].signal_group(signal.SIGTERM)
        assert started[0].wait(10).status == -15
        started[0].kill()
    for child in started:
        assert not is_alive(child.process.pid)
        child.signal_group(signal.SIGTERM)


def test_streams_of_a_child_can_be_used() -> None:
    with Children() as children:
        child = children.spawn(Command(("cat",)), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        child.stdin.write(b"x")
        child.stdin.close()
        with child.stdout:
            assert child.stdout.read() == b"x"
        assert child.wait().status == 0


def test_programs_are_looked_for_in_fixed_places(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "cat"
    own.write_text("#!/bin/sh\necho mine\n", encoding="ascii")
    own.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_tool("cat") != str(own)


def test_a_program_of_another_user_is_no_fault_and_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind sudo no signal is permitted; what then goes on loses its pipes, and nothing of us waits for its end."""

    def refused(group: int, number: int) -> t.NoReturn:
        raise PermissionError(1, "Operation not permitted")

    with Children() as children:
        child = children.spawn(Command(("cat",)), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with monkeypatch.context() as other:
            other.setattr(os, "killpg", refused)
            child.signal_group(signal.SIGKILL)
            # It reads its input and so ends with it.
            child.kill()
        assert child.process.returncode == 0
        stubborn = children.spawn(Command(("sleep", "600")), stdout=subprocess.PIPE)
        with monkeypatch.context() as other:
            other.setattr(os, "killpg", refused)
            other.setattr(_process, "_GRACE", 0.1)
            stubborn.kill()
        assert stubborn.process.returncode is None
        assert not children._alive
        stubborn.process.kill()
        stubborn.process.wait()
