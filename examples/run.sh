#!/usr/bin/env bash
# Sets up and runs the main job on the pages and the PDF beside this file:  bash examples/run.sh
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tests/setup.sh"

install_lock examples/requirements.lock
find_chromium
"$PYTHON" examples/main_job.py || die "the main job; the reason is above"
