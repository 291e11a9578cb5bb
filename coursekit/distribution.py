"""What distributions say of themselves: name, version, repository, requirements.

A distribution is what pip installs; it may have another name than what is imported. The
command and the import package of this kit are called ``coursekit``, its distribution is not:
on the package index that name belongs to another project. So nothing here is guessed from a
name; all of it is read from installed metadata.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, entry_points
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from coursekit.errors import CourseError

PACKAGE, COMMAND = "coursekit", "coursekit.cli.app:main"  # import package; its command line
# Labels of the address of a repository, normalised, as the packaging specifications list them.
REPOSITORY_LABELS = frozenset({"source", "repository", "sourcecode", "github"})


def installations() -> tuple[tuple[str, int], ...]:
    """Return the folders that modules are found in, each with the time of its last change.

    To read the metadata of all that is installed takes long: what was read from them holds as
    long as this stays the same.
    """
    return tuple((folder, _changed(folder)) for folder in sys.path)


def _changed(folder: str) -> int:
    try:
        return os.stat(folder or os.curdir).st_mtime_ns  # noqa: PTH116 (asked for each folder)
    except OSError:
        return 0


def kit() -> Distribution:
    """Return the distribution of this kit: the one whose command is ``coursekit``.

    Raises:
        CourseError: The kit runs from a folder without having been installed.
    """
    return _kit(entry_points, installations())


@lru_cache(maxsize=1)
def _kit(entry_points: Callable[..., Any], where: tuple[tuple[str, int], ...]) -> Distribution:
    command: Any
    for command in entry_points(group="console_scripts", name=PACKAGE):
        if command.value == COMMAND and command.dist is not None:
            found: Distribution = command.dist
            return found
    raise CourseError(
        "coursekit is not installed, so its version and requirements are unknown",
        remedy="run pip install -e . in the folder that contains its pyproject.toml",
    )


def kit_name() -> str:
    """Return the name of this kit's distribution; empty if it is not installed."""
    try:
        return kit().name
    except CourseError:
        return ""


def installed(name: str) -> Distribution | None:
    """Return a distribution by its name; None if it is not installed."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def is_same(one: Distribution, other: Distribution) -> bool:
    """Return whether two distributions have the same name, however it is spelt."""
    return canonicalize_name(one.name) == canonicalize_name(other.name)


def at_least(found: Distribution) -> str:
    """Return the requirement of this version or a later one, such as ``numpy>=2.0.1``."""
    return f"{found.name}>={Version(found.version).public}"


def meets(found: Distribution | None, requirement: Requirement) -> bool:
    """Return whether what is installed, if anything, is a version that is required."""
    return found is not None and requirement.specifier.contains(found.version, prereleases=True)


def requirements(found: Distribution) -> Iterator[Requirement]:
    """Yield what a distribution requires here, without its extras."""
    for line in found.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement


def unmet(found: Distribution) -> list[str]:
    """Return what a distribution requires and what is missing or too old here."""
    return [str(each) for each in requirements(found) if not meets(installed(each.name), each)]


def bound(package: str, *by: Distribution) -> str:
    """Return what distributions together require of a package, such as ``numpy>=1.26``.

    Empty if none of them requires it.
    """
    asked = [
        requirement.specifier
        for each in by
        for requirement in requirements(each)
        if canonicalize_name(requirement.name) == canonicalize_name(package)
    ]
    return f"{package}{SpecifierSet(','.join(map(str, asked)))}" if asked else ""


def licence_texts(found: Distribution) -> Iterator[tuple[str, str]]:
    """Yield the licence files of a distribution, each with its name and its text."""
    for name in found.metadata.get_all("License-File") or ():
        text = found.read_text(f"licenses/{name}") or found.read_text(name)
        if text:
            yield name, text


def licence(found: Distribution) -> str:
    """Return the short name of a distribution's licence, such as ``MIT``; empty if unknown."""
    told = found.metadata.get_all("License-Expression") or found.metadata.get_all("License")
    return told[0] if told else ""


def repository(found: Distribution) -> str:
    """Return the web address of a distribution's repository; empty if it names none."""
    lines: list[str] = found.metadata.get_all("Project-URL") or []
    for line in lines:
        label, _, address = line.partition(",")
        plain = "".join(sign for sign in label.lower() if sign.isalnum())
        if plain in REPOSITORY_LABELS and address.strip().startswith(("https://", "http://")):
            return address.strip()
    return ""


def how_to_install(*needed: Distribution) -> str:
    """Return how to install distributions in a notebook: words, and on a last line the command.

    The command names a distribution together with the address of its repository, never alone:
    the bare name may be somebody else's on the package index. Where the address is not known,
    the words ask for a clone.
    """
    addresses = {each.name: repository(each) for each in needed}
    unknown = [name for name, address in addresses.items() if not address]
    words = "run this line without its #:"
    if unknown:
        clones = "\nand of ".join(unknown)
        words = (
            f"clone the repository of {clones},\n"
            "then run this line without its #, with the path of your clone:"
        )
    arguments = [
        f'"{name} @ git+{address}"' if address else f"path/to/{name}"
        for name, address in addresses.items()
    ]
    return f"{words}\n%pip install {' '.join(arguments)}"
