"""Characters a second that a transformer writes, with a key-value cache and without.

Usage: ``python benchmarks/transformer_sampling.py RUN``, a run of the lesson transformer.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from coursekit.commands.demo import load
from coursekit.console import consoles
from coursekit.plugins import catalogue
from coursekit.runs.folder import Run
from coursekit_transformer.decode import Cached, Uncached, texts

LENGTH = 1_000
Reader = Callable[..., Cached | Uncached]
READERS: dict[str, Reader] = {"with the cache": Cached.after, "without": Uncached.after}


def main() -> None:
    """Write a text in each way, after a first time that compiles."""
    lesson = catalogue().lesson("transformer")
    model, data = load(lesson, Run(Path(sys.argv[1])), consoles())
    best = {}
    for name, reader in READERS.items():
        seconds = []
        for seed in range(4):
            started = time.perf_counter()
            pieces = texts(model, data.vocabulary, "\n", LENGTH, 1, seed=seed, reader=reader)
            written = sum(len(piece[0]) for piece in pieces)
            seconds.append(time.perf_counter() - started)
        best[name] = min(seconds[1:])
        print(
            f"{name}: {written / best[name]:,.0f} characters/s; "
            f"the first time, with compilation, {seconds[0]:.1f} s"
        )
    with_cache, without = best.values()
    print(f"{without / with_cache:.1f} times as fast with the cache, {LENGTH:,} characters")


if __name__ == "__main__":
    main()
