"""Settings: precedence of sources, masking, and refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from wavehouse.kernel import config
from wavehouse.kernel.errors import UsageError


def test_a_flag_wins_over_the_environment_over_the_file_over_the_default(tmp_path: Path) -> None:
    """Sources are removed one by one; each value names its source."""
    (tmp_path / "wavehouse.toml").write_text("port = 3\n")
    environment = {"WAVEHOUSE_PORT": "2"}
    rows = [
        config.load({"port": 1}, environment, tmp_path),
        config.load({"port": None}, environment, tmp_path),
        config.load({}, {}, tmp_path),
        config.load({}, {}, tmp_path / "elsewhere"),
    ]

    assert [1, 2, 3, 8420] == [settings["port"] for settings in rows]
    assert ["--port", "WAVEHOUSE_PORT", str(tmp_path / "wavehouse.toml"), "default"] == [
        settings.values["port"].source for settings in rows
    ]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    """``NAME_FILE`` is read where ``NAME`` is not set, for secrets of Docker and Kubernetes."""
    secret = tmp_path / "secret"
    secret.write_text("postgresql://me:pw@db/shows\n")
    pointed = {"WAVEHOUSE_OPERATIONAL_URL_FILE": str(secret)}
    both = {**pointed, "WAVEHOUSE_OPERATIONAL_URL": "postgresql://direct/shows"}

    assert "postgresql://me:pw@db/shows" == config.load({}, pointed, tmp_path)["operational_url"]
    assert "postgresql://direct/shows" == config.load({}, both, tmp_path)["operational_url"]


def test_a_secret_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A missing file must not become a silent default."""
    with pytest.raises(UsageError, match="cannot be read"):
        config.load({}, {"WAVEHOUSE_ANALYTICS_URL_FILE": str(tmp_path / "none")}, tmp_path)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:hunter2@db:5432/shows", "postgresql://me:********@db:5432/shows"),
        ("postgresql://me:p@ss:word@db/shows", "postgresql://me:********@db/shows"),
        ("postgresql://me@db/shows", "postgresql://me@db/shows"),
        ("postgresql://db/shows", "postgresql://db/shows"),
        ("host=db password=hunter2", "********"),
    ],
)
def test_the_password_of_a_url_is_masked(text: str, shown: str) -> None:
    """User and host help to find a mistake; the password is never shown."""
    assert shown == config.masked_url(text)


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("postgresql:///shows?host=db&user=me&password=hunter2", "hunter2"),
        ("postgresql://db/shows?password=hunter2&sslmode=require", "hunter2"),
    ],
)
def test_a_password_among_the_parameters_of_a_url_is_masked(text: str, password: str) -> None:
    """PostgreSQL's library accepts the password there, too."""
    assert password not in config.masked_url(text)


def test_an_unusable_value_names_its_source_and_hides_a_secret(tmp_path: Path) -> None:
    """The message names the source of the value."""
    with pytest.raises(UsageError, match="invalid value 'many' of port") as caught:
        config.load({}, {"WAVEHOUSE_PORT": "many"}, tmp_path)

    assert "WAVEHOUSE_PORT" == caught.value.where
    assert 2 == caught.value.exit_code


@pytest.mark.parametrize("value", ["0", "-1"])
def test_a_number_must_be_positive(tmp_path: Path, value: str) -> None:
    """A port and a number of days must be positive."""
    with pytest.raises(UsageError, match="positive"):
        config.load({}, {"WAVEHOUSE_RAW_RETENTION_DAYS": value}, tmp_path)


def test_a_misspelt_key_of_the_file_is_an_error_with_a_suggestion(tmp_path: Path) -> None:
    """A misspelt setting must never be a silent default."""
    (tmp_path / "wavehouse.toml").write_text("raw_retention_day = 30\n")

    with pytest.raises(UsageError) as caught:
        config.load({}, {}, tmp_path)

    assert "Did you mean raw_retention_days?" == caught.value.hint


@pytest.mark.parametrize("content", [b"port = = 3", b"\xff\xfe\x00", b"port = 3\nport = 4"])
def test_a_broken_settings_file_is_told_with_its_place(tmp_path: Path, content: bytes) -> None:
    """One sentence with the position, no traceback."""
    (tmp_path / "wavehouse.toml").write_bytes(content)

    with pytest.raises(UsageError, match="not valid TOML") as caught:
        config.load({}, {}, tmp_path)

    assert str(tmp_path / "wavehouse.toml") == caught.value.where


def test_a_settings_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    """A WAVEHOUSE_CONFIG without a file is an error, not a default."""
    with pytest.raises(UsageError, match="WAVEHOUSE_CONFIG"):
        config.load({}, {"WAVEHOUSE_CONFIG": str(tmp_path / "none.toml")}, tmp_path)


def test_lists_come_from_commas_and_from_toml(tmp_path: Path) -> None:
    """Both forms give the same value."""
    (tmp_path / "wavehouse.toml").write_text('trusted_proxies = ["10.0.0.0/8", "::1"]\n')
    comma = config.load({}, {"WAVEHOUSE_TRUSTED_PROXIES": "10.0.0.0/8, ::1"}, tmp_path / "x")

    assert ("10.0.0.0/8", "::1") == comma["trusted_proxies"]
    assert comma["trusted_proxies"] == config.load({}, {}, tmp_path)["trusted_proxies"]


def test_every_setting_has_a_default_that_works(tmp_path: Path) -> None:
    """The first start needs no settings."""
    settings = config.load({}, {}, tmp_path)

    assert {"default"} == {value.source for value in settings.values.values()}
    assert settings.home.is_absolute()


def test_a_secret_file_that_is_no_text_is_wrong_usage(tmp_path: Path) -> None:
    """The sentence names the variable and shows nothing of the file."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(UsageError, match="is not text"):
        config.load({}, {"WAVEHOUSE_PORT_FILE": str(secret)}, tmp_path)
