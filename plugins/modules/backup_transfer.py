#!/usr/bin/python
# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_transfer
short_description: Copy backup sets to media and re-read them there
version_added: 0.1.0
description:
  - Copies sets of a local store to one or more media, from one read of the source.
  - A copy gets its name only after its bytes were read back from the medium and their hash was right.
  - The same set again changes nothing. It is re-read and reported as V(unchanged).
  - A different set or file of that name is refused. Nothing is ever overwritten.
  - When one medium fails, the others still get their copy, and the task fails at the end.
author:
  - Nusantara Backup contributors (!UNKNOWN)
attributes:
  check_mode:
    support: full
    description: Says in RV(plan) what would be copied, and writes nothing.
  diff_mode:
    support: none
    description: Has nothing to compare.
options:
  store:
    description: The local store.
    type: path
    default: /var/backups/nusantara
  state:
    description: The state directory of the host. Receipts and locks lie there.
    type: path
    default: /var/lib/nusantara-backup
  sources:
    description: Names of the sources whose sets are copied. Empty means all.
    type: list
    elements: str
    default: []
  names:
    description: Names of the sets to copy. O(newest) has no meaning then.
    type: list
    elements: str
    default: []
  newest:
    description: Copy only the newest set of each source. With V(false) all sets are copied.
    type: bool
    default: true
  media:
    description: Where the copies go.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name of the medium. A marker file on it must say the same name.
        type: str
        required: true
      kind:
        description: The kind of the medium.
        type: str
        choices: [disk]
        default: disk
      path:
        description:
          - A mount point, or a directory with the marker file C(.nusantara-backup-medium).
          - It is never created.
        type: path
        required: true
      building:
        description: The building in which it stands.
        type: str
        default: ''
  signing_key:
    description:
      - The signing key of this host. Only its public half, C(<path>.pub), is read.
      - With it, or with O(allowed_signers), a set is copied only when its manifest is signed rightly.
    type: path
  allowed_signers:
    description: A file of allowed signers, one line for each host. It wins over O(signing_key).
    type: path
  host:
    description: The host that must have signed. Needed with O(signing_key).
    type: str
    default: ''
seealso:
  - module: nusantara.backup.backup_checksum
"""

EXAMPLES = r"""
- name: Copy the newest set of every source to the NAS and to the second building
  nusantara.backup.backup_transfer:
    media:
      - {name: internal, path: /mnt/nas/backup, building: A}
      - {name: gedung-b, path: /mnt/gedung-b/backup, building: B}
  become: true
  become_user: nusantara-backup

- name: Copy one set
  nusantara.backup.backup_transfer:
    names: [2026112024F1D-SIMPEG]
    media:
      - {name: internal, path: /mnt/nas/backup}
  become: true
  become_user: nusantara-backup
"""

RETURN = r"""
copies:
  description: One entry for each set and medium.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: The set., type: str, sample: 2026112024F1D-SIMPEG}
    source: {description: Its source., type: str, sample: SIMPEG}
    medium: {description: The medium., type: str, sample: internal}
    building: {description: The building of the medium., type: str, sample: A}
    outcome: {description: 'V(verified), V(unchanged) or V(failed).', type: str, sample: verified}
    at: {description: When the copy was proven (UTC)., type: str, sample: '2026-11-20T17:05:00Z'}
    seconds: {description: What it took., type: float, sample: 20.0}
    path: {description: Where the copy lies. Only with a receipt., type: str}
    manifest_sha256: {description: SHA-256 of the manifest. Only with a receipt., type: str}
    dropped:
      description: Whether the page cache was seen to be empty before the copy was re-read. Only with a receipt.
      type: bool
    error: {description: 'Null, or what failed, with C(code), C(message), C(remedy) and C(detail).', type: dict}
plan:
  description: What would be done with each set and medium. Empty outside of check mode.
  returned: always
  type: list
  elements: dict
  sample: [{medium: internal, name: 2026112024F1D-SIMPEG, source: SIMPEG, action: copy, problem: ''}]
problems:
  description: What failed, in words.
  returned: always
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._edges._edge import Edge
from ..module_utils._edges._transfer_module import argument_spec, transfer_result


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    with Edge(module):
        module.exit_json(**transfer_result(module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
