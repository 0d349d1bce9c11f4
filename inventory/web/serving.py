"""Around the pages: style sheets and scripts with long caching, and who really asks behind a proxy."""

import contextlib
import hashlib
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, request, url_for
from whitenoise import WhiteNoise

if TYPE_CHECKING:
    from config import Settings

A_YEAR = 31_536_000
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def install(app: Flask) -> None:
    """Serve `static/` (compressed where the set-up made it so) under addresses that change with the content."""
    settings: Settings = app.config["RELAIS"]
    folder = Path(str(app.static_folder))
    _drop_stale(folder)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app, root=folder, prefix="static/", max_age=A_YEAR, add_headers_function=_harden
    )
    if settings.trusted_proxies:
        app.wsgi_app = BehindProxies(app.wsgi_app, settings)  # type: ignore[method-assign]

    @app.url_defaults
    def versioned(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "filename" in values:
            values.setdefault("v", _version(folder / values["filename"]))

    @lru_cache(maxsize=8)
    def sprite(_root: str) -> str:
        return url_for("static", filename="vendor/icons.svg")

    # A page has up to three hundred icons: their address is found once, not for each.
    app.jinja_env.globals["sprite"] = lambda: sprite(request.script_root)


def _drop_stale(folder: Path) -> None:
    """Remove compressed copies that are older than what they were made of."""
    for copy in folder.rglob("*.gz"):
        with contextlib.suppress(OSError):
            if copy.with_suffix("").stat().st_mtime > copy.stat().st_mtime:
                copy.unlink()


def _harden(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"


@cache
def _version(path: Path) -> str:
    """The first characters of a file's digest; `0` where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:10]
    except OSError:
        return "0"


class BehindProxies:
    """Takes the caller's address and scheme from `X-Forwarded-*`, from proxies that the settings name and no others."""

    def __init__(self, app: Any, settings: "Settings") -> None:
        self.app = app
        self.settings = settings

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        if self.settings.trusts(peer):
            hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
            while hops and self.settings.trusts(hops[-1]) and len(hops) > 1:
                hops.pop()
            if hops:
                environ["REMOTE_ADDR"] = hops[-1][:64]
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").split(",")[-1].strip()
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        result: Iterable[bytes] = self.app(environ, start_response)
        return result
