"""The log says what happened in one line, and never what must not be known."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from tongbao.hosting import logs

LOG = logging.getLogger("tongbao.test.logs")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Give what is logged as JSON."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(logs.formatter("json"))
    LOG.addHandler(handler)
    LOG.setLevel("INFO")
    LOG.propagate = False
    yield lines
    LOG.removeHandler(handler)


def test_a_line_is_one_object(written: io.StringIO) -> None:
    LOG.info("request", extra={"status": 201, "code": "reversed"})
    (line,) = written.getvalue().splitlines()
    said = json.loads(line)
    assert said["event"] == "request"
    assert (said["status"], said["code"], said["level"]) == (201, "reversed", "info")
    assert said["timestamp"].endswith("Z")


def test_secrets_and_telephone_numbers_are_hidden(written: io.StringIO) -> None:
    secrets = [
        "tbk_7_abcdefghijklmnopqrstuvwxyz0123456789-_ABCDE", "whsec_AAECAwQFBgc=", "13912345678",
        "+8613912345678", "hunter2",
    ]  # fmt: skip
    LOG.warning("called with %s by %s", secrets[0], secrets[2])
    LOG.warning("kept", extra={"facts": {"phone": secrets[2], "deep": [{"password": secrets[4]}]}})
    LOG.warning("url postgresql://lin:%s@host/db and %s", secrets[4], secrets[3])
    try:
        raise ValueError(f"{secrets[1]} is wrong")
    except ValueError:
        LOG.exception("broken")
    said = written.getvalue()
    assert [secret for secret in secrets if secret in said] == []
    assert said.count(logs.HIDDEN) >= 6
    assert "ValueError" in said


def test_numbers_that_are_no_telephone_numbers_are_shown(
    written: io.StringIO,
) -> None:
    shown = "operation 139123456780123 of 2026-05-01T13:91:23.456789Z"
    LOG.info(shown)
    assert json.loads(written.getvalue())["event"] == shown
