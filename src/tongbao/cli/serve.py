"""``tongbao serve``: the database, the API and the worker in one command."""

import os
import sys
from typing import Annotated

import typer

from tongbao.cli import output
from tongbao.kernel import db, migrate, settings

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65_535, help="Port to listen on; 0: a free one.")
    ] = 8080,
    processes: Annotated[
        int, typer.Option("--processes", min=1, max=64, help="Processes that answer requests.")
    ] = 1,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Run no jobs: `tongbao worker` does elsewhere.")
    ] = False,
    iso8583: Annotated[
        int | None,
        typer.Option(
            "--iso8583",
            metavar="PORT",
            min=0,
            max=65_535,
            help="Serve terminals that speak ISO 8583 at this port, too; 0: a free one.",
        ),
    ] = None,
    as_json: output.Json = False,
) -> None:
    """Serve the API until SIGTERM or SIGINT, and run the jobs that are due.

    Starts the database if it is the embedded one, and migrates it. Told to end it takes nothing
    new, answers what it has taken, and ends.
    """
    chosen = settings.load(os.environ)
    migrate.apply(db.url(chosen))
    from tongbao.serving import host as service

    def tell(url: str, gateway: int | None) -> None:
        more = {} if gateway is None else {"iso8583": gateway}
        if as_json:
            output.json({"url": url, "pid": os.getpid(), **more})
        else:
            output.line(f"Tongbao answers at {url}")
            if gateway is not None:
                output.line(f"Terminals are answered at port {gateway} (ISO 8583)")
        sys.stdout.flush()

    plan = service.Plan(
        host=host, port=port, processes=processes, worker=not no_worker, iso8583=iso8583
    )
    service.serve(chosen, plan, tell, complain)


def complain(text: str) -> None:
    """Print what the service warns of, apart from what it was asked for."""
    print(text, file=sys.stderr)
