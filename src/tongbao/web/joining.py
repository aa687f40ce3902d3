"""Joining: a merchant applies, sees under its own link how things stand, and begins."""

import asyncio
import base64
import secrets
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import bearer, sealing
from tongbao.alliance import formats, regions
from tongbao.alliance.types import Format
from tongbao.bank.types import Details
from tongbao.hosting import parts
from tongbao.hosting import sign_in as letting_in
from tongbao.joining import applications, beginning
from tongbao.joining.types import Application, Progress, Remark, Wanted
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.web import forms, pages, who
from tongbao.web.forms import Form
from tongbao.web.pages import Said
from tongbao.web.who import OPEN, FieldMissing
from tongbao.web.words import mark

_FIELDS: Final = {
    "credit-code-malformed": "credit_code",
    "identity-malformed": "phone",
    "region-unknown": "region",
    "format-not-found": "format",
    "code-malformed": "format",
}
"""The field of a refusal that does not name it."""
_ACCOUNT: Final = {"number": "account_number", "name": "account_name"}
"""The field of what is wrong with a bank account; all else is about the bank."""
_REQUIRED: Final = (
    "name", "credit_code", "format", "outlet", "region", "contact", "phone", "account_name",
    "account_number", "bank",
)  # fmt: skip
"""The fields that must be filled, in the order in which they are asked."""
_CNAPS: Final = 12


@get("/join", opt=OPEN)
async def welcome(request: Request[Any, Any, Any]) -> Response[str]:
    """Say who may join and what it takes, and ask in which province."""
    return pages.page(request, "join/welcome.html", provinces=regions.provinces())


@get("/join/apply", opt=OPEN)
async def ask_applicant(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask who applies, where, and to which account payouts go."""
    province = str(request.query_params.get("province", ""))
    if not regions.within(province):
        return pages.go("/join")
    return await _apply(request, province, None, None)


@post("/join/apply", opt=OPEN)
async def apply(request: Request[Any, Any, Any]) -> Response[str]:
    """Take an application; the same form sent again leads to the same one."""
    form = await forms.read(request)
    at, address = clock.now(), who.address(request)
    try:
        _check_filled(form)
        wanted = _wanted(form)
        secret = _secret(request, form)
        token = await asyncio.to_thread(
            letting_in.commit,
            parts.of(request),
            lambda conn: applications.submit(conn, wanted, secret, address=address, at=at),
        )
    except Refusal as refusal:
        return await _apply(request, form.values.get("province", ""), form, refusal)
    return pages.go(f"/join/{token}", Said(mark("Your application has arrived. Keep this page.")))


@get("/join/{token:str}", opt=OPEN)
async def application_page(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """Show an applicant how things stand."""
    return await _page(request, token, None, None)


@post("/join/{token:str}", opt=OPEN)
async def answer(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """Take what an applicant puts right and answers."""
    at, address = clock.now(), who.address(request)

    def do(conn: Connection, form: Form) -> forms.Done:
        _check_filled(form)
        text = " ".join(form.text("answer").split())
        applications.answer(conn, token, _wanted(form), text, address=address, at=at)
        # Where a form has led is kept; the secret of the link must not be.
        return forms.Done("/join", None)

    async def again(form: Form, refusal: Refusal) -> Response[str]:
        return await _page(request, token, form, refusal)

    answered = await forms.submit(request, do, again)
    if answered.status_code != _GOES_ON:
        return answered
    return pages.go(f"/join/{token}", Said(mark("Your answer has arrived.")))


@post("/join/{token:str}/begin", opt=OPEN)
async def begin(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """Give what lets the manager and the till in, and show it this once."""
    await forms.read(request)
    at, address = clock.now(), who.address(request)
    invitation, key = (secrets.token_urlsafe(bearer.BYTES) for _ in range(2))
    try:
        _, begun = await parts.write(
            request,
            lambda conn: beginning.begin(
                conn, token, invitation=invitation, key=key, address=address, at=at
            ),
        )
    except (beginning.ApplicationBegun, beginning.ApplicationNotAccepted) as refusal:
        return await _page(request, token, None, refusal)
    base = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return pages.page(request, "join/begun.html", begun=begun, link=token, base=base)


_GOES_ON: Final = 303


def _check_filled(form: Form) -> None:
    for name in _REQUIRED:
        form.text(name)


def _wanted(form: Form) -> Wanted:
    """Give what a form says, also where a field is empty or wrong."""
    said = {name: form.maybe(name) or "" for name in _REQUIRED}
    bank = said["bank"].replace(" ", "").upper()
    cnaps = bank if len(bank) == _CNAPS and bank.isdecimal() else None
    return Wanted(
        name=said["name"],
        credit_code=said["credit_code"],
        format=said["format"],
        region=said["region"],
        outlet=said["outlet"],
        contact=said["contact"],
        phone=said["phone"],
        account=Details(
            number=said["account_number"],
            name=said["account_name"],
            bic=None if cnaps else bank,
            cnaps=cnaps,
        ),
        collect=form.ticked("collect"),
    )


def _secret(request: Request[Any, Any, Any], form: Form) -> str:
    """Give the secret of the applicant's link: the same for the same form, and nobody else's."""
    said = "\0".join(f"{name}={form.values[name]}" for name in sorted(form.values))
    key = parts.of(request).settings.access_secret
    return base64.urlsafe_b64encode(sealing.digest(said, "application", key)).decode().rstrip("=")


async def _apply(
    request: Request[Any, Any, Any], province: str, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    known, refused = await parts.read(
        request, lambda conn: (formats.list_after(conn), _all_wrong(conn, form, refusal))
    )
    return pages.page(
        request,
        "join/apply.html",
        status=422 if refusal else 200,
        form=form,
        formats=known,
        province=province,
        places=regions.within(province),
        refused=refused,
    )


async def _page(
    request: Request[Any, Any, Any], token: str, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    def ask(
        conn: Connection,
    ) -> tuple[Application, list[Remark], Progress | None, list[Format], dict[str, Refusal]]:
        found = applications.look(conn, token)
        remarks = applications.remarks(conn, found.id)
        wrong = _all_wrong(conn, form, refusal)
        return found, remarks, beginning.progress(conn, found), formats.list_after(conn), wrong

    found, remarks, progress, known, refused = await parts.read(request, ask)
    wanted = found.wanted
    return pages.page(
        request,
        "join/application.html",
        status=422 if refusal else 200,
        application=found,
        remarks=remarks,
        progress=progress,
        link=token,
        form=form,
        formats=known,
        province=f"{wanted.region[:2]}0000",
        places=regions.within(f"{wanted.region[:2]}0000"),
        refused=refused,
    )


def _all_wrong(conn: Connection, form: Form | None, refusal: Refusal | None) -> dict[str, Refusal]:
    """Give what is wrong by field: all of it, if it is a field that was refused."""
    first = _beside(refusal)
    if form is None or not first or "" in first:
        return first
    found = dict[str, Refusal]()
    for no in applications.faults(conn, _wanted(form)):
        found.update(_beside(no))
    asked = (*_REQUIRED, "answer") if "answer" in form.values else _REQUIRED
    empty = {name: FieldMissing(name=name) for name in asked if not form.maybe(name)}
    return found | empty | first


def _beside(refusal: Refusal | None) -> dict[str, Refusal]:
    if refusal is not None and refusal.code == "bank-account-malformed":
        return {_ACCOUNT.get(str(refusal.facts["field"]), "bank"): refusal}
    return forms.beside(refusal, _FIELDS)


ROUTES: Final[list[BaseRouteHandler]] = [
    welcome,
    ask_applicant,
    apply,
    application_page,
    answer,
    begin,
]
