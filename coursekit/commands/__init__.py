"""What each command of the command line does; `coursekit.cli` only parses."""
