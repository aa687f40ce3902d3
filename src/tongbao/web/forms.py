"""Forms: read, done once, shown again with what was refused beside the field it is about."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Any, Final
from urllib.parse import quote, urlsplit

from litestar import Request, Response
from litestar.datastructures import UploadFile
from msgspec import Struct

from tongbao.access.sessions import StepUpNeeded, TotpMissing
from tongbao.hosting import parts
from tongbao.kernel import amounts, clock, limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, Refusal
from tongbao.kernel.files import TimeMalformed
from tongbao.web import pages, resending, who
from tongbao.web.pages import Said
from tongbao.web.who import FieldMissing
from tongbao.web.words import mark

Q = sql.load(__package__)

_FIRST, _LAST, _SHOWN = 2000, 9000, 40
_WHOLE: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
ALREADY: Final = Said(mark("This was done before; nothing was done twice."))


class WholeNumberMalformed(Malformed):
    code = "whole-number-malformed"
    text = "{name} {given!r} is not a whole number"


class Form(Struct, frozen=True, kw_only=True):
    """What somebody sent: texts by field, files by field, and the key of this one form."""

    key: str
    values: Mapping[str, str]
    several: Mapping[str, list[str]] = {}
    files: Mapping[str, UploadFile] = {}

    def text(self, name: str) -> str:
        """Give a field that must be filled; refuses ``field-missing``."""
        value = self.values.get(name, "").strip()
        if not value:
            raise FieldMissing(name=name)
        return value

    def line(self, name: str) -> str:
        """Give a text that is only written down; refuses ``field-missing``, ``text-malformed``."""
        return texts.line(name, self.text(name), limits.TEXT)

    def prose(self, name: str) -> str:
        """Give what was typed into an area as one line, which is what the domain keeps."""
        return " ".join(self.text(name).split())

    def maybe(self, name: str) -> str | None:
        """Give a field that may be left empty."""
        return self.values.get(name, "").strip() or None

    def fen(self, name: str) -> int:
        """Give an amount in fen; refuses ``field-missing`` and ``amount-malformed``."""
        try:
            return amounts.parse(self.text(name).replace(",", ""))
        except amounts.AmountMalformed as no:
            raise amounts.AmountMalformed(**no.facts, typed_in=name) from None

    def number(self, name: str) -> int:
        """Give a whole number; refuses ``field-missing`` and ``whole-number-malformed``."""
        given = self.text(name).replace(",", "")
        if _WHOLE.fullmatch(given) is None:
            raise WholeNumberMalformed(name=name, given=texts.shown(given))
        return int(given)

    def moment(self, name: str, zone: tzinfo) -> datetime:
        """Give a time as it is in a zone; refuses ``field-missing`` and ``time-malformed``."""
        given = self.text(name)
        try:
            at: datetime | None = datetime.fromisoformat(given)
        except ValueError:
            at = None
        if at is None or not _FIRST <= at.year <= _LAST:
            raise TimeMalformed(given=given[:_SHOWN])
        return at.replace(tzinfo=zone)

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Give one of ``choices``; refuses ``choice-malformed``."""
        value = self.values.get(name, "")
        texts.choice(name, value, choices)
        return value

    def ticked(self, name: str) -> bool:
        """Say whether a box was ticked."""
        return name in self.values


class Done(Struct, frozen=True):
    """What a form has led to: the page to see now, and what it says once."""

    to: str
    said: Said | None = None


async def read(request: Request[Any, Any, Any]) -> Form:
    """Read the form that was sent; one without a usable key is none of ours."""
    given = await request.form()
    values: dict[str, str] = {}
    several: dict[str, list[str]] = {}
    files: dict[str, UploadFile] = {}
    for name, value in given.multi_items():
        if isinstance(value, UploadFile):
            files[name] = value
        else:
            values[name] = str(value)
            several.setdefault(name, []).append(str(value))
    await resending.keep(request)
    key = values.get("_key", "")
    if _KEY.fullmatch(key) is None:
        raise who.FormForeign
    return Form(key=key, values=values, several=several, files=files)


async def submit(
    request: Request[Any, Any, Any],
    do: Callable[[Connection, Form], Done],
    again: Callable[[Form, Refusal], Awaitable[Response[str]]],
) -> Response[str]:
    """Do what a form says, once: the same form sent again leads to where the first one led.

    ``do`` runs in one transaction with the note that the form was sent. What it refuses is undone
    and shown by ``again``, which gives the page of the form with its values and the refusal.
    """
    form = await read(request)
    try:
        done, first = await parts.write(request, lambda conn: _once(request, conn, form, do))
    except Refusal as refusal:
        return step_up(request, refusal) or await again(form, refusal)
    return pages.go(done.to, done.said if first else ALREADY)


def step_up(request: Request[Any, Any, Any], refusal: Refusal) -> Response[str] | None:
    """Send somebody who must give a code first to where it is asked for, and back afterwards.

    Gives nothing for other refusals.
    """
    if isinstance(refusal, TotpMissing):
        return pages.go("/account", Said(mark("This needs a second factor: set one up first.")))
    if not isinstance(refusal, StepUpNeeded):
        return None
    came_from = urlsplit(request.headers.get("referer", "")).path or "/"
    said = Said(mark("Give a fresh code, then do it once more."))
    return pages.go(f"/code?next={quote(came_from)}", said)


@contextmanager
def typed_in(name: str) -> Iterator[None]:
    """Have what is refused meanwhile shown beside the field in which it was typed."""
    try:
        yield
    except Refusal as no:
        no.facts = {**no.facts, "typed_in": name}
        raise


def beside(refusal: Refusal | None, fields: Mapping[str, str]) -> dict[str, Refusal]:
    """Give the refusal by the field it is about; by ``""`` when it is about the whole form.

    The field is the one in which it was typed, else that which ``fields`` names for the code, else
    the one that the refusal itself names.
    """
    if refusal is None:
        return {}
    named = refusal.facts.get("name", refusal.facts.get("term", ""))
    return {refusal.facts.get("typed_in", fields.get(refusal.code, str(named))): refusal}


def _once(
    request: Request[Any, Any, Any],
    conn: Connection,
    form: Form,
    do: Callable[[Connection, Form], Done],
) -> tuple[Done, bool]:
    at = clock.now()
    values = {"key": form.key, "sender": who.sender(request), "at": at}
    # Whoever sends the same form at the same time waits here until the first has committed.
    if conn.execute(Q.begin_form, values).rowcount == 0:
        (to,) = conn.execute(Q.where_form_led, values).fetchone() or ("/",)
        return Done(to), False
    conn.execute(Q.forget_forms, values)
    done = do(conn, form)
    conn.execute(Q.end_form, values | {"to": done.to})
    return done, True
