"""Settings come from the environment, and what is wrong is said without its value."""

from pathlib import Path

import pytest

from tongbao.kernel import settings
from tongbao.kernel.settings import SettingMalformed


def test_without_variables_everything_has_a_default() -> None:
    chosen = settings.load({})
    assert chosen.database_url is None
    assert chosen.data_dir.is_absolute()
    assert (chosen.batch_limit, chosen.linger_ms, chosen.time_zone) == (1_000, 0, "Asia/Shanghai")


def test_variables_are_read_as_what_the_fields_are() -> None:
    chosen = settings.load(
        {
            "TONGBAO_DATABASE_URL": "postgresql://me@there/points",
            "TONGBAO_DATA_DIR": "~/points",
            "TONGBAO_BANK_FOLDER": "~/bank",
            "TONGBAO_POOL_SIZE": "3",
            "TONGBAO_LINGER_MS": "0",
            "TONGBAO_SHARED_BUFFERS": "64MB",
        }
    )
    assert chosen.database_url == "postgresql://me@there/points"
    assert chosen.data_dir == Path.home() / "points"
    assert (chosen.bank_folder, chosen.statements_folder) == (Path.home() / "bank", None)
    assert (chosen.pool_size, chosen.linger_ms, chosen.shared_buffers) == (3, 0, "64MB")


def test_an_empty_variable_counts_as_unset() -> None:
    assert settings.load({"TONGBAO_POOL_SIZE": "", "TONGBAO_DATABASE_URL": ""}) == settings.load({})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TONGBAO_POOL_SIZE", "many"),
        ("TONGBAO_POOL_SIZE", "0"),
        ("TONGBAO_POOL_SIZE", "1.5"),
        ("TONGBAO_POOL_SIZE", "99999999999999999999"),
        ("TONGBAO_BATCH_LIMIT", "8193"),
        ("TONGBAO_LINGER_MS", "-1"),
        ("TONGBAO_TIME_ZONE", "Middle/Earth"),
        ("TONGBAO_TIME_ZONE", "../../etc/passwd"),
        ("TONGBAO_SHARED_BUFFERS", "1 GB"),
        ("TONGBAO_SHARED_BUFFERS", "1GB'\nfsync = 'off"),
        ("TONGBAO_MAX_WAL_SIZE", "lots"),
        ("TONGBAO_IDENTITY_SECRET", "too-short-secret"[:15]),
        ("TONGBAO_DATABASE_URL", "mysql://root:password@there/points"),
        ("TONGBAO_DATABASE", "points; DROP"),
    ],
)
def test_a_bad_value_is_refused_with_its_variable_and_not_its_value(
    variable: str, value: str
) -> None:
    with pytest.raises(SettingMalformed) as refused:
        settings.load({variable: value})
    assert refused.value.code == "setting-malformed"
    assert refused.value.facts["setting"] == variable
    if variable != "TONGBAO_POOL_SIZE":
        assert value not in str(refused.value)


def test_a_misspelt_variable_is_noticed() -> None:
    found = settings.unknown({"TONGBAO_POOLSIZE": "3", "TONGBAO_POOL_SIZE": "3", "PATH": "/bin"})
    assert found == ["TONGBAO_POOLSIZE"]


def test_the_data_folder_follows_the_desktop_convention_unless_root_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert settings.default_data_dir() == Path("/data/tongbao")
    monkeypatch.setenv("XDG_DATA_HOME", "not/absolute")
    assert settings.default_data_dir() == Path.home() / ".local/share/tongbao"
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert settings.default_data_dir() == Path("/var/lib/tongbao")
