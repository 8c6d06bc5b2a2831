#!/bin/sh
# Makes .venv from uv.lock, hashes checked. Instant when nothing changed since last time.
# Needs Python 3.11 or newer (PYTHON names another one) and a package index.
set -eu
cd "$(dirname "$0")/.."

stamp=.venv/.made-from
made_from=$(cat uv.lock pyproject.toml native/setup.txt | cksum)" in $PWD"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$made_from" ] && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi

fail() {
    printf '%s\nWhat to do: %s\n' "$1" "$2" >&2
    exit 1
}

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'
python=
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if "$candidate" -c "$new_enough" 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || fail "There is no Python 3.11 or newer here (python3 is: $(python3 --version 2>&1))." \
    "install one, or name it: make setup PYTHON=/path/to/python3.11"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python cannot make virtual environments: its venv module is missing." \
        "on Debian and Ubuntu: apt install python3-venv"

cache=${PAYSCOPE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/payscope}
export PIP_CACHE_DIR="${PIP_CACHE_DIR:-$cache/pip}" UV_CACHE_DIR="${UV_CACHE_DIR:-$cache/uv}"
export PIP_DISABLE_PIP_VERSION_CHECK=1 UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=.venv
unset VIRTUAL_ENV PYTHONHOME

echo "Setting up .venv with $("$python" --version) …" >&2
if ! { [ -f "$stamp" ] && [ "${made_from#* in }" = "$(sed 's/^.* in //' "$stamp")" ] &&
    .venv/bin/python -m uv --version >/dev/null 2>&1; }; then
    "$python" -m venv --clear .venv
fi
.venv/bin/python -m pip install --quiet --require-hashes -r native/setup.txt ||
    fail "uv could not be fetched." "check the network; a mirror is named by PIP_INDEX_URL"
.venv/bin/python -m uv sync --frozen --quiet ||
    fail "The packages of uv.lock could not be installed: the lines above say why." \
        "if it is the network: run it again, what was fetched is kept"
printf '%s' "$made_from" >"$stamp"
echo "Set up." >&2
