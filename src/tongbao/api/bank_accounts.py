"""Bank accounts of organisations over HTTP: proposed here, decided as a proposal."""

from datetime import date, datetime
from typing import Annotated, Final

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from msgspec import Meta, Struct

from tongbao.api import reach
from tongbao.api.acting import Actor, Me, Req, act
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.paging import pages
from tongbao.api.proposals import ProposalOut, Whose
from tongbao.api.reach import everybody, operators
from tongbao.api.wire import Id, PathId, Reason
from tongbao.bank import accounts
from tongbao.bank.types import Details
from tongbao.kernel import limits

Short = Annotated[str, Meta(min_length=1, max_length=limits.NAME)]


class DetailsOut(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account at a bank, known by its BIC, its CNAPS code or both.

    ``mandate`` and ``signed_on``: consent to collections; without it none is made.
    """

    number: Short
    name: Annotated[str, Meta(min_length=1, max_length=limits.ACCOUNT_NAME)]
    bic: Short | None = None
    cnaps: Short | None = None
    mandate: Short | None = None
    signed_on: date | None = None


class AccountIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The account of an organisation from a day on, or a change of it."""

    details: DetailsOut
    valid_from: date
    reason: Reason = "bank account"


class AccountOut(Struct, frozen=True, kw_only=True):
    """An organisation's account from ``valid_from`` on, until a later version of it."""

    id: Id
    organisation: Id
    valid_from: date
    details: DetailsOut
    proposal: Id
    written_at: datetime


@get("/v1/bank-accounts", **everybody("clearing:read"))
async def list_accounts(
    request: Req, caller: Me, organisation: Whose = None, cursor: Cursor = None, limit: Limit = ROWS
) -> Page[AccountOut]:
    """List accounts, every version of them, the oldest first."""
    who = reach.whose(caller, organisation)
    return await pages(
        request, AccountOut, cursor, limit, 0, lambda one: one.id,
        lambda conn, after, most: accounts.listed(conn, who, after=after, limit=most),
    )  # fmt: skip


@post("/v1/organisations/{organisation:str}/bank-accounts", **operators("clearing:write"))
async def propose(
    request: Req, caller: Me, actor: Actor, organisation: PathId, data: JSONBody[AccountIn]
) -> Response[ProposalOut]:
    """Propose an account, or a change of it; another person approves the proposal."""
    who = number(organisation)
    said = {name: getattr(data.details, name) for name in Details.__struct_fields__}
    return await act(
        request, caller, actor, data, ProposalOut,
        lambda conn, at: accounts.propose(
            conn, who, Details(**said), data.valid_from, by=actor, reason=data.reason, at=at
        ),
    )  # fmt: skip


ROUTES: Final[list[BaseRouteHandler]] = [list_accounts, propose]
