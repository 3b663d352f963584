# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks belong to living processes: held by another one, and gone with it."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base import _locks
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import LockError, PipelineError
from checkout import collections_path

COLLECTIONS = str(collections_path())
HOLDER = """
import sys
from ansible_collections.nusantara.backup.plugins.module_utils._base import _locks
with _locks.hold(sys.argv[1], "It", "run-7"):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path: pathlib.Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": COLLECTIONS}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_lock_is_held_and_released(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "locks" / "a.lock"
    assert not _locks.is_held(str(path))
    with _locks.hold(str(path), "It"):
        assert _locks.is_held(str(path))
        with pytest.raises(LockError) as caught, _locks.hold(str(path), "The source SIMPEG"):
            pass
        assert caught.value.code == "lock.held"
        assert f"The source SIMPEG is in use by another run (process {os.getpid()})" in str(caught.value)
    assert not _locks.is_held(str(path))
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_error_inside_releases_the_lock(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "a.lock")
    with pytest.raises(ValueError, match="inside"), _locks.hold(path, "It"):
        raise ValueError("inside")
    assert not _locks.is_held(path)


def test_pitfall_a_lock_dies_with_its_process(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.lock"
    with holder(path) as process:
        assert _locks.is_held(str(path))
        with pytest.raises(LockError, match=rf"process {process.pid} run-7"), _locks.hold(str(path), "It"):
            pass
        process.kill()
        process.wait()
    assert path.exists()
    assert not _locks.is_held(str(path))
    with _locks.hold(str(path), "It"):
        assert path.read_text(encoding="ascii") == f"process {os.getpid()}"


def test_a_lock_that_is_a_link_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PipelineError), _locks.hold(str(tmp_path / "a.lock"), "It"):
        pass
    assert not (tmp_path / "elsewhere").exists()
