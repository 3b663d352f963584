# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the tables of ``docs/faults.md``: ``python -m tests.faults.structure.report``, or with ``--check``."""

from __future__ import annotations

import collections
import pathlib
import sys
import typing as t

from .border import FAMILIES, KINDS
from .boundaries import boundaries_of
from .exempt import EXEMPT

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "faults.md"
CORE = PAGE.parents[1] / "plugins" / "module_utils"
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"


def tables() -> str:
    found = boundaries_of(CORE)
    exist = collections.Counter(boundary.package for boundary in found)
    without = collections.Counter(boundary.package for boundary in found if boundary.name in EXEMPT)
    lines = ["| package | boundaries | with faults | exempted |", "| --- | --- | --- | --- |"]
    for package in sorted(exist):
        rest = without[package]
        lines.append(
            f"| `{package}` | {exist[package]} | {exist[package] - rest} | {rest or ''} |".replace("|  |", "| |")
        )
    total, rest = sum(exist.values()), sum(without.values())
    lines += [f"| **all** | **{total}** | **{total - rest}** | **{rest}** |", ""]
    lines += ["| exempted boundary | why |", "| --- | --- |"]
    lines += [f"| `{name}` | {reason} |" for name, reason in sorted(EXEMPT.items())]
    lines += ["", "| what crosses | kinds of fault, the telling ones first |", "| --- | --- |"]
    names: dict[str, list[str]] = collections.defaultdict(list)
    for operation, family in FAMILIES.items():
        names[family].append(f"`{operation}`")
    names["step"], names["event"] = ["a step of the run"], ["an event of the journal"]
    names["program"] = ["a program, where its words are written down (`Command`)"]
    names["other"] = ["everything else"]
    for family, kinds in KINDS.items():
        lines.append(f"| {' '.join(names[family])} | {', '.join(kinds)} |")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with its tables as they are now."""
    head, _begin, rest = text.partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{tables()}\n\n{END}{tail}"


def main(arguments: t.Sequence[str]) -> int:
    text = PAGE.read_text(encoding="utf-8")
    if "--check" in arguments:
        return 0 if page(text) == text else 1
    PAGE.write_text(page(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
