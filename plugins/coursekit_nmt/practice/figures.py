"""The drawings of the notebooks: what the code after each of them does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from coursekit.drawing import SMALL, Box, Drawing, Point, Tint, shape_text

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

# How likely each next word is after some words: the likeliest first word does not lead to the
# likeliest sentence.
CHANCES: Mapping[tuple[str, ...], Mapping[str, float]] = {
    (): {"the": 0.6, "a": 0.4},
    ("the",): {"room": 0.45, "house": 0.35, "car": 0.2},
    ("a",): {"house": 0.95, "car": 0.05},
    ("the", "room"): {"is": 0.6, "was": 0.4},
    ("the", "house"): {"is": 0.6, "was": 0.4},
    ("a", "house"): {"is": 0.8, "was": 0.2},
}


def padded(sentences: Sequence[str]) -> Drawing:
    """Draw sentences as rows of one width, filled up with padding, beside their mask.

    Args:
        sentences: Of words with spaces between them.
    """
    rows = [sentence.split() for sentence in sentences]
    width = max(map(len, rows))
    wide, high, top = 0.8, 0.36, 0.8
    left = wide * width + 0.7
    page = Drawing(left + 0.45 * width + 0.4, top + high * len(rows) + 0.3, "Rows of one length")
    page.text(0.3, 0.6, "words, filled up with padding", size=SMALL, align="left")
    page.text(left, 0.6, "mask: where there is a word", size=SMALL, align="left")
    for number, words in enumerate(rows):
        y = top + high * number
        for place in range(width):
            real = place < len(words)
            tint: Tint = "input" if real else "faint"
            word = words[place] if real else "<pad>"
            page.grid(0.3 + wide * place, y, [[0.25]], [[word]], wide, tint=tint, row=high)
            sign = "1" if real else "0"
            page.grid(left + 0.45 * place, y, [[0.25]], [[sign]], 0.45, tint=tint, row=high)
    return page


def _annotated(
    page: Drawing, source: Sequence[str], weights: Sequence[float], annotation: int
) -> list[Box]:
    """Draw the encoder at the foot of the page, and return its annotations."""
    gap = 5.2 / len(source)
    notes: list[Box] = []
    for place, (word, weight) in enumerate(zip(source, weights, strict=True)):
        x = 1.0 + gap * place
        written = page.box(x, 3.75, word, gap - 0.3, 0.36, tint="input", size=SMALL)
        state = page.box(x, 3.05, "⇄ GRU", gap - 0.3, 0.36, tint="weights", size=SMALL)
        name = f"h{place + 1}".translate(SUBSCRIPTS)
        shade = 0.15 + 0.8 * weight
        note = page.box(x, 2.35, name, gap - 0.3, 0.36, tint="state", shade=shade)
        page.arrow(written, state)
        page.arrow(state, note)
        page.text(x + 0.08, 2.69, f"{100 * weight:.0f} %", size=SMALL, tint="state", align="left")
        notes.append(note)
    for one, other in pairwise(notes):
        page.line(one.right.moved(0, 0.7), other.left.moved(0, 0.7), tint="weights")
    right = notes[-1].right.x + 0.2
    size = shape_text((len(source), annotation))
    page.text(
        right,
        2.35,
        f"annotations {size},\nshaded by the attention\nweights, in per cent",
        size=SMALL,
        align="left",
    )
    page.text(right, 3.05, "the encoder reads both ways", size=SMALL, align="left")
    return notes


def one_step(
    sentence: str,
    weights: Sequence[float],
    sizes: Mapping[str, int],
    wrote: tuple[str, str],
) -> Drawing:
    """Draw the encoder, and one step of attention and decoder.

    Args:
        sentence: What is translated, words with spaces between them.
        weights: How much the step looks at each; they sum to one.
        sizes: ``annotation``, ``units`` and ``words``: of an annotation, the decoder's state, the
            vocabulary.
        wrote: The word before, and the next word, which this step writes.
    """
    source = sentence.split()
    page = Drawing(8.9, 4.2, "One step: look back, then write a word")
    notes = _annotated(page, source, weights, sizes["annotation"])
    context = page.tensor(3.2, 1.55, "context", (sizes["annotation"],), tint="state", width=1.2)
    for note, weight in zip(notes, weights, strict=True):
        page.arrow(note.top, context.bottom, tint="state", width=0.6 + 3 * weight)
    before = page.tensor(1.0, 1.0, "state before", (sizes["units"],), width=1.3, tint="state")
    last = page.box(5.0, 0.65, wrote[0], 1.0, 0.32, tint="input")
    gru = page.box(5.0, 1.4, "GRU", 0.9, 0.5, tint="weights")
    after = page.tensor(6.6, 1.4, "state after", (sizes["units"],), width=1.2, tint="state")
    scores = page.tensor(8.15, 1.4, "scores", (sizes["words"],), width=1.2, tint="loss")
    written = page.box(8.15, 0.65, wrote[1], 1.0, 0.32, tint="loss")
    page.arrow(before.right, gru.left.moved(0, -0.15))
    page.arrow(before.right, context.left, tint="state", dashed=True)
    page.arrow(context.right, gru.left.moved(0, 0.15), tint="state")
    page.arrow(last, gru, tint="input")
    page.arrow(gru, after)
    page.arrow(after, scores)
    page.arrow(scores, written, tint="loss")
    page.text(1.55, 1.45, "query", size=SMALL, tint="state", align="left")
    page.text(4.4, 0.65, "word before", size=SMALL, tint="input", align="right")
    page.text(7.55, 0.65, "next word", size=SMALL, tint="loss", align="right")
    return page


def additive(places: int, units: int) -> Drawing:
    """Draw how additive attention scores each place and sums up what it finds.

    Args:
        places: The words that are compared with.
        units: The size of the space in which they are compared.
    """
    page = Drawing(9.9, 2.75, "Additive attention: one query, compared with every place")
    query = page.box(0.85, 0.85, "query q", 1.1, 0.42, tint="state")
    keys = page.box(0.85, 1.75, "annotations h", 1.3, 0.42, tint="input")
    one = page.box(2.35, 0.85, f"W q\n({units},)", 1.0, 0.52, tint="weights", size=SMALL)
    two = page.box(2.35, 1.75, f"U h\n({places}, {units})", 1.0, 0.52, tint="weights", size=SMALL)
    total = page.box(3.95, 1.3, f"tanh of the sum\n({places}, {units})", 1.3, 0.55, size=SMALL)
    scores = page.box(5.75, 1.3, f"scores e\n({places},)", 0.95, 0.55, size=SMALL)
    weights = page.box(7.5, 1.3, f"weights α\n({places},)", 1.0, 0.55, tint="state", size=SMALL)
    context = page.box(9.15, 1.3, "context c", 1.0, 0.55, tint="state", size=SMALL)
    for start, end in ((query, one), (keys, two)):
        page.arrow(start, end)
    page.arrow(one.right, total.left.moved(0, -0.12))
    page.arrow(two.right, total.left.moved(0, 0.12))
    page.arrow(total, scores, "times v")
    page.arrow(scores, weights, "softmax")
    page.arrow(weights, context, "Σ α h")
    page.line(keys.bottom, Point(0.85, 2.45), Point(9.15, 2.45), tint="input")
    page.arrow(Point(9.15, 2.45), context.bottom, tint="input")
    page.text(6.6, 1.95, "padding gets the lowest score,\nso its weight is 0", size=SMALL)
    return page


def teacher_forcing(target: Sequence[str], wrote: Sequence[str]) -> Drawing:
    """Draw what the decoder reads in training, and what when it translates.

    Args:
        target: The right words.
        wrote: What it writes by itself, of the same length.
    """
    page = Drawing(2.7 + 1.6 * len(target), 3.9, "Teacher forcing and free running")
    told = (
        (0.9, target, "training:\nreads the\nright words", "loss"),
        (2.6, wrote, "translating:\nreads what\nit wrote", "state"),
    )
    for top, words, name, tint in told:
        free = tint == "state"
        page.text(0.2, top + 0.45, name, size=SMALL, align="left")
        for step, (seen, said) in enumerate(zip(("<start>", *words), words, strict=False)):
            x = 2.2 + 1.6 * step
            cell = page.box(x, top + 0.45, "decoder", 0.9, 0.36, tint="weights", size=SMALL)
            read: Tint = "state" if free and step else "input"
            below = page.box(x, top + 1.0, seen, 0.85, 0.32, tint=read, size=SMALL)
            above = page.box(
                x, top - 0.1, said, 0.85, 0.32, tint="state" if free else "loss", size=SMALL
            )
            page.arrow(below, cell)
            page.arrow(cell, above, dashed=not free, tint="state" if free else "loss")
            if step:
                page.arrow(Point(x - 1.15, cell.center.y), cell.left)
            if free and step < len(words) - 1:
                page.arrow(above.right, Point(x + 1.18, top + 1.0), tint="state", bend=-0.12)
    return page


class Beginning(NamedTuple):
    """Some words, how likely they are together, and whether the search keeps them."""

    words: tuple[str, ...]
    chance: float
    kept: bool


def searched(
    beam: int, chances: Mapping[tuple[str, ...], Mapping[str, float]] = CHANCES
) -> list[list[Beginning]]:
    """Return the beginnings that a search looks at, step by step.

    Args:
        beam: How many of them it keeps at each step.
        chances: Of each next word, after some words.
    """
    kept, steps = [Beginning((), 1.0, True)], []
    while kept[0].words in chances:
        found = [
            Beginning((*before.words, word), before.chance * chance, False)
            for before in kept
            for word, chance in chances[before.words].items()
        ]
        best = sorted(found, key=lambda one: -one.chance)[:beam]
        steps.append([one._replace(kept=one in best) for one in found])
        kept = [one for one in steps[-1] if one.kept]
    return steps


def beam_tree(
    beam: int, chances: Mapping[tuple[str, ...], Mapping[str, float]] = CHANCES
) -> Drawing:
    """Draw a beam search as a tree: what is kept, what is dropped, how likely each is.

    Args:
        beam: How many beginnings are kept at each step.
        chances: Of each next word, after some words.
    """
    steps = searched(beam, chances)
    most = max(map(len, steps))
    page = Drawing(1.7 + 2.2 * len(steps), 1.1 + 0.55 * most, f"Beam search that keeps {beam}")
    middle = 0.6 + 0.55 * most / 2
    boxes: dict[tuple[str, ...], Box] = {
        (): page.box(0.75, middle, "<start>", 0.9, 0.36, tint="input", size=SMALL)
    }
    for number, step in enumerate(steps):
        for place, one in enumerate(step):
            y = middle + 0.55 * (place - (len(step) - 1) / 2)
            tint: Tint = "state" if one.kept else "faint"
            words = f"{one.words[-1]}  {one.chance:.2f}"
            box = page.box(2.6 + 2.2 * number, y, words, 1.15, 0.36, tint=tint)
            page.arrow(boxes[one.words[:-1]].right, box.left, tint=tint, dashed=not one.kept)
            boxes[one.words] = box
    told = "green: kept at this step; grey: dropped. Numbers: probability of all words so far"
    page.text(0.2, page.height - 0.2, told, size=SMALL, align="left")
    return page
