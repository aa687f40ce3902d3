"""``tongbao calendar``."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from tongbao.cli import app


def call(url: str, *arguments: str) -> Result:
    env = {"TONGBAO_DATABASE_URL": url, "TONGBAO_CUTOVER": "23:00"}
    return CliRunner().invoke(app, arguments, env=env)


def answer(url: str, *arguments: str) -> dict[str, Any]:
    result = call(url, *arguments, "--json")
    assert result.exit_code == 0, result.output or result.exception
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def test_days_are_shown_with_what_is_settled_on_them(database_url: str) -> None:
    shown = answer(database_url, "calendar", "show", "--from", "2026-10-07", "--days", "6")
    assert [(day["day"], day["working"]) for day in shown["days"]] == [
        ("2026-10-07", False),
        ("2026-10-08", True),
        ("2026-10-09", True),
        ("2026-10-10", True),
        ("2026-10-11", False),
        ("2026-10-12", True),
    ]
    assert shown["days"][1]["due"] == {
        "daily": {"first": "2026-09-30", "last": "2026-10-07"},
        "monthly": {"first": "2026-09-01", "last": "2026-09-30"},
        "weekly": {"first": "2026-09-28", "last": "2026-10-04"},
    }
    assert shown["changes_at"][11:16] == "15:00"
    table = call(database_url, "calendar", "show", "--from", "2026-10-07").stdout
    assert "weekly 2026-09-28 to 2026-10-04" in table


def test_an_announced_year_is_recorded_and_a_day_corrected(
    database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "2199.json"
    days = [{"name": "元旦", "date": "2199-01-01", "isOffDay": True}]
    path.write_text(json.dumps({"year": 2199, "days": days}))
    unknown = ("calendar", "show", "--from", "2199-01-01", "--days", "3")
    assert [day["working"] for day in answer(database_url, *unknown)["days"]] == [None] * 3
    assert "not announced" in call(database_url, *unknown).stdout
    recorded = answer(database_url, "calendar", "import", str(path), "--by", "Lin")
    assert recorded == {"year": 2199, "days": 1}
    assert "1 days of 2199" in call(
        database_url, "calendar", "import", str(path), "--by", "Lin"
    ).stdout  # fmt: skip
    assert [day["working"] for day in answer(database_url, *unknown)["days"]] == [False, True, True]
    add = ("calendar", "add", "2199-01-03", "--off", "--by", "Lin", "--name", "snow")
    assert call(database_url, *add).stdout == "2199-01-03 is off\n"
    assert answer(database_url, *unknown)["days"][2]["working"] is False


def test_what_cannot_be_is_refused(database_url: str, tmp_path: Path) -> None:
    missing = call(database_url, "calendar", "import", str(tmp_path / "none"), "--by", "Lin")
    assert getattr(missing.exception, "code", "") == "calendar-malformed"
    far = call(database_url, "calendar", "show", "--from", "9999-12-31")
    assert getattr(far.exception, "code", "") == "calendar-not-announced"
