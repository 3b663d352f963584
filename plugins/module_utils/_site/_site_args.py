# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that describe a site, shared by the modules that need all of it."""

from __future__ import annotations

import typing as t

from .._base._clock import Clock, parse_at
from .._base._model import Site
from ._config import parse_site

SITE_OPTIONS: dict[str, dict[str, t.Any]] = {
    "host": {"type": "str"},
    "timezone": {"type": "str"},
    "building": {"type": "str"},
    "store": {"type": "path"},
    "state": {"type": "path"},
    "style": {"type": "str"},
    "process_letter": {"type": "bool"},
    "window_end": {"type": "str"},
    "signing_key": {"type": "path", "no_log": False},
    "compression": {"type": "str"},
    "level": {"type": "int"},
    "encryption": {"type": "str"},
    "recipients": {"type": "list", "elements": "str"},
    "proof": {"type": "str"},
    "inventory": {"type": "str"},
    "sources": {"type": "list", "elements": "dict", "required": True},
    "media": {"type": "list", "elements": "dict", "default": []},
    "groups": {"type": "list", "elements": "dict", "default": []},
    "at": {"type": "str", "default": ""},
}


def site_of(params: t.Mapping[str, t.Any]) -> tuple[Site, Clock]:
    """The checked site and its clock from the options of a module; raises `ConfigError` with all problems."""
    names = set(SITE_OPTIONS) - {"at"}
    data = {key: value for key, value in params.items() if key in names and value is not None}
    return parse_site(data), Clock(parse_at(params.get("at") or ""))
