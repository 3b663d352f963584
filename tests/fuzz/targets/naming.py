# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, labels, slots and parts (P13)."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils import _naming
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError, NamingError
from ansible_collections.nusantara.backup.plugins.module_utils._naming_rules import _mapping, _part, _slot

from ..strategies.naming import CLOCKS, DATA, FIELDS, MOMENTS, NAMES, NIGHTS, STYLES, ZONES
from ..strategies.text import JUNK, TEXT
from ..target import Place, Target


def _parse(_place: Place, value: tuple[t.Any, t.Any]) -> None:
    text, style = value
    fields = _naming.parse(text, style)
    assert _naming.render(fields, "dashed" if text[8:9] == "-" else "compact") == text


def _render(_place: Place, value: tuple[t.Any, t.Any]) -> None:
    given, style = value
    fields = _mapping.fields_from_dict(given)
    name = _naming.render(fields, style)
    assert _naming.parse(name, style) == fields
    assert "/" not in name and name.isascii() and name.isprintable()


def _label(_place: Place, value: tuple[t.Any, t.Any, t.Any, bool]) -> None:
    given, style, limit, iso = value
    made = _naming.label(_mapping.fields_from_dict(given), style, limit, iso=iso)
    assert len(made.text) <= limit and made.text.isascii() and made.text.isprintable()


def _slots(_place: Place, value: tuple[t.Any, ...]) -> None:
    now, zone, at, window_end, night = value
    slot = _slot.slot_for(now, zone, at=at, window_end=window_end, night=night)
    assert slot.stamp.utcoffset() is not None
    _slot.incidental_slot(now, zone)


def _parts(_place: Place, value: t.Any) -> None:
    part = _part.part_label(value)
    assert 1 <= len(part) <= 60 and part.isascii() and set(part) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")


def _data_names(_place: Place, value: tuple[t.Any, t.Any]) -> None:
    try:
        assert "/" not in _naming.check_data_name(*value)
    except NamingError as problem:
        assert isinstance(problem, BackupError)
        raise


TARGETS = (
    Target("naming.parse", st.tuples(NAMES, st.sampled_from(["compact", "dashed", None])), _parse, 30),
    Target("naming.parse_any", st.tuples(st.one_of(NAMES, JUNK), STYLES), lambda _p, v: _ignore(_naming.parse(*v)), 10),
    Target("naming.render", st.tuples(FIELDS, st.sampled_from(["compact", "dashed"])), _render, 20),
    Target(
        "naming.label",
        st.tuples(FIELDS, st.sampled_from(["compact", "dashed"]), st.integers(0, 300), st.booleans()),
        _label,
        20,
    ),
    Target("naming.slot", st.tuples(MOMENTS, ZONES, CLOCKS, CLOCKS, NIGHTS), _slots, 15),
    Target("naming.part", st.one_of(DATA, JUNK), _parts, 15),
    Target("naming.data", st.tuples(st.one_of(DATA, TEXT, JUNK), STYLES), _data_names, 10),
)


def _ignore(_value: object) -> None:
    """What was made of it is looked at elsewhere."""
