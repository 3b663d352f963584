# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's documentation and the specification that it hands to Ansible say the same."""

from __future__ import annotations

import importlib
import typing as t

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule

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


@pytest.mark.parametrize("name", MODULES)
def test_documentation_and_specification_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(f"{PACKAGE}.{name}")
    documentation = yaml.safe_load(module.DOCUMENTATION)
    given = capture(module, monkeypatch)
    assert drift(told(documentation.get("options", {})), told(given["argument_spec"])) == []
    support = documentation["attributes"]["check_mode"]["support"]
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
