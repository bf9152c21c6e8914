"""`python -m polyrelu` and the `polyrelu` script."""

from __future__ import annotations

import sys

from polyrelu.cli import main

if __name__ == "__main__":
    sys.exit(main())
