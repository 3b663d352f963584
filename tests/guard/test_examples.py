# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configurations that pages show are taken as they stand, and the first one is the shipped example."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import ConfigError
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import Site
from ansible_collections.nusantara.backup.plugins.module_utils._site._config import parse_site
from checkout import ROOT, listed_files

BLOCK = re.compile(r"^( *)```yaml\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
KEY = "age1" + "q" * 58
EXAMPLE = ROOT / "inventories" / "example" / "group_vars" / "all" / "backup.yml"
SITE = {
    "timezone": "backup_timezone",
    "building": "backup_building",
    "media": "backup_media",
    "groups": "backup_groups",
}


def blocks(text: str) -> list[t.Any]:
    """What the YAML of a page means; what only shows a shape, such as the facts, is no configuration."""
    found = []
    for indent, block in BLOCK.findall(text):
        lines = [line.removeprefix(indent) for line in block.splitlines()]
        found.append(yaml.safe_load("\n".join(lines)))
    return [one for one in found if sources_of(one)]


def sources_of(block: t.Any) -> list[t.Any]:
    listed = block.get("backup_sources", []) if isinstance(block, dict) else block
    return [entry for entry in listed if isinstance(entry, dict) and "engine" in entry]


def site_of(block: t.Any) -> Site:
    """A page may leave out what the site sets once."""
    variables = block if isinstance(block, dict) else {}
    data = {key: variables[name] for key, name in SITE.items() if name in variables}
    names = sorted({name for source in sources_of(block) for name in source.get("media", [])})
    media = [{"name": name, "kind": "disk", "path": f"/mnt/{name}"} for name in names]
    return parse_site({"media": media, "recipients": [KEY], **data, "sources": sources_of(block)})


SHOWN = [
    pytest.param(block, id=f"{path}-{number}")
    for path in listed_files()
    if path.suffix == ".md"
    for number, block in enumerate(blocks((ROOT / path).read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("block", SHOWN)
def test_what_a_page_shows_is_taken(block: t.Any) -> None:
    assert site_of(block).sources


def test_the_page_and_the_shipped_example_are_one() -> None:
    (shown,) = blocks((ROOT / "README.md").read_text(encoding="utf-8"))
    shipped = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    assert len(shown.pop("backup_recipients")) == 2 and shipped.pop("backup_recipients") == []
    assert shown == shipped
    with pytest.raises(ConfigError, match="recipients"):
        parse_site({"media": shipped["backup_media"], "sources": shipped["backup_sources"]})


def test_each_engine_is_shown() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "engines").glob("*.md")}
    assert pages - {"README"} == {source["engine"] for block in SHOWN for source in sources_of(block.values[0])}


def test_the_guard_sees_an_option_that_does_not_exist() -> None:
    page = Path(ROOT / "docs" / "engines" / "sqlite.md").read_text(encoding="utf-8")
    (block,) = blocks(page.replace("frequency: daily", "frequency: daily, colour: red"))
    with pytest.raises(ConfigError, match="colour"):
        site_of(block)
