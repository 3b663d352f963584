# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures as inline SVG: pure functions from cells of history to markup.

Shape tells the status as well as colour, for readers who do not see colours
and printers that have none. Every picture has a title and a description.
"""

from __future__ import annotations

import math
import typing as t

from markupsafe import Markup, escape

CELL = 20
_GROWTH_HEIGHT = 56
_STRIP_HEIGHT = 26

# One status, one shape: relative paths that start in the middle of their cell.
SHAPES = {
    "success": "m-7-7h14v14h-14z",
    "failed": "m-7-4.5l2.5-2.5l4.5 4.5l4.5-4.5l2.5 2.5l-4.5 4.5l4.5 4.5l-2.5 2.5l-4.5-4.5l-4.5 4.5l-2.5-2.5l4.5-4.5z",
    "missed": "m-7-7h14v14h-14zm2.5 2.5v9h9v-9z",
    "incomplete": "m-7-7h14v14h-14zm8 2v10h4v-10z",
    "interrupted": "m-6-7h4v14h-4zm8 0h4v14h-4z",
    "running": "m-5-7l12 7l-12 7z",
    "pending": "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0zm2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0z",
    "unreachable": "m0-8l8 8l-8 8l-8-8zm0 3.5l-4.5 4.5l4.5 4.5l4.5-4.5z",
    "silent": "m0-8l8 8l-8 8l-8-8z",
    "not_due": "m-1.8 0a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0-3.6 0z",
    "unknown": "m-2-.4h4v.8h-4z",
}


def shape(status: str) -> Markup:
    """The shape alone, for a legend beside its word: hidden from screen readers."""
    return Markup(
        '<svg class="shape" viewBox="-10 -10 20 20" aria-hidden="true">'
        '<path class="s-{}" fill-rule="evenodd" d="M0 0{}"/></svg>'
    ).format(status, SHAPES[status])


def calendar(cells: t.Sequence[dict[str, t.Any]], ident: str, title: str, describe: str) -> Markup:
    """One row of shapes, one for each night, oldest first."""
    groups: dict[str, list[str]] = {}
    for index, cell in enumerate(cells):
        centre = index * CELL + CELL // 2
        groups.setdefault(cell["status"], []).append(f"M{centre} {CELL // 2}{SHAPES[cell['status']]}")
    paths = Markup("").join(
        Markup('<path class="s-{}" fill-rule="evenodd" d="{}"/>').format(status, "".join(parts))
        for status, parts in groups.items()
    )
    return _picture("calendar", ident, title, describe, paths, f"0 0 {len(cells) * CELL} {CELL}")


def growth(cells: t.Sequence[dict[str, t.Any]], ident: str, title: str, describe: str) -> Markup:
    """Stored sizes as bars: full backups dark, the others light, implausible ones hollow."""
    largest = max((cell["stored_bytes"] or 0 for cell in cells), default=0)
    width = 100 / max(1, len(cells))
    bars = []
    for index, cell in enumerate(cells):
        stored = cell["stored_bytes"]
        if not stored or not largest:
            continue
        height = max(2.0, stored / largest * (_GROWTH_HEIGHT - 4))
        kind = "b-odd" if not cell["plausible"] else "b-full" if cell["type"] == "F" else "b-part"
        bars.append(
            Markup('<rect class="{}" x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}"/>').format(
                kind, index * width + width * 0.14, _GROWTH_HEIGHT - 1 - height, width * 0.72, height
            )
        )
    base = Markup('<line class="axis" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(_GROWTH_HEIGHT - 0.5)
    return _picture("growth", ident, title, describe, base + Markup("").join(bars))


def duration_scale(seconds: t.Iterable[float], standard: float | None) -> float:
    """The right end of the shared logarithmic scale, in seconds."""
    return max([60.0, *(second for second in seconds), standard or 0.0]) * 1.6


def place(seconds: float, end: float) -> float:
    """Where a duration stands on the scale, in percent; one second and less stand at its left end."""
    return 1 + 98 * max(0.0, math.log10(max(1.0, seconds)) / math.log10(end))


def durations(
    cells: t.Sequence[dict[str, t.Any]], end: float, standard: float | None, ident: str, title: str, describe: str
) -> Markup:
    """Earlier nights as a band and light dots, the last one as a dark dot, the standard as a dashed line."""
    known = [cell["seconds"] for cell in cells if cell["seconds"] is not None]
    middle = _STRIP_HEIGHT // 2
    parts = [Markup('<line class="axis" x1="1%" x2="99%" y1="{0}" y2="{0}"/>').format(middle)]
    if standard:
        at = place(standard, end)
        parts.append(
            Markup('<line class="limit" x1="{0:.2f}%" x2="{0:.2f}%" y1="0" y2="{1}"/>').format(at, _STRIP_HEIGHT)
        )
    if known:
        low, high = place(min(known), end), place(max(known), end)
        band = '<line class="band" x1="{:.2f}%" x2="{:.2f}%" y1="{}" y2="{}"/>'
        parts.append(Markup(band).format(low, high, middle, middle))
        over = standard is not None and known[-1] > standard
        dot = '<circle class="{}" cx="{:.2f}%" cy="{}" r="{}"/>'
        parts += [Markup(dot).format("dot-old", place(second, end), middle, 2.5) for second in sorted(set(known[:-1]))]
        parts.append(Markup(dot).format("dot-over" if over else "dot-last", place(known[-1], end), middle, 6))
    return _picture("durations", ident, title, describe, Markup("").join(parts))


def _picture(kind: str, ident: str, title: str, describe: str, body: Markup, box: str = "") -> Markup:
    return Markup(
        '<svg class="{kind}" role="img" aria-labelledby="{ident}-t {ident}-d"{box}>'
        '<title id="{ident}-t">{title}</title><desc id="{ident}-d">{describe}</desc>{body}</svg>'
    ).format(
        kind=kind,
        ident=escape(ident),
        title=title,
        describe=describe,
        body=body,
        box=Markup(' viewBox="{}"').format(box) if box else "",
    )
