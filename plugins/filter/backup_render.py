# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that renders a report model into the text of a file."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_render
short_description: Render a report model as a page, table, data or text
version_added: 0.1.0
author:
  - Nusantara Backup contributors (!UNKNOWN)
description:
  - Takes what P(nusantara.backup.backup_report#filter) returns. Every value is escaped for the format.
positional: format
options:
  _input:
    description: The report model.
    type: dict
    required: true
  format:
    description: What to render.
    type: str
    choices: [html, csv, json, txt]
    required: true
  templates:
    description: Directories with the templates of the page. The first that has a file wins. Needed for V(html).
    type: list
    elements: path
    default: []
  files:
    description: Paths that the short text names at its end.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Print the short text
  ansible.builtin.debug:
    msg: "{{ model | nusantara.backup.backup_render('txt') }}"
"""

RETURN = r"""
_value:
  description: The text of the file.
  type: str
"""

import typing as t

import jinja2
from ansible.errors import AnsibleFilterError

from ansible_collections.nusantara.backup.plugins.plugin_utils._phrases import PhraseError
from ansible_collections.nusantara.backup.plugins.plugin_utils._render import RenderError, render


def backup_render(model: t.Any, format: str, templates: t.Sequence[str] = (), files: t.Sequence[str] = ()) -> str:
    """The text; raises AnsibleFilterError where model, format or templates cannot be used."""
    try:
        return render(model, str.__str__(format), templates, files)
    except (RenderError, PhraseError, jinja2.TemplateError) as error:
        raise AnsibleFilterError(f"backup_render: {error}") from error


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"backup_render": backup_render}
