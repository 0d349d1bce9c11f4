#!/usr/bin/env bash
# What the tests need from the system: PostgreSQL's server programs, Chromium, and fonts for its pictures.
#   system.sh            installs what is missing (root, apt-get); else goes on without, but fails under CI
#   system.sh --report   says loudly what could not be run for want of it
set -euo pipefail
cd "$(dirname "$0")/.."

packages=()
missing=()

look() {
    packages=()
    missing=()
    if ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && ! command -v initdb >/dev/null; then
        packages+=(postgresql)
        missing+=("PostgreSQL's server programs: the tests ran on SQLite alone")
    fi
    if [[ -z ${RELAIS_CHROMIUM:-} ]] && ! command -v chromium chromium-browser google-chrome >/dev/null; then
        packages+=(chromium)
        missing+=("Chromium: no test ran in a browser")
    fi
    if [[ ! -e /usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf ]] &&
        ! { command -v fc-list >/dev/null && fc-list | grep -q 'Noto Sans Arabic'; }; then
        packages+=(fonts-noto-core)
        missing+=("Noto fonts (fonts-noto-core): Arabic and Armenian pages were drawn without their letters")
    fi
}

look
if [[ ${1:-} == --report ]]; then
    if ((${#missing[@]})); then
        printf '\n!!!! NOT EVERYTHING WAS TESTED. Missing on this machine:\n' >&2
        printf '!!!!   %s\n' "${missing[@]}" >&2
        printf '!!!! Install them (on Debian: sudo apt-get install %s) and run it again.\n' "${packages[*]}" >&2
    fi
    exit 0
fi

if ((${#packages[@]})) && [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "Installing for the tests: ${packages[*]} ..."
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${packages[@]}"; } >"$log" 2>&1 || tail -n 20 "$log" >&2
    look
fi
if ((${#missing[@]})); then
    printf 'relais: missing for the tests: %s\n' "${packages[*]}" >&2
    [[ -z ${CI:-} ]] || exit 1
fi
