"""Who acts: a key stands for an organisation, the header ``Tongbao-Actor`` names the person.

Where two people decide, the person is compared with the one who proposed, and kept with the key.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import unquote

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import HeaderParameter
from msgspec import structs

from tongbao.access import audit
from tongbao.access.keys import Caller
from tongbao.api import entry, writes
from tongbao.api.listing import Page
from tongbao.api.nouns import Told, tell, tell_all
from tongbao.api.writes import Made
from tongbao.desk import people
from tongbao.hosting import parts
from tongbao.hosting.database import begun
from tongbao.kernel import clock, limits
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, Refused
from tongbao.liability import cohorts

HEADER: Final = "Tongbao-Actor"

Row = TypeVar("Row")
Req = Request[Any, Any, Any]
Me = NamedDependency[Caller]
Actor = NamedDependency[str]

Named = Annotated[
    str | None,
    HeaderParameter(
        name=HEADER,
        max_length=9 * limits.NAME,
        description="Who does it: a person's name, in UTF-8, percent-encoded if need be.",
    ),
]


class ActorMissing(Malformed):
    code = "actor-missing"
    text = "say in the header Tongbao-Actor who does this"


class ActorElse(Refused):
    code = "actor-else"
    text = "whoever is signed in acts for themselves, not for {given!r}"


def provide_actor(request: Req, named: Named = None) -> str:
    """Give the person who acts; refuses what ``actor_of`` refuses."""
    return actor_of(request.state.caller, named)


def actor_of(caller: Caller, named: str | None) -> str:
    """Give the person who acts: whoever is signed in, or whom a key's holder names.

    Refuses ``actor-missing``, ``text-malformed`` and, when somebody who is signed in names another,
    ``actor-else``.
    """
    given = people.name(unquote(_utf8(named))) if named else None
    if caller.staff_id is not None:
        if given is not None and not people.same(given, caller.by):
            raise ActorElse(given=given)
        return caller.by
    if given is None:
        raise ActorMissing
    return given


def _utf8(header: str) -> str:
    """Read a header's bytes as UTF-8; servers give them as Latin-1."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


def note(conn: Connection, request: Req, caller: Caller, actor: str, at: datetime) -> None:
    """Write down which person did what with which key, in the transaction that does it."""
    handler = request.scope["route_handler"]
    group = handler.fn.__module__.rpartition(".")[2]
    kind = f"{group}.{handler.fn.__name__}".replace("_", "-")
    address = entry.of(request).address(request)
    who = structs.replace(caller.actor(address), by=actor)
    audit.note(conn, kind, who, at, subject=f"{request.method} {request.scope['path']}")


async def noted(request: Req, caller: Caller, actor: str) -> None:
    """Write down who is about to do what, where it has transactions of its own."""
    await parts.write(request, lambda conn: note(conn, request, caller, actor, clock.now()))


async def show(request: Req, kind: type[Told], ask: Callable[[Connection], object]) -> Told:
    """Answer a read with what ``ask`` finds, written as ``kind``."""
    return await parts.read(request, lambda conn: tell(kind, ask(conn)))


async def act(
    request: Req,
    caller: Caller,
    actor: str,
    data: object,
    kind: type[Told],
    do: Callable[[Connection, datetime], object],
) -> Response[Any]:
    """Do something once for the request's key, and answer with it, written as ``kind``.

    ``data`` is the body, none where there is none.
    """
    return await once(request, caller, actor, data, lambda conn, at: tell(kind, do(conn, at)))


async def act_all(
    request: Req,
    caller: Caller,
    actor: str,
    data: object,
    kind: type[Told],
    do: Callable[[Connection, datetime], Sequence[object]],
) -> Response[Any]:
    """Do something once for the request's key, and answer with all it gives, as one page."""
    return await once(
        request, caller, actor, data, lambda conn, at: Page(tell_all(kind, do(conn, at)))
    )


async def once(
    request: Req,
    caller: Caller,
    actor: str,
    data: object,
    do: Callable[[Connection, datetime], object],
) -> Response[Any]:
    """Do something once for the request's key, and answer with the body or ``Made`` it gives."""
    status = request.scope["route_handler"].status_code  # type: ignore[union-attr]

    def made(conn: Connection) -> Made:
        at = clock.now()
        note(conn, request, caller, actor, at)
        done = do(conn, at)
        return done if isinstance(done, Made) else Made(body=done, status=status)

    return await writes.write(request, caller, (actor, data), made)


async def in_steps(
    request: Req,
    caller: Caller,
    actor: str,
    data: object,
    kind: type[Told],
    do: Callable[[Connection], object],
) -> Response[Any]:
    """Do something that commits as it goes, and answer with it, written as ``kind``.

    Who does it is written down before it begins.
    """

    def made(conn: Connection) -> Made:
        with conn.transaction():
            note(conn, request, caller, actor, clock.now())
        return Made(body=tell(kind, do(conn)), status=200)

    return await writes.write_in_steps(request, caller, (actor, data), made)


def position(request: Req) -> int:
    """Give the position that all committed operations lie below; postings wait a moment."""
    with begun(parts.of(request).pool) as conn:
        return cohorts.position(conn)
