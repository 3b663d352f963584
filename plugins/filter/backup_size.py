# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: write a number of bytes as people read it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_size
short_description: Write a number of bytes as people read it
version_added: 0.1.0
author:
  - Nusantara Backup contributors (!UNKNOWN)
description:
  - Decimal units, with the decimal mark of the language.
positional: language
options:
  _input:
    description: A number of bytes.
    type: float
    required: true
  language:
    description: The language of the words.
    type: str
    choices: [id, en]
    default: id
"""

EXAMPLES = r"""
- name: Write a size
  ansible.builtin.debug:
    msg: "{{ 317000000 | nusantara.backup.backup_size('id') }}"
"""

RETURN = r"""
_value:
  description: The size with its unit.
  type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nusantara.backup.plugins.plugin_utils._format import size
from ansible_collections.nusantara.backup.plugins.plugin_utils._phrases import LANGUAGES


def backup_size(value: t.Any, language: str = "id") -> str:
    """The size; raises AnsibleFilterError for what is no number of bytes."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise AnsibleFilterError(f"backup_size needs a number, not {type(value).__name__}")
    if language not in LANGUAGES:
        raise AnsibleFilterError(f"backup_size: language {language!r} is not one of {', '.join(LANGUAGES)}")
    return size(value, str.__str__(language))


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"backup_size": backup_size}
