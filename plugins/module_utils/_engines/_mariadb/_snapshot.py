# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One snapshot, seen by two sessions: that of the dump program, and ours, which counts."""

from __future__ import annotations

import threading
import typing as t

from ..._base._errors import EngineError
from ..._base._findings import Finding
from ..._base._present import present
from ..._base._process import Command, end_words
from ..._base._threads import begin
from .._base import Context, Stream
from . import _sql
from ._check import DumpCheck
from ._connection import Connection
from ._content import Counter, Wanted
from ._dump_words import dump_words
from ._flavour import Flavour
from ._found import Found
from ._inventory import Taken, take
from ._lock import GlobalLock, Locker
from ._options import LOCK, Options
from ._shift import Numbers, numbers, shifted
from ._talk import Talk
from ._watch import LockWatch
from ._words import failure, warnings

# A dump that has not begun by then holds up the site: the lock is given back.
HOLD_SECONDS = 20
_ANSWER_SECONDS = 300
# Our counting waits no longer than that behind somebody who alters a table.
_PATIENCE_SECONDS = 5


class Snapshot:
    """Opened when made; `stream` is read, then `finish` tells what was in it. `close` ends every session."""

    def __init__(
        self,
        flavour: Flavour,
        options: Options,
        found: Found,
        context: Context,
        connection: Connection,
        databases: tuple[str, ...],
    ) -> None:
        self._flavour = flavour
        self._options = options
        self._found = found
        self._context = context
        self._connection = connection
        self._databases = databases
        self._doubts: list[str] = [found.approximate] if found.approximate else []
        self._numbers: Numbers = {}
        self._lock: GlobalLock | None = None
        self._held = threading.Lock()
        self._stays = options.non_transactional == LOCK and found.moving > 0
        self._watch: LockWatch | None = None
        self._timer = threading.Timer(HOLD_SECONDS, self._too_late)
        self._timer.daemon = True
        self._counter: Counter | None = None
        self._number = 0
        self._talk = self._new_talk()
        try:
            self._counter = Counter(self._talk, self._wanted())
            self._open()
        except BaseException:
            self.close()
            raise
        self._check = self._end_check()

    def stream(self, part: str) -> Stream:
        """The dump's stream. Its command is started by whoever reads it."""
        options, connection = self._options, self._connection
        whole = not (options.single or options.separate)
        skipped = [one for one in self._found.broken if one[0] in self._databases]
        words = dump_words(self._flavour, self._databases, skipped, whole=whole, history=self._found.history)
        command = connection.command(self._found.clients.dump, *words)
        names = ", ".join(repr(name) for name in self._databases[:5])
        what = f"Dumping {names}{' and others' if len(self._databases) > 5 else ''} on {connection.server}"
        begin(self._timer)
        self._watch = LockWatch(options.lock_seconds, lambda: self._check.moved, self._new_talk, self._number)
        self._watch.start()
        return Stream(
            part=part,
            kind="sql",
            end_check=self._check,
            judge=self._judge(what, command),
            restore=self._flavour.restore("" if whole else "{target}"),
            command=command,
            database="" if whole else self._databases[0],
        )

    def finish(self) -> Taken:
        """The content, once the dump was read to its end. Raises ``EngineError`` where it was not."""
        self._check.finish()
        self._timer.cancel()
        # From here on no byte of a dump comes, and whoever waits for a lock waits for our own or somebody else's.
        present(self._watch).stop()
        if not self._stays:
            self._release()
        content = present(self._counter).result()
        after = self._ask_numbers()
        if not self._doubts and not (self._numbers and after):
            self._doubts.append("the server did not tell which tables changed meanwhile")
        changed = shifted(self._numbers, after, self._databases)
        taken = take(content, self._check.tables, changed, self._databases, self._doubts, still=self._stays)
        self._release()
        return taken

    def close(self) -> None:
        """Give the lock back and end our session, whatever runs; harmless to repeat."""
        self._timer.cancel()
        self._release()
        if self._watch is not None:
            self._watch.stop()
        if self._counter is not None:
            self._counter.stop()
        self._talk.close()

    def _new_talk(self) -> Talk:
        return Talk(
            self._found.clients.client,
            self._connection,
            self._context.children,
            connect_seconds=self._options.connect_seconds,
            patient=True,
        )

    def _wanted(self) -> Wanted:
        return Wanted(
            databases={name: self._found.encodings[name] for name in self._databases},
            depth=self._context.inventory,
            history=self._found.history,
            transactional=self._found.transactional,
            skipped=frozenset(self._found.broken),
        )

    def _open(self) -> None:
        """Lock, take the snapshot, and see which table has which number."""
        seconds = self._options.connect_seconds + _ANSWER_SECONDS
        self._talk.prepare(self._flavour, seconds)
        ((number,),) = self._talk.ask(
            f"SET SESSION lock_wait_timeout = {_PATIENCE_SECONDS};\nSELECT CONNECTION_ID();\n", _ANSWER_SECONDS
        )
        self._number = int(number)
        if self._options.global_lock and (self._stays or not self._doubts):
            self._take_lock()
        self._talk.ask("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY;\n", _ANSWER_SECONDS)
        self._numbers = self._ask_numbers()

    def _take_lock(self) -> None:
        locker = Locker(
            self._flavour,
            self._found.clients.client,
            self._connection,
            self._context.children,
            self._options.connect_seconds,
        )
        self._lock = locker.take(long=self._stays)
        if self._lock is None and self._stays:
            raise EngineError(
                f"Tables without transactions on {self._connection.server} cannot be held still: {locker.why}",
                "Move the backup to a quieter hour, or set non_transactional: mark",
                code="engine.mariadb.lock",
            )
        if self._lock is None:
            self._doubts.append(locker.why)

    def _ask_numbers(self) -> Numbers:
        return numbers(self._talk.ask_for("number", _sql.table_numbers(self._flavour), _ANSWER_SECONDS))

    def _end_check(self) -> DumpCheck:
        def stands() -> None:
            self._stands()

        return DumpCheck("" if len(self._databases) > 1 else self._databases[0], stands)

    def _stands(self) -> None:
        """The dump's own transaction has begun: the site may write again, and counting begins."""
        self._timer.cancel()
        if not self._stays:
            self._release()
        present(self._counter).start()

    def _too_late(self) -> None:
        if self._stays:
            # Tables without transactions have nothing but this lock, and whoever ends the dump gives it back.
            return
        with self._held:
            lock, self._lock = self._lock, None
        if lock is not None:
            self._doubts.append(f"the dump did not begin within {HOLD_SECONDS} seconds, so the lock was given back")
            lock.release()

    def _release(self) -> None:
        with self._held:
            lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()

    def _judge(self, what: str, command: Command) -> t.Callable[[int, str], t.Sequence[Finding]]:
        def judge(status: int, said: str) -> t.Sequence[Finding]:
            if self._watch is not None and self._watch.found:
                raise EngineError(
                    f"{what}: it waited for more than {self._options.lock_seconds} seconds for a lock of somebody else",
                    "Somebody changes or locks these tables at this hour; move the backup or raise lock_seconds",
                    code="engine.mariadb.lock",
                    detail=said,
                )
            if status:
                raise failure(what, said, f"{command.name} {end_words(status)}")
            return warnings(", ".join(self._databases), said)

        return judge
