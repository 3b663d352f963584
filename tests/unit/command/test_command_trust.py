# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who could change a program that runs as the backup's user, and who could read its secrets."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest
from tests.support.command_engine import looked, program

from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import ERROR
from ansible_collections.nusantara.backup.plugins.module_utils._base._trusted import scripts_in, weakness
from ansible_collections.nusantara.backup.plugins.module_utils._engines._command import _preflight

STRANGER = 54321


def reasons(tmp_path: pathlib.Path, **more: t.Any) -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in looked(tmp_path, **more).findings if one.level == ERROR]


@pytest.fixture
def script(tmp_path: pathlib.Path) -> pathlib.Path:
    """A program in two directories that nobody else can write to."""
    directory = tmp_path / "outer" / "inner"
    directory.mkdir(parents=True)
    return pathlib.Path(program(directory / "look", "echo ok"))


def test_what_only_its_owner_can_change_is_trusted(script: pathlib.Path) -> None:
    assert weakness(str(script)) == ""
    assert weakness("/usr/bin/env") == ""


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777, 0o722])
@pytest.mark.parametrize("which", ["file", "directory", "above"])
def test_pitfall_what_others_can_write_is_not_run(
    tmp_path: pathlib.Path, script: pathlib.Path, which: str, mode: int
) -> None:
    target = {"file": script, "directory": script.parent, "above": script.parent.parent}[which]
    if which != "file":
        os.chown(target, -1, STRANGER)
    target.chmod(mode)
    ((code, message),) = reasons(tmp_path, probe=[str(script)])
    assert code == "engine.command.untrusted"
    assert str(target) in message and f"{mode:04o}" in message


@pytest.mark.parametrize("which", ["file", "directory", "above"])
def test_what_belongs_to_somebody_else_is_not_run(script: pathlib.Path, which: str) -> None:
    target = {"file": script, "directory": script.parent, "above": script.parent.parent}[which]
    os.chown(target, STRANGER, -1)
    assert f"{target} belongs to {STRANGER}" in weakness(str(script))


def test_the_sticky_bit_protects_what_lies_deeper_and_not_what_lies_right_there(script: pathlib.Path) -> None:
    script.parent.parent.chmod(0o1777)
    assert weakness(str(script)) == ""
    script.parent.chmod(0o1777)
    assert "1777" in weakness(str(script))


def test_a_link_is_as_weak_as_its_target_and_as_its_own_place(tmp_path: pathlib.Path, script: pathlib.Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    link = place / "link"
    link.symlink_to(script)
    assert weakness(str(link)) == ""
    place.chmod(0o777)
    assert str(place) in weakness(str(link))
    place.chmod(0o755)
    script.chmod(0o777)
    assert str(script) in weakness(str(link))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["python3", "{script}", "{data}"], ["{script}"]),
        (["/usr/bin/perl5.36", "-w", "{data}", "{data}"], ["{data}"]),
        (["timeout", "60", "{script}", "{data}"], ["{script}"]),
        (["timeout", "60", "bash", "{data}"], ["{data}"]),
        (["sqlite3", "{data}", ".dump"], []),
        (["cat", "/etc", "/nowhere"], []),
    ],
)
def test_which_further_words_are_programs(
    tmp_path: pathlib.Path, script: pathlib.Path, words: list[str], found: list[str]
) -> None:
    data = tmp_path / "data"
    data.touch()

    def filled(texts: list[str]) -> list[str]:
        return [text.format(script=script, data=data) for text in texts]

    assert list(scripts_in(filled(words))) == filled(found)


def test_a_script_behind_an_interpreter_is_looked_at(tmp_path: pathlib.Path, script: pathlib.Path) -> None:
    script.chmod(0o666)
    ((code, message),) = reasons(tmp_path, probe=["sh", str(script)])
    assert code == "engine.command.untrusted" and str(script) in message


@pytest.mark.parametrize(
    "more",
    [
        {"probe": ["/usr/bin/nusantara-nowhere"]},
        {"count": ["nusantara-nowhere"]},
        {"end": {"check": ["nusantara-nowhere", "-x"]}},
        {"prefix": ["nusantara-nowhere"]},
        {"prefix": ["env"], "end": {"check": ["/nusantara-nowhere"]}},
    ],
)
def test_a_program_that_is_missing_is_found_by_name_before_the_dump(
    tmp_path: pathlib.Path, more: dict[str, t.Any]
) -> None:
    ((code, message),) = reasons(tmp_path, **more)
    assert code == "tool.missing" and "nusantara-nowhere" in message


@pytest.mark.parametrize("kind", ["directory", "not executable"])
def test_what_cannot_be_run_is_found_before_the_dump(tmp_path: pathlib.Path, kind: str) -> None:
    path = tmp_path / "thing"
    if kind == "directory":
        path.mkdir()
    else:
        path.touch(0o644)
    ((code, message),) = reasons(tmp_path, probe=[str(path)])
    assert code == "tool.missing" and str(path) in message


@pytest.mark.parametrize(
    ("mode", "owner", "words"),
    [
        (0o600, -1, ""),
        (0o400, -1, ""),
        (0o640, -1, "0640"),
        (0o604, -1, "0604"),
        (0o700, -1, "0700"),
        (0o200, -1, "0200"),
        (0o600, STRANGER, f"belongs to {STRANGER}"),
    ],
)
def test_secrets_are_for_their_owner_alone(tmp_path: pathlib.Path, mode: int, owner: int, words: str) -> None:
    path = tmp_path / "secret"
    path.write_text("Rahasia-4711")
    path.chmod(mode)
    os.chown(path, owner, -1)
    found = reasons(tmp_path, secret_files=[str(path)])
    assert [code for code, unused in found] == (["engine.command.secret_file"] if words else [])
    assert all(words in message and "4711" not in message for unused, message in found)


def test_a_secret_that_is_not_there_is_told(tmp_path: pathlib.Path) -> None:
    found = reasons(tmp_path, secret_files=[str(tmp_path / "gone"), str(tmp_path)])
    assert ["No such file" in found[0][1], "not a regular file" in found[1][1]] == [True, True]


def test_what_cannot_be_looked_at_is_not_trusted(
    tmp_path: pathlib.Path, script: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: str) -> t.NoReturn:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(_preflight, "weakness", fails)
    ((code, message), *_others) = reasons(tmp_path, probe=[str(script)])
    assert code == "engine.command.untrusted" and "Permission denied" in message
