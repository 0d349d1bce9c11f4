#!/usr/bin/env bash
# Serve on a database that is up to date, with the demonstration in an empty one (unless DEMO=no).
set -euo pipefail
cd "$(dirname "$0")/.."
exec .venv/bin/python scripts/serve.py --no-control-socket --log-level warning "$@"
