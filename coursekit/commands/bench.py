"""``coursekit bench``: one train step run eagerly, as a graph and with XLA, side by side.

Each way runs in a process of its own, so that none benefits from what another
has compiled or allocated; the parent watches its memory.
"""

import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from rich.filesize import decimal
from rich.text import Text

from coursekit.console import Consoles, Grid, cells, print_json, table
from coursekit.errors import CourseError
from coursekit.lesson import Lesson
from coursekit.runs.resume import Request
from coursekit.store.choose import choose
from coursekit.store.progress import busy
from coursekit.store.reading import lesson_data

WAYS = {"eager": "eager", "graph": "tf.function", "xla": "tf.function with XLA"}
BATCHES = 16  # of the first epoch, used again and again
SECONDS = 8.0  # of timed steps
BAR = 24


def bench_step(lesson: Lesson, request: Request, as_json: bool, out: Consoles) -> None:
    """Time a lesson's train step in every way and print them side by side.

    Raises:
        CourseError: A way could not be measured at all.
    """
    chosen = choose(lesson, request.data, out.stderr)
    if chosen.note:
        out.say(chosen.note, "yellow")
    name = request.data or chosen.local.name
    request = dataclasses.replace(request, data=name)  # the same for all three
    rows = []
    for way, title in WAYS.items():
        with busy(out.stderr, f"{lesson.name}: {title}"):
            rows.append(measure(lesson, request, way))
    if as_json:
        return print_json(rows)
    out.result(
        f"one train step of {lesson.name} on {rows[0].get('dataset', '')}, batches of "
        f"{rows[0].get('batch_size', '?')}"
    )
    out.show(compare(rows))
    out.result("the first call of each batch shape traces and compiles; every later one is fast")
    return None


def measure(lesson: Lesson, request: Request, way: str) -> dict[str, Any]:
    """Run one way in a process of its own and return its figures.

    Returns:
        ``way``, ``steps_per_second``, ``examples_per_second``, ``compile_seconds``,
        ``peak_memory`` (bytes); or ``way`` and ``error``.
    """
    order = {
        "lesson": lesson.name,
        "way": way,
        "data": request.data,
        "preset": request.preset,
        "assignments": list(request.assignments),
        "seconds": SECONDS,
    }
    command = [sys.executable, "-m", "coursekit.commands.bench", json.dumps(order)]
    with tempfile.TemporaryDirectory() as folder:
        answer, log = Path(folder, "out"), Path(folder, "err")
        with answer.open("wb") as stdout, log.open("wb") as stderr:
            child = subprocess.Popen(command, stdout=stdout, stderr=stderr)
            try:
                peak = watch_memory(child)
            finally:
                child.kill()
        text, errors = answer.read_text("utf-8"), log.read_text("utf-8", "replace")
    if child.returncode != 0:
        last = (errors.strip().splitlines() or ["no message"])[-1]
        return {"way": way, "error": f"it exited with status {child.returncode}: {last}"}
    row: dict[str, Any] = json.loads(text.splitlines()[-1])
    if "refused" in row:
        raise CourseError(row["refused"])
    return {**row, "peak_memory": peak}


def watch_memory(child: "subprocess.Popen[bytes]") -> int:
    """Wait for a process and return the most memory it had resident, in bytes."""
    peak = 0
    process = psutil.Process(child.pid)
    while child.poll() is None:
        try:
            peak = max(peak, process.memory_info().rss)
        except psutil.Error:
            break
        time.sleep(0.05)
    child.wait()
    return peak


def compare(rows: list[dict[str, Any]]) -> Grid:
    """Return the ways as a table with a bar for the speed of each."""
    columns = ("steps/s", "examples/s", "speed", "compile", "peak memory")
    grid = table("how", *columns, "", right=columns)
    fastest = max((row["steps_per_second"] for row in rows if "error" not in row), default=1.0)
    base = rows[0].get("steps_per_second")
    for row in rows:
        if "error" in row:
            grid.add_row(*cells(WAYS[row["way"]], "", "", "", "", "", row["error"]))
            continue
        speed = row["steps_per_second"]
        grid.add_row(
            *cells(WAYS[row["way"]], f"{speed:.2f}", f"{row['examples_per_second']:,.0f}"),
            *cells(f"{speed / base:.1f} x" if base else "", f"{row['compile_seconds']:.1f} s"),
            *cells(decimal(row["peak_memory"])),
            Text("█" * max(1, round(speed / fastest * BAR)), style="green"),
        )
    return grid


def work(order: dict[str, Any]) -> dict[str, Any]:
    """Measure one way, in the child process."""
    from coursekit.console import consoles
    from coursekit.plugins import catalogue
    from coursekit.prepare import assigned, settle
    from coursekit.runs import loop

    lesson = catalogue().lesson(order["lesson"])
    changes = assigned(lesson, order["preset"], order["assignments"])
    settled = settle(lesson, order["data"], order["preset"], changes, consoles())
    values = settled.settings
    data = lesson_data(lesson, settled.local, values)
    loop.make_deterministic(values.seed)
    model = lesson.model(data, values)
    step = loop.compiled(lesson, jit=order["way"] == "xla", eager=order["way"] == "eager")
    batches = list(data.train.batches(0).take(BATCHES))
    return {
        "way": order["way"],
        "dataset": settled.local.name,
        "batch_size": values.batch_size,
        **timed(step, model, batches, order["seconds"]),
    }


def timed(
    step: Callable[[Any, Any], Any], model: Any, batches: list[Any], enough: float
) -> dict[str, float]:
    """Time the first call of each batch shape, then many calls of all."""
    import tensorflow as tf

    def take(batch: Any) -> float:
        started = time.perf_counter()
        for loss in step(model, batch).values():
            loss.numpy()
        return time.perf_counter() - started

    shapes = {str([t.shape for t in tf.nest.flatten(batch)]): batch for batch in batches}
    first = sum(take(batch) for batch in shapes.values())
    again = sum(take(batch) for batch in shapes.values())
    seconds, steps, examples = 0.0, 0, 0
    while seconds < enough:
        batch = batches[steps % len(batches)]
        seconds += take(batch)
        steps += 1
        examples += int(tf.nest.flatten(batch)[0].shape[0])
    return {
        "steps_per_second": steps / seconds,
        "examples_per_second": examples / seconds,
        "compile_seconds": max(first - again, 0.0),
    }


if __name__ == "__main__":
    try:
        print(json.dumps(work(json.loads(sys.argv[1]))))
    except CourseError as refused:
        print(json.dumps({"refused": str(refused)}))
