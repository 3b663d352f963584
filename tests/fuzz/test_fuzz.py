# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Foreign input of every kind ends in a result or in words: no traceback, no write outside of a root, no hang."""

from __future__ import annotations

import os
import pathlib
import time
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError
from ansible_collections.nusantara.backup.plugins.module_utils._engines._registry import ENGINES

from .shares import LONG, NUMBER, SHORT, share
from .strategies.site import valid_options
from .table import TARGETS
from .target import Count as Counted
from .target import Place, Target, run_case, run_target
from .watch import Hang

EACH = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)


@EACH
def test_a_share_of_the_cases(target: Target) -> None:
    assert run_target(target, share(target, SHORT)).cases >= share(target, SHORT)


@pytest.mark.long
@pytest.mark.timeout(3000)
@EACH
def test_a_hundred_thousand_cases(target: Target, record_property: t.Callable[[str, object], None]) -> None:
    count = run_target(target, share(target, LONG), NUMBER)
    assert count.cases >= share(target, LONG)
    record_property("cases", count.cases)
    record_property("refused", count.refused)


def test_the_shares_are_as_many_as_is_said() -> None:
    for cases in (SHORT, LONG):
        assert cases <= sum(share(target, cases) for target in TARGETS) < cases + len(TARGETS)
    assert len({target.name for target in TARGETS}) == len(TARGETS)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_every_engine_of_the_registry_has_options_to_begin_with(engine: str) -> None:
    """An engine that is new gets a row in ``CANDIDATES`` where none of them fits."""
    assert valid_options(engine)
    assert any(target.name == f"engine.{engine}.options" for target in TARGETS)


def trouble(kind: str, outside: pathlib.Path) -> None:
    """What no target may do."""
    if kind == "traceback":
        raise KeyError(kind)
    if kind == "no remedy":
        raise BackupError("It failed")
    if kind == "write":
        (outside / "file").write_bytes(b"")
    if kind == "link":
        os.symlink("x", outside / "link")
    if kind == "hidden write":
        try:
            os.mkdir(outside / "directory")
        except OSError:
            raise BackupError("It failed", "Do something") from None
    if kind == "unforeseen":
        raise BackupError("It failed", "Do something", code="internal")


@pytest.mark.parametrize("kind", ["traceback", "no remedy", "write", "link", "hidden write", "unforeseen"])
def test_trouble_that_is_planted_is_seen(kind: str, tmp_path: pathlib.Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    target = Target("planted", TARGETS[0].strategy, lambda _place, _value: trouble(kind, outside))
    with pytest.raises((AssertionError, KeyError, PermissionError)):
        run_case(target, Place(inside), None, Counted())
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("result", [["\x1b[2J"], {"a": "\ud800"}, {"a": float("nan")}, {"\x07": 1}])
def test_a_result_that_harms_a_terminal_or_a_reader_is_seen(result: t.Any, tmp_path: pathlib.Path) -> None:
    target = Target("planted", TARGETS[0].strategy, lambda _place, _value: result)
    with pytest.raises((AssertionError, ValueError)):
        run_case(target, Place(tmp_path), None, Counted())


def endless(_place: Place, _value: object) -> None:
    while time.monotonic():
        pass


def test_a_hang_is_ended(tmp_path: pathlib.Path) -> None:
    began = time.monotonic()
    waiting = Target("planted", TARGETS[0].strategy, endless)
    with pytest.raises(Hang):
        run_case(waiting, Place(tmp_path), None, Counted(), seconds=0.2)
    assert time.monotonic() < began + 30
