# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as data: what the module and the filters take and return."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._base._errors import NamingError
from ._checks import refusal, shown
from ._fields import FREQUENCY_LETTER, MEDIA_DIGIT, NameFields, with_media
from ._label import ISO_LIMIT, JOLIET_LIMIT, label
from ._moment import moment
from ._parse import parse_with_style
from ._render import render

_NUMBERS = ("year", "month", "day", "hour", "run")
_DECIMAL = re.compile(r"[0-9]{1,4}")
_KEYS = tuple(field.name for field in dataclasses.fields(NameFields))
_REQUIRED = tuple(field.name for field in dataclasses.fields(NameFields) if field.default is dataclasses.MISSING)


def _number(value: t.Any) -> t.Any:
    """Templates turn numbers into text; anything else is left for the check of the field."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return int(value)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _plain(key: str, value: t.Any) -> t.Any:
    if key in _NUMBERS:
        return _number(value)
    if isinstance(value, str) and key == "media" and value in MEDIA_DIGIT:
        return MEDIA_DIGIT[value]
    if isinstance(value, str) and key == "frequency" and value in FREQUENCY_LETTER:
        return FREQUENCY_LETTER[value]
    if key == "media":
        return _number(value)
    return str(value) if isinstance(value, str) else value


def fields_from_dict(data: object) -> NameFields:
    """Fields from a mapping with the keys of ``NameFields``.

    Numbers may be decimal text, ``media`` a kind of medium (``tape``),
    ``frequency`` a word (``weekly``). Raises ``NamingError``.
    """
    if not isinstance(data, t.Mapping):
        raise refusal("fields", data, "a dictionary with the keys " + ", ".join(_KEYS))
    unknown = [key for key in data if key not in _KEYS]
    if unknown:
        raise refusal("fields", unknown[0], "the keys " + ", ".join(_KEYS))
    missing = [key for key in _REQUIRED if data.get(key) is None]
    if missing:
        raise NamingError(f"The field '{missing[0]}' is not given", f"Needed are {', '.join(_REQUIRED)}")
    return NameFields(**{key: _plain(key, value) for key, value in data.items() if value is not None})


def fields_as_dict(fields: NameFields) -> dict[str, t.Any]:
    """The fields as a plain dictionary, fit for ``fields_from_dict``."""
    return dataclasses.asdict(fields)


def parsed_as_dict(name: object, style: str | None = None) -> dict[str, t.Any]:
    """The fields of a name with its ``style`` and its ``night`` (``YYYY-MM-DD``)."""
    fields, found = parse_with_style(name, style)
    return dict(fields_as_dict(fields), style=found, night=fields.night.isoformat())


def rendered_from_dict(data: object, style: str | None = None) -> str:
    """The name of a mapping, also of one that ``parsed_as_dict`` made.

    A ``style`` in the mapping holds unless another is given; a ``night`` in it
    must be the date of the name. Raises ``NamingError``.
    """
    if not isinstance(data, t.Mapping):
        raise refusal("fields", data, "a dictionary with the keys " + ", ".join(_KEYS))
    fields = fields_from_dict({key: value for key, value in data.items() if key not in ("style", "night")})
    night = data.get("night")
    # YAML reads an unquoted date as a date.
    if night is not None and str(night) != fields.night.isoformat():
        raise refusal("night", night, f"{fields.night.isoformat()}, the date of the other fields")
    return render(fields, style or data.get("style") or "compact")


def name_result(
    *,
    name: str | None,
    fields: t.Mapping[str, t.Any] | None,
    style: str | None,
    medium: str | None,
    zone: str | None,
) -> dict[str, t.Any]:
    """Everything that is known of one name, given as a name or as fields; raises ``NamingError``."""
    if (name is None) == (fields is None):
        raise NamingError(
            f"Given are name {shown(name)} and fields {shown(fields)}", "Give exactly one of name and fields"
        )
    if name is not None:
        found, used = parse_with_style(name, style)
    else:
        found, used = fields_from_dict(fields), style if style is not None else "compact"
    if medium is not None:
        found = with_media(found, medium)
    result: dict[str, t.Any] = {
        "name": render(found, used),
        "style": used,
        "fields": fields_as_dict(found),
        "night": found.night.isoformat(),
        "labels": {
            "full": label(found, used).text,
            "iso": label(found, used, ISO_LIMIT, iso=True).text,
            "joliet": label(found, used, JOLIET_LIMIT).text,
        },
    }
    if zone is not None:
        result["moment"] = moment(found, zone).isoformat()
    return result
