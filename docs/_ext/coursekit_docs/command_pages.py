"""The reference of the commands as Markdown, from the command line's own declarations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer.main

from coursekit.cli.app import AUTHOR, LEARN, PRACTISE, TEACH, app
from coursekit_docs.markdown import code, prose, table

EXAMPLES = re.compile(r"^Examples?:", re.MULTILINE)
PANELS = (LEARN, PRACTISE, TEACH, AUTHOR)


def commands() -> dict[str, Any]:
    """Return the commands by name, in the order of ``coursekit --help``."""
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def commands_page() -> str:
    """Return a section for each group of commands, and one for each command."""
    group: Any = typer.main.get_command(app)
    parts = ["## coursekit\n", "```text\ncoursekit [OPTIONS] [COMMAND]\n```\n", *_options(group)]
    known = commands()
    panels = dict.fromkeys([*PANELS, *(_panel(command) for command in known.values())])
    for panel in panels:
        parts.append(f"## {panel}\n")
        for name, command in known.items():
            if _panel(command) == panel:
                parts += _command(name, command)
    return "\n".join(parts)


def _panel(command: Any) -> str:
    return str(command.rich_help_panel)


def _command(name: str, command: Any) -> Iterator[str]:
    yield f"### coursekit {name}\n"
    words = [argument_text(param) for param in command.params if is_argument(param)]
    yield f"```text\n{' '.join(['coursekit', name, '[OPTIONS]', *words])}\n```\n"
    text, examples = split_examples(command.help or "")
    yield f"{prose(text)}\n"
    if examples:
        yield "```sh\n" + "\n".join(examples) + "\n```\n"
    arguments = [
        (code(argument_text(param)), param.help or "")
        for param in command.params
        if is_argument(param) and param.help
    ]
    if arguments:
        yield table(("argument", "meaning"), arguments)
    yield from _options(command)


def is_argument(param: Any) -> bool:
    """Return whether a parameter has no dashes before its name."""
    return str(param.param_type_name) == "argument"


def argument_text(param: Any) -> str:
    """Return an argument as a usage line has it."""
    return str(param.metavar or param.name.upper())


def _options(command: Any) -> Iterator[str]:
    rows = [
        (_flag(param), param.help or "")
        for param in command.params
        if not is_argument(param) and not param.hidden
    ]
    if rows:
        yield table(("option", "meaning"), rows)


def _flag(param: Any) -> str:
    names = ", ".join([*param.opts, *param.secondary_opts])
    if param.is_flag:
        return code(names)
    return code(f"{names} {param.metavar or 'VALUE'}")


def split_examples(help_text: str) -> tuple[str, list[str]]:
    """Return a command's help without its examples, and the examples."""
    text, _, after = EXAMPLES.sub("\0", help_text, count=1).partition("\0")
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    examples = [line.strip() for line in after.splitlines() if line.strip()]
    return "\n\n".join(filter(None, paragraphs)), examples
