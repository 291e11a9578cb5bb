"""The drawings of the notebooks: what the code after each of them does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coursekit.drawing import SMALL, Box, Drawing, Point, Tint, shape_text

SIGNS = str.maketrans({" ": "␣", "\n": "↵"})
HANDS: tuple[Tint, ...] = ("input", "state", "weights", "loss")


def questions(text: str) -> Drawing:
    """Draw a window as one question for each of its positions.

    Args:
        text: The window, and one character more.
    """
    count, cell = len(text) - 1, 0.34
    page = Drawing(2.9 + cell * (count + 1), 0.75 + cell * count, "One window, many questions")
    for row in range(count):
        y = 0.55 + cell * row
        seen = [[letter.translate(SIGNS) for letter in text[: row + 1]]]
        page.grid(0.2, y, [[0.2] * (row + 1)], seen, cell, tint="input", row=0.28)
        asked = Point(0.75 + cell * count, y + 0.14)
        page.arrow(Point(0.2 + cell * (row + 1), y + 0.14), asked)
        page.box(asked.x + 0.17, y + 0.14, text[row + 1].translate(SIGNS), 0.32, 0.26, tint="loss")
    page.text(asked.x + 0.45, 0.69, "what it sees → what comes", size=SMALL, align="left")
    return page


def attention(time: int, size: int) -> Drawing:
    """Draw how queries, keys and values become a mixture, with the shapes.

    Args:
        time: The positions of a window.
        size: The numbers of a query.
    """
    page = Drawing(8.9, 3.1, "Attention: which positions match, and what they offer")
    vectors, table = (time, size), (time, time)
    features = page.box(0.85, 1.6, f"features\n({time}, …)", 1.2, 0.6, tint="input")
    queries = page.tensor(2.7, 0.8, "queries", vectors, width=1.2)
    keys = page.tensor(2.7, 1.6, "keys", vectors, width=1.2)
    values = page.tensor(2.7, 2.6, "values", vectors, width=1.2)
    for part in (queries, keys, values):
        page.arrow(features.right, part.left, tint="weights")
    scores = page.tensor(4.65, 1.2, "scores", table, tint="plain", width=1.2)
    weights = page.tensor(6.45, 1.2, "weights", table, tint="plain", width=1.2)
    mixed = page.tensor(7.9, 2.6, "mixture", vectors, width=1.2, tint="state")
    page.arrow(queries.right, scores.left.moved(0, -0.12))
    page.arrow(keys.right, scores.left.moved(0, 0.12))
    page.text(4.65, 0.75, "Q Kᵀ / √d, then the mask", size=SMALL)
    page.arrow(scores, weights)
    page.text(6.45, 0.75, "softmax: rows sum to 1", size=SMALL)
    page.arrow(values, mixed)
    page.arrow(weights.bottom, Point(weights.bottom.x, 2.58))
    page.text(weights.bottom.x + 0.1, 1.95, "weights × values", size=SMALL, align="left")
    page.text(0.85, 2.25, "three learned\nmatrices", size=SMALL, tint="weights")
    return page


def mask(text: str, seen: Sequence[Sequence[bool]]) -> Drawing:
    """Draw which positions each position of a text may look at.

    Args:
        text: One character for each position.
        seen: Of each position that looks, which positions it may look at.
    """
    cell, left, top = 0.36, 1.75, 0.95
    page = Drawing(left + cell * len(text) + 2.1, top + cell * len(text) + 0.25, "The causal mask")
    shades = [[0.75 if may else 0.0 for may in row] for row in seen]
    page.grid(left, top, shades, cell=cell, tint="input")
    for place, letter in enumerate(text):
        middle = cell * (place + 0.5)
        page.text(left + middle, top - 0.15, letter.translate(SIGNS))
        page.text(left - 0.18, top + middle, letter.translate(SIGNS))
    page.text(left + cell * len(text) / 2, top - 0.4, "the position looked at", size=SMALL)
    page.text(
        left - 0.35,
        top + cell * len(text) / 2,
        "the position\nthat looks",
        size=SMALL,
        align="right",
    )
    right = left + cell * len(text) + 0.15
    page.text(
        right, top + cell, "white: a later position,\nnever looked at", size=SMALL, align="left"
    )
    page.text(
        right,
        top + cell * (len(text) - 1.5),
        "blue: itself and all\nearlier positions",
        size=SMALL,
        align="left",
    )
    return page


def heads(shape: Sequence[int], heads: int) -> Drawing:
    """Draw how features are divided among heads and concatenated again.

    Args:
        shape: Of the features, ``(batch, time, units)``.
        heads: How many.
    """
    batch, time, units = shape
    page = Drawing(8.9, 3.0, f"Features are divided among {heads} heads")
    parted = (batch, heads, time, units // heads)

    def stripes(left: float) -> None:
        for head in range(heads):
            wide = 2.0 / heads
            x = left + (head + 0.5) * wide
            page.box(x, 1.5, f"{head + 1}", wide, 1.2, tint=HANDS[head % 4], shape="square")

    stripes(0.3)
    page.text(1.3, 2.35, f"features\n{shape_text(shape)}", size=SMALL)
    for head in range(heads):
        x, y = 3.75 + 0.38 * head, 1.05 + 0.3 * head
        page.box(x, y, f"{head + 1}", 2.0 / heads, 0.9, tint=HANDS[head % 4], shape="square")
    page.text(4.35, 2.75, f"each head attends by itself: {shape_text(parted)}", size=SMALL)
    stripes(6.5)
    page.text(7.5, 2.35, f"side by side again\n{shape_text(shape)}", size=SMALL)
    page.arrow(Point(2.4, 1.5), Point(3.35, 1.5), "split")
    page.arrow(Point(5.35, 1.5), Point(6.4, 1.5), "merge")
    return page


def turns(places: Sequence[int], pairs: Sequence[int], size: int, base: float) -> Drawing:
    """Draw how far pairs of numbers are rotated at some positions, as hands of clocks.

    Args:
        places: The columns.
        pairs: The rows: the number of each pair.
        size: The numbers of a query.
        base: Sets the rates: pair number i turns by ``base ** (-2 i / size)`` a place.
    """
    step = 0.85
    page = Drawing(
        3.3 + step * len(places),
        0.9 + 0.8 * len(pairs),
        "Each pair of numbers turns at its own rate",
    )
    for column, place in enumerate(places):
        page.text(2.4 + step * column, 0.55, f"position {place}", size=SMALL)
    for row, pair in enumerate(pairs):
        y, rate = 1.05 + 0.8 * row, base ** (-2 * pair / size)
        turn = "1 radian" if rate == 1 else f"{rate:.2g} radians"
        page.text(0.2, y, f"pair {pair}: {turn}\nper position", size=SMALL, align="left")
        for column, place in enumerate(places):
            x, angle = 2.4 + step * column, place * rate
            page.box(x, y, "", 0.6, 0.6, shape="circle", tint=HANDS[row % 4])
            end = Point(x + 0.27 * float(np.cos(angle)), y - 0.27 * float(np.sin(angle)))
            page.arrow(Point(x, y), end, tint=HANDS[row % 4])
    return page


def stream(shape: Sequence[int], wide: int) -> Drawing:
    """Draw a block as two parts that add to the stream of features.

    Args:
        shape: Of the features, ``(batch, time, units)``.
        wide: The units of the feed-forward network, between its two matrices.
    """
    page = Drawing(8.9, 2.9, "A block adds to the stream of features twice")
    y = 0.95
    start, end = Point(0.3, y), Point(8.6, y)
    adds = [page.box(x, y, "+", 0.34, 0.34, shape="circle", size=12) for x in (4.0, 7.6)]
    for one, other in ((start, adds[0]), (adds[0], adds[1]), (adds[1], end)):
        page.arrow(one, other, tint="state", width=3)
    page.text(1.1, 0.7, shape_text(shape), size=SMALL, tint="state")
    page.text(5.75, 0.7, "nothing is replaced", size=SMALL, tint="state")
    parts = (
        ("attention between\npositions", 0.9, 3.0),
        (f"feed-forward\nto {wide} and back", 4.6, 6.55),
    )
    for (name, left, middle), add in zip(parts, adds, strict=True):
        norm = page.box(left + 0.35, 2.05, "norm", 0.75, 0.4, tint="weights", size=SMALL)
        part = page.box(middle, 2.05, name, 1.6, 0.6, tint="weights", size=SMALL)
        page.arrow(Point(left + 0.35, y), norm.top)
        page.arrow(norm, part)
        page.line(part.right, Point(add.center.x, 2.05))
        page.arrow(Point(add.center.x, 2.05), add.bottom)
    page.text(4.4, 2.62, "the gradient runs back along the same straight line", size=SMALL)
    return page


def network(shape: Sequence[int], units: int, blocks: int, characters: int) -> Drawing:
    """Draw the whole network as a row of its parts.

    Args:
        shape: Of the characters, ``(batch, time)``.
        units: The size of the features.
        blocks: How many.
        characters: The size of the vocabulary.
    """
    page = Drawing(7.5 + 0.42 * blocks, 2.1, "The whole network")
    ids = page.tensor(0.9, 1.2, "characters", shape, width=1.3, height=0.6)
    table = page.box(
        2.6,
        1.2,
        f"table of vectors\n{shape_text((characters, units))}",
        1.5,
        0.6,
        tint="weights",
        size=SMALL,
    )
    stack: list[Box] = []
    for block in range(blocks):
        stack.append(page.box(3.8 + 0.42 * block, 1.2, f"{block + 1}", 0.34, 1.0, tint="weights"))
    page.text((stack[0].center.x + stack[-1].center.x) / 2, 1.88, "blocks", size=SMALL)
    x = stack[-1].right.x
    last = page.box(
        x + 1.05,
        1.2,
        "norm, matrix\n" + shape_text((units, characters)),
        1.3,
        0.6,
        tint="weights",
        size=SMALL,
    )
    logits = page.tensor(
        x + 2.9, 1.2, "logits", (*shape, characters), width=1.5, height=0.6, tint="loss"
    )
    for one, other in ((ids, table), (table, stack[0]), (stack[-1], last), (last, logits)):
        page.arrow(one, other)
    page.text(stack[0].center.x, 0.58, shape_text((*shape, units)), size=SMALL, align="left")
    return page


def cache(text: str, steps: int) -> Drawing:
    """Draw what is computed for each new character when keys and values are kept.

    Args:
        text: What has been written.
        steps: How many of its last characters to show being read.
    """
    cell = 0.36
    page = Drawing(8.9, 0.85 + 0.62 * steps, "Only the new character is read")
    for step in range(steps):
        count = len(text) - steps + step + 1
        y = 0.5 + 0.62 * step
        kept, new = text[: count - 1].translate(SIGNS), text[count - 1].translate(SIGNS)
        page.grid(2.0, y, [[0.25] * len(kept)], [list(kept)], cell, tint="state", row=0.32)
        page.grid(2.0 + cell * len(kept), y, [[0.6]], [[new]], cell, tint="input", row=0.32)
        page.text(
            1.85,
            y + 0.16,
            f"reads {new!r}" if new not in "␣↵" else f"reads {new}",
            size=SMALL,
            align="right",
        )
        scores = f"{count} scores instead of {count * (count + 1) // 2}"
        told = f"1 new key and value, {len(kept)} kept; {scores}"
        page.text(2.2 + cell * len(text), y + 0.16, told, size=SMALL, align="left")
    page.text(
        2.0,
        page.height - 0.2,
        "green: keys and values from memory",
        size=SMALL,
        tint="state",
        align="left",
    )
    return page


def looking_up(text: str, earlier: int, now: int) -> Drawing:
    """Draw how a repeated piece of text can be looked up.

    Args:
        text: Holds the piece twice.
        earlier: The position of the character that followed the piece the first time.
        now: The position that asks what comes next.
    """
    cell, left, y = 0.36, 0.25, 1.3
    page = Drawing(
        max(0.5 + cell * len(text), 6.2), 2.35, "Looking up what came next the last time"
    )
    shades = [
        [0.75 if place == earlier else 0.3 if place <= now else 0.0 for place in range(len(text))]
    ]
    page.grid(left, y, shades, [list(text.translate(SIGNS))], cell, tint="input", row=0.36)

    def middle(place: int) -> Point:
        return Point(left + cell * (place + 0.5), y)

    page.arrow(middle(now), middle(earlier), tint="weights", bend=0.25)
    page.arrow(
        middle(earlier).moved(0, 0.36), middle(now + 1).moved(0, 0.36), tint="state", bend=0.18
    )
    halfway = (middle(now).x + middle(earlier).x) / 2
    page.text(halfway, 0.58, "where was this before?", size=SMALL, tint="weights")
    page.text(halfway, 2.15, "then this is likely to come again", size=SMALL, tint="state")
    return page


def squares(lengths: Sequence[int]) -> Drawing:
    """Draw how many pairs of positions there are in texts of some lengths.

    Args:
        lengths: In characters.
    """
    unit = 1.9 / max(lengths)
    page = Drawing(8.2, 3.1, "Twice the length, four times the cells")
    x = 0.7
    for length in lengths:
        side = unit * length
        shades = [
            [0.6 if column <= row else 0.0 for column in range(length)] for row in range(length)
        ]
        page.grid(x, 2.5 - side, shades, cell=unit, tint="input")
        page.text(x + side / 2, 2.72, f"{length} characters", size=SMALL)
        used = length * (length + 1) // 2
        page.text(x + side / 2, 2.92, f"{length * length} cells, {used} used", size=SMALL)
        x += max(side, 1.3) + 0.5
    return page
