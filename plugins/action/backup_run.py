# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a run on the host and follows it, so that an operator sees it move."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.nusantara.backup.plugins.plugin_utils._run_display import (
    lines_of,
    lines_of_check,
    printable,
)

display = Display()
_MODULE = "nusantara.backup.backup_run"
_RECONNECTS = 3
# How a Python before 3.9 fails on the module, before a line of it could say why.
_OLD_PYTHON = (
    "No module named 'zoneinfo'",
    "module 'typing' has no attribute 'Protocol'",
    "future feature annotations is not defined",
)
_TOO_OLD = (
    "The Python of this host is older than 3.9. "
    "Install a newer one beside it, and name it in ansible_python_interpreter."
)


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
        if not result.get("run"):
            self._show_what_was_found(host, result)
        while result.get("run") and not result.get("finished") and not result.get("failed"):
            news = {"follow": result["run"], "since": result.get("since", 0), "step": result.get("step", 0)}
            result.update(self._ask_again(host, {**arguments, **news}, task_vars))
            for line in lines_of(host, result.pop("events", []), result.get("progress", {})):
                display.display(line)
        if plan:
            result["plan"] = plan
        for key in ("events", "progress", "since", "step"):
            result.pop(key, None)
        if result.get("failed") and (result.get("run") or "findings" in result):
            # The message tells each failed source, copy and obstacle; Ansible would print all others below it.
            for key in ("attempts", "plan", "hooks", "findings"):
                result.pop(key, None)
        return dict(result)

    def _show_what_was_found(self, host: str, result: t.Mapping[str, t.Any]) -> None:
        """A check shows its plan, and a run that had nothing to do says so. A failure is shown by Ansible."""
        lines = lines_of_check(host, result)
        if result.get("finished") and not result.get("failed"):
            lines.append(printable(f"[{host}] {str(result.get('msg', '')).partition(': ')[2]}"))
        for line in lines:
            display.display(line)

    def _ask_again(
        self, host: str, arguments: dict[str, t.Any], task_vars: dict[str, t.Any] | None
    ) -> dict[str, t.Any]:
        """News of a run, also over a new connection: a lost one does not stop the run."""
        left = _RECONNECTS
        while True:
            try:
                return self._ask(arguments, task_vars)
            except AnsibleConnectionFailure as problem:
                run = arguments["follow"]
                if not left:
                    raise AnsibleConnectionFailure(
                        f"The connection to {host} was lost and does not come back. That does not stop the run {run}. "
                        f"When the host can be reached again, the report says how it ended. {problem}"
                    ) from problem
                left -= 1
                display.display(
                    f"[{host}] the connection was lost, which does not stop the run {run}; connecting again"
                )

    def _ask(self, arguments: dict[str, t.Any], task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        answer: dict[str, t.Any] = self._execute_module(module_name=_MODULE, module_args=arguments, task_vars=task_vars)
        said = " ".join(str(answer.get(key)) for key in ("msg", "module_stderr", "exception"))
        if answer.get("failed") and any(mark in said for mark in _OLD_PYTHON):
            return {"failed": True, "msg": _TOO_OLD}
        return answer
