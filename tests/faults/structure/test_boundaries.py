# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The finder of boundaries is shown planted ones, under every name that a call can hide behind."""

from __future__ import annotations

import builtins
import pathlib
import types

import pytest

from .border import FAMILIES, KINDS, crosses, family
from .boundaries import HOOK, Source, boundaries_of
from .campaign import CORE
from .hook import CORE as CORE_PACKAGE
from .hook import Loader


def found(text: str) -> list[str]:
    return [boundary.name for boundary in Source(text, "_package._module").boundaries]


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("import os\ndef f():\n    os.rename('a', 'b')", "os.rename"),
        ("import os as system\ndef f():\n    system.rename('a', 'b')", "os.rename"),
        ("from os import rename as move\ndef f():\n    move('a', 'b')", "os.rename"),
        ("import os\ndef f():\n    return iter(lambda: os.read(0, 1), b'')", "os.read"),
        ("import os\ndef f(stack):\n    stack.callback(os.close, 3)", "os.close"),
        ("import os.path\ndef f():\n    return os.path.isdir('a')", "os.path.isdir"),
        ("from os import path\ndef f():\n    return path.isdir('a')", "os.path.isdir"),
        ("def f():\n    with open('a') as stream:\n        pass", "open"),
        ("import shutil\ndef f(remove=shutil.rmtree):\n    remove('a')", "shutil.rmtree"),
        ("import subprocess\ndef f():\n    subprocess.Popen(['true'])", "subprocess.Popen"),
        ("from .._base._process import Command\ndef f():\n    return Command(('true',))", "Command"),
        ("import socket\ndef f():\n    socket.create_connection(('a', 1))", "socket.create_connection"),
        ("def f(connection):\n    connection.execute('SELECT 1')", ".execute"),
        ("def f(self):\n    self.process.stdin.write(b'')", ".write"),
        ("def f(thread):\n    thread.start()", ".start"),
        ("class C:\n    def f(self):\n        self._observer.step('a', 'sign')", "step sign"),
        ("class C:\n    def f(self):\n        self.journal.append('run.started', {})", "event run.started"),
    ],
)
def test_a_planted_crossing_is_found(text: str, operation: str) -> None:
    assert [name.partition(": ")[2] for name in found(text)] == [f"{operation} #1"]


@pytest.mark.parametrize(
    "text",
    [
        "import os\ndef f(a: os.stat_result) -> os.stat_result: ...",
        "import os\ndef f():\n    return os.path.join('a', os.sep)",
        "import subprocess\ndef f():\n    try:\n        pass\n    except subprocess.TimeoutExpired:\n        pass",
        "def f(names):\n    names.append('run')",
        "def f(receipts):\n    receipts.write(None)",
        "import threading\nclass C(threading.Thread):\n    pass",
    ],
)
def test_what_stays_in_the_process_is_not_counted(text: str) -> None:
    assert found(text) == []


def test_names_survive_edits_elsewhere() -> None:
    text = "import os\ndef f():\n    os.fsync(3)\n    os.fsync(4)\n"
    assert found("\n\n" + text.replace("import os", "import os\n\nX = 1")) == found(text)
    assert found(text)[1] == "_package._module.f: os.fsync #2"


def test_the_watched_form_does_the_same(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []

    def keeper(name: str, cross: object) -> object:
        told.append(name)
        return cross

    planted = tmp_path / "planted.py"
    planted.write_text("from os import path as p\nanswer = [p.exists(x) for x in ('/', '/nonexistent')]\n")
    monkeypatch.setattr(builtins, HOOK, keeper, raising=False)
    loader = Loader(CORE_PACKAGE + "_m", str(planted), impatient=False)
    module = types.ModuleType(loader.name)
    loader.exec_module(module)
    assert module.answer == [True, False]
    assert told == ["_m.<module>: os.path.exists #1"] * 2


def test_what_nobody_thought_of_counts() -> None:
    assert crosses("os.copy_file_range") and family("os.copy_file_range") == "other"
    assert not crosses("os.O_RDONLY") and not crosses("sqlite3.Error")


def test_every_family_has_kinds() -> None:
    assert set(FAMILIES.values()) <= set(KINDS)


def test_names_are_unique_and_many() -> None:
    names = [boundary.name for boundary in boundaries_of(CORE)]
    assert len(names) == len(set(names)) >= 250
