# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which grants an account lacks, and what would be missing in the backup without each."""

from __future__ import annotations

import typing as t

from ..._base._findings import INFO, WARNING, Finding
from . import _limits
from ._flavour import Flavour
from ._grants import Grants
from ._options import Options


def lacking_grants(
    flavour: Flavour, options: Options, grants: Grants, account: str, selected: tuple[str, ...], server: str
) -> tuple[list[Finding], str]:
    """Findings for what is missing, and why the inventory cannot be exact: empty where it can."""
    found = []
    for privileges, what in _needed(flavour, grants):
        lacking = [one for one in selected if not grants.on_database(one, *privileges)]
        if lacking:
            found.append(_limits.missing_grant(account, privileges[0], what, lacking, flavour.pages))
    if options.every and not grants.on_server("SELECT", "SHOW DATABASES"):
        what = "databases that it may not see"
        found.append(_limits.missing_grant(account, "SHOW DATABASES", what, [server], flavour.pages))
    if options.accounts and not grants.on_database("mysql", "SELECT"):
        what = "users and grants (else set accounts: false)"
        found.append(_limits.missing_grant(account, "SELECT ON `mysql`.*", what, ["mysql"], flavour.pages))
    why, level = _approximate(options, grants, account)
    if why:
        found.append(_limits.approximate(server, why, level))
    return found, why


def _needed(flavour: Flavour, grants: Grants) -> t.Iterator[tuple[tuple[str, ...], str]]:
    """Privileges on each database, and what each shows."""
    yield ("SELECT",), "tables and views"
    yield ("SHOW VIEW",), "definitions of views"
    yield ("TRIGGER",), "triggers"
    yield ("EVENT",), "events"
    bodies = grants.on_server("SELECT", "SHOW_ROUTINE", "SHOW CREATE ROUTINE")
    if flavour.name == "mariadb":
        if not bodies and not grants.on_table("mysql", "proc", "SELECT"):
            # MariaDB's own privilege for it, SHOW CREATE ROUTINE, is known from 11.3 on only.
            yield ("SELECT ON `mysql`.`proc`",), "procedures and functions"
    elif not bodies:
        yield ("SHOW_ROUTINE",), "procedures and functions"


def _approximate(options: Options, grants: Grants, account: str) -> tuple[str, str]:
    if not options.global_lock:
        return "the source has global_lock: false", INFO
    if not grants.on_server("RELOAD", "FLUSH_TABLES"):
        return f"the account {account} lacks RELOAD for the short global lock", WARNING
    if not grants.on_server("PROCESS"):
        return f"the account {account} lacks PROCESS to see tables that change meanwhile", WARNING
    return "", ""
