import logging
from importlib import metadata

import pytest

from tongbao.access import sender
from tongbao.kernel.settings import Settings

OWN = "an access secret of our own"


def test_in_development_codes_are_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        sender.send(Settings(), "+8613800138000", "271828", "sign-in")
    assert "271828" in caplog.text


def test_elsewhere_nothing_is_sent_until_a_sender_is_set() -> None:
    with pytest.raises(sender.SenderMissing):
        sender.of(Settings(access_secret=OWN))
    with pytest.raises(sender.SenderNotFound):
        sender.of(Settings(access_secret=OWN, code_sender="nobodys"))
    assert isinstance(sender.of(Settings(access_secret=OWN, code_sender="log")), sender.ToTheLog)


class Gateway:
    """Another package's sender, which has no network."""

    def send(self, phone: str, code: str, purpose: str) -> None:
        raise TimeoutError(phone, code, purpose)


gateway = Gateway()


def test_another_package_brings_a_sender_and_its_failure_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    point = metadata.EntryPoint("mine", f"{__name__}:gateway", sender.GROUP)
    monkeypatch.setattr(sender, "entry_points", lambda group, name: [point])
    monkeypatch.setattr(metadata.EntryPoint, "load", lambda self: gateway)
    chosen = Settings(access_secret=OWN, code_sender="mine")
    with pytest.raises(sender.CodeNotSent):
        sender.send(chosen, "+8613800138000", "271828", "sign-in")
    assert "271828" not in caplog.text
