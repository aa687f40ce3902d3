"""``tongbao application``: who wants to join, decided upon."""

from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer

from tongbao.alliance import sites
from tongbao.cli import contract, decisions, output, pages, session
from tongbao.joining import applications, checks, decide
from tongbao.joining.types import Acceptance, Application, State
from tongbao.kernel import limits

app = typer.Typer(no_args_is_help=True, add_completion=False)

Number = Annotated[
    int, typer.Argument(metavar="APPLICATION", help="The number of the application.")
]


@app.callback()
def application() -> None:
    """Decide upon those who want to join."""


@app.command("list")
def show_all(
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    after: Annotated[int, typer.Option(min=0, help="Only those with larger numbers.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=limits.PAGE, help="Applications shown.")] = 100,
    as_json: output.Json = False,
) -> None:
    """List applications, the oldest first."""
    with session.open_session() as opened:
        found = applications.listed(opened.conn, state, after, limit)
    if as_json:
        output.json({"applications": found})
        return
    zone = opened.settings.time_zone
    output.table(
        "Applications",
        [">application", "name", "credit code", "state", "applied"],
        [
            (a.id, a.wanted.name, a.wanted.credit_code, a.state, pages.moment(a.made_at, zone))
            for a in found
        ],
    )


@app.command()
def show(number: Number, as_json: output.Json = False) -> None:
    """Show an application with its checks, and what was asked and answered."""
    with session.open_session() as opened:
        found = applications.get(opened.conn, number)
        seen = checks.of(opened.conn, found)
        said = applications.remarks(opened.conn, number)
    if as_json:
        output.json({"application": found, "checks": seen, "remarks": said})
        return
    wanted = msgspec.structs.asdict(found.wanted)
    account = msgspec.structs.asdict(wanted.pop("account"))
    rows = [("state", found.state), *((name, str(value)) for name, value in wanted.items())]
    rows += [(f"account {name}", str(value)) for name, value in account.items() if value]
    rows += [("decided by", found.decided_by or "-"), ("reason", found.reason or "-")]
    output.table(f"Application {found.id}", ["", ""], rows)
    output.table(
        "Checks", ["check", "result", "found"],
        [(check.name, check.result, output.facts(check.facts)) for check in seen],
    )  # fmt: skip
    if said:
        output.table("Remarks", ["by", "text"], [(one.by, one.text) for one in said])


@app.command()
def ask(
    number: Number,
    by: decisions.By,
    question: Annotated[str, typer.Option(help="What the applicant is asked.")],
    as_json: output.Json = False,
) -> None:
    """Ask an applicant for more."""
    with session.open_session() as opened, opened.conn.transaction():
        done = decide.ask(opened.conn, number, question, by=by, at=opened.at)
    _tell(done, as_json=as_json)


@app.command()
def refuse(
    number: Number, by: decisions.By, reason: decisions.Reason, as_json: output.Json = False
) -> None:
    """Refuse an application; the applicant reads the reason."""
    with session.open_session() as opened, opened.conn.transaction():
        done = decide.refuse(opened.conn, number, reason, by=by, at=opened.at)
    _tell(done, as_json=as_json)


@app.command()
def accept(
    number: Number,
    by: decisions.By,
    code: Annotated[str, typer.Option(help="The code of the new organisation.")],
    login: Annotated[str, typer.Option(help="The name that its manager signs in with.")],
    site: Annotated[
        str | None, typer.Option(help="The code of the outlet's site; unset: a new one.")
    ] = None,
    term: Annotated[
        list[str] | None,
        typer.Option("--term", metavar="NAME=VALUE", help="A term; again for another."),
    ] = None,
    as_json: output.Json = False,
) -> None:
    """Take an applicant in on the usual terms, but for those given."""
    with session.open_session() as opened, opened.conn.transaction():
        terms = msgspec.structs.replace(decide.USUAL, **contract.terms(term or []))
        how = Acceptance(
            code=code,
            login=login,
            terms=terms,
            site=None if site is None else sites.find(opened.conn, site).id,
        )
        today = opened.at.astimezone(ZoneInfo(opened.settings.time_zone)).date()
        done = decide.accept(opened.conn, number, how, by=by, at=opened.at, today=today)
    _tell(done, as_json=as_json)


def _tell(done: Application, *, as_json: bool) -> None:
    if as_json:
        output.json(done)
    else:
        output.line(f"application {done.id} of {done.wanted.name} is {done.state}")
