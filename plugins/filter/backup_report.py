# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that makes the report model from the facts of hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_report
short_description: Make the backup result report from the facts of hosts
version_added: 0.1.0
author:
  - Nusantara Backup contributors (!UNKNOWN)
description:
  - Renders from the facts that M(nusantara.backup.backup_facts) returns, and from nothing else.
  - The same input always gives the same model.
options:
  _input:
    description:
      - One entry for each host. Either the bare facts, or a mapping with V(host), V(facts), V(unreachable), V(problem),
        V(building) and V(sources).
      - A host that could not be asked has no V(facts). It stands in the report with its V(problem) and with what the
        inventory plans for it, V(sources).
    type: list
    elements: dict
    required: true
  language:
    description: The language that the report will be written in.
    type: str
    choices: [id, en]
    default: id
  zone:
    description: The IANA time zone of the report. Empty for the zone of the first host.
    type: str
    default: ""
  night:
    description: The night to report, as V(YYYY-MM-DD). Empty for the newest night that has begun.
    type: str
    default: ""
  generated:
    description: The time of the report in UTC. Empty for the time of the newest facts.
    type: str
    default: ""
  standard_minutes:
    description: Standard times in minutes by step, over the defaults of the procedure. A null value means no standard.
    type: dict
    default: {}
  officers:
    description: Who signs, each with V(role), V(name), V(title) and V(number). Empty for blank lines.
    type: list
    elements: dict
    default: []
  organisation:
    description: The name that stands above the title.
    type: str
    default: ""
  document:
    description: Document control, with V(number), V(revision) and V(effective).
    type: dict
    default: {}
  history_nights:
    description: How many nights the pictures show, 7 to 366.
    type: int
    default: 35
  pictures:
    description: The history of at most so many applications is drawn, those with problems first.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Make the model of the newest night
  ansible.builtin.set_fact:
    model: "{{ [ansible_facts.nusantara_backup] | nusantara.backup.backup_report(zone='Asia/Jakarta') }}"
"""

RETURN = r"""
_value:
  description: The report model, described in the collection's page on the report.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nusantara.backup.plugins.plugin_utils._phrases import LANGUAGES
from ansible_collections.nusantara.backup.plugins.plugin_utils._plain import plain
from ansible_collections.nusantara.backup.plugins.plugin_utils._report import Options, ReportError, build


def backup_report(hosts: t.Any, **options: t.Any) -> dict[str, t.Any]:
    """The model; raises AnsibleFilterError for input or options that cannot be used."""
    if not isinstance(hosts, (list, tuple)):
        raise AnsibleFilterError(f"backup_report needs a list of hosts, not {type(hosts).__name__}")
    try:
        wanted = Options(**plain({key: value for key, value in options.items() if value is not None}))
    except TypeError as error:
        raise AnsibleFilterError(f"backup_report: {error}") from error
    if wanted.language not in LANGUAGES:
        raise AnsibleFilterError(f"backup_report: language {wanted.language!r} is not one of {', '.join(LANGUAGES)}")
    try:
        return build(list(hosts), wanted)
    except ReportError as error:
        raise AnsibleFilterError(f"backup_report: {error}") from error


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"backup_report": backup_report}
