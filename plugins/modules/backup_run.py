#!/usr/bin/python
# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_run
short_description: Back up what is due on a host, and follow the run
version_added: 0.1.0
description:
  - Starts the backups that are due for the night (P12.1), or an incidental one, as a process of its own on the host,
    and follows its journal to the end. A lost connection does not end the run.
  - What succeeded already for its night is not done again, so a second call changes nothing.
  - In check mode it says what would be done and looks for every obstacle - tools, grants, space, media, forgotten
    databases (K1) - and writes nothing.
extends_documentation_fragment:
  - nusantara.backup.site
attributes:
  check_mode:
    description: Can run in check mode and return the plan and every obstacle without changing anything.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
options:
  mode:
    description:
      - V(scheduled) backs up the sources whose plan falls on the night.
      - V(incidental) backs up the sources of O(only), or all, now, with the frequency I.
    type: str
    choices: [scheduled, incidental]
    default: scheduled
  only:
    description: Names of sources. All of them by default.
    type: list
    elements: str
    default: []
  night:
    description: Catch this earlier night up, as V(2026-11-20).
    type: str
    default: ""
  again:
    description: Back up also what succeeded already for its night.
    type: bool
    default: false
  fail:
    description: Whether the task fails when a source, a copy or an after-hook failed.
    type: bool
    default: true
  follow:
    description: Do not start anything, but return what is new in this run.
    type: str
  since:
    description: With O(follow), the journal entry after which news are wanted.
    type: int
    default: 0
  step:
    description: With O(follow), the last step that is known already.
    type: int
    default: 0
  wait:
    description: With O(follow), how many seconds to wait for news.
    type: float
    default: 20
author:
  - Nusantara Backup contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Back up what is due tonight
  nusantara.backup.backup_run:
    recipients: "{{ backup_recipients }}"
    media: "{{ backup_media }}"
    sources: "{{ backup_sources }}"

- name: Back up one source before an upgrade
  nusantara.backup.backup_run:
    mode: incidental
    only: [SIMPEG]
    recipients: "{{ backup_recipients }}"
    sources:
      - name: SIMPEG
        engine: postgresql
        database: simpeg
        frequency: daily
"""

RETURN = r"""
run:
  description: The run in the host's journal.
  returned: when one was started or followed
  type: str
  sample: 20261120T170000Z-4f2a91c35b07d8e6
finished:
  description: Whether there is nothing more to follow.
  returned: always
  type: bool
plan:
  description: What is (or would be) backed up, one entry for each source.
  returned: when started, or in check mode, and not failed
  type: list
  elements: dict
hooks:
  description:
    - The hooks that would run, in their order, with words, time limit and sources. When a run is followed, the hooks
      that ran, as in the facts C(hooks).
  returned: in check mode or when followed, and not failed
  type: list
  elements: dict
findings:
  description: Obstacles and warnings that were found.
  returned: in check mode when not failed
  type: list
  elements: dict
attempts:
  description:
    - The sources of the run with outcome, name, sizes, times, error and copies, as in the facts C(runs).
    - A failed task returns only its message, which fits the screen. Set O(fail=false), or read the facts, for all.
  returned: when followed and not failed
  type: list
  elements: dict
events:
  description: New journal entries of the run.
  returned: when followed
  type: list
  elements: dict
progress:
  description: The present step with its source and the number of plain bytes so far.
  returned: when followed
  type: dict
since:
  description: The last journal entry that was seen.
  returned: when followed
  type: int
step:
  description: The last step that was seen.
  returned: when followed
  type: int
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nusantara.backup.plugins.module_utils._edges._edge import Edge
from ansible_collections.nusantara.backup.plugins.module_utils._edges._run_module import ARGUMENTS, run


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    with Edge(module):
        module.exit_json(**run(module.params, module.check_mode))


if __name__ == "__main__":
    main()
