"""Collateral and blocks over HTTP: what organisations pay in and take out, by two people."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from msgspec import Struct

from tongbao.alliance import blocks, collateral, organisations
from tongbao.alliance.positions import position
from tongbao.api import reach
from tongbao.api.acting import Actor, Me, Req, act
from tongbao.api.lookup import number
from tongbao.api.proposals import ProposalOut
from tongbao.api.reach import everybody, operators
from tongbao.api.wire import Id, Money, PathId, Points, Reason
from tongbao.desk.proposals import Proposal
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection

WRITE: Final = operators("clearing:write")


class DepositIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money that came in or is to go out; another person decides."""

    amount: Money
    reason: Reason


class CollateralOut(Struct, frozen=True, kw_only=True):
    """An organisation's deposit, what of it may be taken out, and what it stands behind.

    ``clearing``: its position, negative is owed by it. ``prepaid``: what is left of its blocks.
    ``headroom``: what it may still issue; null: that is not bounded.
    """

    organisation: Id
    collateral: Money
    free: Money
    circulation: Points
    reserve: Money
    clearing: Money
    prepaid: Money
    headroom: Money | None


@get("/v1/organisations/{organisation:str}/collateral", **everybody("clearing:read"))
async def get_collateral(request: Req, caller: Me, organisation: PathId) -> CollateralOut:
    """Give an organisation's collateral, and what it stands behind."""
    who = reach.organisation(caller, organisation)

    def ask(conn: Connection) -> CollateralOut:
        whose = organisations.get(conn, who)
        stands = position(conn, who, clock.now())
        return CollateralOut(
            organisation=str(who),
            collateral=Money(stands.collateral),
            free=Money(collateral.free(whose, stands)),
            circulation=Points(stands.circulation),
            reserve=Money(stands.reserve),
            clearing=Money(stands.clearing),
            prepaid=Money(stands.prepaid),
            headroom=None if stands.headroom is None else Money(stands.headroom),
        )

    return await parts.read(request, ask)


@post("/v1/organisations/{organisation:str}/collateral/deposits", **WRITE)
async def deposit(
    request: Req, caller: Me, actor: Actor, organisation: PathId, data: JSONBody[DepositIn]
) -> Response[ProposalOut]:
    """Propose to book a deposit that has come in."""
    return await _propose(request, caller, actor, organisation, data, collateral.propose_deposit)


@post("/v1/organisations/{organisation:str}/collateral/withdrawals", **WRITE)
async def withdraw(
    request: Req, caller: Me, actor: Actor, organisation: PathId, data: JSONBody[DepositIn]
) -> Response[ProposalOut]:
    """Propose that an organisation takes some of its deposit out."""
    return await _propose(request, caller, actor, organisation, data, collateral.propose_withdrawal)


@post("/v1/organisations/{organisation:str}/blocks/purchases", **WRITE)
async def buy_block(
    request: Req, caller: Me, actor: Actor, organisation: PathId, data: JSONBody[DepositIn]
) -> Response[ProposalOut]:
    """Propose to book blocks that were paid in advance; whole ones."""
    return await _propose(request, caller, actor, organisation, data, blocks.propose_purchase)


@post("/v1/organisations/{organisation:str}/blocks/returns", **WRITE)
async def return_block(
    request: Req, caller: Me, actor: Actor, organisation: PathId, data: JSONBody[DepositIn]
) -> Response[ProposalOut]:
    """Propose to pay back what is left of blocks."""
    return await _propose(request, caller, actor, organisation, data, blocks.propose_return)


async def _propose(
    request: Req,
    caller: Me,
    actor: str,
    organisation: str,
    data: DepositIn,
    propose: Callable[..., Proposal],
) -> Response[Any]:
    who, amount = number(organisation), data.amount.value

    def do(conn: Connection, at: datetime) -> Proposal:
        return propose(conn, who, amount, by=actor, reason=data.reason, at=at)

    return await act(request, caller, actor, data, ProposalOut, do)


ROUTES: Final[list[BaseRouteHandler]] = [
    get_collateral, deposit, withdraw, buy_block, return_block,
]  # fmt: skip
