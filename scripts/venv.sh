#!/usr/bin/env bash
# Make .venv with the first Python that is new enough: $PYTHON, python3, or a newer one beside it.
set -euo pipefail
cd "$(dirname "$0")/.."

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

fail() {
    echo "relais: $1" >&2
    exit 1
}

if [[ -x .venv/bin/python ]] && .venv/bin/python -c "$new_enough" 2>/dev/null && .venv/bin/python -m pip --version >/dev/null 2>&1; then
    exit 0
fi

found=
for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c "$new_enough" 2>/dev/null; then
        found=$candidate
        break
    fi
done
if [[ -z $found ]]; then
    fail "Python 3.11 or newer is needed ($(python3 --version 2>/dev/null || echo 'no python3 here')): install it, or name it with PYTHON=/path/to/python3"
fi

echo "Making .venv with $("$found" --version) ..."
rm -rf .venv
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if "$found" -m venv .venv >"$log" 2>&1; then
    exit 0
fi
# Debian's python3 comes without ensurepip.
if grep -q ensurepip "$log" && command -v apt-get >/dev/null; then
    version=$("$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [[ $(id -u) == 0 ]]; then
        echo "Installing python$version-venv ..."
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq >"$log" 2>&1 || true
        if apt-get install -y -qq --no-install-recommends "python$version-venv" >"$log" 2>&1; then
            rm -rf .venv
            "$found" -m venv .venv && exit 0
        fi
    fi
    rm -rf .venv
    fail "this Python has no venv: sudo apt-get install python$version-venv, then again"
fi
rm -rf .venv
fail "$found cannot make a virtual environment: $(tail -n 1 "$log")"
