"""``python -m coursekit``: the command line."""

from coursekit.cli.app import main

if __name__ == "__main__":
    main()
