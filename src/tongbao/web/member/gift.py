"""Giving points to somebody by phone: asked, shown once more, done once."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, unquote

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from tongbao.access import guesses
from tongbao.access.guesses import Bound, TooManyAttempts
from tongbao.access.member_sessions import MemberIn, check_proof
from tongbao.alliance import organisations
from tongbao.hosting import parts
from tongbao.hosting.sign_in import commit
from tongbao.kernel import clock, limits
from tongbao.kernel.amounts import AmountOutOfRange
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import REFUSALS, Refusal
from tongbao.members import identities, members
from tongbao.members.types import Identity
from tongbao.points import operations as ops
from tongbao.points import statements
from tongbao.points.outcome import Outcome
from tongbao.points.refusals import InsufficientPoints, SameMember
from tongbao.web import forms, pages, who
from tongbao.web.forms import ALREADY, Form
from tongbao.web.member.letting_in import masked
from tongbao.web.member.showing import show
from tongbao.web.pages import Said
from tongbao.web.who import MEMBER
from tongbao.web.words import mark

SURE: Final = "/m/gift/sure"
MEANT: Final = "tongbao_gift"
"""The cookie that keeps, until it is given, to which phone how much (fen) is to go."""
_DIGITS: Final = 15
LOOKED_UP: Final = Bound("gift-phone", 20, timedelta(days=1))
"""Phones that a member may try in a day: a gift must not tell who is a member."""
_FIELDS: Final = {
    "identity-malformed": "phone",
    "identity-not-found": "phone",
    "same-member": "phone",
    "amount-malformed": "points",
    "amount-out-of-range": "points",
    "insufficient-points": "points",
}


class Wanted(Struct, frozen=True):
    """A gift as it was asked for: to whom, and how many points (fen)."""

    to: int
    points: int
    operator: int


@get("/m/gift", opt=MEMBER)
async def ask_gift(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask to whom and how many."""
    return await _asked(request, None, None)


@post("/m/gift", opt=MEMBER)
async def check_gift(request: Request[Any, Any, Any]) -> Response[str]:
    """Look whether it can be given, and lead to where it is shown once more."""
    form = await forms.read(request)
    try:
        wanted = await _wanted(request, form)
    except Refusal as refusal:
        return await _asked(request, form, refusal)
    return pages.go(SURE, cookies=[_meant(request, f"{wanted.points} {form.text('phone')}")])


@get(SURE, opt=MEMBER)
async def sure(request: Request[Any, Any, Any]) -> Response[str]:
    """Show once more what is about to be given; after it was, going back leads to the start."""
    kept, _, phone = unquote(request.cookies.get(MEANT, "")).partition(" ")
    if not phone or not kept.isdecimal() or len(kept) > _DIGITS:
        return pages.go("/m/gift")
    points = int(kept)
    return show(
        request,
        "member/gift_sure.html",
        phone=phone,
        points=points,
        typed=f"{points // 100}.{points % 100:02}",
        shown=masked(phone),
    )


@post("/m/gift/give", opt=MEMBER)
async def give(request: Request[Any, Any, Any]) -> Response[str]:
    """Give; the same form sent again gives nothing more."""
    form = await forms.read(request)
    me, at = who.member_of(request), clock.now()
    try:
        wanted = await _wanted(request, form, sure=True)
        op = ops.Gift(
            key=f"gift-{me.member_id}-{form.key}",
            scope=wanted.operator,
            channel="phone",
            member=me.member_id,
            to=wanted.to,
            points=wanted.points,
            proof="otp" if _proved(me, at) else None,
        )
        outcome = await parts.post(request, op)
        check(outcome)
    except Refusal as refusal:
        # Its key keeps the refusal: what is mended is another gift.
        return await _asked(request, form, refusal, again=True)
    said = ALREADY if outcome.replayed else Said(mark("Given."))
    return pages.go(f"/m/history/{outcome.operation}", said, cookies=[_meant(request, "")])


def _meant(request: Request[Any, Any, Any], said: str) -> Cookie:
    """Make the cookie that keeps what is about to be given; an empty one ends it."""
    return Cookie(
        key=MEANT,
        value=quote(said),
        path="/m/gift",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        max_age=int(limits.ONE_TIME_CODE.total_seconds()) if said else 0,
    )


def check(outcome: Outcome) -> None:
    """Raise what an operation was refused for."""
    no = outcome.refusal
    if no is not None:
        raise REFUSALS[no.code](**no.facts)


def _proved(me: MemberIn, at: datetime) -> bool:
    try:
        check_proof(me, at)
    except Refusal:
        return False
    return True


async def _wanted(request: Request[Any, Any, Any], form: Form, *, sure: bool = False) -> Wanted:
    phone, points = form.text("phone"), form.fen("points")
    me, at, settings = who.member_of(request), clock.now(), parts.of(request).settings

    def look(conn: Connection) -> int | Refusal | TooManyAttempts:
        too_many = guesses.count(conn, LOOKED_UP, str(me.member_id), at)
        if too_many is not None:
            return too_many
        try:
            found = identities.find(
                conn, Identity(kind="phone", value=phone), secret=settings.identity_secret
            )
        except identities.IdentityNotFound as refusal:
            return refusal  # the try counts
        return found

    to = await asyncio.to_thread(commit, parts.of(request), look)
    if to == me.member_id:
        raise SameMember(member=to)

    def ready(conn: Connection) -> int:
        if not sure:  # then the teller looks; one sent twice may have left less
            _check_amount(points, statements.balances(conn, me.member_id).available)
        return organisations.operator(conn).id

    return Wanted(to, points, await parts.read(request, ready))


def _check_amount(points: int, available: int) -> None:
    if points < 1:
        raise AmountOutOfRange(name="points", amount=points, least=1, most=available)
    if points > available:
        raise InsufficientPoints(wanted=points, available=available, only_elsewhere=0)


async def _asked(
    request: Request[Any, Any, Any],
    form: Form | None,
    refusal: Refusal | None,
    *,
    again: bool = False,
) -> Response[str]:
    me = who.member_of(request).member_id

    def ask(conn: Connection) -> tuple[int, bool]:
        return statements.balances(conn, me).available, members.get(conn, me).spend_locked

    available, locked = await parts.read(request, ask)
    return show(
        request,
        "member/gift.html",
        status=422 if refusal else 200,
        form=form,
        key=None if again or form is None else form.key,
        available=available,
        locked=locked,
        refused=forms.beside(refusal, _FIELDS),
    )


ROUTES: Final[list[BaseRouteHandler]] = [ask_gift, check_gift, sure, give]
