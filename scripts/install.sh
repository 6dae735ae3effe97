#!/usr/bin/env bash
# Make an environment from requirements.lock: install.sh BOOTSTRAP VENV, or install.sh --lock BOOTSTRAP to resolve anew.
# Needs Python 3.11 or 3.12 with venv; writes only inside the clone. Works behind a mirror and a proxy as pip does.
set -euo pipefail
cd "$(dirname "$0")/.."

find_python() {
    local name
    for name in ${PYTHON:-} python3.11 python3.12 python3 python; do
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; then
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    echo "wellkept: no Python 3.11 or 3.12 found; install one, or name it: make install PYTHON=/path/to/python3.11" >&2
    return 1
}

# uv does not read pip's configuration: hand it on, so that one setting serves both.
forward_index() {
    local python=$1 index extra cert
    index=${PIP_INDEX_URL:-$("$python" -m pip config get global.index-url 2>/dev/null || true)}
    cert=${PIP_CERT:-$("$python" -m pip config get global.cert 2>/dev/null || true)}
    extra=${PIP_EXTRA_INDEX_URL:-}
    [ -z "$index" ] || export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}
    [ -z "$extra" ] || export UV_INDEX=${UV_INDEX:-$extra}
    [ -z "$cert" ] || export SSL_CERT_FILE=${SSL_CERT_FILE:-$cert}
    export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}
}

bootstrap_uv() {
    local python=$1 folder=$2
    [ -x "$folder/bin/uv" ] && "$folder/bin/uv" --version >/dev/null 2>&1 && return
    rm -rf "$folder"
    "$python" -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
}

lock=no
[ "${1:-}" = --lock ] && { lock=yes; shift; }
bootstrap=$1 venv=${2:-.venv}
python=$(find_python)
forward_index "$python"
bootstrap_uv "$python" "$bootstrap"
uv=$bootstrap/bin/uv

if [ "$lock" = yes ]; then
    "$uv" pip compile --quiet --universal --generate-hashes --python-version 3.11 \
        pyproject.toml --group dev -o requirements.lock
    exit
fi

echo "wellkept: installing from requirements.lock into $venv (about 1.5 GB, a minute or two)"
unset PYTHONDONTWRITEBYTECODE
"$uv" venv --quiet --allow-existing --python "$python" "$venv"
export VIRTUAL_ENV=$PWD/$venv
"$uv" pip sync --quiet --require-hashes --compile-bytecode requirements.lock
"$uv" pip install --quiet --no-deps --no-build-isolation --editable .
echo "wellkept: installed; try .venv/bin/wellkept --help"
