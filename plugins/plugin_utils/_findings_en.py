# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What findings say with their values, in English. Others have the general words of the codes."""

from __future__ import annotations

FINDINGS: dict[str, str] = {
    "findings.more": "There are {count} more findings that are not kept.",
    "report.failed": "The backup failed.",
    "report.failed_again": "The backup of that night succeeded; what was tried after it failed ({count} times).",
    "report.missed": "The backup was due and did not run.",
    "report.incomplete": "The backup was made, but copies are missing on: {media}.",
    "report.interrupted": "The backup was interrupted before its end.",
    "report.unreachable": "The result is not known, for the host could not be reached.",
    "report.silent": "The result is not known, for the host gave no answer.",
    "report.late": "The backup ran after its window.",
    "report.retried": "Succeeded at attempt {count}.",
    "report.over_standard": "The backup took longer than the standard.",
    "report.same_building": "No copy lies in a separate building (the host's: {building}).",
    "report.building_unknown": "Whether a copy lies in a separate building cannot be told.",
    "report.three_two_one": "The 3-2-1 rule is not met: copies {copies}, kinds of media {kinds}.",
    "report.unencrypted": "The backup is NOT encrypted.",
    "report.implausible": "Far smaller than its history; pruning is held.",
    "report.unlisted": "The manifest of this backup no longer lies in the local store.",
    "report.unsigned": "The manifest is not signed.",
    "report.host_unreachable": "The host could not be reached.",
    "report.host_silent": "The host gave no answer.",
    "report.journal_broken": "The journal's chain is broken.",
    "report.store": "The local store cannot be read.",
    "report.medium": "Medium {medium} cannot be used.",
    "report.unplanned": "Database {database} ({engine}, {server}) is in no plan.",
    "report.unknown": "A file with an unknown name: {path}",
    "report.zone": "Time zone {zone} is not known here; times are in UTC.",
    "report.hook_after": "The after-hook of {name} failed; the application may still be in maintenance mode.",
    "report.hook_pending": "The after-hook of {name} has not run; the application may still be in maintenance mode.",
    "report.verify_problems": "The last verification found {count} problems.",
    "report.never_verified": "The backups of this host were never verified.",
    "report.not_verified_since": "Not verified since the last backup.",
    "plausible.smaller": "Only {share} % of the usual size: {got:size} instead of {usual:size}; pruning is held.",
    "plausible.emptier": "Only {share} % of the usual rows: {got:number} instead of {usual:number}; pruning is held.",
    "database.unplanned": "Database {database} on {server} ({engine}) is backed up by no source.",
    "engine.command.count": "The content of the dump could not be counted: {text}",
    "engine.command.said": "The dump by {subject} ended well but was not silent: {text}",
    "engine.command.secret_file": "The secret file {path} cannot be used as it is: {text}",
    "engine.command.status": "{subject} ended with status {status}, which the source takes for success.",
    "engine.command.untrusted": "Others could change {path}, which runs as the backup's user: {text}",
    "engine.mariadb.approximate": "The list of contents of {subject} is approximate: {text}",
    "engine.mariadb.broken_view": "View {subject} does not compile and was left out: {text}",
    "engine.mariadb.changed": "Tables were altered or renamed while {subject} was dumped: {names}",
    "engine.mariadb.damaged": "The server cannot open table {subject}: {text}",
    "engine.mariadb.float": "Values of {count:number} FLOAT columns are dumped with six digits only: {names}",
    "engine.mariadb.foreign_rows": "Rows of {count:number} tables lie elsewhere and are not in the backup: {names}",
    "engine.mariadb.history": (
        "The client programs ({client}) cannot dump the history of {count:number} tables: {names}"
    ),
    "engine.mariadb.locked": (
        "Nobody can write while the dump runs, for {count:number} tables know no transactions: {names}"
    ),
    "engine.mariadb.non_transactional": (
        "{count:number} tables know no transactions and are not consistent with the rest: {names}"
    ),
    "engine.mariadb.not_in_dump": "Rows of these tables of {subject} were not dumped: {names}",
    "engine.mariadb.old_server": "The server ({server}) is too old for this engine.",
    "engine.mariadb.permission": "The account {account} lacks {privilege}: {names}",
    "engine.mariadb.sequences": "Values of {count:number} sequences are those of the moment they were read: {names}",
    "engine.mariadb.unusable_view": "View {subject} cannot be used: {text}",
    "engine.mariadb.version": "The client programs ({client}) do not fit the server ({server}).",
    "engine.postgresql.foreign_tables": (
        "Rows of {count:number} foreign tables of database {subject} are not in the backup: {names}"
    ),
    "engine.postgresql.not_in_dump": "Rows of these tables of database {subject} were not dumped: {names}",
    "engine.postgresql.permission": (
        "The role {role} may not read {count:number} of the objects of database {subject}: {names}"
    ),
    "engine.postgresql.row_security": (
        "Row security hides rows of {count:number} tables of database {subject} from the role {role}: {names}"
    ),
    "engine.postgresql.sequences": (
        "Values of {count:number} sequences of database {subject} are those of the moment they were read: {names}"
    ),
    "engine.postgresql.unlogged": (
        "A crash of the server empties {count:number} unlogged tables of database {subject}: {names}"
    ),
    "engine.postgresql.unlogged_standby": (
        "A standby has no rows of {count:number} unlogged tables of database {subject}: {names}"
    ),
    "engine.postgresql.version": "The client programs ({client}) do not fit the server ({server}).",
    "group.apart": "{names} was backed up without {others} of the same group ({group}): not of one moment.",
    "group.empty": "No source of this host belongs to the group {group}.",
    "hook.continued": "The before-hook of {name} failed; the backup was made all the same, and may not be consistent.",
    "hook.pending": "The after-hook of {name} has not run since the run {run} was cut off.",
    "files.changed": "Files changed while being read ({count:number}): {names}",
    "files.missing": "The tree {path} cannot be looked at.",
    "files.not_directory": "{path} is not a directory.",
    "files.other_filesystem": "Mounted from other file systems and not in the backup: {names}",
    "files.removed": "Files went away before they were read ({count:number}): {names}",
    "files.shrank": "Files became shorter while being read, their ends are zeros ({count:number}): {names}",
    "files.socket": "Sockets are not in a backup: {names}",
    "files.tar_kind": "tar on the host is not GNU tar: {version}",
    "files.tar_said": "tar gave warnings while it read {path}.",
    "files.tar_support": "tar on the host cannot keep: {words}",
    "files.tar_version": "tar on the host is too old: version {version}",
    "files.unreadable": "The user {user} may not read everything in {path}.",
    "medium.full": "Medium {medium} is full.",
    "medium.marker": "The marker of medium {medium} in {path} is not valid.",
    "medium.missing": "Medium {medium} is not there: {path}",
    "medium.not_mounted": "Medium {medium} is not mounted on {path}.",
    "medium.silent": "Medium {medium} on {path} does not answer.",
    "medium.other": "Another medium than {medium} is mounted on {path}.",
    "medium.overlap": "Medium {medium} shares its place with the local store: {path}",
    "medium.path": "The path of medium {medium} cannot be used: {path}",
    "medium.permission": "The backup's user may not write to medium {medium}: {path}",
    "medium.readonly": "Medium {medium} is mounted read-only on {path}.",
    "medium.same_disk": "Medium {medium} lies on the same disk as the original.",
    "sqlite.empty": "{path} is an empty file.",
    "sqlite.no_tables": "The database {path} has no tables.",
    "sqlite.not_database": "{path} is not a SQLite database.",
    "sqlite.not_file": "{path} is not a regular file.",
    "sqlite.said": "SQLite gave warnings while {path} was read.",
    "sqlite.unchecked": "{object} in {path} could not be checked.",
    "sqlite.unreadable": "The file {path} cannot be read.",
    "sqlite.unreadable_object": "{object} in {path} is in the backup but could not be counted.",
    "sqlite.unusable": "The database {path} cannot be backed up.",
    "sqlite.wal": "{path} uses a write-ahead log; a restored copy does not yet.",
    "verify.hash": "The content of {path} is not what was written.",
    "verify.missing": "{path} is missing.",
    "verify.signature": "The signature of {path} is wrong.",
    "verify.size": "{path} has another size than when it was written.",
    "verify.unknown": "{path} is not known.",
    "verify.unreadable": "{path} cannot be read.",
    "verify.unsigned": "{path} is not signed.",
}
