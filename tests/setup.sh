# Sourced by examples/run.sh and tests/run.sh: a virtual environment in the checkout, and a Chromium.
# Doing it again costs nothing: what is there is left alone.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
PYTHON=$ROOT/.venv/bin/python

say() { printf '%s\n' "$*" >&2; }

die() {
  say "FAILED: $*"
  exit 1
}

find_python() {
  local name
  for name in ${HANDLENS_PYTHON:-} python3.11 python3 python3.12 python3.13 python3.14 python; do
    if "$name" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  die "Python 3.11 or newer was not found; name one in HANDLENS_PYTHON"
}

# install_lock FILE: exactly what the lock names, every file checked by its hash, and handlens itself from the checkout.
install_lock() {
  local lock=$1 stamp=.venv/${1//\//-}.sha256 wanted
  [ -x "$PYTHON" ] || "$(find_python)" -m venv .venv || die "no virtual environment could be made in $ROOT/.venv"
  wanted=$(cat "$lock" pyproject.toml | "$PYTHON" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
  say "Installing $lock into .venv"
  "$PYTHON" -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r "$lock" \
    || die "the packages of $lock could not be installed"
  "$PYTHON" -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e . \
    || die "handlens could not be installed from the checkout"
  # Where Python may not write bytecode (PYTHONDONTWRITEBYTECODE), each start would compile all of it again.
  "$PYTHON" -m compileall -q tools server || die "handlens could not be compiled"
  echo "$wanted" >"$stamp"
}

# An installed Chromium first, then Playwright's own, then the system's package manager where we may use it.
find_chromium() {
  local log=.venv/chromium.log
  .venv/bin/handlens setup >"$log" 2>&1 || { cat "$log" >&2; die "no Chromium starts here"; }
}
