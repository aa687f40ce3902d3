"""Organisations as commands name them: by code, or by id."""

from typing import Annotated

import typer

from tongbao.alliance import organisations
from tongbao.kernel.db import Connection

Option = Annotated[
    str | None, typer.Option("--organisation", help="Only of this one: its code or its id.")
]
"""The type of an option that narrows a list down."""


def find(conn: Connection, which: str) -> int:
    """Give the id of an organisation by its code, else by its id; refuses if there is none."""
    try:
        return organisations.find(conn, which).id
    except organisations.OrganisationNotFound:
        if not (which.isascii() and which.isdecimal() and len(which) <= 18):
            raise
        return organisations.get(conn, int(which)).id


def code_of(conn: Connection, organisation_id: int | None) -> str:
    """Give the code of an organisation, and a dash where there is none."""
    return "-" if organisation_id is None else organisations.get(conn, organisation_id).code
