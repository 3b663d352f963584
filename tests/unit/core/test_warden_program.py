# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The warden's own program, taken apart."""

from __future__ import annotations

import io
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import types
import typing as t

import pytest
from tests.support.signals import ignored
from tests.support.site import is_alive, wait_until

from ansible_collections.nusantara.backup.plugins.module_utils._base import _warden_program
from ansible_collections.nusantara.backup.plugins.module_utils._base._warden import Warden


def script(place: pathlib.Path, text: str, name: str = "hook") -> str:
    path = place / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
    path.chmod(0o755)
    return str(path)


def test_notes_are_read_up_to_a_torn_one() -> None:
    lines = [
        {"what": "process", "value": 1, "hold": True},
        {"what": "process", "value": 2, "hold": True},
        {"what": "process", "value": 1, "hold": False},
        {"what": "directory", "value": "/x", "hold": True},
        {"what": "directory", "value": "/y", "hold": False},
        {"what": "hook", "value": "a", "hold": True, "hook": {"argv": ["a"]}},
        {"what": "hook", "value": "b", "hold": True, "hook": {"argv": ["b"]}},
        {"what": "hook", "value": "c", "hold": True, "hook": {"argv": ["c"]}},
        {"what": "hook", "value": "b", "hold": False},
    ]
    data = [json.dumps(line).encode() for line in lines]
    expected = ([2], ["/x"], [{"argv": ["a"]}, {"argv": ["c"]}])
    assert _warden_program.read_notes(data) == expected
    assert _warden_program.read_notes([*data, b'{"what": "proc', data[0]]) == expected


def run(tmp_path: pathlib.Path, *argv: str, seconds: float = 20) -> dict[str, t.Any]:
    result = tmp_path / "result"
    told = {"argv": list(argv), "env": {"X": "y"}, "seconds": seconds, "shift": 100.0, "result": str(result)}
    _warden_program.run_hook(told)
    found: dict[str, t.Any] = json.loads(result.read_text(encoding="ascii"))
    return found


def test_a_hook_that_ends_well(tmp_path: pathlib.Path) -> None:
    found = run(tmp_path, script(tmp_path, "echo $X; echo z >&2; pwd"))
    assert (found["status"], found["late"], found["said"]) == (0, False, "y\nz\n/")
    assert 90 < found["began"] - time.time() <= 100 and 0 <= found["seconds"] < 20


def test_a_hook_that_fails_says_much_and_is_not_there(tmp_path: pathlib.Path) -> None:
    found = run(tmp_path, script(tmp_path, "yes | head -c 300000; exit 4"))
    assert found["status"] == 4 and 60_000 < len(found["said"]) <= 64 * 1024
    found = run(tmp_path, "/nowhere/x")
    assert (found["status"], found["said"]) == (None, "No such file or directory")


def test_a_hook_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: pathlib.Path) -> None:
    pids = tmp_path / "pids"
    found = run(tmp_path, script(tmp_path, f"sleep 300 & echo $$ $! > {pids}; wait"), seconds=0.5)
    assert found["late"] and found["status"] == -9
    for pid in map(int, pids.read_text(encoding="ascii").split()):
        wait_until(lambda pid=pid: not is_alive(pid))


def test_a_result_that_cannot_be_written_is_left_out(tmp_path: pathlib.Path) -> None:
    mark = tmp_path / "mark"
    told = {"argv": ["/usr/bin/touch", str(mark)], "env": {}, "seconds": 9, "shift": 0, "result": "/nowhere/x"}
    _warden_program.run_hook(told)
    assert mark.exists()


def test_hooks_are_run_in_the_reverse_order_of_their_windows_and_only_those_that_are_due(
    tmp_path: pathlib.Path,
) -> None:
    log = tmp_path / "log"
    with Warden() as warden:
        for name in ("group", "source", "gone"):
            argv = [script(tmp_path, f"echo {name} >> {log}; grep SigIgn /proc/self/status >> {log}", name)]
            result = str(tmp_path / f"{name}.result")
            told = {"argv": argv, "env": {"PATH": "/bin:/usr/bin"}, "seconds": 9, "shift": 0, "result": result}
            warden.watch_hook(name, told)
        warden.forget_hook("gone")
    said = log.read_text(encoding="ascii")
    assert said.splitlines()[::2] == ["source", "group"]
    assert ignored(said) == [set(), set()]


def test_all_that_is_still_held_is_cleaned_up_in_its_order(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could disturb an after-hook is gone before it starts."""
    work, mark = tmp_path / "work", tmp_path / "mark"
    work.mkdir()
    argv = [script(tmp_path, f"[ -e {work} ] || touch {mark}")]
    told = {"argv": argv, "env": {"PATH": "/bin:/usr/bin"}, "seconds": 20, "shift": 0, "result": str(tmp_path / "r")}
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    with subprocess.Popen(["sleep", "300"], start_new_session=True) as sleeper:
        notes = [
            {"what": "process", "value": sleeper.pid, "hold": True},
            {"what": "process", "value": 2**22 + 1, "hold": True},
            {"what": "directory", "value": str(work), "hold": True},
            {"what": "hook", "value": "h", "hold": True, "hook": told},
        ]
        data = io.BytesIO(b"\n".join(json.dumps(one).encode() for one in notes))
        monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=data))
        try:
            _warden_program.main()
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)
        assert sleeper.wait() == -signal.SIGKILL
    assert mark.exists() and not work.exists()
