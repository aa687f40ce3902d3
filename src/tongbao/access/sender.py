"""Who sends one-time codes to phones: the log in development, else what another package brings.

A gateway for text messages is served by a package that has an entry point in the group
``tongbao.code_senders``, named in the setting ``code_sender``:

    [project.entry-points."tongbao.code_senders"]
    mysms = "mysms_tongbao:sender"

where ``sender`` is a ``Sender``. It is called outside any transaction, may take some seconds, and
raises whatever it wants when it could not send.
"""

import logging
from functools import cache
from importlib.metadata import entry_points
from typing import Final, Protocol, runtime_checkable

from tongbao.kernel import texts
from tongbao.kernel.errors import NotFound, Refused
from tongbao.kernel.settings import DEVELOPMENT_SECRET, Settings

GROUP: Final = "tongbao.code_senders"
LOG: Final = "log"

_log = logging.getLogger("tongbao.codes")


class SenderMissing(Refused):
    code = "code-sender-missing"
    text = "no sender of one-time codes is set up; set TONGBAO_CODE_SENDER"


class SenderNotFound(NotFound):
    code = "code-sender-not-found"
    text = "there is no sender of one-time codes called {given}"


class CodeNotSent(Refused):
    code = "code-not-sent"
    text = "the code could not be sent; try again in a minute"


@runtime_checkable
class Sender(Protocol):
    """Sends codes: ``phone`` in E.164, ``code`` the digits, ``purpose`` what they are for."""

    def send(self, phone: str, code: str, purpose: str) -> None: ...


class ToTheLog:
    """Print codes to the log, where whoever develops finds them; never where members are real."""

    def send(self, phone: str, code: str, purpose: str) -> None:
        _log.warning("code for %s (%s): %s", phone, purpose, code)


def of(settings: Settings) -> Sender:
    """Give the sender that is set; without one, in development, the log.

    Refuses ``code-sender-missing`` and ``code-sender-not-found``.
    """
    if settings.code_sender is not None:
        return _find(settings.code_sender)
    if settings.access_secret == DEVELOPMENT_SECRET:
        return ToTheLog()
    raise SenderMissing


def send(settings: Settings, phone: str, code: str, purpose: str) -> None:
    """Send a code; refuses what ``of`` refuses, and ``code-not-sent``."""
    sender = of(settings)
    try:
        sender.send(phone, code, purpose)
    except Exception as error:  # noqa: BLE001 - whatever a gateway raises
        # Only its kind: what it says may repeat the phone and the code.
        _log.error("a code could not be sent: %s", type(error).__name__)
        raise CodeNotSent from None


@cache
def _find(name: str) -> Sender:
    if name == LOG:
        return ToTheLog()
    for point in entry_points(group=GROUP, name=name):
        found = point.load()
        if isinstance(found, Sender):
            return found
    raise SenderNotFound(given=texts.shown(name))
