"""A member of a lesson that its class does not write is the function of its name in a module.

The modules are those beside the class: ``data.py``, ``model.py``, ``train.py``, ``evaluate.py``
and ``demo.py``. One is imported when a member is asked for that it holds, not before, so that
listing lessons stays light.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from types import MethodType
from typing import Any, NamedTuple, TypeVar, cast

from coursekit.errors import CourseError

Method = TypeVar("Method", bound=Callable[..., Any])


class Place(NamedTuple):
    """A module beside a class: the name to import it by, and its file."""

    module: str
    file: Path


class Forwarded:
    """A member that is read from a module when it is asked for; its own body is the last resort.

    What it gives is the plain function, so that a debugger steps into it and TensorFlow compiles
    it as it stands in its file.
    """

    def __init__(self, method: Callable[..., Any], module: str) -> None:
        self.method = method
        self.module = module

    def __get__(self, lesson: Any, owner: type) -> Callable[..., Any]:
        """Return the module's function; of the class alone, the documented method.

        Raises:
            CourseError: The function takes other arguments than the member.
        """
        if lesson is None:
            return self.method
        for place in self.places(type(lesson)):
            module = importlib.import_module(place.module)
            if hasattr(module, self.method.__name__):
                return self.checked(getattr(module, self.method.__name__), place)
        return MethodType(self.method, lesson)

    def places(self, kind: type) -> Iterator[Place]:
        """Yield the modules beside a lesson's class and beside those that it derives from."""
        for each in kind.__mro__:
            if vars(each).get(self.method.__name__) is self:
                return  # the contract itself
            if place := beside(each, self.module):
                yield place

    @property
    def signature(self) -> str:
        """The function as its module defines it, such as ``data(dataset, settings)``."""
        return f"{self.method.__name__}({', '.join(self.arguments)})"

    @property
    def arguments(self) -> list[str]:
        """The names of what the function takes."""
        return list(inspect.signature(self.method).parameters)[1:]

    def checked(self, function: Any, place: Place) -> Callable[..., Any]:
        """Return a function that takes what the member takes.

        Raises:
            CourseError: It is no function, or takes something else.
        """
        name = self.method.__name__
        if not callable(function):
            raise CourseError(
                f"{name} in {place.file} is no function", f"def {self.signature}: ..."
            )
        taken = inspect.signature(function)
        try:
            taken.bind(*self.arguments)
        except TypeError as error:
            raise CourseError(
                f"{name}{_plain(taken)} in {place.file} cannot be called as a lesson calls it "
                f"({error})",
                f"def {self.signature}: ...",
            ) from None
        return cast("Callable[..., Any]", function)


def _plain(signature: inspect.Signature) -> str:
    """Return the names of a signature without their types."""
    bare = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    return str(inspect.Signature(bare))


def forwards_to(module: str) -> Callable[[Method], Method]:
    """Mark a member of `Lesson` as the function of its name in a module beside the class.

    To a type checker it stays the method that it is.

    Args:
        module: The module's name, such as ``data``.
    """

    def mark(method: Method) -> Method:
        return cast("Method", Forwarded(method, module))

    return mark


def beside(kind: type, module: str) -> Place | None:
    """Return the module beside a class, imported or not; None if there is no such file.

    A class in a module that belongs to no package has none: any ``data.py`` may be on the path.
    """
    home = sys.modules.get(kind.__module__)
    package = getattr(home, "__package__", None)
    file = getattr(home, "__file__", None)
    if not package or not file:
        return None
    path = Path(file).parent / f"{module}.py"
    return Place(f"{package}.{module}", path) if path.is_file() else None


def forwarded(kind: type) -> Iterator[Forwarded]:
    """Yield the members that a lesson's class leaves to its modules."""
    for name in dict.fromkeys(name for each in kind.__mro__ for name in vars(each)):
        member = inspect.getattr_static(kind, name)
        if isinstance(member, Forwarded):
            yield member


def absent(lesson: Any, name: str) -> CourseError:
    """Return the error of a lesson that has a member nowhere; it imports nothing."""
    kind = type(lesson)
    member: Forwarded = next(each for each in forwarded(kind) if each.method.__name__ == name)
    home = getattr(sys.modules.get(kind.__module__), "__file__", None) or kind.__module__
    place = next(member.places(kind), None)
    file = place.file if place else Path(home).with_name(f"{member.module}.py")
    what = "does not define it" if place else "does not exist"
    return CourseError(
        f"the lesson {lesson.name} has no {name}: {kind.__name__} in {home} does not define it, "
        f"and {file} {what}",
        f"a function {member.signature} in {file.name}, or a method of that name",
    )


def missing_members(lesson: Any, names: tuple[str, ...]) -> Iterator[str]:
    """Yield which members a lesson defines nowhere, by the text of its modules alone."""
    for member in forwarded(type(lesson)):
        name = member.method.__name__
        if name in names and not any(
            binds(place.file, name) for place in member.places(type(lesson))
        ):
            yield name


def binds(file: Path, name: str) -> bool:
    """Return whether a module's text defines a name at its top, or imports it.

    A file that cannot be read or parsed is believed: importing it says what is wrong.
    """
    try:
        text = file.read_text(encoding="utf-8")
        if re.search(rf"^def {name}\b", text, re.MULTILINE):
            return True  # nearly always, and a hundred times faster than the syntax tree
        return not {name, "*"}.isdisjoint(_names(text))
    except (OSError, SyntaxError, ValueError):
        return True


@lru_cache(maxsize=64)
def _names(text: str) -> frozenset[str]:
    """Return the names that a module's own statements bind."""
    found: set[str] = set()
    for node in _statements(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {each.id for each in node.targets if isinstance(each, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return frozenset(found)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements of a module, also those under an ``if`` or a ``try``."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if isinstance(node, ast.If | ast.Try | ast.ExceptHandler | ast.With):
            yield from _statements(node)
