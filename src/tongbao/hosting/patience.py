"""How long a caller waits for the database: then it is told to ask again.

What the database holds up, because it hangs or the way to it does, is not waited for without end.
What was asked may be done or not: the caller asks again with the same key, and hears which.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tongbao.kernel.errors import Refused

_LOOK: Final = 0.25
"""Seconds between two looks at who waits. A timer for each would be set and ended for nothing, in
every call that is answered in milliseconds."""


class AnswerOverdue(Refused):
    code = "answer-overdue"
    text = "there was no answer within {seconds} seconds; ask again with the same key"


class Waiting:
    """One who waits for us, since ``since``; None: we wait for them."""

    __slots__ = ("overdue", "since", "task")

    def __init__(self, task: "asyncio.Task[object]", since: float) -> None:
        self.task = task
        self.since: float | None = since
        self.overdue = False


class Patience:
    """Lets go of who has waited too long; for the thread of one event loop."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._waiting: set[Waiting] = set()
        self._look: asyncio.TimerHandle | None = None

    @contextmanager
    def waiting(self) -> Iterator[Waiting]:
        """Answer somebody in this task; refuses ``answer-overdue`` when that takes too long."""
        task = asyncio.current_task()
        assert task is not None, "who waits is answered in a task"
        loop = asyncio.get_running_loop()
        mine = Waiting(task, loop.time())
        self._waiting.add(mine)
        if self._look is None:
            self._look = loop.call_later(_LOOK, self._look_at_all)
        try:
            yield mine
        except asyncio.CancelledError:
            if not mine.overdue or task.uncancel():
                raise  # somebody else ends this task
            raise AnswerOverdue(seconds=self._seconds) from None
        finally:
            self._waiting.discard(mine)

    def _look_at_all(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for one in self._waiting:
            if one.since is not None and now - one.since > self._seconds and not one.overdue:
                one.overdue = True
                one.task.cancel()
        self._look = loop.call_later(_LOOK, self._look_at_all) if self._waiting else None
