"""Settings: defaults, then the file, then the environment, then flags; and every mistake names where it was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from handlens.limits import Limits
from handlens_server.settings import Settings, SettingsError, fields, load, parse_assignment, shown


def write(folder: Path, text: str) -> Path:
    path = folder / "handlens.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_the_defaults_hold() -> None:
    settings, origins = load(environment={"XDG_CONFIG_HOME": "/nonexistent"})
    assert settings == Settings()
    assert origins == {}


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "[limits]\nsessions = 2\ncalls_at_once = 2\ncalls_waiting = 2")
    environment = {"HANDLENS_LIMITS_CALLS_AT_ONCE": "3", "HANDLENS_LIMITS_CALLS_WAITING": "3"}
    settings, origins = load(file=file, environment=environment, flags={"limits.calls_waiting": 4})
    limits = settings.limits
    assert (limits.sessions, limits.calls_at_once, limits.calls_waiting) == (2, 3, 4)
    assert limits.call_seconds == Limits().call_seconds
    assert origins == {
        "limits.sessions": str(file),
        "limits.calls_at_once": "HANDLENS_LIMITS_CALLS_AT_ONCE",
        "limits.calls_waiting": "flag",
    }


def test_the_file_is_found_by_its_variable_or_in_the_users_config_folder(tmp_path: Path) -> None:
    named = write(tmp_path, 'transport = "http"')
    assert load(environment={"HANDLENS_CONFIG": str(named)})[0].transport == "http"
    (tmp_path / "handlens").mkdir()
    write(tmp_path / "handlens", 'transport = "sse"')
    assert load(environment={"XDG_CONFIG_HOME": str(tmp_path)})[0].transport == "sse"


@pytest.mark.parametrize("text", ["https://a.example,https://b.example", '["https://a.example", "https://b.example"]'])
def test_a_list_in_the_environment_is_json_or_separated_by_commas(text: str) -> None:
    settings, _ = load(environment={"HANDLENS_GUARD_ALLOWED_ORIGINS": text})
    assert settings.guard.allowed_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize("text", ["12345", "1e5", "true", "null", '"quoted"', "[x"])
def test_text_that_looks_like_something_else_stays_text_where_text_is_wanted(text: str) -> None:
    variables = {"HANDLENS_HTTP_OAUTH_CLIENT_ID": text, "HANDLENS_HTTP_OAUTH_CLIENT_SECRET": text}
    oauth = load(environment=variables)[0].http.oauth
    assert oauth.client_secret is not None
    assert (oauth.client_id, oauth.client_secret.get_secret_value()) == (text, text)
    assert load(flags=dict([parse_assignment(f"browser.channel={text}")]))[0].browser.channel == text


def test_numbers_switches_and_folders_are_read_from_text() -> None:
    environment = {
        "HANDLENS_LIMITS_CALL_SECONDS": "2.5",
        "HANDLENS_BROWSER_HEADLESS": "false",
        "HANDLENS_BROWSER_SANDBOX": "true",
        "HANDLENS_GUARD_FOLDERS": "/srv/a,/srv/b",
        "HANDLENS_GUARD_PRIVATE_NETWORK": "loopback-only",
        "HANDLENS_HTTP_TOKENS": '{"alice": "0123456789abcdef"}',
    }
    settings, _ = load(environment=environment)
    assert settings.limits.call_seconds == 2.5
    assert (settings.browser.headless, settings.browser.sandbox) == (False, True)
    assert settings.guard.folders == (Path("/srv/a"), Path("/srv/b"))
    assert settings.guard.private_network == "loopback-only"
    assert settings.http.tokens["alice"].get_secret_value() == "0123456789abcdef"


def test_an_empty_list_can_be_said(tmp_path: Path) -> None:
    assert load(environment={"HANDLENS_GUARD_FOLDERS": ""})[0].guard.folders == ()
    assert load(file=write(tmp_path, "[guard]\nfolders = []"))[0].guard.folders == ()


def test_a_caller_may_have_dots_in_its_name(tmp_path: Path) -> None:
    file = write(tmp_path, '[http.tokens]\n"alice@example.com" = "0123456789abcdef"\nbob = "fedcba9876543210"')
    assert set(load(file=file)[0].http.tokens) == {"alice@example.com", "bob"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("limits = [", "is not TOML"),
        ("[limits]\nsesions = 2", "There is no setting limits.sesions (from {file})"),
        ("sessions = 2", "Did you mean limits.sessions?"),
        ("[limits]\nsessions = 0", "limits.sessions (from {file}): Input should be greater than or equal to 1"),
        ("http = 1\n", "http (from {file})"),
        ("[http.tokens]\nalice = 5", "http.tokens.alice (from {file})"),
        ("[http.host]\nname = 'x'", "http.host (from {file})"),
        ("[guard]\nfolders = 'x'\n", "guard.folders (from {file})"),
    ],
)
def test_a_mistake_in_the_file_names_the_setting_and_the_file(tmp_path: Path, text: str, message: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(SettingsError) as raised:
        load(file=file, environment={"HANDLENS_HTTP_PORT": "1"})
    assert message.format(file=file) in str(raised.value)


def test_a_missing_file_that_was_named_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.toml can't be read: No such file"):
        load(file=tmp_path / "gone.toml")


def test_a_mistake_in_the_environment_names_the_variable() -> None:
    with pytest.raises(SettingsError, match=r"limits.sessions \(from HANDLENS_LIMITS_SESSIONS\)"):
        load(environment={"HANDLENS_LIMITS_SESSIONS": "many"})
    with pytest.raises(SettingsError, match=r"http.tokens \(from HANDLENS_HTTP_TOKENS\)"):
        load(environment={"HANDLENS_HTTP_TOKENS": "a-token-alone-and-nobody"})


def test_an_unknown_flag_is_an_error_and_says_what_is_near() -> None:
    with pytest.raises(SettingsError, match=r"no setting sessions \(from flag\). Did you mean limits.sessions"):
        load(environment={}, flags=dict([parse_assignment("sessions=4")]))
    with pytest.raises(SettingsError, match="name=value"):
        parse_assignment("limits.sessions")


def test_a_wrong_secret_is_not_shown_in_the_error() -> None:
    with pytest.raises(SettingsError) as raised:
        load(environment={"HANDLENS_HTTP_TOKENS": '{"alice": ["s3cret-s3cret-s3cret"]}'})
    assert "s3cret" not in str(raised.value)


def test_secrets_are_masked_and_every_setting_is_shown_with_its_origin() -> None:
    environment = {
        "HANDLENS_HTTP_TOKENS": '{"alice": "0123456789abcdef"}',
        "HANDLENS_HTTP_OAUTH_CLIENT_SECRET": "hush-hush-hush",
    }
    rows = {row.name: row for row in shown(*load(environment=environment, flags={"http.port": 1}))}
    assert set(rows) == {name for name, _ in fields()}
    assert rows["http.tokens"].value == '{"alice": "********"}'
    assert rows["http.oauth.client_secret"].value == "********"
    assert (rows["http.port"].value, rows["http.port"].origin) == ("1", "flag")
    assert rows["http.tokens"].origin == "HANDLENS_HTTP_TOKENS"
    assert rows["http.host"].origin == "default"
    assert all(row.description for row in rows.values())


def test_every_setting_has_a_variable_of_its_own() -> None:
    names = [name.replace(".", "_") for name, _ in fields()]
    assert len(set(names)) == len(names)


def test_the_guard_is_open_for_stdio_and_closed_for_http() -> None:
    local, shared = (Settings().guard.guard(transport) for transport in ("stdio", "http"))
    assert (local.private_network, local.folders) == ("allow", (Path.cwd(),))
    assert (shared.private_network, shared.folders) == ("block", ())
