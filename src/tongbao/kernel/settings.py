"""Settings: read once from ``TONGBAO_*`` environment variables, passed as an argument after that.

Each field carries its description as data, so that ``docs/reference/settings.md`` and ``doctor``
can be checked against this page.
"""

import os
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from tongbao.kernel import limits
from tongbao.kernel.errors import Malformed

PREFIX: Final = "TONGBAO_"
DEVELOPMENT_SECRET: Final = "tongbao-development-only"  # noqa: S105 - doctor warns of it
SECRETS: Final = frozenset(
    {"database_url", "identity_secret", "access_secret", "oidc_client_secret"}
)
"""Fields whose values are never printed."""

_DATABASE: Final = r"^[a-z_][a-z0-9_]{0,62}$"
_WORDS: Final = r"^([a-z]+(,[a-z]+)*)?$"
_CLOCK: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_FOLDERS: Final = frozenset({"data_dir", "bank_folder", "statements_folder"})
_NAME: Final = r"^[A-Za-z0-9._-]{1,64}$"
_URL: Final = r"^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?$"
_SIZE: Final = r"^[1-9][0-9]{0,8}(kB|MB|GB|TB)$"


class SettingMalformed(Malformed):
    code = "setting-malformed"
    text = "{setting} cannot be used: {reason}"


def default_data_dir() -> Path:
    """Give the folder for data: ``/var/lib/tongbao`` for root, else the XDG data home's.

    Root's server runs as a system account, which must be able to reach its files; the home of
    root is closed to it.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/tongbao")
    home = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (home if home.is_absolute() else Path.home() / ".local" / "share") / "tongbao"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be set from outside; the variable of ``pool_size`` is ``TONGBAO_POOL_SIZE``."""

    database_url: Annotated[
        str | None,
        Meta(description="PostgreSQL 15-18 to use, as postgresql://…; unset: the embedded one"),
    ] = None
    database: Annotated[
        Annotated[str, Meta(pattern=_DATABASE)] | None,
        Meta(description="Another database of that server, such as tongbao_demo of the demo"),
    ] = None
    data_dir: Annotated[Path, Meta(description="Folder of the embedded database")] = msgspec.field(
        default_factory=default_data_dir
    )
    pool_size: Annotated[
        int, Meta(ge=1, le=90, description="Most connections that one process keeps open")
    ] = 8
    time_zone: Annotated[
        str, Meta(description="IANA time zone of the alliance's business days")
    ] = "Asia/Shanghai"
    cutover: Annotated[
        str,
        Meta(pattern=_CLOCK, description="When the business date changes, HH:MM in that zone"),
    ] = "00:00"
    fee_vat: Annotated[
        int,
        Meta(ge=0, le=limits.RATE, description="VAT contained in fees, ppm (60000 is 6 %)"),
    ] = 60_000
    dormant_days: Annotated[
        int,
        Meta(
            ge=0,
            le=36_500,
            description="Days without its member after which a wallet sleeps; 0: none",
        ),
    ] = 365
    batch_limit: Annotated[
        int,
        Meta(ge=1, le=limits.BATCH, description="Most operations the teller posts together"),
    ] = 1_000
    linger_ms: Annotated[
        int,
        Meta(ge=0, le=1_000, description="How long the teller waits for company, milliseconds"),
    ] = 0
    statement_timeout: Annotated[
        int,
        Meta(
            ge=0,
            le=86_400_000,
            description="Longest time of one SQL statement in milliseconds; 0: no limit",
        ),
    ] = 600_000
    worker_jobs: Annotated[
        int, Meta(ge=1, le=32, description="Most jobs that one worker runs at once")
    ] = 4
    worker_skip: Annotated[
        str,
        Meta(pattern=_WORDS, description="Jobs that are not run by the worker, as sweep,verify"),
    ] = ""
    bank_folder: Annotated[
        Path | None,
        Meta(description="The worker's folder for the bank: to-bank, from-bank; unset: by command"),
    ] = None
    statements_folder: Annotated[
        Path | None,
        Meta(description="Where the worker writes statements of each window; unset: nowhere"),
    ] = None
    log_format: Annotated[
        str,
        Meta(pattern="^(auto|json|console)$", description="Lines of the log: auto, json, console"),
    ] = "auto"
    log_level: Annotated[
        str,
        Meta(pattern="^(debug|info|warning|error)$", description="What is logged, from this on"),
    ] = "info"
    log_requests: Annotated[
        str,
        Meta(pattern="^(failed|all)$", description="Requests that are logged: failed, all"),
    ] = "failed"
    metrics_port: Annotated[
        Annotated[int, Meta(ge=1, le=65_535)] | None,
        Meta(description="Port at which tongbao serve tells Prometheus how it is; unset: nowhere"),
    ] = None
    metrics_host: Annotated[
        str, Meta(description="Address of that port; whoever reaches it may read it")
    ] = "127.0.0.1"
    webhook_networks: Annotated[
        str,
        Meta(description="Networks that webhooks may call though private, as 10.1.0.0/16,fd00::/8"),
    ] = ""
    webhook_calls: Annotated[
        int, Meta(ge=1, le=256, description="Webhooks that one worker calls at once")
    ] = 16
    webhook_days: Annotated[
        int, Meta(ge=1, le=365, description="Days without an answer that disable a webhook")
    ] = 5
    identity_secret: Annotated[
        str,
        Meta(min_length=16, description="Key of the hashes that phones are kept as; set your own"),
    ] = DEVELOPMENT_SECRET
    access_secret: Annotated[
        str,
        Meta(min_length=16, description="Key of what sign-in keeps encrypted; set your own"),
    ] = DEVELOPMENT_SECRET
    code_sender: Annotated[
        Annotated[str, Meta(pattern=_NAME)] | None,
        Meta(description="Who sends one-time codes to members' phones; unset: nobody"),
    ] = None
    public_url: Annotated[
        Annotated[str, Meta(pattern=_URL)] | None,
        Meta(description="Where people reach this service, as https://points.example.cn"),
    ] = None
    oidc_issuer: Annotated[
        Annotated[str, Meta(pattern=_URL)] | None,
        Meta(description="Provider of single sign-on for staff, by its OIDC issuer"),
    ] = None
    oidc_client_id: Annotated[
        str | None, Meta(description="How this service is registered at that provider")
    ] = None
    oidc_client_secret: Annotated[
        str | None, Meta(description="The secret that the provider gave for it")
    ] = None
    proxies: Annotated[
        int,
        Meta(ge=0, le=10, description="Proxies of our own before the service (X-Forwarded-For)"),
    ] = 0
    iso8583_proxy: Annotated[
        str,
        Meta(
            pattern="^(none|v1)$",
            description="How connections of terminals begin: none, or v1: with a PROXY line",
        ),
    ] = "none"
    rate_limit: Annotated[
        int,
        Meta(ge=0, description="Requests a minute of one API key, per process; 0: no limit"),
    ] = 60_000
    rate_limit_address: Annotated[
        int,
        Meta(ge=0, description="The same of one address without a key; 0: no limit"),
    ] = 600
    answer_within: Annotated[
        int,
        Meta(
            ge=1,
            le=600,
            description="Seconds after which callers are told to ask again if the database hangs",
        ),
    ] = 8
    shared_buffers: Annotated[
        Annotated[str, Meta(pattern=_SIZE)] | None,
        Meta(description="Embedded server's cache; unset: a quarter of memory, at most 8GB"),
    ] = None
    max_wal_size: Annotated[
        str,
        Meta(pattern=_SIZE, description="Embedded server's write-ahead log between checkpoints"),
    ] = "8GB"


def descriptions() -> dict[str, str]:
    """Give the one-line description of every setting by the name of its variable."""
    return {
        variable(field.name): meta.description
        for field in msgspec.structs.fields(Settings)
        for meta in field.type.__metadata__
        if meta.description
    }


def variable(name: str) -> str:
    """Give the environment variable of the setting ``name``."""
    return PREFIX + name.upper()


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings from ``environ``; an empty variable counts as unset.

    Refuses ``setting-malformed`` with the variable and the reason, never with the value: it may
    be a secret.
    """
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        raw = environ.get(variable(field.name), "")
        if raw:
            values[field.name] = _convert(field.name, raw, field.type)
    for name in _FOLDERS & values.keys():
        values[name] = values[name].expanduser().absolute()
    settings = Settings(**values)
    _check_zone(settings.time_zone)
    _check_url(settings.database_url)
    _check_networks(settings.webhook_networks)
    return settings


def unknown(environ: Mapping[str, str]) -> list[str]:
    """Name the ``TONGBAO_*`` variables that mean nothing, such as a misspelt one."""
    known = {variable(field.name) for field in msgspec.structs.fields(Settings)}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


def _convert(name: str, raw: str, wanted: Any) -> Any:
    try:
        return msgspec.convert(raw, wanted, strict=False, dec_hook=lambda kind, text: kind(text))
    except (msgspec.ValidationError, ValueError) as error:
        raise SettingMalformed(setting=variable(name), reason=str(error)) from None


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SettingMalformed(
            setting=variable("time_zone"), reason="it is not an IANA time zone"
        ) from None


def _check_networks(given: str) -> None:
    try:
        for part in given.split(","):
            if part.strip():
                ip_network(part.strip())
    except ValueError as error:
        raise SettingMalformed(setting=variable("webhook_networks"), reason=str(error)) from None


def _check_url(url: str | None) -> None:
    if url is not None and not url.startswith(("postgresql://", "postgres://")):
        raise SettingMalformed(
            setting=variable("database_url"), reason="it does not start with postgresql://"
        )
