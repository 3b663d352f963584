# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the table of ``docs/fuzzing.md`` from the results of the long run: ``python -m tests.fuzz.page RESULTS``.

The results are pytest's, in JUnit's form; what is not between the two marks of the page stays as it is.
"""

from __future__ import annotations

import pathlib
import re
import sys
import typing as t
from xml.etree import ElementTree

from checkout import ROOT

PAGE = ROOT / "docs" / "fuzzing.md"
BEGIN, END = "<!-- figures: made by make fuzz -->", "<!-- end of figures -->"


class Figure(t.NamedTuple):
    """What one target did."""

    target: str
    cases: int
    refused: int
    failed: bool


def figures(results: str) -> list[Figure]:
    """Those of a file of results, by the names of the targets."""
    found = []
    for case in ElementTree.fromstring(results).iter("testcase"):
        properties = {one.get("name"): one.get("value") for one in case.iter("property")}
        name = re.search(r"\[(.+)\]", case.get("name", ""))
        if "test_a_hundred_thousand_cases" in case.get("name", "") and name:
            failed = case.find("failure") is not None or case.find("error") is not None
            cases, refused = (int(properties.get(key) or 0) for key in ("cases", "refused"))
            found.append(Figure(name[1], cases, refused, failed))
    return sorted(found)


def table(found: t.Sequence[Figure]) -> str:
    """Aligned, for a page is read as text as well."""
    lines = [("target", "cases", "refused in words", "findings")]
    lines += [(one.target, str(one.cases), str(one.refused), "see the result" if one.failed else "0") for one in found]
    sums = [str(sum(values)) for values in ([one.cases for one in found], [one.refused for one in found])]
    lines.append(("all", *sums, str(sum(one.failed for one in found))))
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    rows = [
        f"| {line[0]:<{widths[0]}} | " + " | ".join(f"{line[n]:>{widths[n]}}" for n in (1, 2, 3)) + " |"
        for line in lines
    ]
    rule = f"| {'-' * widths[0]} | " + " | ".join("-" * (width - 1) + ":" for width in widths[1:]) + " |"
    return "\n".join([rows[0], rule, *rows[1:]])


def put(page: str, made: str) -> str:
    """The page with the table between its marks."""
    before, _mark, rest = page.partition(BEGIN)
    _old, _mark, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{after}"


def main(arguments: t.Sequence[str]) -> int:
    results = pathlib.Path(arguments[0]).read_text(encoding="utf-8")
    PAGE.write_text(put(PAGE.read_text(encoding="utf-8"), table(figures(results))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
