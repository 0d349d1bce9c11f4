"""The settings of Relais: read from the environment and `.env`, checked, typed.

A wrong setting raises `SettingError`, whose text is one line: the variable, what is wrong with it, the way out.
Values of secrets are never told.
"""

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent

SETTINGS = (
    "DATABASE_URL", "SECRET_KEY", "HOST", "PORT", "BASE_URL", "SMTP_URL", "MAIL_FROM", "RELAIS_INSTANCE",
    "API_RATE_LIMIT", "TRUSTED_PROXIES", "ORG_NAME", "ORG_ADDRESS", "CARTON_WARN_KG", "CARTON_FAIL_KG",
    "IMPORT_MAX_MB", "ATTACHMENT_MAX_MB", "COUNT_TOLERANCE_PERCENT", "COUNT_TOLERANCE_UNITS",
    "COUNT_TOLERANCE_VALUE", "DEMO",
)  # fmt: skip
"""Every variable that is read; README.md lists them."""

MAX_BODY = 1024 * 1024
"""The largest request body in bytes; an endpoint that takes files raises it for itself."""

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_YES, _NO = {"yes", "true", "on", "1"}, {"no", "false", "off", "0"}
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_MAILBOX = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]+@(\[[\w.:]+\]|[A-Za-z0-9][A-Za-z0-9.-]*)", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_KEY_LENGTH = 16

_T = TypeVar("_T")


class SettingError(Exception):
    """A setting is wrong. Its text is one line for the person who starts the program."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `calls` in any `seconds`."""

    calls: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Settings:
    """What `load_settings` found. `database_url` is for SQLAlchemy; weights are kilograms."""

    instance: Path
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    mail_from: Address
    smtp_url: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = "http://127.0.0.1:8000"
    api_rate_limit: RateLimit | None = None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    org_name: str = "Relais"
    org_address: str = ""
    carton_warn_kg: Decimal = Decimal(30)
    carton_fail_kg: Decimal = Decimal(50)
    import_max_mb: int = 20
    attachment_max_mb: int = 12
    count_tolerance_percent: Decimal = Decimal(1)
    count_tolerance_units: int = 0
    count_tolerance_value: Decimal | None = None
    demo: bool = True

    @property
    def https(self) -> bool:
        """Whether people reach the app over HTTPS: then its cookies travel no other way."""
        return self.base_url.startswith("https://")

    def trusts(self, address: str) -> bool:
        """Whether the peer at `address` is a proxy whose forwarded addresses count."""
        try:
            peer = ip_address(address)
        except ValueError:
            return False
        return any(peer in network for network in self.trusted_proxies)

    def flask_config(self) -> dict[str, Any]:
        """Flask's configuration. `RELAIS` holds these settings themselves."""
        return {
            "RELAIS": self,
            "SECRET_KEY": self.secret_key,
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(self.database_url),
            "MAX_CONTENT_LENGTH": MAX_BODY,
            "MAX_FORM_MEMORY_SIZE": MAX_BODY,
            "PREFERRED_URL_SCHEME": "https" if self.https else "http",
            "SESSION_COOKIE_NAME": "relais",
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_SECURE": self.https,
            "REMEMBER_COOKIE_NAME": "relais_remember",
            "REMEMBER_COOKIE_HTTPONLY": True,
            "REMEMBER_COOKIE_SAMESITE": "Lax",
            "REMEMBER_COOKIE_SECURE": self.https,
        }


def environment() -> dict[str, str]:
    """The variables of `.env` beside this file, under those of the process."""
    stored = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value is not None}
    return stored | dict(os.environ)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check every setting of `environ` (default: the process and `.env`).

    Makes the instance folder and, on the first start, the secret key in it. An empty variable is one not given.
    """
    given = environment() if environ is None else environ
    values = {name: given.get(name, "").strip() for name in SETTINGS}

    def read(name: str, parse: Callable[[str, str], _T], default: _T) -> _T:
        return parse(name, values[name]) if values[name] else default

    host = read("HOST", _host, "127.0.0.1")
    ports = _number("1", 65535, "port: give a whole number from 1 to 65535", whole=True)
    port = int(read("PORT", ports, Decimal(8000)))
    kilograms = _number("0.001", 10_000, "weight: give kilograms, above 0 and up to 10000")
    megabytes = _number("1", 500, "size: give megabytes, a whole number from 1 to 500", whole=True)
    warn = read("CARTON_WARN_KG", kilograms, Decimal(30))
    fail = read("CARTON_FAIL_KG", kilograms, Decimal(50))
    percent = _number("0", 100, "share: give a number from 0 to 100")
    units = _number("0", 999_999, "number of units: give a whole number up to 999999", whole=True)
    if warn > fail:
        raise SettingError(
            f"CARTON_WARN_KG={warn:f} is above CARTON_FAIL_KG={fail:f}: give a warning weight up to that one"
        )
    base_url = read("BASE_URL", _base_url, f"http://{_in_url(host)}:{port}")
    org_name = read("ORG_NAME", _line, "Relais")
    nobody: tuple[IPv4Network | IPv6Network, ...] = ()
    checked: dict[str, Any] = {
        "host": host,
        "port": port,
        "base_url": base_url,
        "smtp_url": read("SMTP_URL", _smtp_url, None),
        "mail_from": read("MAIL_FROM", _mailbox, Address(org_name, "relais", mail_host(base_url))),
        "api_rate_limit": read("API_RATE_LIMIT", _rate, None),
        "trusted_proxies": read("TRUSTED_PROXIES", _networks, nobody),
        "org_name": org_name,
        "org_address": read("ORG_ADDRESS", _address, ""),
        "carton_warn_kg": warn,
        "carton_fail_kg": fail,
        "import_max_mb": int(read("IMPORT_MAX_MB", megabytes, Decimal(20))),
        "attachment_max_mb": int(read("ATTACHMENT_MAX_MB", megabytes, Decimal(12))),
        "count_tolerance_percent": read("COUNT_TOLERANCE_PERCENT", percent, Decimal(1)),
        "count_tolerance_units": int(read("COUNT_TOLERANCE_UNITS", units, Decimal(0))),
        "count_tolerance_value": read(
            "COUNT_TOLERANCE_VALUE", _number("0", 10**9, "amount: give 0 or more"), None
        ),
        "demo": read("DEMO", _yes_or_no, True),
    }
    secret = read("SECRET_KEY", _secret, "")
    database = read("DATABASE_URL", _database, None)
    instance = _instance(values["RELAIS_INSTANCE"])
    return Settings(
        instance=instance,
        database_url=_located(database, instance),
        secret_key=secret or kept_secret(instance),
        **checked,
    )


def kept_secret(instance: Path) -> str:
    """The key kept in `instance`/secret_key; made when there is none.

    Two processes that start together agree on one: the file appears whole, and the first to make it wins.
    """
    path = instance / "secret_key"
    try:
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(48))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"SECRET_KEY is not given and {path} cannot be used ({_reason(error)}):"
            " make the folder writable or set SECRET_KEY"
        ) from None
    if len(key) < _KEY_LENGTH:
        raise SettingError(
            f"SECRET_KEY is not given and {path} holds no key: delete the file or set SECRET_KEY"
        )
    return key


def _write_once(path: Path, text: str) -> None:
    """Put `text` at `path`, readable by the owner alone, unless something is there already."""
    descriptor, draft = tempfile.mkstemp(prefix=".secret-", dir=path.parent)  # made with mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    return (error.strerror or "it cannot be read") if isinstance(error, OSError) else "it is no text"


def _instance(given: str) -> Path:
    path = Path(given).expanduser() if given else ROOT / "instance"
    path = path if path.is_absolute() else ROOT / path
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"RELAIS_INSTANCE={path} cannot be made ({_reason(error)}): name a folder that this account may write to"
        ) from None
    return path


def _database(name: str, value: str) -> URL:
    way_out = "give sqlite:///FILE or postgresql://USER@HOST/DATABASE"
    try:
        url = make_url(value)
    except ArgumentError:
        raise SettingError(f"{name} is no database address: {way_out}") from None
    except ValueError:
        raise SettingError(f"{name} has a port that is no number: {way_out}") from None
    kind = url.get_backend_name()
    if kind in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise SettingError(f"{name} names a {kind!r} database: {way_out}")
    if not url.database or url.database == ":memory:" or url.host:
        raise SettingError(f"{name} names no SQLite file: {way_out}")
    return url.set(drivername="sqlite")


def _located(url: URL | None, instance: Path) -> str:
    """The address with its SQLite file found: a relative one lies in the instance folder."""
    url = url or URL.create("sqlite", database="relais.db")
    if url.drivername != "sqlite" or url.database is None:
        return url.render_as_string(hide_password=False)
    path = Path(url.database).expanduser()
    path = path if path.is_absolute() else instance / path
    if not path.parent.is_dir():
        raise SettingError(f"DATABASE_URL: there is no folder {path.parent}: make it or name another file")
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise SettingError(
            f"DATABASE_URL: {path} cannot be written to: give its owner's account or name another file"
        )
    return url.set(database=str(path)).render_as_string(hide_password=False)


def _engine_options(database_url: str) -> dict[str, Any]:
    """A connection that PostgreSQL closed while it lay idle is replaced instead of failing a request."""
    if database_url.startswith("sqlite"):
        return {}
    return {"pool_pre_ping": True, "pool_recycle": 1800, "connect_args": {"connect_timeout": 10}}


def _secret(name: str, value: str) -> str:
    if len(value) < _KEY_LENGTH:
        raise SettingError(
            f"{name} is shorter than {_KEY_LENGTH} characters: give a longer one, or leave it out to have one made"
        )
    return value


def _host(name: str, value: str) -> str:
    try:
        return str(ip_address(value.strip("[]")))
    except ValueError:
        if _HOST.fullmatch(value) and not value.replace(".", "").isdigit():
            return value
    raise SettingError(
        f"{name}={value!r} is no address to listen on: give 127.0.0.1, 0.0.0.0 or a host name"
    ) from None


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _split(value: str) -> SplitResult | None:
    """The parts of an address, or None where a part is unreadable."""
    try:
        parts = urlsplit(value)
        return parts if parts.port is None or parts.port > 0 else None
    except ValueError:
        return None


def _base_url(name: str, value: str) -> str:
    parts = _split(value)
    if (
        parts is None
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.query
        or parts.fragment
        or parts.username is not None
        or _CONTROL.search(value)
    ):
        raise SettingError(f"{name}={value!r} is no web address: give one such as https://relais.example.org")
    return value.rstrip("/")


def _smtp_url(name: str, value: str) -> str:
    parts = _split(value)
    if parts is None or parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise SettingError(f"{name} is no mail server: give smtp://USER:PASSWORD@HOST:PORT, or smtps://")
    return value


def mail_host(base_url: str) -> str:
    """The host of `base_url` as addresses and marks of mails spell it."""
    host = urlsplit(base_url).hostname or ""
    with contextlib.suppress(UnicodeError):
        host = host.encode("idna").decode()
    return f"[IPv6:{host}]" if ":" in host else f"[{host}]" if host.replace(".", "").isdigit() else host


def _mailbox(name: str, value: str) -> Address:
    called, address = parseaddr(_line(name, value))
    if not _MAILBOX.fullmatch(address) or not (value == address or value.endswith(f"<{address}>")):
        raise SettingError(f"{name}={value!r} is no sender: give Name <me@example.org> or me@example.org")
    return Address(called, *address.split("@"))


def _rate(name: str, value: str) -> RateLimit:
    calls, _, unit = value.partition("/")
    calls, unit = calls.strip(), unit.strip().removesuffix("s")
    if not (calls.isascii() and calls.isdigit() and len(calls) <= 9 and int(calls) > 0 and unit in _SECONDS):
        raise SettingError(
            f"{name}={value!r} is no rate: give one such as 600/minute (second, minute, hour or day)"
        )
    return RateLimit(int(calls), _SECONDS[unit])


def _networks(name: str, value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    found = []
    for part in filter(None, (part.strip() for part in value.split(","))):
        try:
            found.append(ip_network(part, strict=False))
        except ValueError:
            raise SettingError(
                f"{name}: {part!r} is no address or network: give the proxies' addresses, such as 127.0.0.1,10.0.0.0/24"
            ) from None
    return tuple(found)


def _number(least: str, most: int, words: str, *, whole: bool = False) -> Callable[[str, str], Decimal]:
    def parse(name: str, value: str) -> Decimal:
        try:
            found = Decimal(value) if value.isascii() else Decimal(-1)
        except InvalidOperation:
            found = Decimal(-1)
        if not found.is_finite() or not Decimal(least) <= found <= most or (whole and not value.isdigit()):
            raise SettingError(f"{name}={value!r} is no {words}")
        return found

    return parse


def _line(name: str, value: str) -> str:
    if len(value) > 200 or _CONTROL.search(value):
        raise SettingError(f"{name} is longer than 200 characters or has line breaks: give one short line")
    return value


def _address(name: str, value: str) -> str:
    """An address may be written on one line with `;` or `\\n` where a new line begins."""
    lines = [line.strip() for line in re.split(r";|\\n|\n", value)]
    return "\n".join(_line(name, line) for line in lines if line)


def _yes_or_no(name: str, value: str) -> bool:
    if value.lower() in _YES | _NO:
        return value.lower() in _YES
    raise SettingError(f"{name}={value!r} is neither yes nor no: give one of them")
