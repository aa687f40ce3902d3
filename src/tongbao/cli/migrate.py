"""``tongbao migrate``: bring the database to this program's version."""

import os

import typer

from tongbao.cli import output
from tongbao.kernel import db, migrate, settings

app = typer.Typer(add_completion=False)


@app.command()
def migrate_database(as_json: output.Json = False) -> None:
    """Apply the migrations that the database lacks, in order; say which."""
    applied = migrate.apply(db.url(settings.load(os.environ)))
    if as_json:
        output.json({"applied": applied})
    elif applied:
        output.line("applied: " + ", ".join(applied))
    else:
        output.line("nothing to apply")
