"""Characters a second that a trained model writes: one text, and many at once.

    python benchmarks/textgen_sampling.py RUN [--texts 64] [--seconds 5]

RUN is the folder of a finished run of textgen. Loading and compiling are not counted.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from coursekit.commands.demo import load
from coursekit.console import consoles
from coursekit.plugins import catalogue
from coursekit.runs import Run


def characters_per_second(model: object, rows: int, seconds: float, **how: float) -> float:
    """Write `rows` texts side by side for so long; return the characters of all, a second."""
    from coursekit_textgen.sample import Choice, stream

    prompt = np.zeros(1, np.int32)
    pieces = stream(model, prompt, rows, 10**9, 0, Choice(**how))  # type: ignore[arg-type]
    next(pieces)  # compiles
    written, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        written += next(pieces).size
    return written / (time.perf_counter() - started)


def main() -> None:
    """Print a line for one text and for many, with and without top-k and top-p."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--texts", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5.0)
    asked = parser.parse_args()
    model, _ = load(catalogue().lesson("textgen"), Run(asked.run), consoles())
    for title, how in (
        ("all characters", {}),
        ("top-k 10, top-p 0.9", {"top_k": 10, "top_p": 0.9}),
    ):
        for rows in (1, asked.texts):
            rate = characters_per_second(model, rows, asked.seconds, temperature=0.8, **how)
            print(f"{rows:>4} at once, {title}: {rate:,.0f} characters a second", flush=True)


if __name__ == "__main__":
    main()
