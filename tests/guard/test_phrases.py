# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both languages have the same phrases, and every code that the collection gives has one."""

from __future__ import annotations

import ast
import importlib
import re
import string
import typing as t
from pathlib import Path

import pytest

from checkout import ROOT, listed_files

CATALOGUES: dict[str, dict[str, str]] = importlib.import_module(
    "ansible_collections.nusantara.backup.plugins.plugin_utils._phrases"
).CATALOGUES
# The first parts of codes. A text of this form is one wherever it stands, be it in a table or an argument.
HEADS = (
    "config|database|disk|encryption|engine|files|group|journal|lock|manifest|media|medium|naming|owner|pipeline|"
    "preflight|receipt|signing|sqlite|store|tool|transfer|verify"
)
CODE = re.compile(rf"(?:{HEADS})(?:\.(?!jsonl?$)[a-z_]+)+")
# Where errors and findings come from.
PLACES = {("plugins", "action"), ("plugins", "module_utils"), ("plugins", "modules")}
SOURCES = [path for path in listed_files() if path.parts[:2] in PLACES and path.suffix == ".py"]


def fields(phrase: str) -> set[str]:
    """The names in braces."""
    return {name for literal, name, spec, conversion in string.Formatter().parse(phrase) if name}


def drift(one: t.Mapping[str, str], other: t.Mapping[str, str]) -> list[str]:
    """Where two catalogues differ in keys or in the names in braces."""
    found = [f"{key} is in one language only" for key in sorted(set(one) ^ set(other))]
    return found + [
        f"{key}: other names in braces" for key in set(one) & set(other) if fields(one[key]) != fields(other[key])
    ]


class Codes(ast.NodeVisitor):
    """Collects the codes of errors and findings in a source: `given` as written, `composed` where they are built."""

    def __init__(self) -> None:
        self.given: set[tuple[str, str]] = set()
        self.composed: list[str] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for line in node.body:
            names = [target.id for target in getattr(line, "targets", []) if isinstance(target, ast.Name)]
            if isinstance(line, ast.Assign) and names == ["code"]:
                self._take("error", line.value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        kind = "finding" if called == "Finding" else "error" if called.endswith("Error") else "any"
        values = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        if kind == "finding":
            values += node.args[:1]
        for value in values:
            self._take(kind, value)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and CODE.fullmatch(node.value):
            self.given.add(("any", node.value))

    def _take(self, kind: str, value: ast.expr) -> None:
        if isinstance(value, ast.IfExp):
            self._take(kind, value.body)
            self._take(kind, value.orelse)
        elif isinstance(value, ast.Constant) and isinstance(value.value, str):
            self.given.add((kind, value.value))
        elif isinstance(value, (ast.JoinedStr, ast.BinOp)):
            self.composed.append(f"line {value.lineno}: {ast.unparse(value)}")


def codes(source: str) -> Codes:
    found = Codes()
    found.visit(ast.parse(source))
    return found


def without_phrase(given: set[tuple[str, str]], catalogue: t.Mapping[str, str]) -> list[str]:
    """The codes that a report could not say in full."""
    kinds = {"error": ["error"], "finding": ["finding"], "any": ["error", "finding"]}
    return sorted(
        {code for kind, code in given if code and not any(f"{word}.{code}" in catalogue for word in kinds[kind])}
    )


def test_languages_agree() -> None:
    assert sorted(CATALOGUES) == ["en", "id"]
    assert drift(CATALOGUES["en"], CATALOGUES["id"]) == []


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_every_code_is_written_out_and_has_a_phrase(source: Path) -> None:
    found = codes((ROOT / source).read_text(encoding="utf-8"))
    assert found.composed == [], "write codes out, so that they can be found and translated"
    assert without_phrase(found.given, CATALOGUES["en"]) == []


def without_remedy(catalogue: t.Mapping[str, str]) -> list[str]:
    """The codes that a report could name without saying what to do next."""
    told = {key.partition(".")[2] for key in catalogue if key.partition(".")[0] in ("error", "finding")}
    return sorted(code for code in told if not catalogue.get(f"remedy.{code}", "").strip())


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_every_code_has_a_remedy_in_both_languages(language: str) -> None:
    """P12.3, P15.2: what failed is followed by what to do about it, in the language of the report."""
    assert without_remedy(CATALOGUES[language]) == []


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_a_remedy_needs_no_values_and_belongs_to_a_code(language: str) -> None:
    """An error has no values, and its remedy is the same as the finding's."""
    catalogue = CATALOGUES[language]
    remedies = {key.partition(".")[2]: text for key, text in catalogue.items() if key.startswith("remedy.")}
    assert [code for code, text in remedies.items() if fields(text)] == []
    assert [code for code in remedies if not {f"error.{code}", f"finding.{code}"} & set(catalogue)] == []


@pytest.mark.parametrize(
    ("planted", "expected"),
    [
        ({"error.disk.full": "x", "remedy.disk.full": "y"}, []),
        ({"error.disk.full": "x"}, ["disk.full"]),
        ({"finding.report.late": "x", "remedy.report.late": " "}, ["report.late"]),
        ({"error.disk.full": "x", "remedy.disk": "y"}, ["disk.full"]),
    ],
    ids=["has one", "has none", "empty", "only one above"],
)
def test_the_guard_sees_a_code_without_a_remedy(planted: dict[str, str], expected: list[str]) -> None:
    assert without_remedy(planted) == expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [({"a": "x {n}"}, 0), ({"a": "x {m}"}, 1), ({"a": "x"}, 1), ({"a": "x {n}", "b": "y"}, 1), ({}, 1)],
    ids=["agreed", "other name", "no name", "one more", "missing"],
)
def test_the_guard_sees_planted_drift(other: dict[str, str], expected: int) -> None:
    assert len(drift({"a": "{n} x"}, other)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("raise ToolError('x', code='tool.known')", []),
        ("raise ToolError('x', code='tool.new')", ["tool.new"]),
        ("class NewError(BackupError):\n    code = 'new'", ["new"]),
        ("Finding('disk.new', 'error', 's', 'm')", ["disk.new"]),
        ("TABLE = {28: 'engine.new'}", ["engine.new"]),
        ("fail('x', code='tool.known' if x else 'tool.other')", ["tool.other"]),
    ],
)
def test_the_guard_sees_a_code_without_a_phrase(source: str, expected: list[str]) -> None:
    assert without_phrase(codes(source).given, {"error.tool.known": "x"}) == expected


def test_the_guard_sees_a_composed_code() -> None:
    assert len(codes("raise ToolError('x', code=f'tool.{name}')").composed) == 1
