"""Who did something, or had it done, as pages say it: staff by name, members by what they show.

What is kept of who proposes, decides or works on something is a text: the name that somebody signs
in with, or one that was given at a command line. A template writes ``text | person``, which leaves
a gap; when the page is made, one query finds the names for all of its gaps. ``number | member``
does the same for a member, who is called by the end of a phone, of a card or of another id.
"""

import re
import secrets
from collections.abc import Collection, Mapping
from typing import Any, Final

from jinja2 import pass_context
from jinja2.runtime import Context
from litestar import Request, Response
from markupsafe import Markup

from tongbao.access import staff
from tongbao.hosting import parts
from tongbao.kernel import arrays, sql
from tongbao.kernel.db import Connection
from tongbao.web import told, who
from tongbao.web.words import Words

Q = sql.load(__package__)

NAMED: Final = Markup('{} <small class="text-secondary">{}</small>')
NOBODY: Final = 0
"""No organisation's number: whoever has signed in to none is told nobody's name."""


class Gaps:
    """The places of a page where somebody is named; nothing else on it looks like one."""

    def __init__(self) -> None:
        self._sign = secrets.token_hex(8)
        self._numbers: dict[str, int] = {}
        self._otherwise: dict[str, str] = {}
        self.members: dict[str, int] = {}

    def leave(self, text: str, otherwise: str) -> Markup:
        """Give what stands for a name; ``otherwise``: what is said of who is not on the staff."""
        number = self._numbers.setdefault(text, len(self._numbers))
        self._otherwise[text] = otherwise
        return Markup("{}-{};").format(self._sign, number)

    def leave_member(self, number: int) -> Markup:
        """Give what stands for what a member shows."""
        key = key_of(number)
        self.members[key] = number
        return self.leave(key, str(number))

    @property
    def texts(self) -> Collection[str]:
        return self._numbers.keys() - self.members.keys()

    def fill(self, page: str, names: Mapping[str, str]) -> str:
        """Write into a page who each gap is about; ``names`` are by text, of members by key."""
        said = [
            _say(str(self.members.get(text, text)), names.get(text), otherwise)
            for text, otherwise in self._otherwise.items()
        ]
        return re.sub(rf"{self._sign}-(\d+);", lambda found: said[int(found[1])], page)


class Page(Response[str]):
    """A page that may still learn what people are called; until then they are as written."""

    def __init__(self, request: Request[Any, Any, Any], page: str, gaps: Gaps, **how: Any) -> None:
        super().__init__(gaps.fill(page, {}), **how)
        self._request, self._page, self._gaps = request, page, gaps

    async def name(self) -> None:
        """Look up whoever is named on the page."""
        texts, organisation = self._gaps.texts, whose(self._request)
        members = self._gaps.members.values()
        if (texts or members) and organisation != NOBODY:
            names = await parts.read(
                self._request, lambda conn: find(conn, texts, organisation, members)
            )
            self.content = self._gaps.fill(self._page, names)


async def name(response: Response[Any]) -> Response[Any]:
    """Give an answer, with people by name where it is a page."""
    if isinstance(response, Page):
        await response.name()
    return response


@pass_context
def person(context: Context, text: str | None) -> str:
    """Leave a gap for who is meant by a text, the filter of the templates."""
    if not text:
        return ""
    gaps: Gaps = context["gaps"]
    return gaps.leave(text, told.noted(text, context["words"]))


@pass_context
def member(context: Context, number: int | None) -> str:
    """Leave a gap for what a member shows, the filter of the templates."""
    if not number:
        return ""
    gaps: Gaps = context["gaps"]
    return gaps.leave_member(number)


def key_of(number: int) -> str:
    """Give what a member's name is found by among those of people; no text is the same."""
    return f"\n{number}"


def whose(request: Request[Any, Any, Any]) -> int | None:
    """Say whose staff are called by name to who looks: everybody's to the operator, or one's own.

    A merchant reads of another's people, and the operator's, what it always reads: the text.
    """
    me = who.known(request)
    if me is None:
        return NOBODY
    return None if me.role in who.OPERATOR else me.organisation_id


def find(
    conn: Connection,
    texts: Collection[str],
    organisation: int | None,
    members: Collection[int] = (),
) -> dict[str, str]:
    """Give the names of those who sign in by one of some texts, of an organisation or of all.

    With ``members``, also what each of these shows to it, by its key.
    """
    if organisation == NOBODY:
        return {}
    names = staff.names(conn, texts, organisation) if texts else {}
    if members:
        shown = known(conn, members, organisation)
        names |= {key_of(number): text for number, text in shown.items()}
    return names


def known(
    conn: Connection, members: Collection[int], organisation: int | None = None
) -> dict[int, str]:
    """Give what members show: the end of a phone, else of a card, else of another id.

    To an ``organisation``, of what it knows them by itself; to the operator, of anything.
    """
    values = {"members": arrays.ints(sorted(set(members))), "organisation": organisation}
    return dict(conn.execute(Q.known_members, values).fetchall())


def plain(text: str, names: Mapping[str, str], spoken: Words) -> str:
    """Write who is meant where nothing is small: ``Li Na (li.na)``."""
    name = names.get(text, text)
    return told.noted(text, spoken) if name == text else f"{name} ({text})"


def _say(text: str, name: str | None, otherwise: str) -> Markup:
    if name is None or name == text:
        return Markup.escape(otherwise)
    return NAMED.format(name, text)
