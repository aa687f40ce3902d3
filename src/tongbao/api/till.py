"""The till over HTTP: who stands before it, PINs, and what it did while it was offline."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any, Final

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from msgspec.structs import asdict

from tongbao.access import passwords
from tongbao.access.keys import Caller
from tongbao.api import calls, lookup, members, operations, proof
from tongbao.api.caller import needs
from tongbao.api.problems import refusal_as_problem, status_of
from tongbao.api.wire import MemberRef, PathId
from tongbao.api.wire_risk import (
    AllowanceIn,
    CodeIn,
    Done,
    GrantOut,
    IdentifiedOut,
    IdentifyIn,
    LineOut,
    OwnLimitIn,
    PinIn,
    TerminalKeyIn,
    TerminalKeyOut,
    UploadIn,
    UploadOut,
)
from tongbao.api.writes import Made, answered, keep, replayed, write
from tongbao.hosting import member_sign_in, parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.points import caps
from tongbao.points.outcome import Outcome
from tongbao.till import allowances, identify, pins, signed, sleepers, uploads
from tongbao.till.signed import Grant, Line
from tongbao.till.uploads import Checked

_SCANNED: Final = {"scanned": "6200 0000 0001", "outlet": "bj-01", "terminal": "t1"}
_SEND: Final = {"phone": "+8613812345678", "outlet": "bj-01", "terminal": "t1"}
_PIN: Final = {"member": {"card": "6200 0000 0001"}, "pin": "271828"}
_KEY: Final = {"outlet": "bj-01", "terminal": "t1", "public_key": "0" * 64, "by": "Lin Wei"}
_ALLOWANCE: Final = {
    "outlet": "bj-01", "terminal": "t1", "spend_points": {"value": 100000},
    "member_points": {"value": 20000}, "award_amount": {"value": 5000000},
    "valid_until": "2026-05-08T00:00:00Z", "by": "Lin Wei",
}  # fmt: skip
_LINE: Final = {
    "allowance": 1, "counter": 1, "prev": "0" * 64, "kind": "spend", "at": "2026-05-01T05:00:00Z",
    "member_kind": "card", "member": "6200 0000 0001", "amount": 20000, "points": 5000,
    "signature": "0" * 128,
}  # fmt: skip


@post(
    "/v1/identifications",
    status_code=200,
    opt=needs("members:read", reads=True, example=_SCANNED),
)
async def who(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[IdentifyIn],
) -> IdentifiedOut:
    """Say who stands before the till: what was scanned is a payment code, a card or a phone.

    A payment code is not used up by it. Ten wrong ones in ten minutes stop the till.
    """
    means = identify.means_of(data.scanned)
    ref = MemberRef(**{means: data.scanned})
    found = await lookup.find(request, caller, [ref], [data.outlet], data.terminal or "")
    found.outlet(data.outlet)
    assert means != "external", "what was scanned is told by its form"
    return IdentifiedOut(member=str(found.member(ref)), means=means)


@post("/v1/one-time-codes", status_code=201, opt=needs("points:write", example=_SEND))
async def send_code(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[CodeIn],
) -> Response[Done]:
    """Send a one-time code to a phone, for the header `Member-Proof: otp 123456` of a payment.

    Whether the phone is a member's is not told. One a minute and five an hour go to one phone.
    """
    call = calls.of(request, caller, data)
    found = await lookup.find(request, caller, [], [data.outlet])
    place = f"{found.outlet(data.outlet)}/{data.terminal or ''}"
    with calls.alone(request, call):
        before = await parts.read(request, lambda conn: replayed(conn, call))
        if before is not None:
            return before
        await asyncio.to_thread(
            member_sign_in.send_code, parts.of(request), data.phone, address=place, purpose="pay"
        )
        return await parts.write(request, lambda conn: keep(conn, call, Made(body=Done())))


@post("/v1/pins", status_code=201, opt=needs("members:write", 403, example=_PIN))
async def set_pin(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[PinIn],
) -> Response[Done]:
    """Give a member that you enrolled a PIN; who has one gives it, too.

    Send a new key for each try: what is kept of a request is its fingerprint.
    """
    found = await lookup.find(request, caller, [data.member])
    member_id = found.member(data.member)
    salt = secrets.token_bytes(passwords.SALT)
    if data.before is not None:
        given, at = data.before, clock.now()
        wrong = await parts.write(request, lambda conn: pins.check(conn, member_id, given, at))
        if wrong is not None:
            raise wrong

    def do(conn: Connection) -> Made:
        members.owned(conn, caller, member_id)
        if data.before is None and pins.has_pin(conn, member_id):
            raise pins.PinRefused
        pins.set_pin(conn, member_id, data.pin, salt, clock.now())
        return Made(body=Done())

    hidden = data.member, "a PIN"  # its hash would tell which one
    return await write(request, caller, hidden, do)


@post("/v1/members/{member_id:str}/wake", status_code=201, opt=needs("points:write"))
async def wake(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    member_id: PathId,
) -> Response[Done]:
    """Unlock a wallet that sleeps or was locked; the header `Member-Proof` proves the member."""
    number = lookup.number(member_id)

    def do(conn: Connection) -> Made:
        sleepers.unlock(conn, number, clock.now())
        return Made(body=Done())

    return await _proven(request, caller, number, None, do)


@post(
    "/v1/members/{member_id:str}/own-limit",
    status_code=201,
    opt=needs("points:write", example={"points": {"value": 50000}}),
)
async def set_own_limit(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    member_id: PathId,
    data: JSONBody[OwnLimitIn],
) -> Response[Done]:
    """Let a member spend so many points a day at most; the header `Member-Proof` proves it."""
    number = lookup.number(member_id)

    def do(conn: Connection) -> Made:
        own = None if data.points is None else data.points.value
        caps.set_own(conn, number, own, clock.now())
        return Made(body=Done())

    return await _proven(request, caller, number, data, do)


@post("/v1/terminal-keys", status_code=201, opt=needs("risk:write", example=_KEY))
async def register(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[TerminalKeyIn],
) -> Response[TerminalKeyOut]:
    """Register the public key of a terminal that is to work offline; the one before ends."""
    found = await lookup.find(request, caller, [], [data.outlet])
    secret = parts.of(request).settings.access_secret

    def do(conn: Connection) -> Made:
        outlet = found.outlet(data.outlet)
        terminal = allowances.register(
            conn, outlet, data.terminal, data.public_key, by=data.by, at=clock.now()
        )
        operators = signed.public_hex(signed.operators_key(secret))
        return Made(body=TerminalKeyOut(terminal=str(terminal), operators_key=operators))

    return await write(request, caller, data, do)


@post("/v1/allowances", status_code=201, opt=needs("risk:write", example=_ALLOWANCE))
async def allow(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[AllowanceIn],
) -> Response[GrantOut]:
    """Let a terminal work offline from now on, for so much and so long."""
    found = await lookup.find(request, caller, [], [data.outlet])
    secret = parts.of(request).settings.access_secret

    def do(conn: Connection) -> Made:
        grant = allowances.grant(
            conn,
            found.outlet(data.outlet),
            data.terminal,
            spend_points=data.spend_points.value,
            member_points=data.member_points.value,
            award_amount=data.award_amount.value,
            valid_until=data.valid_until,
            by=data.by,
            at=clock.now(),
            key=secret,
        )
        return Made(body=_grant(grant))

    return await write(request, caller, data, do)


@post("/v1/allowances/{allowance_id:str}/end", status_code=201, opt=needs("risk:write"))
async def end(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    allowance_id: PathId,
) -> Response[Done]:
    """End an allowance now; what the terminal did before is still taken when it comes home."""
    number = lookup.number(allowance_id)
    whose = None if caller.operator else caller.organisation_id

    def do(conn: Connection) -> Made:
        allowances.end(conn, number, whose, clock.now())
        return Made(body=Done())

    return await write(request, caller, None, do)


@post(
    "/v1/offline-uploads",
    status_code=200,
    opt=needs("points:write", example={"lines": [_LINE]}),
)
async def upload(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[UploadIn],
) -> Response[UploadOut]:
    """Send what tills did while they were offline; each line has one effect, however often sent."""
    call = calls.of(request, caller, data)
    whose = None if caller.operator else caller.organisation_id
    settings = parts.of(request).settings
    keys = identify.Secrets(settings.identity_secret, settings.access_secret)
    lines = [Line(**asdict(one)) for one in data.lines]
    with calls.alone(request, call):
        before = await parts.read(request, lambda conn: replayed(conn, call))
        if before is not None:
            return before
        checked = await parts.write(
            request, lambda conn: uploads.accept(conn, lines, whose, clock.now(), secrets=keys)
        )
        results = await _post(request, checked)
        told = [
            (one.line, result)
            for one, result in zip(checked, results, strict=True)
            if isinstance(result, Outcome)
        ]
        await parts.write(request, lambda conn: uploads.note(conn, told))
        shown = tuple(map(_line, checked, results, [request.state.request_id] * len(lines)))
        made = Made(body=UploadOut(lines=shown), status=200)
        if any(one.problem is not None and one.problem.status >= 500 for one in shown):
            return answered(made)  # what is to be asked again is asked with the same key
        return await parts.write(request, lambda conn: keep(conn, call, made))


async def _proven(
    request: Request[Any, Any, Any],
    caller: Caller,
    member_id: int,
    data: object,
    do: Callable[[Connection], Made],
) -> Response[Any]:
    """Do what needs the member's proof; a repetition needs none, for a code is good once."""
    call = calls.of(request, caller, data)
    before = await parts.read(request, lambda conn: replayed(conn, call))
    if before is not None:
        return before
    await parts.read(request, lambda conn: members.seen(conn, caller, member_id))
    await proof.needed(request, member_id)
    return await write(request, caller, data, do)


async def _post(request: Request[Any, Any, Any], checked: list[Checked]) -> list[Outcome | Refusal]:
    """Hand the operations to the teller; what was refused before stays so."""
    teller = parts.of(request).teller

    def post_all() -> list[Outcome | Refusal]:
        waiting: list[Any] = []
        for one in checked:
            try:
                waiting.append(
                    one.refusal if one.operation is None else teller.submit(one.operation)
                )
            except Refusal as refusal:
                waiting.append(refusal)
        return [one if isinstance(one, Refusal) else _result(one) for one in waiting]

    return await asyncio.to_thread(post_all)


def _result(future: Any) -> Outcome | Refusal:
    try:
        outcome: Outcome = future.result()
    except Refusal as refusal:
        return refusal
    return outcome


def _line(one: Checked, result: Outcome | Refusal, request_id: str) -> LineOut:
    place: dict[str, Any] = {"allowance": one.line.allowance, "counter": one.line.counter}
    if isinstance(result, Refusal):
        status = status_of(result.code, type(result))
        return LineOut(**place, problem=refusal_as_problem(result, status, request_id))
    if result.refusal is not None:
        problem = operations.refused(result, request_id)
        return LineOut(**place, replayed=result.replayed, problem=problem)
    return LineOut(**place, replayed=result.replayed, operation=operations.tell(result))


def _grant(grant: Grant) -> GrantOut:
    return GrantOut(**asdict(grant))


ROUTES: Final[list[BaseRouteHandler]] = [
    who, send_code, set_pin, wake, set_own_limit, register, allow, end, upload,
]  # fmt: skip
