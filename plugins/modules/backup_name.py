#!/usr/bin/python
# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_name
short_description: Render or parse the name of a backup
version_added: 0.1.0
description:
  - Makes the name of a backup file from its fields, or takes a name apart, by the naming procedure.
  - It only computes. Nothing on the host is read or changed, apart from the time zone data when O(zone) is given.
  - Hour 24 is the midnight that ends a day. The hour from 00:00 to 00:59 belongs to the day before.
author:
  - Nusantara Backup contributors (!UNKNOWN)
attributes:
  check_mode:
    support: full
    description: Can run in check mode, where it does the same, for it changes nothing.
  diff_mode:
    support: none
    description: Has nothing to compare.
options:
  name:
    description:
      - The name to take apart, for example V(2017040124F1W-All).
      - Exactly one of O(name) and O(fields) is needed.
    type: str
  fields:
    description:
      - The fields to make a name of.
    type: dict
    suboptions:
      year:
        description: Year, 1900 to 9900.
        type: int
        required: true
      month:
        description: Month, 1 to 12.
        type: int
        required: true
      day:
        description: Day of the month.
        type: int
        required: true
      hour:
        description: Hour, 1 to 24. There is no hour 0.
        type: int
        required: true
      type:
        description: Full, differential or incremental.
        type: str
        choices: [F, D, I]
        required: true
      media:
        description: The digit of the medium, V(1) hard disk, V(2) CD, V(3) tape, or a kind of medium.
        type: str
        choices: ['1', '2', '3', disk, vault, object, optical, tape]
        required: true
      frequency:
        description: Daily, incidental, weekly or monthly, as letter or as word.
        type: str
        choices: [D, I, W, M, daily, incidental, weekly, monthly]
        required: true
      data:
        description: What was backed up, 1 to 40 letters, digits, hyphens and underscores.
        type: str
        required: true
      process:
        description: V(A) automatic or V(M) manual. Empty leaves it out.
        type: str
        choices: ['', A, M]
        default: ''
      run:
        description: The number of the run within one hour, 1 to 999. From 2 on it is written as a suffix.
        type: int
        default: 1
  style:
    description:
      - V(compact) writes V(2017040124F1W-All), V(dashed) writes V(20170401-24-F-1-W-All).
      - When a name is taken apart and this is not given, both are accepted. Otherwise V(compact) is meant.
    type: str
    choices: [compact, dashed]
  medium:
    description:
      - The kind of medium that a copy lies on. The result is the name of that copy.
    type: str
    choices: [disk, vault, object, optical, tape]
  zone:
    description:
      - IANA name of the site's time zone, for example V(Asia/Jakarta). The result then has RV(moment).
      - The host that the module runs on must have time zone data (package C(tzdata)).
    type: str
"""

EXAMPLES = r"""
- name: Take a name apart
  nusantara.backup.backup_name:
    name: 2017040124F1W-All
    zone: Asia/Jakarta
  register: parsed

- name: Name the tape copy of a backup
  nusantara.backup.backup_name:
    name: 2017040124F1W-All
    medium: tape

- name: Make a name
  nusantara.backup.backup_name:
    fields:
      year: 2017
      month: 4
      day: 1
      hour: 24
      type: F
      media: disk
      frequency: weekly
      data: All
    style: dashed
"""

RETURN = r"""
name:
  description: The name.
  returned: success
  type: str
  sample: 2017040124F1W-All
style:
  description: The style it is written in.
  returned: success
  type: str
  sample: compact
fields:
  description: Its fields, with the keys of O(fields); the medium as a digit, the frequency as a letter.
  returned: success
  type: dict
  sample: {year: 2017, month: 4, day: 1, hour: 24, type: F, media: 1, frequency: W, data: All, process: '', run: 1}
night:
  description: The date in the name.
  returned: success
  type: str
  sample: '2017-04-01'
moment:
  description: The local moment that the name stands for, with its offset from UTC.
  returned: success and O(zone) is given
  type: str
  sample: '2017-04-02T00:00:00+07:00'
labels:
  description: Labels for media.
  returned: success
  type: dict
  contains:
    full:
      description: For paper and tape, at most 40 characters.
      type: str
      sample: 2017040124F1W-All
    iso:
      description: ISO 9660 volume id, at most 32 of the characters A-Z, 0-9 and underscore.
      type: str
      sample: 2017040124F1W_ALL
    joliet:
      description: Joliet volume id, at most 16 characters.
      type: str
      sample: 2017040124FE27PF
error:
  description: What was refused, and what is allowed.
  returned: failure
  type: dict
  sample: {code: naming, message: "The field 'hour' is 0", remedy: 'Allowed: 01 to 24', detail: ''}
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._edges._edge import Edge
from ..module_utils._naming import argument_spec, name_result


def main() -> None:
    module = AnsibleModule(
        argument_spec=argument_spec(),
        mutually_exclusive=[("name", "fields")],
        required_one_of=[("name", "fields")],
        supports_check_mode=True,
    )
    with Edge(module):
        module.exit_json(changed=False, **name_result(**module.params))


if __name__ == "__main__":
    main()
