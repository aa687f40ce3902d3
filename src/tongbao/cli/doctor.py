"""``tongbao doctor``: what runs here, with which settings, and what deserves attention."""

import os
import platform
import shutil
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
import typer
from psycopg.conninfo import conninfo_to_dict

from tongbao.cli import output
from tongbao.kernel import db, job_queue, migrate, settings
from tongbao.kernel.errors import Refusal
from tongbao.kernel.settings import Settings

app = typer.Typer(add_completion=False)

_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
_LITTLE_DISK = 5 * 2**30


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as it is in force; a secret's value is not shown."""

    variable: str
    value: str
    origin: str
    description: str


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """Where the database is and how it is; sizes in bytes. ``queue``: its newest migration."""

    embedded: bool
    where: str
    version: str
    size: int
    applied: list[str]
    pending: list[str]
    queue: str | None
    server_settings: dict[str, str]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that ``doctor`` says; ``database`` is null when ``problem`` says why."""

    versions: dict[str, str]
    database: Database | None
    problem: dict[str, Any] | None
    settings: list[Setting]
    data_dir: str
    disk_free: int
    disk_total: int
    warnings: list[str]


@app.command()
def doctor(as_json: output.Json = False) -> None:
    """Show versions, database, settings and what deserves attention.

    Exits with 2 when the database cannot be used.
    """
    chosen = settings.load(os.environ)
    report = examine(chosen, os.environ)
    if as_json:
        output.json(report)
    else:
        _print(report)
    if report.problem:
        raise typer.Exit(2)


def examine(chosen: Settings, environ: Mapping[str, str]) -> Report:
    """Look at everything; a database that cannot be used is part of the answer."""
    database: Database | None = None
    problem: dict[str, Any] | None = None
    try:
        database = _look_at_database(chosen)
    except Refusal as refusal:
        problem = output.problem_of(refusal)
    disk = shutil.disk_usage(_existing(chosen.data_dir))
    return Report(
        versions={
            "tongbao": metadata.version("tongbao"),
            "python": platform.python_version(),
            "psycopg": metadata.version("psycopg"),
            "procrastinate": job_queue.version(),
            "postgresql": database.version if database else "unknown",
        },
        database=database,
        problem=problem,
        settings=_list_settings(chosen, environ),
        data_dir=str(chosen.data_dir),
        disk_free=disk.free,
        disk_total=disk.total,
        warnings=_warn(chosen, environ, database, disk.free),
    )


def _look_at_database(chosen: Settings) -> Database:
    url = db.url(chosen)
    with db.connect_as_owner(url) as conn:
        row = conn.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database())"
        ).fetchone()
        assert row, "a SELECT without FROM gives one row"
        names = [*_DURABLE, "shared_buffers", "max_wal_size", "checkpoint_timeout"]
        found = conn.execute(
            "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS asked (name)", (names,)
        )
        return Database(
            embedded=chosen.database_url is None,
            where=_describe(url),
            version=row[0],
            size=row[1],
            applied=sorted(migrate.applied(conn)),
            pending=migrate.pending(conn),
            queue=max(job_queue.applied(conn), default=None),
            server_settings=dict(found.fetchall()),
        )


def _describe(url: str) -> str:
    """Write a URL without its password."""
    parts = conninfo_to_dict(url)
    return " ".join(
        f"{name}={parts[name]}" for name in ("host", "port", "dbname", "user") if parts.get(name)
    )


def _list_settings(chosen: Settings, environ: Mapping[str, str]) -> list[Setting]:
    described = settings.descriptions()
    listed = []
    for name in Settings.__struct_fields__:
        variable, value = settings.variable(name), getattr(chosen, name)
        given = bool(environ.get(variable))
        hidden = given and name in settings.SECRETS
        listed.append(
            Setting(
                variable=variable,
                value="(not shown)" if hidden else "" if value is None else str(value),
                origin="environment" if given else "default",
                description=described[variable],
            )
        )
    return listed


def _warn(
    chosen: Settings, environ: Mapping[str, str], database: Database | None, free: int
) -> list[str]:
    warnings = []
    if chosen.identity_secret == settings.DEVELOPMENT_SECRET:
        warnings.append(
            f"{settings.variable('identity_secret')} is the one from the documentation: whoever"
            " reads the database can find phones by trying them all; set your own before the"
            " first member enrols"
        )
    if chosen.access_secret == settings.DEVELOPMENT_SECRET:
        warnings.append(
            f"{settings.variable('access_secret')} is the one from the documentation: whoever reads"
            " the database can make second factors, payment codes and signatures; set your own"
        )
    warnings += [f"{name} is not a setting; nothing reads it" for name in settings.unknown(environ)]
    if free < _LITTLE_DISK:
        warnings.append(f"only {free / 2**30:.1f} GiB are free at {chosen.data_dir}")
    if database:
        warnings += [
            f"the database runs with {name} = off: a crash can lose acknowledged operations"
            for name in _DURABLE
            if database.server_settings[name] == "off"
        ]
        if database.pending:
            warnings.append("migrations wait: " + ", ".join(database.pending))
    return warnings


def _existing(folder: Path) -> Path:
    return next(part for part in (folder, *folder.parents) if part.exists())


def _print(report: Report) -> None:
    rows = list(report.versions.items())
    if report.database:
        kind = "embedded" if report.database.embedded else "outside"
        rows += [
            ("database", f"{kind}: {report.database.where}"),
            ("size", f"{report.database.size / 2**20:,.1f} MiB"),
            ("migrations", f"{len(report.database.applied)} applied"),
            ("job queue", report.database.queue or "not there"),
            *report.database.server_settings.items(),
        ]
    rows.append(("data folder", report.data_dir))
    rows.append(
        ("disk", f"{report.disk_free / 2**30:,.1f} of {report.disk_total / 2**30:,.1f} GiB free")
    )
    output.table("Tongbao", ["", ""], rows)
    output.table(
        "Settings",
        ["variable", "value", "origin"],
        [(setting.variable, setting.value, setting.origin) for setting in report.settings],
    )
    for warning in report.warnings:
        output.line(f"warning: {warning}")
    if report.problem:
        output.line(f"problem: {report.problem['code']}: {report.problem['detail']}")
