# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages of the core know only those above them in the table of ``docs/architecture.md``."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from checkout import ROOT

CORE = ROOT / "plugins" / "module_utils"


def documented() -> list[str]:
    """The packages in the order of the page's table."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `_")]
    return [name for row in rows for name in re.findall(r"`(_\w+)`", row)]


def climbing(parts: tuple[str, ...], text: str, order: list[str]) -> list[str]:
    """The imports of one file that go to a package below its own."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.level:
            above = parts[: len(parts) - node.level]
            target = above + tuple(node.module.split(".") if node.module else ())
            if target and target[0] != parts[0] and order.index(target[0]) > order.index(parts[0]):
                found.append(f"{'/'.join(parts)} imports {'.'.join(target)}")
    return found


def test_every_package_stands_in_the_table() -> None:
    packages = {path.parent.name for path in CORE.glob("*/__init__.py")}
    modules = {path.stem for path in CORE.glob("_*.py")}
    assert sorted(documented()) == sorted(packages | modules)


def test_no_import_goes_down_the_table() -> None:
    order = documented()
    found = []
    for path in sorted(CORE.rglob("*.py")):
        parts = path.relative_to(CORE).with_suffix("").parts
        found += climbing(parts, path.read_text(encoding="utf-8"), order)
    assert found == []


def test_the_guard_sees_a_planted_import() -> None:
    place: tuple[str, ...] = Path("_low/_file").parts
    assert climbing(place, "from .._high._other import x", ["_low", "_high"]) == ["_low/_file imports _high._other"]
    assert climbing(place, "from .._high._other import x", ["_high", "_low"]) == []
