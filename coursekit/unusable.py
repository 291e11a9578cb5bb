"""Why a plugin cannot be used: in words, with the place, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pluggy

from coursekit.distribution import unmet
from coursekit.errors import CourseError
from coursekit.loading import Printed, origin
from coursekit.printable import shortened

if TYPE_CHECKING:
    from coursekit.plugins import Found


@dataclass(frozen=True)
class Broken:
    """A plugin with something wrong, what it is, and what to do about it."""

    plugin: str
    error: str
    remedy: str


def noisy(found: Found, printed: Printed) -> Broken:
    """Return what to say of a plugin that prints something when it is loaded."""
    return Broken(
        found.label,
        f"{printed.place} prints {shortened(printed.first)!r} whenever lessons are listed",
        "print inside a function, not at the top of the module",
    )


def explained(found: Found, error: BaseException) -> Broken:
    """Return in words why a plugin could not be loaded, where, and what to do about it."""
    remedy = f"fix it, or: pip uninstall {found.distribution}"
    if isinstance(error, CourseError):
        what = f"{error.what}; expected: {error.expected}" if error.expected else error.what
        return Broken(found.label, what, error.remedy or remedy)
    if isinstance(error, pluggy.PluginValidationError):
        return _misused(found, str(error).strip().splitlines()[-1])
    package = found.light.partition(".")[0]
    place = origin(error, package)
    at = f"{place}: " if place else ""
    if isinstance(error, SystemExit):
        return Broken(
            found.label,
            f"{at}it ends the program when it is imported (SystemExit: {error.code})",
            'put what only runs as a program below `if __name__ == "__main__":`',
        )
    if isinstance(error, ModuleNotFoundError):
        remedy = _remedy_for_missing(found, str(error.name), package)
    return Broken(found.label, f"{at}{type(error).__name__}: {error}", remedy)


def _misused(found: Found, words: str) -> Broken:
    """Return what pluggy says of a hook that is not ours, or that is declared otherwise."""
    unknown = "unknown hook" in words
    what = "it implements a hook that does not exist" if unknown else "its hook is not the kit's"
    return Broken(
        found.label,
        f"{what}: {words}",
        "the only hook is called coursekit_lessons" + ("" if unknown else " and takes nothing"),
    )


def _remedy_for_missing(found: Found, module: str, package: str) -> str:
    """Return what to do about a module that a plugin imports and that is not there."""
    if module.partition(".")[0] == package:
        return f"its own package has no {module}: correct the name, or install the package again"
    missing = unmet(found.entry_point.dist) if found.entry_point.dist else []
    needed = ", ".join(missing) or f"a package that provides the module {module}"
    return f"install {needed}, or: pip uninstall {found.distribution}"
