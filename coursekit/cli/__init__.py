"""The command line: parses words and hands over to `coursekit.commands`."""
