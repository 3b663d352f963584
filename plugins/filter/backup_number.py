# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: write a number as a language does."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_number
short_description: Write a number as a language does
version_added: 0.1.0
author:
  - Nusantara Backup contributors (!UNKNOWN)
description:
  - V(1.234,5) in Indonesian, V(1,234.5) in English.
positional: language
options:
  _input:
    description: A number.
    type: float
    required: true
  language:
    description: The language of the words.
    type: str
    choices: [id, en]
    default: id
  digits:
    description: Digits behind the decimal mark.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Write a number
  ansible.builtin.debug:
    msg: "{{ 1234.5 | nusantara.backup.backup_number('id', digits=1) }}"
"""

RETURN = r"""
_value:
  description: The number in words of digits.
  type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nusantara.backup.plugins.plugin_utils._format import number
from ansible_collections.nusantara.backup.plugins.plugin_utils._phrases import LANGUAGES


def backup_number(value: t.Any, language: str = "id", digits: int = 0) -> str:
    """The number; raises AnsibleFilterError for what is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise AnsibleFilterError(f"backup_number needs a number, not {type(value).__name__}")
    if language not in LANGUAGES:
        raise AnsibleFilterError(f"backup_number: language {language!r} is not one of {', '.join(LANGUAGES)}")
    return number(value, str.__str__(language), digits)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"backup_number": backup_number}
