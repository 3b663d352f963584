# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that selects from data by a JMESPath expression."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_query
short_description: Select from data by a JMESPath expression
version_added: 0.1.0
author:
  - Nusantara Backup contributors (!UNKNOWN)
description:
  - Like P(community.general.json_query#filter), with plain values and errors that say what to do.
requirements:
  - jmespath on the controller
positional: expression
options:
  _input:
    description: The data, for example the model that P(nusantara.backup.backup_report#filter) returns.
    type: raw
    required: true
  expression:
    description: A JMESPath expression.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Name the applications whose backup failed
  ansible.builtin.debug:
    msg: "{{ model | nusantara.backup.backup_query(\"rows[?status=='failed'].source\") }}"
"""

RETURN = r"""
_value:
  description: What the expression selects.
  type: raw
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nusantara.backup.plugins.plugin_utils._plain import plain

try:
    import jmespath
except ImportError:
    jmespath = None


def backup_query(data: t.Any, expression: str) -> t.Any:
    """Select from data; raises AnsibleFilterError where jmespath is absent or the expression is not valid."""
    if jmespath is None:
        raise AnsibleFilterError(
            "backup_query needs the Python library jmespath on the controller. "
            "Install it beside ansible-core, for example with: python3 -m pip install jmespath"
        )
    try:
        return jmespath.search(str.__str__(expression), plain(data))
    except jmespath.exceptions.JMESPathError as error:
        raise AnsibleFilterError(f"backup_query cannot evaluate {expression!r}: {error}") from error


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"backup_query": backup_query}
