# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The naming procedure (P13): names of files, labels of media, slot and night.

Pure functions without side effects. Everything that does not belong to the
procedure is refused with a ``NamingError``; no other exception leaves here.
"""

from __future__ import annotations

from ._naming_rules._argspec import argument_spec
from ._naming_rules._checks import STYLES
from ._naming_rules._fields import (
    FREQUENCY_LETTER,
    FREQUENCY_WORD,
    MEDIA_DIGIT,
    NameFields,
    check_data_name,
    media_digit,
    with_media,
)
from ._naming_rules._label import Label, label
from ._naming_rules._mapping import fields_as_dict, fields_from_dict, name_result, parsed_as_dict, rendered_from_dict
from ._naming_rules._moment import fields_for, load_zone, moment
from ._naming_rules._parse import parse, parse_with_style
from ._naming_rules._part import part_label
from ._naming_rules._render import render
from ._naming_rules._slot import Slot, incidental_slot, slot_for

__all__ = [
    "FREQUENCY_LETTER",
    "FREQUENCY_WORD",
    "MEDIA_DIGIT",
    "STYLES",
    "Label",
    "NameFields",
    "Slot",
    "argument_spec",
    "check_data_name",
    "fields_as_dict",
    "fields_for",
    "fields_from_dict",
    "incidental_slot",
    "label",
    "load_zone",
    "media_digit",
    "moment",
    "name_result",
    "parse",
    "parse_with_style",
    "parsed_as_dict",
    "part_label",
    "render",
    "rendered_from_dict",
    "slot_for",
    "with_media",
]
