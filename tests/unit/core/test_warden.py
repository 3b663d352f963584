# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The warden outlives a killed run: no child and no clear copy is left."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import typing as t
import zipfile

import pytest
from tests.support.signals import ignored
from tests.support.site import is_alive, wait_until

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import ToolError
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children, Command
from ansible_collections.nusantara.backup.plugins.module_utils._base._warden import Warden
from checkout import collections_path

COLLECTIONS = str(collections_path())
OWNER = """
import os, sys, time
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children, Command
from ansible_collections.nusantara.backup.plugins.module_utils._base._warden import Warden
work, kept = sys.argv[1:]
warden = Warden()
warden.watch_directory(work)
warden.watch_directory(kept)
open(os.path.join(work, "clear.sqlite"), "w").close()
children = Children(warden)
alive = children.spawn(Command(("sh", "-c", "sleep 1000 & wait")))
done = children.spawn(Command(("true",)))
done.wait()
warden._note("directory", kept, False)
print(alive.process.pid, warden.pid, flush=True)
sys.stdin.read()
"""


def processes_of_group(group: int) -> list[int]:
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and is_alive(int(entry.name)):
            try:
                if os.getpgid(int(entry.name)) == group:
                    found.append(int(entry.name))
            except ProcessLookupError:
                pass
    return found


@pytest.fixture
def owner(tmp_path: pathlib.Path) -> t.Iterator[tuple[subprocess.Popen[str], int, int]]:
    for name in ("work", "kept"):
        (tmp_path / name).mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "work"), str(tmp_path / "kept")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": COLLECTIONS},
    )
    assert process.stdout is not None
    child, warden = map(int, process.stdout.readline().split())
    with process:
        yield process, child, warden
        process.kill()


def test_pitfall_sigkill_of_the_run_leaves_no_child_and_no_clear_copy(
    owner: tuple[subprocess.Popen[str], int, int], tmp_path: pathlib.Path
) -> None:
    process, child, warden = owner
    wait_until(lambda: len(processes_of_group(child)) == 2)
    assert (tmp_path / "work" / "clear.sqlite").exists()
    process.kill()
    wait_until(lambda: not (tmp_path / "work").exists())
    wait_until(lambda: not processes_of_group(child))
    wait_until(lambda: not is_alive(warden))
    assert (tmp_path / "kept").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_warden_outlives_polite_signals(
    owner: tuple[subprocess.Popen[str], int, int], tmp_path: pathlib.Path, number: signal.Signals
) -> None:
    process, _child, warden = owner
    wait_until(lambda: _ignores(warden, number))
    os.kill(warden, number)
    process.kill()
    wait_until(lambda: not (tmp_path / "work").exists())


def _ignores(pid: int, number: int) -> bool:
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return number in ignored(text)[0]


def test_a_run_that_ends_well_cleans_by_itself(tmp_path: pathlib.Path) -> None:
    (tmp_path / "one" / "inner").mkdir(parents=True)
    (tmp_path / "two").mkdir()
    with Warden() as warden:
        warden.watch_directory(str(tmp_path / "one"))
        warden.watch_directory(str(tmp_path / "two"))
        warden.remove_directory(str(tmp_path / "two"))
        assert not (tmp_path / "two").exists()
        warden.remove_directory(str(tmp_path / "never"))
    assert not (tmp_path / "one").exists()
    assert not is_alive(warden.pid)


def test_a_killed_warden_stops_the_run_in_words(tmp_path: pathlib.Path) -> None:
    with Warden() as warden:
        os.kill(warden.pid, signal.SIGKILL)
        wait_until(lambda: not is_alive(warden.pid))
        with pytest.raises(ToolError) as caught:
            warden.watch_directory(str(tmp_path / "x"))
        assert caught.value.code == "tool.warden"
        with Children(warden) as children, pytest.raises(ToolError):
            children.spawn(Command(("sleep", "1000")))
        assert not children._alive


def test_a_warden_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ToolError) as caught:
        Warden()
    assert caught.value.code == "tool.start"


ZIPPED = """
import os, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.nusantara.backup.plugins.module_utils._base._warden import Warden
os.unlink(sys.argv[1])
with Warden() as warden:
    os.kill(warden.pid, 0)
    warden.forget_process(1)
    sys.stdout.write("at work")
"""


def test_the_warden_starts_though_the_code_is_gone(tmp_path: pathlib.Path) -> None:
    """What Ansible unpacks for a module is removed while the run that the module started goes on."""
    archive = tmp_path / "module.zip"
    core = collections_path() / "ansible_collections" / "nusantara" / "backup" / "plugins" / "module_utils" / "_base"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in core.glob("*.py"):
            packed.write(path, path.relative_to(collections_path()))
        for number in range(1, 6):
            packed.writestr(str(pathlib.Path(*core.relative_to(collections_path()).parts[:number], "__init__.py")), "")
    done = subprocess.run(
        [sys.executable, "-I", "-c", ZIPPED, str(archive)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "at work"), done.stderr
