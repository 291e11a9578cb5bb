"""What each command of the command line does; `coursekit.cli.app` only parses."""
