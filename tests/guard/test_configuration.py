# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every variable and key that a site may set stands in ``docs/configuration.md``, with its default."""

from __future__ import annotations

import dataclasses
import re

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._model import (
    Group,
    Hook,
    Hooks,
    Medium,
    PlanEntry,
    Protection,
    Source,
)
from checkout import ROOT, listed_files

PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
READ = re.compile(r"\b(backup_[a-z_]+) \| default\(([^)]*)\)")
# What no site may set: an engine's own, and a switch of the benchmarks.
INTERNAL = {"options", "protection", "hooks", "read_back"}
KEYS = {
    field.name
    for shape in (Source, PlanEntry, Protection, Medium, Group, Hook, Hooks)
    for field in dataclasses.fields(shape)
} - INTERNAL
Variables = dict[str, str]


def site_variables() -> Variables:
    """What roles and playbooks read from the inventory, each with its default as it is written there."""
    found = {}
    for path in listed_files():
        if path.suffix == ".yml" and path.parts[0] in {"playbooks", "roles"}:
            for name, default in READ.findall((ROOT / path).read_text(encoding="utf-8")):
                if not name.startswith("backup_host_"):
                    found[name] = default.strip("'\"")
    return found


def rows(page: str) -> dict[str, str]:
    """The second cell of the tables' lines by every name in the first one."""
    found = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.split(" | ")]
        if line.startswith("| `") and len(cells) == 3:
            found.update(dict.fromkeys(re.findall(r"`([a-z_]+)`", cells[0]), cells[1]))
    return found


def drift(page: str, variables: Variables, keys: set[str]) -> list[str]:
    """What the page leaves out, and which default it tells otherwise."""
    told = rows(page)
    found = [f"{name} is not described" for name in sorted(keys - set(told))]
    for name, default in sorted(variables.items()):
        if f"`{name}`" not in page:
            found.append(f"{name} is not described")
        elif re.fullmatch(r"[\w/:.-]+", default) and name in told and f"`{default}`" not in told[name]:
            found.append(f"the default of {name} is {default}")
    return found


def test_everything_that_a_site_may_set_is_described() -> None:
    variables = site_variables()
    assert {"backup_at", "backup_sources", "backup_store", "backup_hosts"} <= set(variables)
    assert drift(PAGE, variables, KEYS) == []


def test_nothing_is_described_that_has_no_effect() -> None:
    assert {name for name in rows(PAGE) if name.startswith("backup_")} <= set(site_variables())
    assert {name for name in rows(PAGE) if not name.startswith("backup_")} == KEYS


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("| `backup_a` | `1` | x |\n| `b` | none | x |\n", 0),
        ("| `backup_a` | `2` | x |\n| `b` | none | x |\n", 1),
        ("| `b` | none | x |\n", 1),
        ("| `backup_a` | `1` | x |\n", 1),
        ("told elsewhere: `backup_a`\n\n| `b`, `c` | none | x |\n", 0),
    ],
    ids=["agreed", "other default", "variable", "key", "elsewhere"],
)
def test_the_guard_sees_planted_drift(page: str, expected: int) -> None:
    assert len(drift(page, {"backup_a": "1"}, {"b"})) == expected
