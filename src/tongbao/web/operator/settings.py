"""Settings: what is in effect and where it comes from, and the limits that people may change."""

import os
from typing import Any, Final, get_args

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from tongbao.access import audit, sessions
from tongbao.alliance import organisations
from tongbao.hosting import parts
from tongbao.kernel import clock, settings
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.points import caps
from tongbao.points.caps import Limit, Measure, Span, StepUp, Subject
from tongbao.points.operations import Proof
from tongbao.web import forms, pages, picking, who
from tongbao.web.forms import Done, Form
from tongbao.web.pages import Said
from tongbao.web.who import sees
from tongbao.web.words import mark

_HERE: Final = "/operator/settings"

TEXTS: Final = {
    "database_url": mark("PostgreSQL that is used; not set: the embedded one"),
    "database": mark("Another database of that server"),
    "data_dir": mark("Folder of the embedded database"),
    "pool_size": mark("Most connections that one process keeps open"),
    "time_zone": mark("Time zone of the business days"),
    "cutover": mark("When the business date changes"),
    "fee_vat": mark("VAT contained in fees, parts per million"),
    "dormant_days": mark("Days without its member after which a wallet sleeps; 0: none"),
    "batch_limit": mark("Most operations that are posted together"),
    "linger_ms": mark("How long a batch waits for company, milliseconds"),
    "statement_timeout": mark("Longest time of one SQL statement, milliseconds"),
    "worker_jobs": mark("Most jobs that one worker runs at once"),
    "worker_skip": mark("Jobs that the worker leaves out"),
    "bank_folder": mark("Folder of the worker for files of the bank"),
    "statements_folder": mark("Folder for the statements of each window"),
    "log_format": mark("Form of the log"),
    "log_level": mark("What is logged, from this on"),
    "log_requests": mark("Requests that are logged"),
    "metrics_port": mark("Port at which Prometheus is told"),
    "metrics_host": mark("Address of that port"),
    "webhook_networks": mark("Private networks that webhooks may call"),
    "webhook_calls": mark("Webhooks that one worker calls at once"),
    "webhook_days": mark("Days without an answer that disable a webhook"),
    "identity_secret": mark("Key of the hashes that phones are kept as"),
    "access_secret": mark("Key of what sign-in keeps encrypted"),
    "code_sender": mark("Who sends one-time codes to phones"),
    "public_url": mark("Where people reach this service"),
    "oidc_issuer": mark("Provider of single sign-on"),
    "oidc_client_id": mark("How this service is registered there"),
    "oidc_client_secret": mark("The secret that the provider gave"),
    "proxies": mark("Proxies of our own before the service"),
    "iso8583_proxy": mark("How connections of terminals begin"),
    "rate_limit": mark("Requests a minute of one API key; 0: no limit"),
    "rate_limit_address": mark("Requests a minute of one address; 0: no limit"),
    "answer_within": mark("Seconds after which callers are told to ask again"),
    "shared_buffers": mark("Cache of the embedded server"),
    "max_wal_size": mark("Write-ahead log of the embedded server between checkpoints"),
}
"""What each setting is, as people read it."""

ORIGINS: Final = {
    "environment": mark("environment"),
    "start": mark("given at the start"),
    "default": mark("default"),
}
SUBJECTS: Final = {
    "member": mark("Member"),
    "terminal": mark("Terminal"),
    "outlet": mark("Outlet"),
    "organisation": mark("Organisation"),
}
MEASURES: Final = {"spend": mark("spending"), "earn": mark("earning")}
SPANS: Final = {"minute": mark("a minute"), "hour": mark("an hour"), "day": mark("a day")}
PROOFS: Final = {"pin": mark("PIN"), "otp": mark("one-time code")}


class Setting(Struct, frozen=True, kw_only=True):
    """A setting as it is in effect: a secret only says whether it is one's own."""

    variable: str
    text: str
    value: str
    origin: str
    secret: bool = False
    weak: bool = False


@get(_HERE, opt=sees("admin", "auditor"))
async def settings_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what is in effect."""
    return await _page(request, None, None)


@post(_HERE + "/limit", opt=sees("admin"))
async def set_limit(request: Request[Any, Any, Any]) -> Response[str]:
    """Limit how often and how much; a new version rules from now on."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        subject = form.choice("subject", get_args(Subject))
        measure, span = (
            form.choice("measure", get_args(Measure)),
            form.choice("span", get_args(Span)),
        )
        uses, points, reason = _uses(form), _points(form), form.text("reason")
        sessions.check_step_up(me, at)
        caps.set_limit(
            conn, subject, measure, span, uses=uses, points=points,
            organisation_id=_whose(conn, form), by=me.login, reason=reason, at=at,
        )  # fmt: skip
        said = {
            "subject": subject,
            "measure": measure,
            "span": span,
            "uses": uses,
            "points": points,
        }
        audit.note(conn, "limit-set", me.actor(address), at, said=said)
        return Done(_HERE, Said(mark("The limit rules from now on.")))

    return await forms.submit(request, do, lambda form, no: _page(request, form, no))


@post(_HERE + "/proof", opt=sees("admin"))
async def set_proof(request: Request[Any, Any, Any]) -> Response[str]:
    """Say from how many points on a member must prove who it is."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        proof, reason = form.choice("proof", get_args(Proof)), form.text("why")
        points = _points(form, "from_points")
        sessions.check_step_up(me, at)
        caps.set_step_up(
            conn, proof, points=points, organisation_id=_whose(conn, form, "of"),
            by=me.login, reason=reason, at=at,
        )  # fmt: skip
        audit.note(
            conn, "proof-set", me.actor(address), at, said={"proof": proof, "points": points}
        )
        return Done(_HERE, Said(mark("It rules from now on.")))

    return await forms.submit(request, do, lambda form, no: _page(request, form, no))


def in_effect(chosen: settings.Settings) -> list[Setting]:
    """Give every setting with its value and where it comes from, secrets without theirs."""
    plain = settings.Settings()
    found = []
    for name, text in TEXTS.items():
        variable, value = settings.variable(name), getattr(chosen, name)
        secret = name in settings.SECRETS
        origin = "default" if value == getattr(plain, name) else "start"
        found.append(
            Setting(
                variable=variable,
                text=text,
                value="" if value is None or secret else str(value),
                origin="environment" if os.environ.get(variable) else origin,
                secret=secret and value is not None,
                weak=value == settings.DEVELOPMENT_SECRET,
            )
        )
    return found


def ruling(limits: list[Limit]) -> list[Limit]:
    """Give the newest version of each limit, those that limit nothing any more left out."""
    newest = {(one.subject, one.measure, one.span, one.organisation_id): one for one in limits}
    return [one for one in newest.values() if one.uses is not None or one.points is not None]


def ruling_proofs(steps: list[StepUp]) -> list[StepUp]:
    """Give the newest version of each amount from which on a proof is needed."""
    newest = {(one.proof, one.organisation_id): one for one in steps}
    return [one for one in newest.values() if one.points is not None]


def _uses(form: Form) -> int | None:
    given = form.maybe("uses")
    return None if given is None else form.number("uses")


def _points(form: Form, name: str = "points") -> int | None:
    given = form.maybe(name)
    return None if given is None else form.fen(name)


def _whose(conn: Connection, form: Form, name: str = "organisation") -> int | None:
    code = form.maybe(name)
    return None if code is None else picking.organisation(conn, form, name)


def _fields_of(form: Form | None) -> dict[str, str]:
    """Give where the form that was sent says what: two on the page ask for much the same."""
    if form is None or "proof" not in form.values:
        return {}
    return {
        "text-malformed": "why",
        "amount-out-of-range": "from_points",
    }


async def _page(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    def ask(
        conn: Connection,
    ) -> tuple[list[Limit], list[StepUp], dict[int, str]]:
        found, steps = ruling(caps.limits_of(conn)), ruling_proofs(caps.step_ups_of(conn))
        whose = [one.organisation_id for one in found] + [one.organisation_id for one in steps]
        ids = {one for one in whose if one is not None}
        called = {one: organisations.get(conn, one).name for one in ids}
        return found, steps, called

    found, steps, names = await parts.read(request, ask)
    return pages.page(
        request,
        "operator/settings.html",
        status=422 if refusal else 200,
        settings=in_effect(parts.of(request).settings),
        origins=ORIGINS,
        limits=found,
        steps=steps,
        names=names,
        subjects=SUBJECTS,
        measures=MEASURES,
        spans=SPANS,
        proofs=PROOFS,
        form=form,
        refused=forms.beside(refusal, _fields_of(form)),
    )


ROUTES: Final[list[BaseRouteHandler]] = [settings_page, set_limit, set_proof]
