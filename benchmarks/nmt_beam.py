"""How long does beam search take for 1,000 sentences, compilation included?

Run ``python benchmarks/nmt_beam.py RUN``, with the folder of a finished nmt run on a named
data set. The sentences are the first 1,000 sources of its test split.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from coursekit.commands.demo import load
from coursekit.console import consoles
from coursekit.plugins import catalogue
from coursekit.runs.folder import Run
from coursekit.store.choose import choose

SENTENCES, BEAM = 1_000, 4


def main() -> None:
    """Translate, and print the seconds."""
    lesson, run, out = catalogue().lesson("nmt"), Run(Path(sys.argv[1])), consoles()
    chosen = choose(lesson, run.manifest.dataset, out.stderr)
    settings = type(lesson.presets[run.manifest.preset]).from_dict(run.manifest.settings)
    asked = list(lesson.data(chosen.local, settings).test.references)[:SENTENCES]
    model, data = load(lesson, run, out)
    from coursekit_nmt.decode import translate

    started = time.perf_counter()
    translate(model, data.source_vocabulary, data.target_vocabulary, asked, BEAM)
    seconds = time.perf_counter() - started
    started = time.perf_counter()
    translate(model, data.source_vocabulary, data.target_vocabulary, asked, BEAM)
    again = time.perf_counter() - started
    print(f"{len(asked)} sentences, beam {BEAM}: {seconds:.1f} s, once compiled {again:.1f} s")


if __name__ == "__main__":
    main()
