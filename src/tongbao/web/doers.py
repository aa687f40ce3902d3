"""Who did something, as pages say it: somebody on the staff by name, others as they were written.

What is kept of who proposes, decides or works on something is a text: the name that somebody signs
in with, or one that was given at a command line. A template writes ``text | person``, which leaves
a gap; when the page is made, one query finds the names for all of its gaps.
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
from tongbao.kernel.db import Connection
from tongbao.web import told, who
from tongbao.web.words import Words

NAMED: Final = Markup('{} <small class="text-secondary">{}</small>')
NOBODY: Final = 0
"""No organisation's number: whoever has signed in to none is told nobody's name."""


class Gaps:
    """The places of a page where somebody is named; nothing else on it looks like one."""

    def __init__(self) -> None:
        self._sign = secrets.token_hex(8)
        self._numbers: dict[str, int] = {}
        self._otherwise: dict[str, str] = {}

    def leave(self, text: str, otherwise: str) -> Markup:
        """Give what stands for a name; ``otherwise``: what is said of who is not on the staff."""
        number = self._numbers.setdefault(text, len(self._numbers))
        self._otherwise[text] = otherwise
        return Markup("{}-{};").format(self._sign, number)

    @property
    def texts(self) -> Collection[str]:
        return self._numbers.keys()

    def fill(self, page: str, names: Mapping[str, str]) -> str:
        """Write into a page who each gap is about."""
        said = [_say(text, names, otherwise) for text, otherwise in self._otherwise.items()]
        return re.sub(rf"{self._sign}-(\d+);", lambda found: said[int(found[1])], page)


class Page(Response[str]):
    """A page that may still learn what people are called; until then they are as written."""

    def __init__(self, request: Request[Any, Any, Any], page: str, gaps: Gaps, **how: Any) -> None:
        super().__init__(gaps.fill(page, {}), **how)
        self._request, self._page, self._gaps = request, page, gaps

    async def name(self) -> None:
        """Look up whoever is named on the page."""
        texts, organisation = self._gaps.texts, whose(self._request)
        if texts and organisation != NOBODY:
            names = await parts.read(self._request, lambda conn: find(conn, texts, organisation))
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


def whose(request: Request[Any, Any, Any]) -> int | None:
    """Say whose staff are called by name to who looks: everybody's to the operator, or one's own.

    A merchant reads of another's people, and the operator's, what it always reads: the text.
    """
    me = who.known(request)
    if me is None:
        return NOBODY
    return None if me.role in who.OPERATOR else me.organisation_id


def find(conn: Connection, texts: Collection[str], organisation: int | None) -> dict[str, str]:
    """Give the names of those who sign in by one of some texts, of an organisation or of all."""
    return {} if organisation == NOBODY else staff.names(conn, texts, organisation)


def plain(text: str, names: Mapping[str, str], spoken: Words) -> str:
    """Write who is meant where nothing is small: ``Li Na (li.na)``."""
    name = names.get(text, text)
    return told.noted(text, spoken) if name == text else f"{name} ({text})"


def _say(text: str, names: Mapping[str, str], otherwise: str) -> Markup:
    name = names.get(text, text)
    return Markup.escape(otherwise) if name == text else NAMED.format(name, text)
