# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge of all modules: every error leaves in words, and owners are not mixed."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest
from tests.support.site import AT, make_database, site_options, tree_hash

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import (
    BackupError,
    ConfigError,
    EngineError,
    Foreseen,
)
from ansible_collections.nusantara.backup.plugins.module_utils._base._owner import refuse_mixed_owners
from ansible_collections.nusantara.backup.plugins.module_utils._edges._edge import Edge
from ansible_collections.nusantara.backup.plugins.module_utils._edges._facts_module import ARGUMENTS, run


class FailedError(Exception):
    """What AnsibleModule does: it does not return."""

    def __init__(self, told: dict[str, t.Any]) -> None:
        super().__init__()
        self.told = told


class Module:
    """The part of AnsibleModule that the edge uses."""

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        raise FailedError({"msg": msg, **kwargs})


def told(problem: BaseException) -> dict[str, t.Any]:
    with pytest.raises(FailedError) as caught, Edge(Module()):
        raise problem
    return caught.value.told


def test_our_errors_leave_in_words() -> None:
    found = told(EngineError("it broke", "mend it", code="engine.broken", detail="d"))
    assert found["msg"] == "it broke. mend it."
    assert found == {"msg": "it broke. mend it.", "error": {"code": "engine.broken", "detail": "d"}}


def test_nothing_is_said_twice() -> None:
    assert told(EngineError("it broke", "mend it")) == {"msg": "it broke. mend it.", "error": {"code": "engine"}}
    assert set(told(ConfigError(["a: x"]))) == {"msg", "error"}


def test_all_problems_of_a_configuration_leave_together() -> None:
    found = told(ConfigError(["a: x", "b: y"]))
    assert found["problems"] == ["a: x", "b: y"]


def test_a_fault_of_ours_leaves_in_one_line() -> None:
    found = told(ValueError("several\n lines"))
    assert found["msg"].startswith("Internal error at test_edge.py:")
    assert found["msg"].endswith("ValueError: several lines. Run again with -vvv and report it.")
    assert "Traceback" in found["exception"]


def test_leaving_on_purpose_is_no_fault() -> None:
    with Edge(Module()):
        pass
    with pytest.raises(SystemExit), Edge(Module()):
        raise SystemExit(0)


def test_owners_are_not_mixed(tmp_path: pathlib.Path) -> None:
    refuse_mixed_owners(str(tmp_path), str(tmp_path / "nowhere"))
    os.chown(tmp_path, 65534, 65534)
    with pytest.raises(BackupError, match=r"belongs to nobody and this runs as .*become_user: nobody") as caught:
        refuse_mixed_owners(str(tmp_path))
    assert caught.value.code == "owner.mixed"
    os.chown(tmp_path, 54321, 54321)
    with pytest.raises(BackupError, match="belongs to 54321"):
        refuse_mixed_owners(str(tmp_path))


def test_what_cannot_be_looked_at_is_told(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BackupError) as caught:
        refuse_mixed_owners(str(tmp_path / "file" / "store"))
    assert caught.value.code == "owner.unknown"


def test_the_facts_module_changes_nothing(tmp_path: pathlib.Path) -> None:
    make_database(tmp_path / "simpeg.db")
    before = tree_hash(tmp_path)
    params = {name: option.get("default") for name, option in ARGUMENTS.items()}
    found = run({**params, **site_options(tmp_path), "at": AT})
    assert tree_hash(tmp_path) == before
    assert found["changed"] is False
    assert found["ansible_facts"]["nusantara_backup"]["host"] == "db1"
    with pytest.raises(ConfigError):
        run({**params, "sources": [{}]})


def test_a_fault_of_ours_costs_one_source() -> None:
    with pytest.raises(BackupError) as caught, Foreseen():
        raise ValueError("odd")
    assert caught.value.code == "internal"
    assert "ValueError" in str(caught.value) and "odd" in caught.value.detail
    for other in (OSError(5, "x"), EngineError("x"), KeyboardInterrupt()):
        with pytest.raises(type(other)) as kept, Foreseen():
            raise other
        assert kept.value is other
    with Foreseen():
        pass
