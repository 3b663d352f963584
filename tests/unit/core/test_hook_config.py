# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks and groups (K3): what somebody may write, and what is refused with its path."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from tests.support.site import make_site

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock, parse_at
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import (
    ConfigError,
)
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Group, Hook, Hooks, Site
from ansible_collections.nusantara.backup.plugins.module_utils._base._present import present
from ansible_collections.nusantara.backup.plugins.module_utils._run._check import check
from ansible_collections.nusantara.backup.plugins.module_utils._site._config import parse_site
from ansible_collections.nusantara.backup.plugins.module_utils._site._plan import plan_jobs, units_of

GROUP = {"name": "G", "before": ["on"], "after": ["off"]}


def source(name: str, **more: t.Any) -> dict[str, t.Any]:
    return {"name": name, "engine": "files", "path": f"/srv/{name}", **more}


def parsed(*sources: dict[str, t.Any], **more: t.Any) -> Site:
    return parse_site({"encryption": "none", "sources": list(sources), **more})


def test_hooks_are_words_or_a_mapping() -> None:
    one = source("A", before=["/opt/x", "", "a b"], after={"run": ["stop"], "time_limit": 3}, group="G")
    two = source("B", before={"run": ["x"], "on_failure": "continue"}, group="G")
    site = parsed(one, two, source("C"), groups=[{**GROUP, "before": None}])
    first, second, third = site.sources
    assert first.hooks == Hooks(Hook(("/opt/x", "", "a b"), 10, "fail"), Hook(("stop",), 3, "fail"))
    assert second.hooks == Hooks(Hook(("x",), 10, "continue"), None)
    assert (first.group, third.group, bool(third.hooks)) == ("G", "", False)
    assert site.groups == (Group("G", Hooks(None, Hook(("off",)))),)
    assert [member.name for member in site.members("G")] == ["A", "B"]
    assert site.group("G") == site.groups[0] and site.group("") is None and site.members("") == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"before": "run this"}, "sources[0].before: must be a list, not text"),
        ({"before": []}, "sources[0].before: must name a program"),
        ({"before": {"run": []}}, "sources[0].before.run: must name a program"),
        ({"before": {}}, "sources[0].before.run: must name a program"),
        ({"after": {"run": "x"}}, "sources[0].after.run: must be a list, not text"),
        ({"after": [5]}, "sources[0].after[0]: must be text, not 5"),
        ({"after": [""]}, "sources[0].after[0]: must be text, not ''"),
        ({"after": ["a/b"]}, "sources[0].after[0]: 'a/b' must be an absolute path"),
        ({"after": ["/opt/../x"]}, "sources[0].after[0]: '/opt/../x' must be an absolute path"),
        ({"after": ["rm -rf"]}, "sources[0].after[0]: 'rm -rf' must be an absolute path"),
        ({"after": ["-x"]}, "sources[0].after[0]: '-x' must be an absolute path"),
        ({"after": ["x", "a\nb"]}, "sources[0].after[1]: 'a\\nb' has a control character"),
        ({"after": ["x"] * 201}, "sources[0].after: has 201 words"),
        ({"after": ["x", "y" * 5000]}, "sources[0].after[1]: is longer than"),
        ({"after": ["sh", "-c", "rm flag"]}, "sources[0].after[0]: hands text to a shell"),
        ({"after": ["x", "--password=rahasia"]}, "sources[0].after[1]: seems to hold a secret"),
        ({"after": {"run": ["x"], "time_limit": 0}}, "sources[0].after.time_limit: 0 must be a whole number"),
        ({"after": {"run": ["x"], "on_failure": "continue"}}, "sources[0].after: 'on_failure' is not an option"),
        ({"before": {"run": ["x"], "on_failure": "ignore"}}, "sources[0].before.on_failure: 'ignore' is not one"),
        ({"group": "H"}, "sources[0].group: 'H' is not a group of this site (G)"),
        ({"group": "a b"}, "sources[0].group: 'a b' must be 1 to 64 letters"),
    ],
)
def test_what_is_wrong_is_told_with_its_path(changes: dict[str, t.Any], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parsed(source("A", **changes), groups=[GROUP])
    told = caught.value.problems
    assert any(line.startswith(expected) for line in told) and len(told) <= 2, told


def test_groups_are_checked_and_all_is_told_at_once() -> None:
    groups = [{"name": "G"}, {"name": "g", "after": ["x"]}, {"name": "H", "after": ["x"], "colour": "red"}]
    daily, weekly = source("A", group="H"), source("B", group="H", frequency="weekly", at="22:00")
    with pytest.raises(ConfigError) as caught:
        parsed(daily, weekly, groups=groups)
    told = caught.value.problems
    assert len(told) == 4
    assert any(line.startswith("groups[0]: needs before or after") for line in told)
    assert any(line.startswith("groups[1].name: 'g' is taken by groups[0]") for line in told)
    assert any(line.startswith("groups[2]: 'colour' is not an option here") for line in told)
    assert "sources[1].group: sources[0] of the same group runs at 24:00, this one at 22:00" in "".join(told)


def test_members_may_have_different_nights() -> None:
    site = parsed(source("A", group="G"), source("B"), source("C", group="G", frequency="weekly"), groups=[GROUP])
    night = plan_jobs(site, present(parse_at("2026-11-21T00:00:03+07:00")))
    units = units_of(site, night)
    assert [[job.source.name for job in unit.jobs] for unit in units] == [["A"], ["B"]]
    night = plan_jobs(site, present(parse_at("2026-11-22T00:00:03+07:00")))
    units = units_of(site, night)
    assert [[job.source.name for job in unit.jobs] for unit in units] == [["A", "C"], ["B"]]
    assert [unit.group.name if unit.group else "" for unit in units] == ["G", ""]


def test_a_group_without_sources_here_is_only_told(tmp_path: pathlib.Path) -> None:
    site = make_site(tmp_path, groups=[GROUP])
    (found,) = [one for one in check(site, [], Clock(), str(tmp_path / "work")) if one.code == "group.empty"]
    assert (found.level, found.params) == ("info", {"group": "G"})
