#!/usr/bin/python
# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_checksum
short_description: Re-read backup sets where they lie
version_added: 0.1.0
description:
  - Re-reads the sets of a store or of a disk medium and compares them with their signed manifests.
  - Tells missing, altered, incomplete, unreadable, unparsable and unknown sets and files apart.
  - Follows no link and repairs nothing. A wrong hash stays wrong until a person has seen to it.
author:
  - Nusantara Backup contributors (!UNKNOWN)
attributes:
  check_mode:
    support: full
    description: Reads and reports all the same, but does not keep the result in O(state).
  diff_mode:
    support: none
    description: Has nothing to compare.
options:
  path:
    description: The store or the medium.
    type: path
    default: /var/backups/nusantara
  sources:
    description: Names of the sources to look at. Empty means all.
    type: list
    elements: str
    default: []
  names:
    description: Names of the sets to look at. One that is not there is a problem.
    type: list
    elements: str
    default: []
  newest:
    description: Look only at the newest set of each source.
    type: bool
    default: false
  allowed_signers:
    description:
      - A file of allowed signers for C(ssh-keygen -Y), one line for each host.
      - Every set must then be signed by the host that its manifest names.
    type: path
  signing_key:
    description: The signing key of this host, in place of O(allowed_signers). Only C(<path>.pub) is read.
    type: path
  host:
    description: The host that must have signed. Needed with O(signing_key).
    type: str
    default: ''
  medium:
    description:
      - The name of the disk medium that O(path) is. It must then be mounted or carry the marker file of that name.
      - Without it an absent mount would look like an empty store in which nothing is wrong.
    type: str
    default: ''
  state:
    description:
      - The state directory of the host.
      - Manifests are then compared with the receipts of their copies.
      - The result is kept there as the fact C(verified).
    type: path
  at:
    description: Pretend that it is this moment, in ISO 8601 with an offset. For demonstrations and tests.
    type: str
    default: ""
  fail:
    description: Fail when something is wrong. With V(false) only the result says so.
    type: bool
    default: true
seealso:
  - module: nusantara.backup.backup_transfer
"""

EXAMPLES = r"""
- name: Re-read the whole store and keep the result for the report
  nusantara.backup.backup_checksum:
    state: /var/lib/nusantara-backup
    signing_key: /var/lib/nusantara-backup/keys/manifest
    host: "{{ inventory_hostname }}"
  become: true
  become_user: nusantara-backup

- name: Re-read the newest set of one source on the NAS
  nusantara.backup.backup_checksum:
    path: /mnt/nas/backup
    medium: internal
    sources: [SIMPEG]
    newest: true
    allowed_signers: /etc/nusantara-backup/allowed_signers
"""

RETURN = r"""
whole:
  description: Whether nothing is wrong.
  returned: success or a set is wrong
  type: bool
  sample: true
counts:
  description: How many sets, and files outside of sets, have each status.
  returned: success or a set is wrong
  type: dict
  sample: {ok: 14, unparsable: 0, incomplete: 0, missing: 0, unreadable: 0, altered: 0, unknown: 0}
sets:
  description: Every set with its status and its problems.
  returned: success or a set is wrong
  type: list
  elements: dict
  sample: [{source: SIMPEG, name: 2026112024F1D-SIMPEG, path: /x, status: ok, bytes: 317000000, problems: []}]
strays:
  description: What lies in no set, such as files without a name of the procedure and unfinished sets.
  returned: success or a set is wrong
  type: list
  elements: dict
  sample: []
problems:
  description: All that is wrong, in words.
  returned: always
  type: list
  elements: str
  sample: []
doubts:
  description: What could not be proven, such as sets without a signature where no signer was given.
  returned: success or a set is wrong
  type: list
  elements: str
  sample: []
at:
  description: When it ended (UTC).
  returned: success or a set is wrong
  type: str
  sample: '2026-11-20T17:10:00Z'
seconds:
  description: What it took.
  returned: success or a set is wrong
  type: float
  sample: 12.5
bytes:
  description: How much was read.
  returned: success or a set is wrong
  type: int
  sample: 317000000
path:
  description: What was looked at.
  returned: success or a set is wrong
  type: str
  sample: /var/backups/nusantara
signatures_checked:
  description: Whether signers were given.
  returned: success or a set is wrong
  type: bool
  sample: true
cache_dropped:
  description: Whether the page cache was seen to be empty before every read, so that the bytes came from the medium.
  returned: success or a set is wrong
  type: bool
  sample: true
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._edges._checksum_module import argument_spec, checksum_result
from ..module_utils._edges._edge import Edge


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    with Edge(module):
        module.exit_json(**checksum_result(module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
