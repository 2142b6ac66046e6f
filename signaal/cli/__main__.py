"""`python -m signaal.cli` is `signaal`."""

from signaal.cli import main

main()
