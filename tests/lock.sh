#!/usr/bin/env bash
# Writes both locks anew from pyproject.toml:  bash tests/lock.sh [--upgrade]
# Needs uv (pip install uv). The locks hold versions and hashes for every platform, and no address to fetch from.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lock() {
  local file=$1
  shift
  uv pip compile pyproject.toml --group build --extra server --extra ocr "$@" --output-file "$file" --quiet \
    --python-version 3.11 --universal --generate-hashes --no-header --no-annotate --no-emit-index-url
}

lock examples/requirements.lock "$@"
lock tests/requirements.lock --extra meaning --extra usage --extra parquet --group dev --constraint examples/requirements.lock "$@"
