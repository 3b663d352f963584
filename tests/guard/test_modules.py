# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's documentation and the specification that it hands to Ansible say the same."""

from __future__ import annotations

import importlib
import json
import sys
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_run import Ansible
from checkout import listed_files

MODULES = sorted(path.stem for path in listed_files() if path.match("plugins/modules/*.py"))
PACKAGE = "ansible_collections.nusantara.backup.plugins.modules"
Mapping = dict[str, t.Any]


class CapturedError(Exception):
    """Carries what a module gave to AnsibleModule out of its ``main``."""

    def __init__(self, given: Mapping) -> None:
        super().__init__()
        self.given = given


def capture(module: t.Any, monkeypatch: pytest.MonkeyPatch) -> Mapping:
    def stop(*_positional: object, **given: t.Any) -> None:
        raise CapturedError(given)

    monkeypatch.setattr(AnsibleModule, "__init__", stop)
    with pytest.raises(CapturedError) as caught:
        module.main()
    given: Mapping = caught.value.given
    return given


def told(options: Mapping) -> Mapping:
    """Options as both sides can be compared, whatever they leave to Ansible's own defaults."""
    return {
        name: {
            "type": option.get("type", "str"),
            "required": bool(option.get("required", False)),
            "default": option.get("default"),
            "choices": list(option.get("choices") or []),
            "elements": option.get("elements"),
            "aliases": sorted(option.get("aliases", [])),
            "within": told(option.get("suboptions") or option.get("options") or {}),
        }
        for name, option in options.items()
    }


def drift(documented: Mapping, specified: Mapping, path: str = "") -> list[str]:
    """Where documentation and specification (both by `told`) differ."""
    found = [f"{path}{name} is not documented" for name in sorted(set(specified) - set(documented))]
    found += [f"{path}{name} is documented only" for name in sorted(set(documented) - set(specified))]
    for name in sorted(set(documented) & set(specified)):
        one, other = dict(documented[name]), dict(specified[name])
        found += drift(one.pop("within"), other.pop("within"), f"{path}{name}.")
        found += [
            f"{path}{name}: {key} is {one[key]!r} in words, {other[key]!r} in code"
            for key in one
            if one[key] != other[key]
        ]
    return found


@pytest.fixture(scope="module")
def documentation(tmp_path_factory: pytest.TempPathFactory) -> Mapping:
    """What a reader of the documentation sees, fragments included, by the name of the module."""
    ansible = Ansible(Path(sys.executable).parent, tmp_path_factory.mktemp("documentation"))
    names = [f"nusantara.backup.{name}" for name in MODULES]
    done = ansible.run("ansible-doc", "--json", "--type", "module", *names)
    assert done.returncode == 0, done.output
    return {name.rpartition(".")[2]: page["doc"] for name, page in json.loads(done.output).items()}


@pytest.mark.parametrize("name", MODULES)
def test_documentation_and_specification_agree(
    name: str, documentation: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = documentation[name]
    given = capture(importlib.import_module(f"{PACKAGE}.{name}"), monkeypatch)
    assert drift(told(page.get("options", {})), told(given["argument_spec"])) == []
    support = page["attributes"]["check_mode"]["support"]
    assert (support != "none") == bool(given.get("supports_check_mode")), "check mode is not what the attributes say"


OPTION = {"type": "list", "elements": "dict", "suboptions": {"a": {"type": "int", "default": 1}}}


@pytest.mark.parametrize(
    ("specified", "expected"),
    [
        ({"x": {"type": "list", "elements": "dict", "options": {"a": {"type": "int", "default": 1}}}}, 0),
        ({"x": {"type": "list", "elements": "dict", "options": {"a": {"type": "int", "default": 2}}}}, 1),
        ({"x": {"type": "list", "elements": "str", "options": {}}}, 2),
        ({"x": OPTION, "y": {}}, 1),
        ({}, 1),
    ],
    ids=["agreed", "default", "elements and suboption", "undocumented", "documented only"],
)
def test_the_guard_sees_planted_drift(specified: Mapping, expected: int) -> None:
    assert len(drift(told({"x": OPTION}), told(specified))) == expected
