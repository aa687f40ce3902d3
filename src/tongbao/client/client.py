"""The client: a method for each thing that a till, an app or a partner does."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import msgspec
from msgspec import Struct

from tongbao.client.answers import Balances, Lot, Member, Operation, Quote, Row
from tongbao.client.calls import Calls

Answer = TypeVar("Answer")


class Who(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A member, named in one way; ``issuer`` gave a card or an external id."""

    id: str | None = None
    phone: str | None = None
    card: str | None = None
    external: str | None = None
    issuer: str | None = None


class _Page(Struct, frozen=True):
    data: list[msgspec.Raw]
    next: str | None = None


class _BalancesAt(Struct, frozen=True):
    balances: Balances


def new_key() -> str:
    """Give a key that nobody has used: for one request and its repetitions."""
    return uuid.uuid4().hex


class Client:
    """Talk to the service at ``url`` with an API key; use it by ``with``.

    Amounts are whole fen: 8000 are 80 points or 80 yuan. Every method that changes something takes
    a ``key`` and is done once for it; name it by your receipt, so that a program that was restarted
    asks with the same one. Without it, each call has a new one, which its own retries share.
    Raises ``Refused`` and ``Unreachable``. Further arguments are those of ``Calls``.
    """

    def __init__(self, url: str, token: str, **more: Any) -> None:
        self.calls = Calls(url, token, **more)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.calls.close()

    def enrol(self, *identities: dict[str, str], key: str | None = None) -> Member:
        """Enrol a member, known by ``{"kind": "phone", "value": "…"}`` and so on."""
        return self._post("/v1/members", key, Member, identities=identities)

    def find(self, who: Who, *, expand: Sequence[str] = ()) -> Member:
        """Find a member by what it shows; ``expand``: identities, balances, lots, holds."""
        answer = self.calls.send(
            "POST",
            "/v1/members/find",
            key=new_key(),  # it only reads: there is no harm in asking twice
            body={"member": who},
            parameters=_expanded(expand),
        )
        return msgspec.json.decode(answer.content, type=Member)

    def member(self, member: str, *, expand: Sequence[str] = ()) -> Member:
        """Show a member."""
        return self._get(f"/v1/members/{member}", Member, _expanded(expand))

    def balances(
        self,
        member: str,
        *,
        at: datetime | None = None,
        basis: Literal["written", "effective"] = "written",
    ) -> Balances:
        """Show a member's balances as they are, or as they were."""
        asked = {} if at is None else {"at": at.isoformat(), "basis": basis}
        return self._get(f"/v1/members/{member}/balances", _BalancesAt, asked).balances

    def lots(self, member: str) -> Iterator[Lot]:
        """Walk through a member's open lots in the order in which they are spent."""
        return self._walk(f"/v1/members/{member}/lots", Lot, {})

    def operations(
        self,
        *,
        member: str | None = None,
        outlet: str | None = None,
        reference: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Row]:
        """Walk through operations, newest first."""
        asked = {"member": member, "outlet": outlet, "reference": reference}
        times = {"since": since, "until": until}
        given = {name: value for name, value in asked.items() if value is not None}
        given |= {name: value.isoformat() for name, value in times.items() if value is not None}
        return self._walk("/v1/operations", Row, given)

    def operation(self, operation: str) -> dict[str, Any]:
        """Explain an operation."""
        return self._get(f"/v1/operations/{operation}", dict[str, Any], {})

    def quote(
        self,
        who: Who,
        outlet: str,
        amount: int,
        *,
        points: int | None = None,
        key: str | None = None,
    ) -> Quote:
        """Ask what a sale would be, with ``points`` of it or as many as there are."""
        body: dict[str, Any] = {"member": who, "outlet": outlet, "amount": {"value": amount}}
        if points is not None:
            body["points"] = {"value": points}
        return self._post("/v1/quotes", key, Quote, **body)

    def purchase(
        self,
        who: Who,
        outlet: str,
        amount: int,
        points: int,
        *,
        key: str | None = None,
        **more: Any,
    ) -> Operation:
        """Pay a bill with points, the rest in cash; ``more`` has quote, up_to, lines and so on."""
        return self._money(
            "/v1/purchases", key, more, member=who, outlet=outlet, amount=amount, points=points
        )

    def award(
        self,
        who: Who,
        outlet: str,
        amount: int = 0,
        points: int | None = None,
        *,
        key: str | None = None,
        **more: Any,
    ) -> Operation:
        """Give points for a sale by contract, or exactly ``points``."""
        return self._money(
            "/v1/awards", key, more, member=who, outlet=outlet, amount=amount, points=points
        )

    def hold(
        self, who: Who, outlet: str, points: int, *, key: str | None = None, **more: Any
    ) -> Operation:
        """Set points aside for a purchase to come."""
        return self._money("/v1/holds", key, more, member=who, outlet=outlet, points=points)

    def capture(
        self, hold: str, points: int, cash: int = 0, *, key: str | None = None, **more: Any
    ) -> Operation:
        """Spend points of a hold; the rest is free again, unless ``final=False``."""
        return self._money(f"/v1/holds/{hold}/captures", key, more, points=points, cash=cash)

    def void(self, hold: str, *, key: str | None = None, **more: Any) -> Operation:
        """Free what remains of a hold."""
        return self._money(f"/v1/holds/{hold}/void", key, more)

    def refund(
        self, original: str, amount: int | None = None, *, key: str | None = None, **more: Any
    ) -> Operation:
        """Take back a sale: by ``amount``, by ``lines``, or all that is left of it."""
        return self._money("/v1/refunds", key, more | {"original": original}, amount=amount)

    def reverse(self, original_key: str, *, key: str | None = None, **more: Any) -> Operation:
        """Undo the request with that key, whether it arrived or not."""
        return self._money("/v1/reversals", key, more | {"original_key": original_key})

    def gift(
        self, who: Who, to: Who, points: int, *, key: str | None = None, **more: Any
    ) -> Operation:
        """Give points of one member to another."""
        return self._money("/v1/gifts", key, more | {"member": who, "to": to}, points=points)

    def bulk(
        self,
        operations: Sequence[dict[str, Any]],
        *,
        mode: Literal["atomic", "independent"] = "independent",
        key: str | None = None,
    ) -> dict[str, Any]:
        """Post many operations, each with its ``kind`` and ``key``."""
        return self._post("/v1/bulk", key, dict[str, Any], mode=mode, operations=operations)

    def _money(self, path: str, key: str | None, more: dict[str, Any], **known: Any) -> Operation:
        given = {name: value for name, value in known.items() if value is not None}
        amounts = {
            name: {"value": value} for name, value in given.items() if isinstance(value, int)
        }
        return self._post(path, key, Operation, **(given | amounts | more))

    def _post(self, path: str, key: str | None, kind: type[Answer], **body: Any) -> Answer:
        answer = self.calls.send("POST", path, key=key or new_key(), body=body)
        return msgspec.json.decode(answer.content, type=kind)

    def _get(self, path: str, kind: type[Answer], parameters: dict[str, Any]) -> Answer:
        answer = self.calls.send("GET", path, parameters=parameters)
        return msgspec.json.decode(answer.content, type=kind)

    def _walk(self, path: str, kind: type[Answer], parameters: dict[str, Any]) -> Iterator[Answer]:
        cursor: str | None = None
        while True:
            more = {} if cursor is None else {"cursor": cursor}
            page = self._get(path, _Page, parameters | more)
            for row in page.data:
                yield msgspec.json.decode(row, type=kind)
            cursor = page.next
            if cursor is None:
                return


def _expanded(expand: Sequence[str]) -> dict[str, str]:
    return {"expand": ",".join(expand)} if expand else {}
