#!/usr/bin/python
# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_facts
short_description: Gather what a host knows of its backups
version_added: 0.1.0
description:
  - Returns plan, attempts, hooks, sets, copies, media, unplanned databases (K1) and unknown files (P13.6) of a host.
  - Every report is rendered from these facts and nothing else. Their form is described in C(docs/facts.md).
  - It never returns anything secret and never changes anything.
extends_documentation_fragment:
  - nusantara.backup.site
attributes:
  check_mode:
    description: Never changes anything.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
  facts:
    description: Returns C(ansible_facts.nusantara_backup).
    support: full
options:
  nights:
    description: How many nights back attempts are returned.
    type: int
    default: 62
author:
  - Nusantara Backup contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Gather what the host knows
  nusantara.backup.backup_facts:
    sources: "{{ backup_sources }}"
    media: "{{ backup_media }}"
    recipients: "{{ backup_recipients }}"
"""

RETURN = r"""
ansible_facts:
  description: The facts of the host.
  returned: always
  type: dict
  contains:
    nusantara_backup:
      description: All facts, in the form of C(docs/facts.md).
      returned: always
      type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nusantara.backup.plugins.module_utils._edges._edge import Edge
from ansible_collections.nusantara.backup.plugins.module_utils._edges._facts_module import ARGUMENTS, run


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    with Edge(module):
        module.exit_json(**run(module.params))


if __name__ == "__main__":
    main()
