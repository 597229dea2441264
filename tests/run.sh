#!/usr/bin/env bash
# Sets up and runs the checks and tests:  bash tests/run.sh [--slow] [pytest's arguments]
#
# Without --slow it leaves out what takes long or needs more than this checkout: the real engine, databases, the MCP
# conformance suite, and the install of the bare library.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

install_lock tests/requirements.lock
find_chromium

slow=no
for argument in "$@"; do
  if [ "$argument" = --slow ]; then slow=yes; fi
done

say "Checking style, types and imports"
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/pyright --pythonpath "$PYTHON"
.venv/bin/lint-imports

if [ $slow = yes ] && [ "$(uname -s)" = Linux ]; then
  say "Building the environment of the engine tests"
  "$PYTHON" tests/engine_env/build.py --shape tiny ${HANDLENS_TEST_PIP_ARG:+"--pip-arg=$HANDLENS_TEST_PIP_ARG"} >&2 \
    || die "the engine's environment could not be built; see tests/engine_env/build.py"
fi

if [ $slow = yes ]; then
  # Beside ours, for Ray pins what it needs. Where there is no Ray for this Python, its test says so and is left out.
  say "Building the environment of the Ray test"
  ray=${XDG_CACHE_HOME:-$HOME/.cache}/handlens/ray-env
  { [ -x "$ray/bin/python" ] || "$PYTHON" -m venv "$ray"; } \
    && "$ray/bin/python" -m pip install -qq --disable-pip-version-check -e '.[ray,ocr]' >&2 \
    || say "Ray could not be installed"
fi

say "Running the tests"
"$PYTHON" -m pytest "$@"

if [ $slow = yes ]; then
  echo "tests/run.sh: all checks and tests passed, slow ones too"
else
  echo "tests/run.sh: all checks and the quick tests passed (left out: slow, engine, database, conformance; add --slow)"
fi
