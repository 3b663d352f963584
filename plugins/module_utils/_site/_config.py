# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a mapping that somebody wrote to the frozen `Site`; all problems at once, each with its path."""

from __future__ import annotations

import os
import re
import typing as t

from .._artifact import _codec
from .._base._errors import ConfigError, NamingError
from .._base._model import FREQUENCIES, TYPES, WEEKDAYS, Medium, PlanEntry, Protection, Site, Source
from .._base._reader import Problems, Reader, shown
from .._engines._registry import ENGINES
from .._media._registry import MEDIA
from .._naming import STYLES, check_data_name, load_zone
from ._group_config import check_membership, read_groups, read_hooks

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?\Z")
_HOUR = re.compile(r"(?:0[1-9]|1[0-9]|2[0-4]):[0-5][0-9]\Z")
_PROOFS = ("stored", "open")
_DEPTHS = ("objects", "rows", "digests")
# The night of the procedure's weekly example (P13.1), and the end of the month.
_USUAL_DAY = {"weekly": "saturday", "monthly": "last"}
DEFAULT_STORE = "/var/backups/nusantara"
DEFAULT_STATE = "/var/lib/nusantara-backup"


def parse_site(data: t.Mapping[str, t.Any]) -> Site:
    """Check a whole configuration. Raises `ConfigError` that lists every problem."""
    problems = Problems()
    reader = Reader(data, "", problems)
    style = reader.choice("style", STYLES, "compact")
    state = reader.path_of("state", DEFAULT_STATE)
    media = tuple(_medium(entry) for entry in reader.items("media"))
    defaults = _Defaults(reader, style, tuple(medium.name for medium in media))
    site = Site(
        host=reader.text("host", os.uname().nodename, check=_name),
        zone=reader.text("timezone", "Asia/Jakarta", check=_zone),
        building=reader.text("building", ""),
        store=reader.path_of("store", DEFAULT_STORE),
        state=state,
        style=style,
        process_letter=reader.flag("process_letter", False),
        window_end=reader.text("window_end", "06:00", check=_clock_time),
        signing_key=reader.path_of("signing_key", os.path.join(state, "keys", "manifest")),
        sources=tuple(defaults.source(entry) for entry in reader.items("sources")),
        media=media,
        groups=read_groups(reader, _name),
    )
    reader.done()
    _check_unique("sources", [source.name for source in site.sources], problems)
    _check_unique("media", [medium.name for medium in site.media], problems)
    _check_unique("groups", [group.name for group in site.groups], problems)
    check_membership(site.groups, site.sources, problems)
    _check_places(site, problems)
    if problems.found:
        raise ConfigError(problems.found)
    return site


class _Defaults:
    """What the site sets once and a source may set for itself."""

    def __init__(self, reader: Reader, style: str, media: tuple[str, ...]) -> None:
        self._style = style
        self._media = media
        self._site = _protection_values(reader, {})

    def source(self, reader: Reader) -> Source:
        name = reader.text("name", check=lambda text: _data_name(text, self._style))
        engine_name = reader.choice("engine", tuple(ENGINES))
        media = reader.words("media")
        for number, medium in enumerate(media):
            if medium not in self._media:
                known = ", ".join(self._media) or "none is configured"
                reader.bad(f"media[{number}]", f"{shown(medium)} is not a medium of this site ({known})")
        engine = ENGINES.get(engine_name)
        plan = _plan(reader, engine_name, engine.types if engine else frozenset(TYPES))
        values = _protection_values(reader, self._site)
        source = Source(
            name=name,
            engine=engine_name,
            options=None,
            plan=plan,
            media=media,
            protection=_protection(reader, values),
            each=reader.flag("each", False),
            smallest=reader.integer("smallest", 50, 0, 100),
            description=reader.text("description", ""),
            time_limit=reader.integer("time_limit", 1440, 1, 10080),
            group=reader.text("group", "", check=lambda text: _name(text) if text else ""),
            hooks=read_hooks(reader),
        )
        if not engine:
            # Which options there are depends on the engine.
            return source
        options = engine.parse(reader)
        reader.done()
        return source.with_options(options)


def _protection_values(reader: Reader, above: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    compression = reader.choice("compression", _codec.COMPRESSIONS, above.get("compression", "zstd"))
    low, high = _codec.LEVELS[compression]
    inherited = above.get("level", 3) if compression == above.get("compression", compression) else 3
    recipients = reader.words("recipients", check=_codec.check_recipient) if reader.has("recipients") else ()
    return {
        "compression": compression,
        "level": reader.integer("level", min(max(inherited, low), high), low, high),
        "encryption": reader.choice("encryption", _codec.ENCRYPTIONS, above.get("encryption", "age")),
        # The same key twice is one recipient: reports count those that can open a set.
        "recipients": tuple(dict.fromkeys(recipients)) or above.get("recipients", ()),
        "proof": reader.choice("proof", _PROOFS, above.get("proof", "stored")),
        "inventory": reader.choice("inventory", _DEPTHS, above.get("inventory", "rows")),
        "read_back": True,
    }


def _protection(reader: Reader, values: t.Mapping[str, t.Any]) -> Protection:
    if values["encryption"] == "age" and not values["recipients"]:
        reader.bad(
            "recipients", "is empty, and so nothing can be encrypted: name age recipients, or say encryption: none"
        )
    return Protection(**values)


def _plan(reader: Reader, engine: str, types: frozenset[str]) -> tuple[PlanEntry, ...]:
    """Either a list `plan` or, in short, `frequency` with `day` and `at` beside it."""
    if reader.has("plan"):
        for key in ("frequency", "day", "at"):
            if reader.has(key):
                reader.bad(key, "stands beside a plan: put it into the plan's entries")
            reader.raw(key)
        entries = [_plan_entry(entry) for entry in reader.items("plan")]
        if not entries:
            reader.bad("plan", "must not be empty")
    else:
        reader.raw("plan")
        entries = [_plan_entry(reader, short=True)]
    for entry in entries:
        if entry.type not in types:
            can = ", ".join(sorted(types))
            reader.bad("plan", f"type {entry.type} cannot be made by the engine {engine}, which makes {can}")
    if len({(entry.frequency, entry.day) for entry in entries}) != len(entries):
        reader.bad("plan", "names the same frequency and day twice")
    return tuple(entries)


def _plan_entry(reader: Reader, short: bool = False) -> PlanEntry:
    kind = "F" if short else reader.choice("type", TYPES, "F")
    frequency = reader.choice("frequency", FREQUENCIES, "daily")
    day = reader.raw("day", "")
    day = _USUAL_DAY.get(frequency, "") if day == "" else day
    entry = PlanEntry(kind, frequency, str(day).lower(), reader.text("at", "24:00", check=_scheduled))
    if frequency == "weekly" and entry.day not in WEEKDAYS:
        reader.bad("day", f"{shown(day)} must be a weekday such as saturday")
    elif frequency == "monthly" and entry.day not in {"last", *map(str, range(1, 29))}:
        reader.bad("day", f"{shown(day)} must be a day of the month from 1 to 28, or last")
    elif frequency in ("daily", "incidental") and entry.day:
        reader.bad("day", f"has no meaning with frequency {frequency}")
    if not short:
        reader.done()
    return entry


def _medium(reader: Reader) -> Medium:
    medium = Medium(
        name=reader.text("name", check=_name),
        kind=reader.choice("kind", tuple(MEDIA)),
        path=reader.path_of("path"),
        building=reader.text("building", ""),
    )
    reader.done()
    return medium


def _check_unique(key: str, names: t.Sequence[str], problems: Problems) -> None:
    seen: dict[str, int] = {}
    for number, name in enumerate(names):
        first = seen.setdefault(name.lower(), number)
        if name and first != number:
            problems.add(
                f"{key}[{number}].name", f"{shown(name)} is taken by {key}[{first}]; letter case does not count"
            )


def _check_places(site: Site, problems: Problems) -> None:
    """Store, state and media must not lie in each other: pruning or verifying one would touch the other."""
    places = [("store", site.store), ("state", site.state)]
    places += [(f"media[{number}].path", medium.path) for number, medium in enumerate(site.media)]
    for number, (key, path) in enumerate(places):
        for other, place in places[:number]:
            if (
                path
                and place
                and os.path.commonpath([path, place]) in (os.path.normpath(path), os.path.normpath(place))
            ):
                problems.add(
                    key, f"{shown(path)} lies in {other} ({place}), or that in it; give each a place of its own"
                )


def _name(text: str) -> str:
    if not _NAME.match(text):
        raise ValueError(f"{shown(text)} must be 1 to 64 letters, digits, dots, hyphens and underscores")
    return text


def _data_name(text: str, style: str) -> str:
    try:
        return check_data_name(text, style)
    except NamingError as problem:
        raise ValueError(str(problem)) from problem


def _zone(text: str) -> str:
    try:
        load_zone(text)
    except NamingError as problem:
        raise ValueError(str(problem)) from problem
    return text


def _clock_time(text: str) -> str:
    if not re.match(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z", text):
        raise ValueError(f"{shown(text)} must be a time of day from 00:00 to 23:59")
    return text


def _scheduled(text: str) -> str:
    if not _HOUR.match(text):
        raise ValueError(f"{shown(text)} must be a time of the procedure, from 01:00 to 24:59 (24:00 ends the day)")
    return text
