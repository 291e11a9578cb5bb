"""Finds the plugins and loads them, one at a time, so that one failure stays one failure.

*Find* reads installed metadata and imports nothing. *Load* imports one
plugin's light top module and asks its hook for lessons.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from coursekit import contract, hookspecs
from coursekit.distribution import installations, kit_name
from coursekit.errors import CourseError, did_you_mean
from coursekit.lesson import Lesson
from coursekit.loading import Printed, kept_light
from coursekit.unusable import Broken, explained, noisy

GROUP = "coursekit"


@dataclass(frozen=True)
class Found:
    """An entry point of the group ``coursekit``, not imported yet."""

    name: str
    module: str
    distribution: str
    entry_point: EntryPoint

    @property
    def label(self) -> str:
        """The plugin as errors name it."""
        return f"{self.name} ({self.module}, from {self.distribution})"

    @property
    def light(self) -> str:
        """The module that is imported when lessons are listed."""
        return self.module.partition(":")[0].strip()


@dataclass(frozen=True)
class Catalogue:
    """The lessons of all plugins, the plugins that failed, and what is wrong with others."""

    lessons: Mapping[str, Lesson]
    providers: Mapping[str, Found]
    broken: tuple[Broken, ...] = ()
    noted: tuple[Broken, ...] = ()

    def lesson(self, name: str) -> Lesson:
        """Return a lesson by name.

        Raises:
            CourseError: No installed lesson has that name, or its plugin cannot be used.
        """
        if name in self.lessons:
            return self.lessons[name]
        for broken in self.broken:
            if broken.plugin.startswith(f"{name} ("):
                raise CourseError(
                    f"plugin {broken.plugin} cannot be used: {broken.error}", remedy=broken.remedy
                )
        raise CourseError(
            f"there is no lesson named {name!r}",
            remedy=did_you_mean(name, self.lessons)
            + ("; `coursekit list` shows why a plugin failed" if self.broken else ""),
        )


def find() -> list[Found]:
    """Return the installed plugins without importing any: the kit's own first, then by name.

    Of two lessons of one name the first is kept, so that no plugin takes the place of a lesson
    that comes with the kit.
    """
    return _found(entry_points())


def _found(points: Any) -> list[Found]:
    found: dict[tuple[str, str], Found] = {}
    for point in points.select(group=GROUP):
        # Of two on the path, Python imports the first.
        known = Found(point.name, point.value, _distribution(point), point)
        found.setdefault((point.name, point.value), known)
    own = kit_name()
    return [found[key] for key in sorted(found, key=lambda k: (found[k].distribution != own, k))]


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "unknown"


def misspelt(points: Any) -> Iterator[Broken]:
    """Yield the entry points in a group that is nearly ours, of which nobody takes any notice.

    A distribution that offers a lesson in the right group, too, means what it says.
    """
    right = {_distribution(point) for point in points.select(group=GROUP)}
    for group in sorted(group for group in points.groups if _is_nearly_ours(group)):
        for point in points.select(group=group):
            if _distribution(point) not in right:
                yield Broken(
                    f"{point.name} ({point.value}, from {_distribution(point)})",
                    f"its entry point is in the group {group!r}, which is not read",
                    f"write [project.entry-points.{GROUP}] in its pyproject.toml, then run "
                    "pip install again",
                )


def _is_nearly_ours(group: str) -> bool:
    plain = re.sub(r"[^a-z]", "", group.lower())
    close = plain.startswith(GROUP) or bool(get_close_matches(plain, [GROUP], cutoff=0.8))
    return close and group != GROUP


def load(found: Found) -> list[Lesson]:
    """Import one plugin and return its lessons.

    Raises:
        pluggy.PluginValidationError: It implements a hook that does not exist.
        CourseError: It points nowhere, imports what is heavy, offers no lesson, or something that
            is not a lesson.
        Exception: Whatever its import or its hook raises.
    """
    with kept_light(found.light):
        manager = pluggy.PluginManager(hookspecs.PROJECT)
        manager.add_hookspecs(hookspecs)
        plugin = _plugin(found)
        manager.register(plugin, name=found.name)
        manager.check_pending()
        groups = manager.hook.coursekit_lessons()
        offered = [each for group in groups for each in _listed(group)]
        if not offered:
            raise _no_lesson(found, plugin, bool(groups))
        return [contract.checked(each) for each in offered]


def _plugin(found: Found) -> Any:
    """Import what an entry point names.

    Raises:
        CourseError: It names nothing that there is.
    """
    line = f'{found.name} = "{found.light}"'
    try:
        plugin: Any = import_module(found.light)
    except (ModuleNotFoundError, ValueError, TypeError) as error:
        name = getattr(error, "name", None) or found.light
        if not f"{found.light}.".startswith(f"{name}."):
            raise
        raise CourseError(
            f"its entry point `{found.name} = {found.module}` names the module {found.light!r}, "
            "which does not exist",
            "the name of the package's folder, or of a file without .py",
            "correct it in its pyproject.toml, then run pip install again",
        ) from None
    _, _, attribute = found.module.partition(":")
    for name in filter(None, attribute.strip().split(".")):
        if not hasattr(plugin, name):
            raise CourseError(
                f"its entry point `{found.name} = {found.module}` names {attribute}, which "
                f"{found.light} does not define",
                "the name of a module alone",
                f"{line} in its pyproject.toml, then run pip install again",
            )
        plugin = getattr(plugin, name)
    return plugin


def _no_lesson(found: Found, plugin: Any, asked: bool) -> CourseError:
    """Return the error of a plugin that offers nothing.

    Args:
        found: The plugin.
        plugin: What it points to.
        asked: Whether it has a hook, which returned an empty list.
    """
    if getattr(plugin, "__file__", "") is None:
        return CourseError(
            f"{found.light} has no file: it is a folder without __init__.py",
            "a package",
            f"write an __init__.py into {next(iter(plugin.__path__))}, with a function "
            "coursekit_lessons",
        )
    unmarked = hasattr(plugin, "coursekit_lessons") and not asked
    return CourseError(
        "its coursekit_lessons is not marked @hookimpl, or returned None"
        if unmarked
        else "it offers no lesson",
        f"a function coursekit_lessons in {found.light}, marked @hookimpl, that returns lessons",
    )


def _listed(group: Any) -> Iterable[object]:
    if isinstance(group, Iterable) and not isinstance(group, str):
        return group
    raise CourseError(
        f"its hook returned {group!r}", "a list of lessons", "return [MyLesson()], with brackets"
    )


_kept: dict[tuple[Any, Any], Catalogue] = {}  # what was found, by what is installed and imported


def catalogue(plugins: Iterable[Found] | None = None) -> Catalogue:
    """Load every plugin and return all lessons in the order of their prerequisites.

    A plugin that fails is reported in `Catalogue.broken`, never raised. It is loaded again each
    time; if none fails, they are looked for once.

    Args:
        plugins: What to load; by default all that `find` finds.
    """
    if plugins is not None:
        return _loaded(plugins, ())
    where = installations()
    for (known, modules), found in _kept.items():
        if known == where and all(sys.modules.get(name) is it for name, it in modules):
            return found
    points = entry_points()
    found = _loaded(_found(points), misspelt(points))
    _kept.clear()
    if not found.broken and not found.noted:
        names = {each.light for each in found.providers.values()}
        _kept[where, tuple((name, sys.modules[name]) for name in sorted(names))] = found
    return found


def _loaded(plugins: Iterable[Found], misspelt: Iterable[Broken]) -> Catalogue:
    lessons: dict[str, Lesson] = {}
    providers: dict[str, Found] = {}
    broken = list(misspelt)
    noted: list[Broken] = []
    for found in plugins:
        printed = Printed(found.light)
        try:
            with redirect_stdout(printed):  # so that it spoils no output of a command
                offered = load(found)
        except (Exception, SystemExit) as error:
            broken.append(explained(found, error))
            continue
        if printed.place:
            noted.append(noisy(found, printed))
        for lesson in offered:
            if lesson.name in lessons:
                broken.append(
                    Broken(
                        found.label,
                        f"its lesson {lesson.name!r} has the same name as one from "
                        f"{providers[lesson.name].label}, which is used",
                        "rename one of the two lessons, or uninstall one of the plugins",
                    )
                )
                continue
            lessons[lesson.name] = lesson
            providers[lesson.name] = found
    ordered = {name: lessons[name] for name in syllabus(lessons)}
    return Catalogue(ordered, providers, tuple(broken), tuple(noted))


def syllabus(lessons: Mapping[str, Lesson]) -> list[str]:
    """Order lesson names so that prerequisites come first, else by name.

    Prerequisites that are not installed do not count, and a circle is broken
    where it is first met.
    """
    ordered: list[str] = []
    entered: set[str] = set()

    def visit(name: str) -> None:
        if name in entered or name not in lessons:
            return
        entered.add(name)
        for earlier in lessons[name].prerequisites:
            visit(earlier)
        ordered.append(name)

    for name in sorted(lessons):
        visit(name)
    return ordered
