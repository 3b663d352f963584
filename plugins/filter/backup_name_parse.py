# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ..module_utils._base._errors import NamingError
from ..module_utils._naming import parsed_as_dict

DOCUMENTATION = r"""
name: backup_name_parse
short_description: Take the name of a backup apart
version_added: 0.1.0
author:
  - Nusantara Backup contributors (!UNKNOWN)
description:
  - Takes the name of a backup file or a label apart by the naming procedure.
  - A name that the procedure does not allow is an error which names the field and what is allowed.
positional: style
options:
  _input:
    description: The name, without the endings of a file.
    type: str
    required: true
  style:
    description: The style it must be written in. Without it both are accepted.
    type: str
    choices: [compact, dashed]
seealso:
  - plugin: nusantara.backup.backup_name
    plugin_type: filter
  - module: nusantara.backup.backup_name
"""

EXAMPLES = r"""
- name: Show the night of a backup, 2017-04-01
  ansible.builtin.debug:
    msg: "{{ ('2017040124F1W-All' | nusantara.backup.backup_name_parse).night }}"
"""

RETURN = r"""
_value:
  description:
    - A dictionary with the keys C(year), C(month), C(day), C(hour), C(type), C(media), C(frequency), C(data),
      C(process), C(run), C(style) and C(night) (C(YYYY-MM-DD)).
  type: dict
  sample:
    year: 2017
    month: 4
    day: 1
    hour: 24
    type: F
    media: 1
    frequency: W
    data: All
    process: ''
    run: 1
    style: compact
    night: '2017-04-01'
"""


def backup_name_parse(name: object, style: str | None = None) -> dict[str, t.Any]:
    """The fields of the name; what the procedure does not allow is an error of the template."""
    try:
        return parsed_as_dict(name, style)
    except NamingError as error:
        raise AnsibleFilterError(f"backup_name_parse: {error}") from error


class FilterModule:
    """The filter, as Ansible looks it up."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"backup_name_parse": backup_name_parse}
