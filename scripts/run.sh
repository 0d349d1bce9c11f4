#!/usr/bin/env bash
# Bring the database up to date, load the demonstration into an empty one (unless DEMO=no), then serve.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/flask prepare
exec .venv/bin/gunicorn --no-control-socket --log-level warning wsgi:app
