"""Logs: one line for each thing worth saying, JSON for machines and plain for a terminal.

Everybody logs by Python's own ``logging``; what is said is written here, by structlog, with the
id of the request that it belongs to. What must not be known is hidden by its name, and by what it
looks like: keys, secrets, tokens, telephone numbers.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from structlog.typing import Processor, WrappedLogger

HIDDEN: Final = "***"
_NAMES: Final = re.compile(
    r"authorization|cookie|secret|token|password|phone|card|signature|pin|otp|code$", re.IGNORECASE
)
_OPEN: Final = frozenset({"code", "status_code", "exit_code"})
"""Names that look like secrets and are none: the code of a refusal."""

_LOOKS: Final = re.compile(
    r"(?:tbk|tbs|whsec)_[A-Za-z0-9_+/=-]+"  # API keys, sessions, secrets of webhooks
    r"|Bearer\s+\S+"
    r"|(?<=://)[^\s/@]+(?=@)"  # name and password in a URL
    r"|(?<![0-9A-Za-z_.])(?:\+?86[- ]?)?1[3-9][0-9]{9}(?![0-9])"  # telephone numbers
)
_DEPTH: Final = 4


def configure(form: str, level: str) -> None:
    """Write what this process logs to standard error, as ``json``, ``console``, or ``auto``.

    That is JSON unless it goes to a terminal.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(form))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


def formatter(form: str) -> logging.Formatter:
    """Give what writes a line."""
    plain = form == "console" or (form == "auto" and sys.stderr.isatty())
    written: Processor = (
        structlog.dev.ConsoleRenderer()
        if plain
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_BEFORE,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, written],
    )


def hide(
    _logger: WrappedLogger, _method: str, said: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Hide in a line what must not be known."""
    return {name: _hidden(name, value, _DEPTH) for name, value in said.items()}


def _hidden(name: str, value: Any, depth: int) -> Any:
    if isinstance(value, str):
        if name not in _OPEN and _NAMES.search(name):
            return HIDDEN
        return _LOOKS.sub(HIDDEN, value)
    if depth and isinstance(value, dict):
        return {key: _hidden(str(key), inner, depth - 1) for key, inner in value.items()}
    if depth and isinstance(value, list | tuple):
        return [_hidden(name, inner, depth - 1) for inner in value]
    return value


_BEFORE: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,  # before hiding: an exception says much
    hide,
]
