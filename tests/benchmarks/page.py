# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the figures, and the page in ``docs/`` that holds it."""

from __future__ import annotations

import dataclasses
import datetime
import os
import re
import typing as t
from pathlib import Path

from tests.benchmarks.measure import Row, run
from tests.tools.checkout import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
_START, _END = "<!-- measured: begin -->", "<!-- measured: end -->"
_TOOLS = (
    ("postgres", "psql", "--version"),
    ("mariadb", "mariadbd", "--version"),
    ("zstd", "zstd", "--version"),
    ("age", "age", "--version"),
    ("tar", "tar", "--version"),
    ("coreutils", "sha256sum", "--version"),
    ("openssl", "openssl", "version"),
    ("Python", "/usr/bin/python3", "--version"),
)


@dataclasses.dataclass(frozen=True)
class Machine:
    """How busy the machine was at a moment: how many programs wanted to run, over one and over five minutes."""

    at: datetime.datetime
    load: tuple[float, float]


def machine() -> Machine:
    return Machine(datetime.datetime.now(datetime.timezone.utc), os.getloadavg()[:2])


def table(rows: t.Sequence[Row]) -> str:
    """Markdown that reads well in a terminal too."""
    head = ("figure", "target", "measured", "rounds, min to max", "verdict", "medians")
    lines = [head, *((r.figure, r.target, r.measured, r.spread, r.verdict, r.detail) for r in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    text.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(text)


def write(
    rows: t.Sequence[Row],
    begun: Machine,
    ended: Machine,
    megabytes: int,
    rounds: int,
    *,
    groups: t.Sequence[str] = (),
) -> None:
    """Replace the measured part of the page; its words around it are written by people.

    Where only some ``groups`` were measured, the lines of the others stay as they are.
    """
    text = PAGE.read_text(encoding="utf-8")
    facts = _facts(begun, ended, megabytes, rounds)
    kept = _others(text, rows) if groups else []
    if kept:
        facts.append(f"- In this run: {', '.join(groups)}. The other lines are of an earlier run on the same machine.")
    measured = "\n".join([_START, "", table([*kept, *rows]), "", *facts, "", _END])
    found = re.compile(re.escape(_START) + ".*" + re.escape(_END), re.DOTALL)
    PAGE.write_text(found.sub(lambda _match: measured, text), encoding="utf-8")


def _others(text: str, rows: t.Sequence[Row]) -> list[Row]:
    """The lines that the page has of figures which were not measured now."""
    measured = {row.figure for row in rows}
    part = text.partition(_START)[2].partition(_END)[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line[:1] == "|"]
    return [
        Row(figure, target, value, spread, {"reached": True, "missed": False}.get(verdict), detail)
        for figure, target, value, spread, verdict, detail in lines[2:]
        if figure not in measured
    ]


def _facts(begun: Machine, ended: Machine, megabytes: int, rounds: int) -> list[str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    minutes = (ended.at - begun.at).total_seconds() / 60
    return [
        f"- Measured on {begun.at:%Y-%m-%d}, {megabytes} MB of data, medians of {rounds}, {minutes:.0f} minutes.",
        f"- Machine: {os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB of memory, {_system()}.",
        f"- Programs: {'; '.join(_version(*tool) for tool in _TOOLS)}.",
        f"- Load of the machine (one, five minutes): before {_load(begun)}, at the end {_load(ended)}.",
    ]


def _load(machine: Machine) -> str:
    return " and ".join(f"{value:.1f}" for value in machine.load)


def _version(name: str, *command: str) -> str:
    found = re.search(r"\d+(\.\d+)+", run(*command))
    return f"{name} {found.group() if found else 'unknown'}"


def _processor() -> str:
    names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    return names[0] if names else "unknown"


def _system() -> str:
    found = re.search(r'^PRETTY_NAME="(.*)"$', Path("/etc/os-release").read_text(encoding="utf-8"), re.MULTILINE)
    return found.group(1) if found else "unknown"
