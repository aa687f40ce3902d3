"""Devices are named as their owners know them."""

import pytest

from tongbao.web import devices


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 Edg/126.0",
            "Windows · Edge",
        ),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36", "Android · Chrome"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1", "iPhone · Safari"),
        ("till/7", "till/7"),
        ("", ""),
    ],
)
def test_a_device_is_called_by_its_system_and_browser(agent: str, name: str) -> None:
    assert devices.name_of(agent) == name
