# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where MariaDB and MySQL differ: names of programs, words of options, statements."""

from __future__ import annotations

import dataclasses

SYSTEM_DATABASES = frozenset({"information_schema", "performance_schema", "mysql", "sys", "ndbinfo"})
# The first version that can dump the history of rows.
_HISTORY = (10, 11)


@dataclasses.dataclass(frozen=True)
class Flavour:
    """One of the two families. ``backup_stage`` says that BLOCK_COMMIT is there, which waits for no long statement."""

    name: str
    product: str
    clients: tuple[str, ...]
    dumps: tuple[str, ...]
    settings: tuple[str, ...]
    no_limit: str
    backup_stage: bool
    pages: str
    oldest: tuple[int, int]
    dump_words: tuple[str, ...] = ()

    def words_for(self, *, history: bool) -> tuple[str, ...]:
        """The words of the dump that only this family knows; with ``history`` it carries the rows of earlier times."""
        return (*self.dump_words, *(("--dump-history",) if history else ()))

    def knows_history(self, client: tuple[int, int]) -> bool:
        """Whether the dump program of a version can carry the rows of earlier times."""
        return self.name == "mariadb" and client >= _HISTORY

    def tls(self, mode: str) -> tuple[str, ...]:
        """The lines of an option file that ask for one of ``SSL_MODES``."""
        if self.name == "mysql":
            return {
                "": (),
                "disabled": ("ssl-mode=DISABLED",),
                "required": ("ssl-mode=REQUIRED",),
                "verify": ("ssl-mode=VERIFY_IDENTITY",),
            }[mode]
        return {
            "": (),
            "disabled": ("skip-ssl",),
            "required": ("ssl", "ssl-verify-server-cert=0"),
            "verify": ("ssl", "ssl-verify-server-cert=1"),
        }[mode]

    def restore(self, target: str = "") -> tuple[str, ...]:
        """The stock command that takes a dump; it finds server and login in the operator's own option file."""
        # Comments, line ends and zero bytes in the bodies of routines stay as they are.
        words = (self.clients[0], "--default-character-set=utf8mb4", "--binary-mode", "--comments")
        return (*words, "--max-allowed-packet=1073741824", *((f"--database={target}",) if target else ()))


_COMMON = (
    "sql_mode=''",
    "time_zone='+00:00'",
    "wait_timeout=604800",
    "net_read_timeout=600",
    "net_write_timeout=600",
    "sql_quote_show_create=1",
    "sql_select_limit=DEFAULT",
    "transaction_isolation='REPEATABLE-READ'",
)
MARIADB = Flavour(
    name="mariadb",
    product="MariaDB",
    clients=("mariadb", "mysql"),
    dumps=("mariadb-dump", "mysqldump"),
    settings=(
        *_COMMON[:-1],
        "tx_isolation='REPEATABLE-READ'",
        "max_statement_time=0",
        "idle_transaction_timeout=0",
        "idle_readonly_transaction_timeout=0",
    ),
    no_limit="max_statement_time=0",
    backup_stage=True,
    pages="docs/engines/mariadb.md",
    oldest=(10, 6),
    # A table whose default is a sequence cannot be filled while it is locked alone.
    dump_words=("--skip-add-locks",),
)
MYSQL = Flavour(
    name="mysql",
    product="MySQL",
    clients=("mysql",),
    dumps=("mysqldump",),
    settings=(
        *_COMMON,
        "max_execution_time=0",
        "information_schema_stats_expiry=0",
        "print_identified_with_as_hex=1",
    ),
    no_limit="max_execution_time=0",
    backup_stage=False,
    pages="docs/engines/mysql.md",
    oldest=(8, 0),
    dump_words=("--set-gtid-purged=OFF", "--column-statistics=0"),
)
