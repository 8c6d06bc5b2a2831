"""Settings come from the environment, once, and a bad one stops the start."""

import importlib
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from apps.bank.settings import Settings as BankSettings
from apps.gateway.settings import Settings
from apps.kit.settings import ServiceSettings, load, secret_file, shown, unknown

SERVICES_WITH_DATABASE = (
    "backoffice",
    "bank",
    "fraud",
    "notifications",
    "payments",
    "verify",
)


class Knobs(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="KNOBS_", frozen=True)

    port: int = 1
    database_url: str = "postgresql://bank:hidden@127.0.0.1:5432/bank"
    password: SecretStr = SecretStr("hidden")
    share: float = Field(0.5, ge=0, le=1)
    names: list[str] = Field([])
    key_file: Path = Path("a-key")


def test_with_nothing_set_all_runs_on_loopback():
    assert load(Settings).host == "127.0.0.1"


def test_a_bad_value_names_its_variable_and_exits_with_78(monkeypatch, capsys):
    monkeypatch.setenv("GATEWAY_PORT", "many")

    with pytest.raises(SystemExit) as exit_:
        load(Settings)

    assert exit_.value.code == 78
    assert "GATEWAY_PORT" in capsys.readouterr().err


def test_a_secret_is_made_once_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "secrets" / "key"

    first, second = secret_file(path), secret_file(path)

    assert first == second
    assert len(first) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"half a key", b"x" * 33])
def test_what_is_no_key_stops_the_start(tmp_path, capsys, content):
    path = tmp_path / "key"
    path.write_bytes(content)

    with pytest.raises(SystemExit) as exit_:
        secret_file(path)

    assert exit_.value.code == 78
    assert str(path) in capsys.readouterr().err


def test_many_at_once_have_the_same_key(tmp_path):
    with ThreadPoolExecutor(8) as crowd:
        keys = set(crowd.map(secret_file, [tmp_path / "key"] * 16))

    assert len(keys) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_a_token_is_not_printed_with_the_settings():
    assert "payscope-demo" not in repr(load(Settings))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KNOBS_PORT", "many"),
        ("KNOBS_PORT", ""),
        ("KNOBS_SHARE", "1.5"),
        ("KNOBS_SHARE", "nan"),
        ("KNOBS_NAMES", "[unclosed"),
        ("KNOBS_NAMES", '{"no": "list"}'),
        ("KNOBS_PASSWORD_FILE", "/nowhere/at/all"),
        ("KNOBS_PASSWORD_FILE", "/"),
    ],
)
def test_whatever_is_wrong_the_variable_is_named_and_its_value_is_not(
    monkeypatch, capsys, name, value
):
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit) as exit_:
        load(Knobs)

    said = capsys.readouterr().err
    assert exit_.value.code == 78
    assert said.startswith(f"{name}: ")
    assert len(said.splitlines()) == 1
    assert len(value) < 2 or value not in said


def test_a_value_may_lie_in_a_file(monkeypatch, tmp_path):
    (tmp_path / "password").write_text("from a file\n")
    monkeypatch.setenv("KNOBS_PASSWORD_FILE", str(tmp_path / "password"))
    monkeypatch.setenv("KNOBS_KEY_FILE", "a-file-of-its-own")

    knobs = load(Knobs)

    assert knobs.password.get_secret_value() == "from a file"
    assert knobs.key_file == Path("a-file-of-its-own")
    assert unknown(Knobs) == []


def test_a_value_given_twice_stops_the_start(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("KNOBS_PASSWORD", "one")
    monkeypatch.setenv("KNOBS_PASSWORD_FILE", str(tmp_path))

    with pytest.raises(SystemExit) as exit_:
        load(Knobs)

    assert exit_.value.code == 78
    assert "KNOBS_PASSWORD_FILE" in capsys.readouterr().err


def test_the_configuration_is_shown_without_what_is_secret():
    told = shown(load(Knobs))

    assert told["setting.port"] == 1
    assert told["setting.share"] == 0.5
    assert told["setting.database_url"] == "postgresql://bank:••••@127.0.0.1:5432/bank"
    assert "hidden" not in repr(told)


def test_a_variable_that_nobody_knows_is_named(monkeypatch):
    monkeypatch.setenv("KNOBS_PROT", "8000")

    assert unknown(Knobs) == ["KNOBS_PROT"]


def test_a_replica_is_reached_where_it_listens_or_where_it_says(monkeypatch):
    assert load(Knobs).url == "http://127.0.0.1:1"

    monkeypatch.setenv("KNOBS_ADVERTISED_URL", "http://bank:2")
    assert load(Knobs).url == "http://bank:2"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_PAYMENTS_URLS", "localhost:8001"),
        ("GATEWAY_PAYMENTS_URLS", ""),
        ("GATEWAY_PAYMENTS_URLS", "http://a:port"),
        ("GATEWAY_PAYMENTS_URLS", "http://a:99999"),
        ("GATEWAY_PAYMENTS_URLS", "http://a:0"),
        ("GATEWAY_PAYMENTS_URLS", "http://["),
        ("GATEWAY_PAYMENTS_URLS", "http://"),
        ("GATEWAY_PAYMENTS_URLS", "http://a:1,,http://b:2"),
        ("GATEWAY_PAYMENTS_URLS", "http://a:1 http://b:2"),
        ("GATEWAY_PAYMENTS_URLS", "nats://a:1"),
        ("GATEWAY_PAYMENTS_URLS", "http://256.1.1.1"),
        ("GATEWAY_PAYMENTS_URLS", "http://a:1,http://[v1.x]:80"),
        ("GATEWAY_PAYMENTS_URLS", "http://xn--a:80"),
        ("GATEWAY_PAYMENTS_URLS", "http://h\x7f:80"),
        ("GATEWAY_NATS_URL", "http://a:4222"),
        ("GATEWAY_JWKS_URL", "foo bar"),
        ("GATEWAY_ADVERTISED_URL", "gateway:8000"),
        ("GATEWAY_TRUSTED_PROXIES", "10.0.0.0/8,somewhere"),
    ],
)
def test_what_cannot_be_asked_stops_the_start(monkeypatch, capsys, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit) as exit_:
        load(Settings)

    said = capsys.readouterr().err
    assert exit_.value.code == 78
    assert said.startswith(f"{name}: ") or said.startswith(f"{name}_")
    assert not {"a:port", "99999", "localhost", "foo", "somewhere"} & set(said.split())
    assert len(value) < 8 or value not in said


def test_replicas_may_have_spaces_between_them(monkeypatch):
    monkeypatch.setenv("GATEWAY_PAYMENTS_URLS", " http://a:1, https://[::1]:2 ")

    assert load(Settings).payments_urls == "http://a:1,https://[::1]:2"


@pytest.mark.parametrize(
    "url",
    [
        "nats://hidden@h:4222",
        "nats://u:hidden@h:4222",
        "postgresql://u:hid@hidden@h/db",
        "postgresql://u:hid/hidden@h/db",
        "postgresql://u:hid,hidden@h/db",
        "postgresql://h/db?user=u&password=hidden",
        "postgresql://h/db?password=s,hidden",
        "http://u:hidden@a:1,http://hidden@b:2",
    ],
)
def test_no_form_of_a_password_is_shown(monkeypatch, url):
    monkeypatch.setenv("KNOBS_DATABASE_URL", url)

    said = shown(load(Knobs))["setting.database_url"]

    assert "hidden" not in said
    assert "hid@" not in said
    assert "h/db" in said or "h:4222" in said or said.endswith("@b:2")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h/db",
        "http://h/db",
        "postgresql:///db",
        "postgresql://u:hid hidden@h/db",
        "postgresql://h/db?password=hid hidden",
        "postgresql://u:hid/hidden@h/db",
        "postgresql://256.1.1.1/db",
    ],
)
def test_a_database_that_has_no_address_stops_the_start(monkeypatch, capsys, url):
    monkeypatch.setenv("BANK_DATABASE_URL", url)

    with pytest.raises(SystemExit) as exit_:
        load(BankSettings)

    said = capsys.readouterr().err
    assert exit_.value.code == 78
    assert said.startswith("BANK_DATABASE_URL: ")
    assert "must be postgresql://<host>" in said
    assert "hid" not in said


@pytest.mark.parametrize("url", ["postgres://h:1/db", "postgresql://u:a,b@[::1]/db"])
def test_a_database_may_have_any_password_that_a_url_can_hold(monkeypatch, url):
    monkeypatch.setenv("BANK_DATABASE_URL", f" {url} ")

    assert load(BankSettings).database_url == url


@pytest.mark.parametrize("name", SERVICES_WITH_DATABASE)
def test_every_database_is_an_address(name):
    settings = importlib.import_module(f"apps.{name}.settings").Settings
    urls = [each for each in settings.model_fields if each.endswith("database_url")]

    assert urls
    for url in urls:
        with pytest.raises(ValidationError):
            settings(**{url: "postgresql://u:pa ss@h/db"})
