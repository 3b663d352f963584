# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that looks a phrase up in the catalogue."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_phrase
short_description: A phrase of the collection's catalogue in a language
version_added: 0.1.0
author:
  - Nusantara Backup contributors (!UNKNOWN)
description:
  - The words that people read and sign come from one catalogue, the same keys in each language.
positional: language
options:
  _input:
    description: The dotted key of the phrase.
    type: str
    required: true
  language:
    description: The language of the words.
    type: str
    choices: [id, en]
    default: id
  params:
    description: Values for the placeholders of the phrase.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Say that a backup succeeded
  ansible.builtin.debug:
    msg: "{{ 'status.success' | nusantara.backup.backup_phrase('id') }}"
"""

RETURN = r"""
_value:
  description: The phrase with its placeholders filled.
  type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nusantara.backup.plugins.plugin_utils._phrases import PhraseError, phrase
from ansible_collections.nusantara.backup.plugins.plugin_utils._plain import plain


def backup_phrase(key: str, language: str = "id", params: t.Mapping[str, t.Any] | None = None) -> str:
    """The phrase; raises AnsibleFilterError for an unknown key or language, or a missing parameter."""
    try:
        return phrase(str.__str__(key), str.__str__(language), **plain(dict(params or {})))
    except PhraseError as error:
        raise AnsibleFilterError(f"backup_phrase: {error}") from error


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"backup_phrase": backup_phrase}
