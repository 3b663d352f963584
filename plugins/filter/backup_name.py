# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ..module_utils._base._errors import NamingError
from ..module_utils._naming import rendered_from_dict

DOCUMENTATION = r"""
name: backup_name
short_description: Render the name of a backup from its fields
version_added: 0.1.0
author:
  - Nusantara Backup contributors (!UNKNOWN)
description:
  - Makes the name of a backup file or a label by the naming procedure.
  - It takes back what P(nusantara.backup.backup_name_parse#filter) returns.
positional: style
options:
  _input:
    description:
      - A dictionary with the keys C(year), C(month), C(day), C(hour) (1 to 24), C(type), C(media), C(frequency),
        C(data), and if wanted C(process) and C(run).
      - C(media) is a digit or a kind of medium such as V(tape), C(frequency) a letter or a word such as V(weekly).
      - C(style) and C(night) may stand in it as well. The night must then be the date of the other fields.
    type: dict
    required: true
  style:
    description:
      - How the name is written. Without it the C(style) of the dictionary holds, else V(compact).
    type: str
    choices: [compact, dashed]
seealso:
  - plugin: nusantara.backup.backup_name_parse
    plugin_type: filter
  - module: nusantara.backup.backup_name
"""

EXAMPLES = r"""
- name: Show the name of a tape copy, 2017040124F3W-All
  ansible.builtin.debug:
    msg: "{{ '2017040124F1W-All' | nusantara.backup.backup_name_parse
      | combine({'media': 'tape'}) | nusantara.backup.backup_name }}"
"""

RETURN = r"""
_value:
  description: The name.
  type: str
  sample: 2017040124F1W-All
"""


def backup_name(fields: object, style: str | None = None) -> str:
    """The name of the fields; what the procedure does not allow is an error of the template."""
    try:
        return rendered_from_dict(fields, style)
    except NamingError as error:
        raise AnsibleFilterError(f"backup_name: {error}") from error


class FilterModule:
    """The filter, as Ansible looks it up."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"backup_name": backup_name}
