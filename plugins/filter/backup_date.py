# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: write a date as a language does."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_date
short_description: Write a date as a language does
version_added: 0.1.0
author:
  - Nusantara Backup contributors (!UNKNOWN)
description:
  - V(Sabtu, 21 November 2026) in Indonesian.
positional: language
options:
  _input:
    description: A date as V(YYYY-MM-DD).
    type: str
    required: true
  language:
    description: The language of the words.
    type: str
    choices: [id, en]
    default: id
  style:
    description:
      - V(long) with the weekday, V(medium) without, V(short) with a short month, V(day) without the year.
      - V(night) names the night that follows the day, V(Sabtu malam, 21 November 2026) in Indonesian.
    type: str
    choices: [long, medium, short, day, night]
    default: long
"""

EXAMPLES = r"""
- name: Write a date
  ansible.builtin.debug:
    msg: "{{ '2026-11-21' | nusantara.backup.backup_date('id') }}"
"""

RETURN = r"""
_value:
  description: The date in words.
  type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nusantara.backup.plugins.plugin_utils._format import STYLES, date
from ansible_collections.nusantara.backup.plugins.plugin_utils._phrases import LANGUAGES
from ansible_collections.nusantara.backup.plugins.plugin_utils._plain import day


def backup_date(value: t.Any, language: str = "id", style: str = "long") -> str:
    """The date; raises AnsibleFilterError for what is no date."""
    if language not in LANGUAGES:
        raise AnsibleFilterError(f"backup_date: language {language!r} is not one of {', '.join(LANGUAGES)}")
    found = day(str(value))
    if found is None:
        raise AnsibleFilterError(f"backup_date needs a date like 2026-11-21, not {value!r}")
    if style not in STYLES:
        raise AnsibleFilterError(f"backup_date: style {style!r} is not one of {', '.join(STYLES)}")
    return date(found, str.__str__(language), style)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"backup_date": backup_date}
