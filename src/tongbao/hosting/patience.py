"""How long a caller waits for the database: then it is told to ask again.

What the database holds up, because it hangs or the way to it does, is not waited for without end.
What was asked may be done or not: the caller asks again with the same key, and hears which.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tongbao.hosting.probe import Probe
from tongbao.kernel.errors import Refused

_LOOK: Final = 0.25
"""Seconds between two looks at who waits. A timer for each would be set and ended for nothing, in
every call that is answered in milliseconds."""

_BETWEEN: Final = 2.0
"""Seconds from a sign of life of the database to when it is asked for the next one."""


class AnswerOverdue(Refused):
    code = "answer-overdue"
    text = "there was no answer within {seconds} seconds; ask again with the same key"


class Waiting:
    """One who waits for us, since ``since``; None: we wait for them.

    Who is ``unhurried`` waits as long as the database lives.
    """

    __slots__ = ("overdue", "since", "task", "unhurried")

    def __init__(self, task: "asyncio.Task[object]", since: float, *, unhurried: bool) -> None:
        self.task = task
        self.since: float | None = since
        self.unhurried = unhurried
        self.overdue = False

    def late(self, seconds: float) -> bool:
        """Tell whether somebody waits for us for longer than that, and was not let go of."""
        since = self.since
        if since is None or self.overdue:
            return False
        return asyncio.get_running_loop().time() - since > seconds

    def let_go(self) -> None:
        """End what is done for them."""
        self.overdue = True
        self.task.cancel()


class Patience:
    """Lets go of who has waited too long; for the thread of one event loop."""

    def __init__(self, seconds: int, probe: Probe) -> None:
        self._seconds = seconds
        self._probe = probe
        self._asking: asyncio.Task[None] | None = None
        self._ask_at = 0.0
        self._waiting: set[Waiting] = set()
        self._look: asyncio.TimerHandle | None = None

    @contextmanager
    def waiting(self, *, unhurried: bool = False) -> Iterator[Waiting]:
        """Answer somebody in this task; refuses ``answer-overdue`` when that takes too long."""
        task = asyncio.current_task()
        assert task is not None, "who waits is answered in a task"
        loop = asyncio.get_running_loop()
        mine = Waiting(task, loop.time(), unhurried=unhurried)
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
        late = [one for one in self._waiting if one.late(self._seconds)]
        for one in late:
            if not one.unhurried:
                one.let_go()
        due = self._asking is None and loop.time() >= self._ask_at
        if due and any(one.unhurried for one in late):
            self._asking = loop.create_task(self._ask())
        self._look = loop.call_later(_LOOK, self._look_at_all) if self._waiting else None

    async def _ask(self) -> None:
        """Let go of who is late and unhurried, too, unless the database gives a sign of life."""
        try:
            alive = await self._probe.answers()
            self._ask_at = asyncio.get_running_loop().time() + _BETWEEN
            for one in () if alive else self._waiting:
                if one.late(self._seconds):
                    one.let_go()
        finally:
            self._asking = None
