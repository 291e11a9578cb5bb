"""Sliders above a picture that follows them; without a kernel, the picture alone."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

from coursekit.errors import CourseError
from coursekit.runs.pictures import is_figure
from coursekit.showing import Picture, show

WIDGET = "application/vnd.jupyter.widget-view+json"  # the type of an output that is a widget
A_CONTROL = "(low, high, step, start), four numbers with low < high, or a list of choices"


def explore(draw: Callable[..., Any], /, *, alt: str, **controls: Any) -> None:
    """Show a figure that depends on a few values, with a slider or a menu for each of them.

    In a notebook with ipywidgets the picture is drawn again after each change. It is an output of
    its own, apart from the sliders, so a notebook that is opened without a kernel still shows it.
    Without a kernel or ipywidgets, the picture of the starting values is shown, as `show` does.

    Args:
        draw: Called with the values by name; returns a figure, a drawing or a text.
        alt: What can be seen in the figure, for people who cannot see it. The values are added.
        **controls: For each value ``(low, high, step, start)``, whole numbers if all four are, or
            a list of choices, of which the first is the start.

    Raises:
        CourseError: A control is not as described, or there is none.
        TypeError: `draw` returns neither a figure nor a text.

    Example:
        A curve whose width can be changed::

            explore(curve, alt="The bell curve of this width.", width=(0.5, 3.0, 0.1, 1.0))
    """
    known = [_control(name, told) for name, told in controls.items()]
    if not known:
        raise CourseError("explore has nothing to change", f"name={A_CONTROL}")
    values = {control.name: control.start for control in known}
    first = _checked(draw(**values))
    if _has_widgets():
        _live(draw, alt, known, _output(first, alt, values))
    else:
        show(first, _with_values(alt, values))


@dataclass(frozen=True)
class Slider:
    """A number that can be changed.

    Attributes:
        name: Of the argument of `draw`.
        low: The smallest value.
        high: The largest value.
        step: From one value to the next.
        start: The value at first.
    """

    name: str
    low: Any
    high: Any
    step: Any
    start: Any

    @property
    def numbers(self) -> tuple[Any, ...]:
        """All four numbers."""
        return self.low, self.high, self.step, self.start

    @property
    def decimals(self) -> int:
        """With how many decimals its values are written."""
        places = (Decimal(str(number)).normalize().as_tuple().exponent for number in self.numbers)
        return max(0, *(-int(place) for place in places))

    def words(self) -> str:
        """Return what can be changed, for viewers without a kernel."""
        return f"{self.name} ({self.low} to {self.high})"

    def widget(self) -> Any:
        """Return the slider itself, which reports its value when it is let go."""
        import ipywidgets

        whole = all(isinstance(number, Integral) for number in self.numbers)
        return (ipywidgets.IntSlider if whole else ipywidgets.FloatSlider)(
            description=self.name,
            min=self.low,
            max=self.high,
            step=self.step,
            value=self.start,
            continuous_update=False,
            readout_format="d" if whole else f".{self.decimals}f",
            style={"description_width": "initial"},
        )

    def value(self, told: Any) -> Any:
        """Return the value that the widget reports, as it is written beside the slider."""
        return round(told, self.decimals)  # 0.1 + 0.2 is 0.3 on a slider


@dataclass(frozen=True)
class Menu:
    """A choice among a few values.

    Attributes:
        name: Of the argument of `draw`.
        choices: What can be chosen; the first is the start.
    """

    name: str
    choices: tuple[Any, ...]

    @property
    def start(self) -> Any:
        """The value at first."""
        return self.choices[0]

    def words(self) -> str:
        """Return what can be changed, for viewers without a kernel."""
        return f"{self.name} ({', '.join(map(str, self.choices))})"

    def widget(self) -> Any:
        """Return the menu itself, which reports the place of the choice."""
        import ipywidgets

        places = [(str(choice), place) for place, choice in enumerate(self.choices)]
        return ipywidgets.Dropdown(description=self.name, options=places, value=0)

    def value(self, told: Any) -> Any:
        """Return the choice at the place that the widget reports."""
        return self.choices[told]


def _control(name: str, told: Any) -> Slider | Menu:
    """Return a control as it was described.

    Raises:
        CourseError: It is neither a slider nor a list of choices.
    """
    if isinstance(told, list):
        if not told:
            raise CourseError(f"the list of choices for {name} is empty", "at least one choice")
        return Menu(name, tuple(told))
    if not (isinstance(told, tuple) and len(told) == 4 and all(map(_is_number, told))):
        raise CourseError(f"{name}={told!r} is neither a slider nor a list", A_CONTROL)
    low, high, step, start = told
    if low >= high:
        raise CourseError(f"the slider {name} goes from {low} to {high}", "low < high")
    if not 0 < step <= high - low:
        most = f"more than 0 and at most {high - low:g}"
        raise CourseError(f"the step of the slider {name} is {step}", most)
    if not low <= start <= high:
        raise CourseError(f"the slider {name} starts at {start}", f"from {low} to {high}")
    return Slider(name, low, high, step, start)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _has_widgets() -> bool:
    """Return whether this is a notebook's kernel that can show widgets."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if getattr(shell, "kernel", None) is None:
        return False
    try:
        import ipywidgets  # noqa: F401
    except ImportError:
        return False
    return True


class Words:
    """A text as an output that can be replaced."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


class Panel:
    """The sliders as an output, with a line for viewers that have no kernel to move them."""

    def __init__(self, box: Any, words: str) -> None:
        self.box = box
        self.words = words

    def __repr__(self) -> str:
        return self.words

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        return {WIDGET: view, "text/plain": self.words}


def _checked(result: Any) -> Any:
    """Return what `draw` returned.

    Raises:
        TypeError: It is neither a figure nor a text.
    """
    if not (isinstance(result, str) or is_figure(result)):
        raise TypeError(f"draw must return a figure or a text, not {result!r}")
    return result


def _output(result: Any, alt: str, values: dict[str, Any]) -> Picture | Words:
    """Return a figure or a text as an output that can be replaced."""
    return Words(result) if isinstance(result, str) else Picture(result, _with_values(alt, values))


def _with_values(alt: str, values: dict[str, Any]) -> str:
    return f"{alt} ({_written(values)})"


def _written(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def _live(
    draw: Callable[..., Any], alt: str, controls: list[Slider | Menu], first: Picture | Words
) -> None:
    """Display the sliders and the first picture, and replace the picture after each change."""
    import ipywidgets
    from IPython.display import display

    widgets = [control.widget() for control in controls]
    line = ipywidgets.Label()
    told = f"Run this cell to change {' and '.join(control.words() for control in controls)}."
    display(Panel(ipywidgets.VBox([*widgets, line]), told))  # type: ignore[no-untyped-call]
    picture = display(first, display_id=True)  # type: ignore[no-untyped-call]

    def follow(_: Any) -> None:
        values = {
            control.name: control.value(widget.value)
            for control, widget in zip(controls, widgets, strict=True)
        }
        line.value = "drawing ..."
        try:
            picture.update(_output(_checked(draw(**values)), alt, values))
        except Exception as error:  # of the author's code: the sliders must stay alive
            reason = "; ".join(str(error).splitlines())
            line.value = (
                f"No picture for {_written(values)}: {type(error).__name__}: {reason}. "
                "The picture below is an earlier one."
            )
        else:
            line.value = ""

    for widget in widgets:
        widget.observe(follow, names="value")
