# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a run on the host and follows it, so that an operator sees it move."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.nusantara.backup.plugins.plugin_utils._run_display import lines_of

display = Display()
_MODULE = "nusantara.backup.backup_run"


class ActionModule(ActionBase):
    """The module does the work; this asks it again until the run has ended."""

    TRANSFERS_FILES = False
    _requires_connection = True

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        del tmp
        arguments = dict(self._task.args)
        result.update(self._ask(arguments, task_vars))
        host = (task_vars or {}).get("inventory_hostname", "")
        plan = result.get("plan", [])
        while result.get("run") and not result.get("finished") and not result.get("failed"):
            news = {"follow": result["run"], "since": result.get("since", 0), "step": result.get("step", 0)}
            result.update(self._ask({**arguments, **news}, task_vars))
            for line in lines_of(host, result.pop("events", []), result.get("progress", {})):
                display.display(line)
        if plan:
            result["plan"] = plan
        for key in ("events", "progress", "since", "step"):
            result.pop(key, None)
        if result.get("failed") and result.get("run"):
            # The message tells each failed source and copy; Ansible would print all others below it.
            for key in ("attempts", "plan"):
                result.pop(key, None)
        return dict(result)

    def _ask(self, arguments: dict[str, t.Any], task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        answer: dict[str, t.Any] = self._execute_module(module_name=_MODULE, module_args=arguments, task_vars=task_vars)
        return answer
