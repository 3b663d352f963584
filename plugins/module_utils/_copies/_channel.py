# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A short queue between one reader of the source and one writer, so that memory stays bounded."""

from __future__ import annotations

import collections
import dataclasses
import threading
import typing as t

from .._base._errors import BackupError

DEPTH = 6


@dataclasses.dataclass(frozen=True)
class Start:
    """The next artifact follows."""

    file: str


class Word:
    """A word between the two ends."""


END_OF_FILE = Word()
SOURCE_IS_WHOLE = Word()
Item = t.Union[Start, bytes, Word]


class Channel:
    """Bounded: `put` waits for room, and `get` for something to come."""

    def __init__(self, depth: int = DEPTH) -> None:
        self._depth = depth
        self._items: collections.deque[Item] = collections.deque()
        self._change = threading.Condition()
        self._hung_up = False
        self._reason: BackupError | None = None

    def put(self, item: Item, patience: float) -> bool:
        """Hand over one item. False: nobody listens any more. Raises ``TimeoutError`` after ``patience`` seconds."""
        with self._change:
            if not self._change.wait_for(self._has_room, patience):
                raise TimeoutError
            if self._hung_up:
                return False
            self._items.append(item)
            self._change.notify_all()
            return True

    def get(self) -> Item:
        """The next item. Raises the reason when the other end has cancelled."""
        with self._change:
            self._change.wait_for(lambda: self._items or self._reason is not None)
            self.raise_if_cancelled()
            item = self._items.popleft()
            self._change.notify_all()
            return item

    def hang_up(self) -> None:
        """The writer wants no more, whatever comes."""
        with self._change:
            self._hung_up = True
            self._items.clear()
            self._change.notify_all()

    def cancel(self, reason: BackupError) -> None:
        """The reader has found that nothing may be published."""
        with self._change:
            self._reason = reason
            self._items.clear()
            self._change.notify_all()

    def raise_if_cancelled(self) -> None:
        if self._reason is not None:
            raise self._reason

    def _has_room(self) -> bool:
        return self._hung_up or len(self._items) < self._depth
