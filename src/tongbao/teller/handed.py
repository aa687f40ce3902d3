"""What is handed in, alone or together with others, and how whoever waits for it is answered.

The teller's thread alone begins and answers, so nothing here is locked. A future costs more to make
and to answer than it takes to decide an operation: a thousand that come together share one.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import NamedTuple

from tongbao.kernel import tracing
from tongbao.kernel.errors import Refusal
from tongbao.points.operations import Operation
from tongbao.points.outcome import Outcome

Result = Outcome | Exception


class Alone:
    """Waits for one operation; the future gives its outcome, or raises why there is none."""

    __slots__ = ("future",)

    def __init__(self) -> None:
        self.future: Future[Outcome] = Future()

    def begin(self) -> bool:
        """Tell that it is being posted now; not if its caller has cancelled it."""
        return self.future.set_running_or_notify_cancel()

    def give(self, _place: int, result: Result) -> None:
        """Answer the caller, with an exception of its own."""
        with suppress(BaseException):  # what a future calls back may end in any way
            if isinstance(result, Outcome):
                self.future.set_result(result)
            else:
                self.future.set_exception(_own(result))


class Together:
    """Waits for ``count`` operations; the future gives what became of each, in their order.

    They may be posted in several batches. Cancelled before the first of them, none is posted.
    """

    __slots__ = ("_begun", "_left", "_results", "future")

    def __init__(self, count: int) -> None:
        self.future: Future[Sequence[Result]] = Future()
        self._results: list[Result | None] = [None] * count
        self._left = count
        self._begun: bool | None = None
        if not count:
            self.future.set_result(())

    def begin(self) -> bool:
        """Tell that they are being posted now; not if their caller has cancelled them."""
        if self._begun is None:
            self._begun = self.future.set_running_or_notify_cancel()
        return self._begun

    def give(self, place: int, result: Result) -> None:
        """Keep the result of the operation at ``place``; the last one answers the caller."""
        self._results[place] = result
        self._left -= 1
        if not self._left:
            with suppress(BaseException):
                self.future.set_result([one for one in self._results if one is not None])


class Handed(NamedTuple):
    """An operation, who waits for it at which place, where in a trace it is from, when it came."""

    operation: Operation
    waiter: Alone | Together
    place: int
    mark: "tracing.Mark | None"
    came: float


def _own(error: Exception) -> Exception:
    """Give a copy of what many callers are refused: raised in all of them, it is one traceback."""
    if not isinstance(error, Refusal):
        return error
    own = type(error)(**error.facts)
    own.__cause__ = error.__cause__
    return own
