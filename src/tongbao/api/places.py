"""Brands, sites, formats, outlets and terminals over HTTP."""

from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from tongbao.access.keys import Caller
from tongbao.alliance import brands, formats, outlets, sites, terminals
from tongbao.alliance.outlets import OutletNotFound
from tongbao.alliance.types import NewOutlet, Outlet, SiteKind
from tongbao.api import reach
from tongbao.api.acting import Actor, Me, Req, act, show
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.paging import pages
from tongbao.api.reach import everybody, operators
from tongbao.api.wire import Code, Id, Name, PathCode
from tongbao.kernel.db import Connection

Whose = Annotated[
    str | None, QueryParameter(name="organisation", description="Only of this one, by its id.")
]
Region = Annotated[
    str, Meta(pattern="^[0-9]{6}$", description="A code of GB/T 2260", examples=["310105"])
]
Mcc = Annotated[
    str, Meta(pattern="^[0-9]{4}$", description="A code of ISO 18245", examples=["7832"])
]

READ: Final = everybody("alliance:read")
WRITE: Final = operators("alliance:write")


class BrandIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name that an organisation trades under."""

    organisation: Id
    name: Name


class BrandOut(Struct, frozen=True, kw_only=True):
    """A name that an organisation trades under."""

    id: Id
    organisation: Id
    name: str


class SiteIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place with outlets; one online has the region that its operations are run from."""

    code: Code
    name: Name
    kind: SiteKind
    region: Region


class SiteOut(Struct, frozen=True, kw_only=True):
    """A place with outlets."""

    id: Id
    code: Code
    name: str
    kind: SiteKind
    region: str


class FormatIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of business."""

    code: Code
    name: Name
    mcc: Mcc


class FormatOut(Struct, frozen=True, kw_only=True):
    """A kind of business, with its merchant category."""

    code: Code
    name: str
    mcc: str


class OutletIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An outlet to be added; it belongs to its organisation for ever."""

    code: Code
    name: Name
    organisation: Id
    site: Code
    format: Code
    brand: Name | None = None


class OutletOut(Struct, frozen=True, kw_only=True):
    """Where members earn and spend; ``site`` and ``brand`` are ids."""

    id: Id
    code: Code
    name: str
    organisation: Id
    brand: Id | None
    site: Id
    format: Code
    open: bool


class TerminalIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A till to be added to an outlet."""

    code: Code


class TerminalOut(Struct, frozen=True, kw_only=True):
    """A till; one that is not active is refused."""

    id: Id
    code: Code
    active: bool


@post("/v1/brands", **WRITE)
async def add_brand(
    request: Req, caller: Me, actor: Actor, data: JSONBody[BrandIn]
) -> Response[BrandOut]:
    """Add a brand to an organisation."""
    who = number(data.organisation)
    return await act(
        request, caller, actor, data, BrandOut, lambda conn, _: brands.add(conn, who, data.name)
    )


@get("/v1/brands", **READ)
async def list_brands(
    request: Req, caller: Me, organisation: Whose = None, cursor: Cursor = None, limit: Limit = ROWS
) -> Page[BrandOut]:
    """List brands in the order of their ids."""
    who = reach.whose(caller, organisation)
    return await pages(
        request, BrandOut, cursor, limit, 0, lambda one: one.id,
        lambda conn, after, most: brands.list_of(conn, who, after=after, limit=most),
    )  # fmt: skip


@post("/v1/sites", **WRITE)
async def add_site(
    request: Req, caller: Me, actor: Actor, data: JSONBody[SiteIn]
) -> Response[SiteOut]:
    """Add a site."""
    return await act(
        request, caller, actor, data, SiteOut,
        lambda conn, _: sites.add(conn, data.code, data.name, data.kind, data.region),
    )  # fmt: skip


@get("/v1/sites", **READ)
async def list_sites(request: Req, cursor: Cursor = None, limit: Limit = ROWS) -> Page[SiteOut]:
    """List sites in the order of their ids; they are everybody's."""
    return await pages(request, SiteOut, cursor, limit, 0, lambda one: one.id, sites.list_after)


@get("/v1/sites/{site:str}", **READ)
async def get_site(request: Req, site: PathCode) -> SiteOut:
    """Give a site by its code."""
    return await show(request, SiteOut, lambda conn: sites.find(conn, site))


@post("/v1/formats", **WRITE)
async def add_format(
    request: Req, caller: Me, actor: Actor, data: JSONBody[FormatIn]
) -> Response[FormatOut]:
    """Add a format with its merchant category."""
    return await act(
        request, caller, actor, data, FormatOut,
        lambda conn, _: formats.add(conn, data.code, data.name, data.mcc),
    )  # fmt: skip


@get("/v1/formats", **READ)
async def list_formats(request: Req, cursor: Cursor = None, limit: Limit = ROWS) -> Page[FormatOut]:
    """List formats in the order of their codes; they are everybody's."""
    return await pages(
        request, FormatOut, cursor, limit, "", lambda one: one.code, formats.list_after
    )


@get("/v1/formats/{format_code:str}", **READ)
async def get_format(request: Req, format_code: PathCode) -> FormatOut:
    """Give a format by its code."""
    return await show(request, FormatOut, lambda conn: formats.find(conn, format_code))


@post("/v1/outlets", **WRITE)
async def add_outlet(
    request: Req, caller: Me, actor: Actor, data: JSONBody[OutletIn]
) -> Response[OutletOut]:
    """Add an outlet."""
    who = number(data.organisation)

    def do(conn: Connection, _: object) -> Outlet:
        brand = None if data.brand is None else brands.find(conn, who, data.brand).id
        return outlets.add(
            conn,
            NewOutlet(
                code=data.code,
                name=data.name,
                organisation_id=who,
                site_id=sites.find(conn, data.site).id,
                format=data.format,
                brand_id=brand,
            ),
        )

    return await act(request, caller, actor, data, OutletOut, do)


@get("/v1/outlets", **READ)
async def list_outlets(
    request: Req, caller: Me, organisation: Whose = None, cursor: Cursor = None, limit: Limit = ROWS
) -> Page[OutletOut]:
    """List outlets in the order of their ids."""
    who = reach.whose(caller, organisation)
    return await pages(
        request, OutletOut, cursor, limit, 0, lambda one: one.id,
        lambda conn, after, most: outlets.list_of(conn, who, after, most),
    )  # fmt: skip


@get("/v1/outlets/{outlet:str}", **READ)
async def get_outlet(request: Req, caller: Me, outlet: PathCode) -> OutletOut:
    """Give an outlet by its code."""
    return await show(request, OutletOut, lambda conn: _outlet(conn, caller, outlet))


@post("/v1/outlets/{outlet:str}/open", **operators("alliance:write", status_code=200))
async def open_outlet(
    request: Req, caller: Me, actor: Actor, outlet: PathCode
) -> Response[OutletOut]:
    """Open an outlet again."""
    return await _set_open(request, caller, actor, outlet, is_open=True)


@post("/v1/outlets/{outlet:str}/close", **operators("alliance:write", status_code=200))
async def close_outlet(
    request: Req, caller: Me, actor: Actor, outlet: PathCode
) -> Response[OutletOut]:
    """Close an outlet; what it has sold may still be refunded."""
    return await _set_open(request, caller, actor, outlet, is_open=False)


@post("/v1/outlets/{outlet:str}/terminals", **WRITE)
async def add_terminal(
    request: Req, caller: Me, actor: Actor, outlet: PathCode, data: JSONBody[TerminalIn]
) -> Response[TerminalOut]:
    """Add a terminal to an outlet, active from now on."""
    return await act(
        request, caller, actor, data, TerminalOut,
        lambda conn, _: terminals.add(conn, _outlet(conn, caller, outlet).id, data.code),
    )  # fmt: skip


@get("/v1/outlets/{outlet:str}/terminals", **READ)
async def list_terminals(
    request: Req, caller: Me, outlet: PathCode, cursor: Cursor = None, limit: Limit = ROWS
) -> Page[TerminalOut]:
    """List the terminals of an outlet in the order of their ids."""
    return await pages(
        request, TerminalOut, cursor, limit, 0, lambda one: one.id,
        lambda conn, after, most: terminals.list_of(
            conn, _outlet(conn, caller, outlet).id, after, most
        ),
    )  # fmt: skip


@get("/v1/outlets/{outlet:str}/terminals/{terminal:str}", **READ)
async def get_terminal(
    request: Req, caller: Me, outlet: PathCode, terminal: PathCode
) -> TerminalOut:
    """Give a terminal by its code."""
    return await show(
        request, TerminalOut,
        lambda conn: terminals.find(conn, _outlet(conn, caller, outlet).id, terminal),
    )  # fmt: skip


@post(
    "/v1/outlets/{outlet:str}/terminals/{terminal:str}/block",
    **operators("alliance:write", status_code=200),
)
async def block_terminal(
    request: Req, caller: Me, actor: Actor, outlet: PathCode, terminal: PathCode
) -> Response[TerminalOut]:
    """Block a terminal that is lost or replaced."""
    return await _set_active(request, caller, actor, outlet, terminal, active=False)


@post(
    "/v1/outlets/{outlet:str}/terminals/{terminal:str}/unblock",
    **operators("alliance:write", status_code=200),
)
async def unblock_terminal(
    request: Req, caller: Me, actor: Actor, outlet: PathCode, terminal: PathCode
) -> Response[TerminalOut]:
    """Let a blocked terminal work again."""
    return await _set_active(request, caller, actor, outlet, terminal, active=True)


def _outlet(conn: Connection, caller: Caller, code: str) -> Outlet:
    found = outlets.find(conn, code)
    reach.check(caller, found.organisation_id, OutletNotFound(outlet=code))
    return found


async def _set_open(
    request: Req, caller: Caller, actor: str, outlet: str, *, is_open: bool
) -> Response[Any]:
    return await act(
        request, caller, actor, None, OutletOut,
        lambda conn, _: outlets.set_open(
            conn, _outlet(conn, caller, outlet).id, is_open=is_open
        ),
    )  # fmt: skip


async def _set_active(
    request: Req, caller: Caller, actor: str, outlet: str, terminal: str, *, active: bool
) -> Response[Any]:
    return await act(
        request, caller, actor, None, TerminalOut,
        lambda conn, _: terminals.set_active(
            conn, _outlet(conn, caller, outlet).id, terminal, active=active
        ),
    )  # fmt: skip


ROUTES: Final[list[BaseRouteHandler]] = [
    add_brand, list_brands, add_site, list_sites, get_site, add_format, list_formats, get_format,
    add_outlet, list_outlets, get_outlet, open_outlet, close_outlet,
    add_terminal, list_terminals, get_terminal, block_terminal, unblock_terminal,
]  # fmt: skip
