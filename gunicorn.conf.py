"""How gunicorn serves Relais: `.venv/bin/gunicorn wsgi:app` reads this by itself. Flags on its command line win."""

import gc
import os
import sys
from typing import Any

from config import SettingError, load_settings

try:
    _settings = load_settings()
except SettingError as error:
    print(f"relais: {error}", file=sys.stderr)
    raise SystemExit(2) from None

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
bind = f"{_host}:{_settings.port}"
worker_class = "gthread"
if "WEB_CONCURRENCY" not in os.environ:  # gunicorn reads that one itself
    workers = 2
threads = 8
preload_app = True  # loaded once, shared by the workers; nothing connects before they are forked
timeout = 60
graceful_timeout = 20
keepalive = 15
max_requests = 20_000
max_requests_jitter = 2_000
control_socket_disable = True


def when_ready(_server: Any) -> None:
    """The program is loaded and nothing forked yet: what is there stays to the end.

    A full collection that looks at it all takes a tenth of a second in the midst of a request.
    """
    gc.collect()
    gc.freeze()
