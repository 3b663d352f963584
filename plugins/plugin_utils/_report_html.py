# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page: the role's templates over the model. Everything that is printed is escaped by the environment."""

from __future__ import annotations

import functools
import typing as t

import jinja2

from . import _format, _report_svg, _report_words
from ._phrases import phrase

TEMPLATE = "laporan.html.j2"
# More lines than this keep their details in JSON and CSV, or nobody could print the page.
DETAILS = 80
# K4 to K7: who signs where the site names nobody. Their lines stay blank.
SIGNERS = ("operator", "analyst", "head")


def render(model: dict[str, t.Any], templates: t.Sequence[str]) -> str:
    """One self-contained page. ``templates`` are directories, the first that has a file wins."""
    language = model["language"]
    words = {
        name: functools.partial(function, language=language)
        for name, function in (
            ("num", _format.number),
            ("size", _format.size),
            ("duration", _format.duration),
            ("date", _format.date),
            ("stamp", _format.stamp),
            ("period", _format.period),
            ("words", _report_words.finding),
            ("error_title", _report_words.error_title),
            ("remedy", _report_words.remedy),
            ("role", _report_words.role),
            ("content", _report_words.content),
            ("act", _report_words.act),
        )
    }
    return (
        _environment(tuple(templates))
        .get_template(TEMPLATE)
        .render(
            words,
            r=model,
            p=functools.partial(_phrase, language),
            date_of=functools.partial(_local_date, language),
            clock=_format.clock,
            verdict=_report_words.verdict(model),
            symbols=_report_words.SYMBOLS,
            verdict_symbols=_report_words.VERDICT_SYMBOLS,
            level_symbols=_report_words.LEVEL_SYMBOLS,
            shape=_report_svg.shape,
            details_limit=DETAILS,
            pictures=_pictures(model),
            signers=model["officers"] or [{"role": role, "name": "", "title": "", "number": ""} for role in SIGNERS],
            zones={host["host"]: host["zone"] for host in model["hosts"]},
        )
    )


@functools.lru_cache(maxsize=4)
def _environment(templates: tuple[str, ...]) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _phrase(language: str, key: str, /, **params: t.Any) -> str:
    return phrase(key, language, **params)


def _local_date(language: str, value: str, zone: str) -> str:
    found = _format.local(value, zone)
    return _format.NONE if found is None else _format.date(found.date(), language, "short")


def _pictures(model: dict[str, t.Any]) -> dict[str, t.Any]:
    """All pictures with what stands beside them: one scale for durations, ticks, dates under the calendar."""
    language = model["language"]
    standard = next((step["standard_seconds"] for step in model["standards"] if step["step"] == "backup"), None)
    seconds = [cell["seconds"] for item in model["histories"] for cell in item["cells"] if cell["seconds"] is not None]
    end = _report_svg.duration_scale(seconds, standard)
    ticks = [(tick, _report_svg.place(tick, end)) for tick in (1, 60, 3600, 86400) if tick < end]
    lines = [_strip(item, index, end, standard, language) for index, item in enumerate(model["histories"])]
    nights = [cell["night"] for cell in model["histories"][0]["cells"]] if lines else []
    dates = [(100 * at / len(nights), _format.date(nights[at], language, "day")) for at in range(0, len(nights) - 3, 7)]
    standard_at = _report_svg.place(standard, end) if standard else None
    shown = [status for status in _report_svg.SHAPES if any(status in line["statuses"] for line in lines)]
    return {
        "lines": lines,
        "dates": dates,
        "nights": len(nights),
        "ticks": [(_format.duration(tick, language), at) for tick, at in ticks if tick != standard],
        "standard": standard,
        "standard_at": standard_at,
        "shown": shown,
    }


def _strip(item: dict[str, t.Any], index: int, end: float, standard: float | None, language: str) -> dict[str, t.Any]:
    cells, source = item["cells"], item["source"]
    counted = {status: sum(cell["status"] == status for cell in cells) for status in _report_svg.SHAPES}
    told = ", ".join(
        f"{phrase('status.' + status, language)} {count}"
        for status, count in counted.items()
        if count and status != "unknown"
    )
    stored = [cell["stored_bytes"] for cell in cells if cell["stored_bytes"]]
    took = [cell["seconds"] for cell in cells if cell["seconds"] is not None]
    last, largest = (stored[-1] if stored else None), max(stored, default=None)
    sizes = phrase(
        "picture.growth.desc", language, last=_format.size(last, language), max=_format.size(largest, language)
    )
    times = phrase(
        "picture.durations.desc",
        language,
        last=_format.duration(took[-1] if took else None, language),
        max=_format.duration(max(took, default=None), language),
        standard=_format.duration(standard, language),
    )
    title = f"{source} ({item['host']})"
    return {
        "host": item["host"],
        "source": source,
        "statuses": {status for status, count in counted.items() if count},
        "calendar": _report_svg.calendar(
            cells, f"cal{index}", f"{phrase('picture.calendar', language)}: {title}", told
        ),
        "growth": _report_svg.growth(cells, f"gro{index}", f"{phrase('picture.growth', language)}: {title}", sizes),
        "durations": _report_svg.durations(
            cells, end, standard, f"dur{index}", f"{phrase('picture.durations', language)}: {title}", times
        ),
        "last_bytes": last,
        "largest_bytes": largest,
        "last_seconds": took[-1] if took else None,
        "longest_seconds": max(took, default=None),
        "drawn": {"growth": bool(stored), "durations": bool(took)},
    }
