"""Two people: what waits for a second one, each proposal with its terms, and the decision."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit, sessions
from tongbao.alliance import organisations
from tongbao.desk import people, proposals
from tongbao.desk.proposals import Proposal
from tongbao.hosting import deciding, parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.web import facts, forms, labels, lists, pages, told, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.operator import named
from tongbao.web.pages import Said
from tongbao.web.who import OPERATOR, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "proposals_queries.sql")

WAITING: Final = Listing(
    name="decisions",
    query=Q.decisions,
    key="ref",
    sort="proposed_at",
    search=("kind", "reason", "organisation", "proposed_by"),
    hint=mark("What, reason, organisation or person"),
    dates="proposed_at",
    choices=(Choice(name="kind", title=mark("Kind"), values=named.DECISIONS),),
    columns=(
        Column(
            name="kind",
            title=mark("What is proposed"),
            second="reason",
            second_title=mark("Reason"),
            second_tells=told.noted,
            says=named.DECISIONS,
            to=lambda row: row["path"],
        ),
        Column(name="organisation", title=mark("Organisation")),
        Column(
            name="member_id",
            title=mark("Member"),
            kind="member",
            to=lambda row: f"/operator/members/{row['member_id']}" if row["member_id"] else None,
        ),
        Column(name="amount", title=mark("Amount"), kind="money"),
        Column(name="points", title=mark("Points"), kind="points"),
        Column(name="proposed_by", title=mark("Proposed by"), kind="person"),
        Column(name="proposed_at", title=mark("Proposed at"), kind="moment", sort=True),
    ),
    empty=mark("Nothing waits for a decision"),
    advice=mark("What one person proposes and another must decide appears here."),
)
LISTING: Final = Listing(
    name="proposals",
    query=Q.proposals,
    sort="-id",
    search=("kind", "reason", "organisation", "proposed_by"),
    hint=mark("What, reason, organisation or person"),
    dates="proposed_at",
    choices=(
        Choice(name="kind", title=mark("Kind"), values=named.PROPOSALS),
        Choice(name="state", title=mark("State"), values=labels.PROPOSAL_STATES),
    ),
    columns=(
        Column(
            name="kind",
            title=mark("What is proposed"),
            second="reason",
            second_title=mark("Reason"),
            second_tells=told.noted,
            says=named.PROPOSALS,
            to=lambda row: f"/operator/proposals/{row['id']}",
        ),
        Column(name="organisation", title=mark("Organisation")),
        Column(name="state", title=mark("State"), kind="state", says=labels.PROPOSAL_STATES),
        Column(name="amount", title=mark("Amount"), kind="money"),
        Column(name="proposed_by", title=mark("Proposed by"), kind="person"),
        Column(name="decided_by", title=mark("Decided by"), kind="person"),
        Column(name="proposed_at", title=mark("Proposed at"), kind="moment", sort=True),
    ),
    empty=mark("Nobody has proposed anything yet"),
    advice=mark("What takes two people, such as a deposit or a default, is listed here."),
)


@get("/operator/decisions", opt=sees(*OPERATOR))
async def decision_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List whatever waits for a second person: proposals, settlements, adjustments."""
    return await lists.show(request, "operator/decisions.html", WAITING)


@get("/operator/proposals", opt=sees(*OPERATOR))
async def proposal_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what was ever proposed."""
    return await lists.show(request, "operator/proposals.html", LISTING)


@get("/operator/proposals/{proposal:int}", opt=sees(*OPERATOR))
async def proposal_page(request: Request[Any, Any, Any], proposal: FromPath[int]) -> Response[str]:
    """Show what somebody proposes, with its terms."""
    return await _page(request, proposal, None, None)


@post("/operator/proposals/{proposal:int}/decision", opt=sees("admin", "settlement"))
async def decide(request: Request[Any, Any, Any], proposal: FromPath[int]) -> Response[str]:
    """Approve a proposal as another person than who made it, or reject it: one's own, too."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        decision = form.choice("decision", ("approve", "reject"))
        sessions.check_step_up(me, at)
        if decision == "approve":
            done = deciding.approve(conn, proposal, by=me.login, at=at)
            text = mark("It is approved and done.")
        else:
            reason = form.text("reason")
            done = deciding.reject(conn, proposal, by=me.login, reason=reason, at=at)
            text = mark("It is withdrawn.") if _taken_back(done) else mark("It is rejected.")
        subject, said = f"proposal {proposal}", {"kind": done.kind, "decision": decision}
        audit.note(conn, "proposal-decided", me.actor(address), at, subject=subject, said=said)
        return Done(f"/operator/proposals/{proposal}", Said(text))

    return await forms.submit(request, do, lambda form, no: _page(request, proposal, form, no))


async def _page(
    request: Request[Any, Any, Any], proposal: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    me = who.of(request)

    def ask(conn: Connection) -> dict[str, Any]:
        found = proposals.get(conn, proposal)
        whose = found.organisation_id
        return {
            "one": found,
            "organisation": None if whose is None else organisations.get(conn, whose),
            "facts": facts.told(conn, found.terms, named.WAYS),
        }

    shown = await parts.read(request, ask)
    return pages.page(
        request,
        "operator/proposal.html",
        status=422 if refusal else 200,
        form=form,
        kinds=named.PROPOSALS,
        states=labels.PROPOSAL_STATES,
        state="withdrawn" if _taken_back(shown["one"]) else shown["one"].state,
        mine=people.same(shown["one"].proposed_by, me.login),
        decides=me.role in ("admin", "settlement"),
        refused=forms.beside(refusal, {}),
        **shown,
    )


def _taken_back(one: Proposal) -> bool:
    return one.state == "rejected" and people.same(one.proposed_by, one.decided_by or "")


ROUTES: Final[list[BaseRouteHandler]] = [decision_list, proposal_list, proposal_page, decide]
