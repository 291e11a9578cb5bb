"""Characters a second that a trained text generator writes: one text, and 64 at once.

Usage: ``python benchmarks/textgen_sampling.py RUN``, a run of the lesson textgen.
"""

import sys
import time
from pathlib import Path

from coursekit.commands.demo import load
from coursekit.console import consoles
from coursekit.plugins import catalogue
from coursekit.runs.folder import Run
from coursekit_textgen.decode import texts

LENGTHS = {1: 20_000, 64: 8_192}  # by texts at once


def main() -> None:
    """Write with each number of texts, after a first time that compiles."""
    lesson = catalogue().lesson("textgen")
    model, data = load(lesson, Run(Path(sys.argv[1])), consoles())
    for count, length in LENGTHS.items():
        seconds = []
        for seed in range(4):
            started = time.perf_counter()
            written = sum(
                len(text)
                for piece in texts(model, data.vocabulary, "\n", length, count, seed=seed)
                for text in piece
            )
            seconds.append(time.perf_counter() - started)
        best = min(seconds[1:])
        print(
            f"{count} at once: {written / best:,.0f} characters/s; "
            f"the first time, with compilation, {seconds[0]:.1f} s"
        )


if __name__ == "__main__":
    main()
