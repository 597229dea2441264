"""`python -m handlens_server` is `handlens`, for where that is not on the PATH."""

from __future__ import annotations

import sys

from handlens_server.cli import main

if __name__ == "__main__":
    sys.exit(main())
