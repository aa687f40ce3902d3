"""``tongbao proposals``: what one person has proposed and another may decide."""

from typing import Annotated

import typer

from tongbao.cli import organisation as organisations
from tongbao.cli import output, pages, session
from tongbao.desk import proposals as desk
from tongbao.kernel import limits

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def proposals() -> None:
    """List what one person has proposed; what it is about decides it, as in ``dispute decide``.

    Whoever has proposed something takes it back by rejecting it.
    """


@app.command("list")
def show_all(
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as dispute.")] = None,
    organisation: organisations.Option = None,
    decided: Annotated[bool, typer.Option("--all", help="Decided ones, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=limits.PAGE, help="Proposals shown.")] = 50,
    after: Annotated[int, typer.Option(min=0, help="Only those with larger numbers.")] = 0,
    as_json: output.Json = False,
) -> None:
    """List the proposals that nobody has decided, oldest first."""
    with session.open_session() as opened:
        whose = organisation and organisations.find(opened.conn, organisation)
        found = desk.listed(
            opened.conn,
            kind,
            whose or None,
            state=None if decided else "proposed",
            after=after,
            limit=limit,
        )
        if as_json:
            output.json({"proposals": found})
            return
        zone = opened.settings.time_zone
        output.table(
            "Proposals",
            [">proposal", "kind", "organisation", "by", "at", "state", "reason", "terms"],
            [
                (
                    p.id, p.kind, organisations.code_of(opened.conn, p.organisation_id),
                    p.proposed_by, pages.moment(p.proposed_at, zone), p.state, p.reason,
                    output.facts(p.terms),
                )
                for p in found
            ],
        )  # fmt: skip


@app.command()
def show(
    proposal: Annotated[int, typer.Argument(metavar="PROPOSAL", help="The proposal's number.")],
    as_json: output.Json = False,
) -> None:
    """Show a proposal with all its terms."""
    with session.open_session() as opened:
        found = desk.get(opened.conn, proposal)
        if as_json:
            output.json(found)
            return
        whose = organisations.code_of(opened.conn, found.organisation_id)
        _print(found, whose, opened.settings.time_zone)


def _print(found: desk.Proposal, organisation: str, zone: str) -> None:
    rows: list[tuple[str, object]] = [
        ("kind", found.kind),
        ("organisation", organisation),
        ("proposed", f"{pages.moment(found.proposed_at, zone)} by {found.proposed_by}"),
        ("reason", found.reason),
        ("state", found.state),
    ]
    if found.decided_at is not None:
        decided = f"{pages.moment(found.decided_at, zone)} by {found.decided_by}"
        rows.append(("decided", decided))
    if found.decision_reason is not None:
        rows.append(("because", found.decision_reason))
    if found.operation_id is not None:
        rows.append(("operation", found.operation_id))
    rows += [(f"  {name}", value) for name, value in found.terms.items()]
    output.table(f"Proposal {found.id}", ["", ""], rows)
