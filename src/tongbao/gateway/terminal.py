"""One terminal's connection: it signs on, then its messages are served one after another."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, TypeVar, get_args
from zoneinfo import ZoneInfo

from msgspec import Struct

from tongbao.access.keys import Caller
from tongbao.alliance import outlets
from tongbao.alliance.outlets import OutletNotFound
from tongbao.clearing import calendar
from tongbao.gateway import answers, building, codes, keys, sign_on, texts, totals
from tongbao.gateway.building import KINDS, Wanted
from tongbao.gateway.texts import Language
from tongbao.gateway.wire import Broken, FieldMalformed, Message, MessageUnknown
from tongbao.hosting.database import begun
from tongbao.hosting.parts import Parts
from tongbao.hosting.patience import AnswerOverdue
from tongbao.hosting.rates import Buckets, quota_of
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, Refusal, Refused
from tongbao.points import early
from tongbao.points.operations import Operation
from tongbao.points.outcome import Outcome
from tongbao.till import identify
from tongbao.till.identify import Identified

Answer = TypeVar("Answer")

_log: Final = logging.getLogger("tongbao.gateway")


class SignOnMissing(Refused):
    code = "sign-on-missing"
    text = "the terminal has not signed on"


class _Signed(Struct, frozen=True):
    """Who signed on: the token, and whom it stood for when it was last looked at."""

    token: str
    caller: Caller

    @property
    def organisation(self) -> int:
        """Give whose key it is; a key never changes hands."""
        return self.caller.organisation_id


class Terminal:
    """The state of one connection: who signed on, if anybody, and which texts it wants to show.

    ``asked`` says how often keys have asked, over all connections of the process, ``now`` a time in
    seconds that only goes forward. ``address`` is where the connection is from.
    """

    def __init__(
        self, parts: Parts, asked: Buckets, address: str, now: Callable[[], float]
    ) -> None:
        self._parts = parts
        self._asked = asked
        self._address = address
        self._now = now
        self._signed: _Signed | None = None
        self._language: Language | None = None

    @property
    def signed_on(self) -> bool:
        """Tell whether somebody has signed on."""
        return self._signed is not None

    async def answer(self, message: Message | Broken) -> dict[str, str]:
        """Give the fields of the answer to a message, whatever it says."""
        if isinstance(message, Broken):
            said = answers.refused(FieldMalformed(field="?"))
        else:
            said = answers.echo(message) | await self._answer(message)
        if self._language is not None and said["39"] != codes.APPROVED:
            said["44"] = texts.of(said["39"], self._language)
        return said

    async def _answer(self, message: Message) -> dict[str, str]:
        within = self._parts.settings.answer_within
        try:
            async with asyncio.timeout(within):
                said = await self._serve(message)
        except TimeoutError:
            said = answers.refused(AnswerOverdue(seconds=within))
        except Refusal as refusal:
            if refusal.code in ("key-unknown", "signature-needed", "sign-on-refused"):
                self._signed = None
            said = answers.refused(refusal)
        except Exception:  # noqa: BLE001 - the till is told so and repeats itself
            _log.exception("a message failed", extra={"message_type": message.type})
            said = {"39": codes.FAILED, "63": "internal-error"}
        return said

    async def _serve(self, message: Message) -> dict[str, str]:
        if message.kind == "0800":
            return await self._manage(message)
        signed = self._signed
        if signed is None:
            raise SignOnMissing
        self._count(signed.caller)
        if message.kind in KINDS:
            return answers.told(await self._sell(message, signed))
        if message.kind in ("0400", "0420"):
            return answers.told(await self._undo(message, signed))
        if message.kind == "0500":
            return await self._run(lambda conn: self._total(conn, message, signed))
        raise MessageUnknown(type=message.type, given=message.get("3") or "")

    async def _manage(self, message: Message) -> dict[str, str]:
        match message.match("70", "[0-9]{3}"):
            case "001":  # sign-on
                await self._sign_on(message)
            case "002":  # sign-off
                self._signed = self._language = None
            case "301":  # echo
                if self._signed is None:
                    raise SignOnMissing
                self._count(self._signed.caller)
            case other:
                raise MessageUnknown(type=message.type, given=other)
        return {"39": codes.APPROVED}

    async def _sign_on(self, message: Message) -> None:
        """Let a key on in place of the one before; field 63 says which texts it wants to show."""
        self._signed = self._language = None
        wanted = message.get("63")
        self._language = next((one for one in get_args(Language) if one == wanted), None)
        token = message.match("57", "[!-~]{1,200}")
        caller = await self._run(
            lambda conn: sign_on.sign_on(conn, token, self._address, clock.now())
        )
        if isinstance(caller, Refusal):
            raise caller
        self._count(caller)
        self._signed = _Signed(token, caller)

    def _count(self, caller: Caller) -> None:
        """Count a message of a key; refuses ``too-many-requests``, before anything is asked."""
        assert caller.key_id is not None, "only keys sign on"
        quota = quota_of(caller, self._parts.settings)
        if quota:
            self._asked.take(caller.key_id, quota, self._now())

    def _look_again(self, conn: Connection, signed: _Signed) -> Caller:
        """Give who calls, as the key is now, and keep it; refuses what ``sign_on.check`` does."""
        caller = sign_on.check(conn, signed.token, clock.now())
        self._signed = _Signed(signed.token, caller)
        return caller

    async def _sell(self, message: Message, signed: _Signed) -> Outcome:
        wanted = building.want(message)
        try:
            made = await self._run(lambda conn: self._build(conn, message, wanted, signed))
            if isinstance(made, Refusal):
                raise made
        except Refusal as refusal:
            if isinstance(refusal, Malformed) or _passes(refusal):
                raise
            why, asked = refusal, keys.asked(message, wanted.key)
            return await self._run(
                lambda conn: early.refuse(
                    conn, signed.organisation, wanted.key, asked, wanted.kind, why, clock.now()
                )
            )
        return await self._post(made)

    async def _undo(self, message: Message, signed: _Signed) -> Outcome:
        await self._run(lambda conn: self._look_again(conn, signed))
        return await self._post(building.undo(message, signed.organisation))

    async def _post(self, operation: Operation) -> Outcome:
        return await self._parts.crossing.of(self._parts.teller.submit(operation))

    async def _run(self, do: Callable[[Connection], Answer]) -> Answer:
        return await asyncio.to_thread(self._commit, do)

    def _commit(self, do: Callable[[Connection], Answer]) -> Answer:
        with begun(self._parts.pool) as conn:
            return do(conn)

    def _build(
        self, conn: Connection, message: Message, wanted: Wanted, signed: _Signed
    ) -> Operation | Refusal:
        """Build an operation; a refusal that is given back was counted, and is to be committed."""
        caller, at = self._look_again(conn, signed), clock.now()
        outlet = _outlet(conn, caller, message.match("42", keys.OUTLET))
        settings = self._parts.settings
        happened = None
        if wanted.kind == "advice":
            happened = building.business_time(message, ZoneInfo(settings.time_zone), at)
        means, value = _named(message)
        place = identify.Place(
            caller.organisation_id, message.match("42", keys.OUTLET), message.get("41") or ""
        )
        secrets = identify.Secrets(settings.identity_secret, settings.access_secret)
        who = identify.identify(conn, means, value, place, at, secrets=secrets)
        if not isinstance(who, Identified):
            return who
        return building.build(message, wanted, caller.organisation_id, outlet, who, happened)

    def _total(self, conn: Connection, message: Message, signed: _Signed) -> dict[str, str]:
        caller, at = self._look_again(conn, signed), clock.now()
        keys.of(message)  # its numbers are echoed
        outlet = _outlet(conn, caller, message.match("42", keys.OUTLET))
        cutover = calendar.cutover_of(self._parts.settings)
        whose = outlets.get(conn, outlet).organisation_id
        return totals.compare(conn, message, whose, outlet, caller.by, cutover, at)


def _outlet(conn: Connection, caller: Caller, code: str) -> int:
    found = outlets.find(conn, code)
    if not caller.operator and found.organisation_id != caller.organisation_id:
        raise OutletNotFound(outlet=code)
    return found.id


def _named(message: Message) -> tuple[identify.Means, str]:
    """Give how a member is named: by card (field 2), or as it was scanned (48), not by both."""
    card, scanned = message.get("2"), message.get("48")
    if card is not None and scanned is None:
        return "card", card
    if scanned is not None and card is None:
        return identify.means_of(scanned), scanned
    raise FieldMalformed(field="2")


def _passes(refusal: Refusal) -> bool:
    """Tell whether a refusal is of the moment or of the key, and not to be remembered."""
    return codes.of(refusal.code, type(refusal)) in codes.AGAIN | {"63"}
