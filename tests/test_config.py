"""Settings: defaults, each wrong value told in one line, the kept secret, what Flask gets."""

import os
import re
import stat
import subprocess
import sys
import threading
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path

import pytest

import config
from config import ROOT, SETTINGS, RateLimit, SettingError, load_settings

KEY = "k" * 40


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"RELAIS_INSTANCE": str(tmp_path / "instance"), "SECRET_KEY": KEY}


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SettingError) as caught:
        load_settings(environ)
    return str(caught.value)


def test_defaults(environ, tmp_path):
    found = load_settings(environ)
    assert found.database_url == f"sqlite:///{tmp_path}/instance/relais.db"
    assert (found.host, found.port, found.base_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert (found.smtp_url, found.api_rate_limit, found.trusted_proxies) == (None, None, ())
    assert (found.org_name, found.org_address) == ("Relais", "")
    assert (found.carton_warn_kg, found.carton_fail_kg) == (Decimal(30), Decimal(50))
    assert found.demo
    assert not found.https
    assert stat.S_IMODE(found.instance.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ({"BASE_URL": "https://relais.example.org/app"}, "Relais <relais@relais.example.org>"),
        ({"ORG_NAME": "Aid, Medical"}, '"Aid, Medical" <relais@[127.0.0.1]>'),
        ({"BASE_URL": "http://[::1]:8000"}, "Relais <relais@[IPv6:::1]>"),
        ({"BASE_URL": "https://médecins.example"}, "Relais <relais@xn--mdecins-bya.example>"),
        ({"MAIL_FROM": '"Aid, Medical" <stock@example.org>'}, '"Aid, Medical" <stock@example.org>'),
        ({"MAIL_FROM": "stock@example.org"}, "stock@example.org"),
    ],
)
def test_the_sender_of_mails(environ, given, used):
    assert str(load_settings(environ | given).mail_from) == used


def test_an_empty_variable_is_one_not_given(environ):
    empty = dict.fromkeys(set(SETTINGS) - set(environ), " ")
    assert load_settings(environ | empty) == load_settings(environ)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://ann:p%40ss@db/relais", "postgresql+psycopg://ann:p%40ss@db/relais"),
        ("postgres://db/relais", "postgresql+psycopg://db/relais"),
        ("postgresql+psycopg://db/relais", "postgresql+psycopg://db/relais"),
        ("postgresql://a@/relais?host=/tmp/x", "postgresql+psycopg://a@/relais?host=%2Ftmp%2Fx"),
        ("sqlite:////tmp/other.db", "sqlite:////tmp/other.db"),
    ],
)
def test_database_addresses(environ, given, used):
    assert load_settings(environ | {"DATABASE_URL": given}).database_url == used


def test_a_relative_sqlite_file_lies_in_the_instance_folder(environ, tmp_path):
    found = load_settings(environ | {"DATABASE_URL": "sqlite:///my.db"})
    assert found.database_url == f"sqlite:///{tmp_path}/instance/my.db"


def test_other_settings(environ):
    found = load_settings(
        environ
        | {
            "HOST": "::1",
            "PORT": "8080",
            "SMTP_URL": "smtps://u:p@mail.example.org",
            "API_RATE_LIMIT": "600 / minutes",
            "TRUSTED_PROXIES": "127.0.0.1, 10.1.2.3/8,::1",
            "ORG_NAME": "Secours & Santé",
            "ORG_ADDRESS": "1 rue X; 75000 Paris",
            "CARTON_WARN_KG": "12.5",
            "IMPORT_MAX_MB": "50",
            "COUNT_TOLERANCE_PERCENT": "0.5",
            "COUNT_TOLERANCE_UNITS": "2",
            "COUNT_TOLERANCE_VALUE": "10",
            "DEMO": "No",
        }
    )
    assert (found.host, found.port, found.base_url) == ("::1", 8080, "http://[::1]:8080")
    assert found.api_rate_limit == RateLimit(600, 60)
    assert found.trusted_proxies == tuple(map(ip_network, ("127.0.0.1/32", "10.0.0.0/8", "::1/128")))
    assert found.trusts("10.9.9.9")
    assert not found.trusts("11.0.0.1")
    assert not found.trusts("")
    assert found.org_address == "1 rue X\n75000 Paris"
    assert found.carton_warn_kg == Decimal("12.5")
    assert found.import_max_mb == 50
    assert (found.count_tolerance_percent, found.count_tolerance_units) == (Decimal("0.5"), 2)
    assert found.count_tolerance_value == 10
    assert not found.demo


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://root:hunter2@db/relais"),
        ("DATABASE_URL", "not an address hunter2"),
        ("DATABASE_URL", "postgresql://u:hunter2@db:port/x"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:////nowhere/at/all/x.db"),
        ("DATABASE_URL", "sqlite:////tmp"),
        ("SECRET_KEY", "hunter2"),
        ("HOST", "no host"),
        ("HOST", "1.2.3.999"),
        ("HOST", "-x"),
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "8000.5"),
        ("PORT", "٨٠٠٠"),
        ("PORT", "9" * 5000),
        ("BASE_URL", "relais.example.org"),
        ("BASE_URL", "ftp://x"),
        ("BASE_URL", "https://"),
        ("BASE_URL", "https://x:99999"),
        ("BASE_URL", "https://x/?a=b"),
        ("SMTP_URL", "http://u:hunter2@mail"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://u:hunter2@mail:x"),
        ("MAIL_FROM", "Relais"),
        ("MAIL_FROM", "Aid, Medical <relais@example.org>"),
        ("MAIL_FROM", "a@example.org, b@example.org"),
        ("MAIL_FROM", "a b@example.org"),
        ("MAIL_FROM", "Relais <relais@example.org>\r\nBcc: eve@example.org"),
        ("API_RATE_LIMIT", "lots"),
        ("API_RATE_LIMIT", "0/minute"),
        ("API_RATE_LIMIT", "10/fortnight"),
        ("API_RATE_LIMIT", "10"),
        ("TRUSTED_PROXIES", "2"),
        ("TRUSTED_PROXIES", "127.0.0.1,proxy.example"),
        ("ORG_NAME", "x" * 201),
        ("ORG_NAME", "two\nlines"),
        ("ORG_ADDRESS", "a;\x00b"),
        ("CARTON_WARN_KG", "51"),
        ("CARTON_WARN_KG", "heavy"),
        ("CARTON_FAIL_KG", "-1"),
        ("CARTON_FAIL_KG", "NaN"),
        ("CARTON_FAIL_KG", "1e9"),
        ("IMPORT_MAX_MB", "0"),
        ("IMPORT_MAX_MB", "20 MB"),
        ("COUNT_TOLERANCE_PERCENT", "101"),
        ("COUNT_TOLERANCE_PERCENT", "1 %"),
        ("COUNT_TOLERANCE_UNITS", "-1"),
        ("COUNT_TOLERANCE_VALUE", "NaN"),
        ("DEMO", "maybe"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(environ, name, value):
    told = refusal(environ | {name: value})
    assert told.startswith(name)
    assert "\n" not in told
    assert "hunter2" not in told
    assert ": " in told, "it says the way out"


def test_an_instance_folder_that_cannot_be(environ, tmp_path):
    (tmp_path / "file").write_text("")
    told = refusal(environ | {"RELAIS_INSTANCE": str(tmp_path / "file" / "x")})
    assert re.match(r"RELAIS_INSTANCE=.*file/x cannot be made \(.+\): name a folder", told)


def test_the_secret_is_made_once_and_kept_for_the_owner(environ, tmp_path):
    del environ["SECRET_KEY"]
    first = load_settings(environ).secret_key
    kept = tmp_path / "instance" / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text().strip() == first
    assert len(first) >= 60
    assert load_settings(environ).secret_key == first
    assert [path.name for path in kept.parent.iterdir()] == ["secret_key"]


def test_a_secret_that_others_may_read_is_closed(environ, tmp_path):
    del environ["SECRET_KEY"]
    load_settings(environ)
    kept = tmp_path / "instance" / "secret_key"
    kept.chmod(0o644)
    load_settings(environ)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_one_secret(tmp_path):
    found: list[str] = []
    gate = threading.Barrier(8)

    def start() -> None:
        gate.wait()
        found.append(config.kept_secret(tmp_path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("content", [b"", b"short", b"\xff\xfe" * 40])
def test_a_broken_secret_file(environ, tmp_path, content):
    del environ["SECRET_KEY"]
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "secret_key").write_bytes(content)
    assert "secret_key" in refusal(environ)


def test_secrets_are_in_no_repr(environ):
    found = load_settings(
        environ | {"SMTP_URL": "smtp://u:hunter2@mail", "DATABASE_URL": "postgres://u:hunter2@d/x"}
    )
    assert "hunter2" not in repr(found)
    assert KEY not in repr(found)


def test_what_flask_gets(environ):
    plain = load_settings(environ).flask_config()
    assert plain["SECRET_KEY"] == KEY
    assert plain["SQLALCHEMY_DATABASE_URI"].startswith("sqlite:///")
    assert plain["SESSION_COOKIE_HTTPONLY"]
    assert not plain["SESSION_COOKIE_SECURE"]
    assert plain["MAX_CONTENT_LENGTH"] == config.MAX_BODY
    secure = load_settings(environ | {"BASE_URL": "https://relais.example.org/"})
    assert secure.base_url == "https://relais.example.org"
    assert secure.flask_config()["SESSION_COOKIE_SECURE"]
    assert secure.flask_config()["REMEMBER_COOKIE_SECURE"]


def test_the_environment_wins_over_the_file(monkeypatch, tmp_path):
    monkeypatch.setattr(config, "ROOT", tmp_path)
    (tmp_path / ".env").write_text('PORT=1111\nORG_NAME="From the file"\n')
    monkeypatch.setenv("PORT", "2222")
    found = config.environment()
    assert (found["PORT"], found["ORG_NAME"]) == ("2222", "From the file")


def test_every_setting_is_in_the_example():
    text = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"^#(\w+)=", text, re.MULTILINE)) == set(SETTINGS)


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "flask", "routes"],
        [sys.executable, "-m", "gunicorn", "--no-control-socket", "wsgi:app"],
        [sys.executable, "-c", "import wsgi"],
    ],
    ids=["flask", "gunicorn", "wsgi"],
)
def test_a_wrong_setting_stops_the_start_with_one_line(command, environ):
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | environ | {"PORT": "eighty"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "relais: PORT='eighty' is no port: give a whole number from 1 to 65535\n"
