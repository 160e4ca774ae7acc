"""``python -m pmsync``."""

from pmsync.cli.main import main

main()
