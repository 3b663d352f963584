# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role's ``meta/argument_specs.yml`` and its ``defaults/main.yml`` say the same, and every option has an effect."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.nusantara.backup.plugins.module_utils._edges._run_module import ARGUMENTS
from ansible_collections.nusantara.backup.plugins.module_utils._site._site_args import SITE_OPTIONS
from checkout import ROOT, listed_files

ROLES = sorted({path.parts[1] for path in listed_files() if path.parts[0] == "roles" and len(path.parts) > 2})
Mapping = dict[str, t.Any]
# What the action plugin asks with while it follows a run.
FOLLOWING = {"follow", "since", "step", "wait"}


def load(path: Path) -> Mapping:
    return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.is_file() else {}


def is_template(value: object) -> bool:
    return isinstance(value, str) and "{{" in value


def drift(role: str, specs: Mapping, defaults: Mapping, entry_points: set[str]) -> list[str]:
    """Where the two differ; ``entry_points`` are the names of the task files that can be entered from outside."""
    described: Mapping = specs.get("argument_specs", {})
    options: Mapping = {}
    for entry in described.values():
        options |= entry.get("options", {})
    found = [f"task file {name} has no entry in argument_specs" for name in sorted(entry_points - set(described))]
    found += [f"entry {name} has no task file" for name in sorted(set(described) - entry_points)]
    found += [f"{name} has a default but is not an option" for name in sorted(set(defaults) - set(options))]
    found += [f"{name} does not carry the role's name" for name in sorted(defaults) if not name.startswith(f"{role}_")]
    for name, option in sorted(options.items()):
        if "default" in option and name not in defaults:
            found.append(f"{name} has a default in argument_specs only")
        elif "default" in option and option["default"] != defaults[name]:
            found.append(f"{name} is {option['default']!r} in argument_specs and {defaults[name]!r} in defaults")
        elif "default" not in option and name in defaults and not is_template(defaults[name]):
            found.append(f"{name} is {defaults[name]!r} in defaults and has no default in argument_specs")
        if option.get("required") and name in defaults:
            found.append(f"{name} is required and has a default")
        if name not in defaults and not option.get("required") and "default" not in option:
            found.append(f"{name} is optional and has no line in defaults")
    return found


@pytest.mark.parametrize("role", ROLES)
def test_role_specs_and_defaults_agree(role: str) -> None:
    place = ROOT / "roles" / role
    # A task file whose name begins with an underscore is internal.
    entry_points = {path.stem for path in place.glob("tasks/*.yml") if not path.stem.startswith("_")}
    specs = load(place / "meta" / "argument_specs.yml")
    assert drift(role, specs, load(place / "defaults" / "main.yml"), entry_points) == []


def idle(defaults: Mapping, texts: str) -> list[str]:
    """Options that no task, template or other default reads."""
    return [name for name in sorted(defaults) if not re.search(rf"\b{name}\b", texts)]


@pytest.mark.parametrize("role", ROLES)
def test_every_option_of_a_role_is_read(role: str) -> None:
    place = ROOT / "roles" / role
    files = [path for part in ("tasks", "templates", "vars") for path in (place / part).glob("*")]
    texts = "\n".join(path.read_text(encoding="utf-8") for path in files)
    assert idle(load(place / "defaults" / "main.yml"), texts) == []
    assert idle({"r_a": 1, "r_b": 2}, "{{ r_a }} {{ r_bb }}") == ["r_b"]


@pytest.mark.parametrize(("tasks", "options"), [("run", set(ARGUMENTS) - FOLLOWING), ("facts", set(SITE_OPTIONS))])
def test_every_option_of_a_site_reaches_the_module(tasks: str, options: set[str]) -> None:
    (task,) = yaml.safe_load((ROOT / "roles" / "backup_host" / "tasks" / f"{tasks}.yml").read_text(encoding="utf-8"))
    (arguments,) = (value for key, value in task.items() if key.startswith("nusantara.backup."))
    assert options - set(arguments) == set()
    assert len(set(arguments.values())) == len(arguments), "one variable feeds two options"


SPECS = {"argument_specs": {"main": {"options": {"r_a": {"default": 1}, "r_b": {"required": True}, "r_c": {}}}}}
AGREED = {"r_a": 1, "r_c": "{{ c }}"}


@pytest.mark.parametrize(
    ("defaults", "entry_points", "expected"),
    [
        (AGREED, {"main"}, 0),
        (AGREED | {"r_a": 2}, {"main"}, 1),
        (AGREED | {"r_b": 2}, {"main"}, 2),
        (AGREED | {"r_c": 2}, {"main"}, 1),
        (AGREED | {"r_d": 2}, {"main"}, 1),
        (AGREED, {"main", "other"}, 1),
        ({"r_a": 1}, {"main"}, 1),
        ({"r_c": "{{ c }}"}, {"main"}, 1),
    ],
    ids=[
        "agreed",
        "other value",
        "default of a required one",
        "value in defaults only",
        "not an option",
        "entry point without a spec",
        "optional without a line",
        "default in specs only",
    ],
)
def test_the_guard_sees_planted_drift(defaults: Mapping, entry_points: set[str], expected: int) -> None:
    assert len(drift("r", SPECS, defaults, entry_points)) == expected
