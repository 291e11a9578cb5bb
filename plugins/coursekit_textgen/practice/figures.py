"""The drawings of the notebooks: what the code after each of them does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from coursekit.drawing import SMALL, Box, Drawing, Point, Tint

_TIMES = ((3.05, 2.75), (5.3, 1.0), (5.3, 2.75))  # where a gate multiplies
SIGNS = str.maketrans({" ": "␣", "\n": "↵"})


def rows_and_pieces(text: str, batch_size: int, length: int) -> Drawing:
    """Draw how a text becomes rows, and the rows become batches.

    Args:
        text: Of ``batch_size`` rows, each of one character more than two pieces.
        batch_size: How many rows.
        length: The characters of a row in one batch.
    """
    # What the exercise asks for is not used here: a grader takes it out of the package.
    letters = [ord(letter) for letter in text[: len(text) // batch_size * batch_size]]
    rows = np.reshape(letters, (batch_size, -1))  # (batch, width)
    width, cell, row = rows.shape[1], 0.33, 0.36
    page = Drawing(
        8.2, 2.0 + row * batch_size, "One text, cut into rows that are read side by side"
    )
    strip = (page.width - 0.4) / len(text)
    for number, line in enumerate(rows):
        shades = np.full((1, width), (0.08, 0.3)[number % 2])
        box = page.grid(
            0.2 + number * width * strip, 0.72, shades, _letters([line]), strip, row=0.32
        )
        page.text(box.top.x, box.top.y - 0.13, f"row {number}", size=SMALL)
    left, top = 2.3, 1.6
    tints: tuple[Tint, ...] = ("input", "state")
    for step, tint in enumerate(tints):
        piece = rows[:, step * length : (step + 1) * length]
        x = left + step * length * cell
        box = page.grid(
            x, top, np.full(piece.shape, 0.22), _letters(piece), cell, tint=tint, row=row
        )
        page.text(box.top.x, top - 0.16, f"batch {step}: {piece.shape}", size=SMALL, tint=tint)
    rest = rows[:, 2 * length :]
    x = left + 2 * length * cell
    box = page.grid(x, top, np.zeros(rest.shape), _letters(rest), cell, tint="faint", row=row)
    page.text(box.left.x, box.bottom.y + 0.16, "white: only a target", size=SMALL, align="left")
    for number in range(batch_size):
        page.text(
            left - 0.12, top + row * (number + 0.5), f"row {number}", size=SMALL, align="right"
        )
    told = "each row continues in the same\nrow of the next batch"
    page.text(
        x + rest.shape[1] * cell + 0.15, top + row * batch_size / 2, told, size=SMALL, align="left"
    )
    return page


def _letters(codes: Iterable[Iterable[int]]) -> list[list[str]]:
    return [[chr(code).translate(SIGNS) for code in row] for row in codes]


def unrolled(piece: str, embedding: int, units: int, characters: int) -> Drawing:
    """Draw the recurrent network over a piece of text: a copy for each character.

    Args:
        piece: The inputs, and one character more: the last target.
        embedding: The size of a character's vector.
        units: The size of the state.
        characters: The size of the vocabulary.
    """
    steps = len(piece) - 1
    page = Drawing(
        2.6 + 1.35 * steps, 3.75, "One network, drawn once for each character that it reads"
    )
    levels = {"target": 0.65, "logits": 1.35, "cell": 2.05, "vector": 2.75, "input": 3.35}
    states: list[Box] = []
    for step in range(steps):
        x = 1.2 + 1.35 * step
        target = page.box(
            x, levels["target"], piece[step + 1].translate(SIGNS), 0.5, 0.36, tint="loss"
        )
        logits = page.box(x, levels["logits"], "logits", 0.8, 0.36, size=SMALL)
        cell = page.box(
            x, levels["cell"], "recurrent\nlayer", 0.85, 0.46, tint="weights", size=SMALL
        )
        vector = page.box(x, levels["vector"], "vector", 0.8, 0.36, size=SMALL)
        letter = page.box(x, levels["input"], piece[step].translate(SIGNS), 0.5, 0.36, tint="input")
        for start, end in ((letter, vector), (vector, cell), (cell, logits)):
            page.arrow(start, end)
        page.arrow(logits, target, tint="loss", dashed=True)
        states.append(cell)
    first, last = Point(0.2, levels["cell"]), Point(states[-1].right.x + 0.55, levels["cell"])
    page.arrow(first, states[0].left, "h", tint="state")
    for one, other in pairwise(states):
        page.arrow(one, other, "h", tint="state")
    page.arrow(states[-1].right, last, "h", tint="state")
    right = last.x + 0.1
    told = {
        "target": ("the next character", "loss"),
        "logits": (f"scores ({characters},)", "plain"),
        "cell": (f"state h ({units},)", "state"),
        "vector": (f"vector ({embedding},)", "plain"),
        "input": ("the character read", "input"),
    }
    for level, (words, tint) in told.items():
        page.text(right, levels[level], words, size=SMALL, align="left", tint=tint)
    return page


def gates(units: int) -> Drawing:
    """Draw one step of a gated recurrent unit.

    Args:
        units: The size of the state.
    """
    page = Drawing(
        9.1, 3.6, f"One step of a gated recurrent unit: state, gates, new content are ({units},)"
    )
    before = page.box(0.8, 1.0, "h, the state\nbefore", 1.2, 0.5, tint="state")
    letter = page.box(0.8, 2.75, "x, from the\ncharacter", 1.2, 0.5, tint="input")
    reset = page.box(2.25, 2.75, "gate r\n0 … 1", 0.85, 0.5, tint="weights")
    update = page.box(5.3, 1.9, "gate z\n0 … 1", 0.85, 0.5, tint="weights")
    see, keep, take = (page.box(x, y, "×", 0.36, 0.36, shape="circle", size=12) for x, y in _TIMES)
    new = page.box(4.2, 2.75, "new content\n$\\tilde h$ = tanh(…)", 1.35, 0.55, tint="weights")
    add = page.box(7.25, 1.0, "+", 0.36, 0.36, shape="circle", size=12)
    after = page.box(8.35, 1.0, "h', the state\nafter", 1.2, 0.5, tint="state")
    for one, other in ((before, keep), (keep, add), (add, after)):
        page.arrow(one, other, tint="state", width=2)
    page.text(2.3, 0.84, "straight through", size=SMALL, tint="state")
    product = page.box(see.center.x, 1.95, "U h + c", 0.8, 0.36, tint="weights", size=SMALL)
    page.arrow(Point(product.center.x, 1.0), product.top, tint="state")
    page.arrow(product.bottom, see.top)
    page.arrow(Point(reset.center.x, 1.0), reset.top, tint="state")
    page.line(Point(4.65, 1.0), Point(4.65, 1.8), tint="state")
    page.arrow(Point(4.65, 1.8), update.left.moved(0, -0.1), tint="state")
    page.arrow(letter, reset, tint="input")
    page.line(letter.top, Point(0.8, 1.45), Point(4.4, 1.45), Point(4.4, 2.0), tint="input")
    page.arrow(Point(4.4, 2.0), update.left.moved(0, 0.1), tint="input")
    page.arrow(reset, see)
    page.arrow(see, new)
    page.line(letter.bottom, Point(0.8, 3.3), Point(4.2, 3.3), tint="input")
    page.arrow(Point(4.2, 3.3), new.bottom, tint="input")
    page.arrow(update.top, keep.bottom)
    page.arrow(update.bottom, take.top)
    page.text(5.38, 1.42, "z: how much to keep", size=SMALL, align="left")
    page.text(5.38, 2.36, "1 − z: how much to replace", size=SMALL, align="left")
    page.arrow(new, take)
    page.line(take.right, Point(7.25, take.center.y))
    page.arrow(Point(7.25, take.center.y), add.bottom)
    return page


def state_and_gradient(batches: int, length: int) -> Drawing:
    """Draw what crosses the border between batches, and what does not.

    Args:
        batches: How many, one after another.
        length: The characters of a row in each.
    """
    page = Drawing(1.2 + 2.4 * batches, 2.2, "The state is carried over, the gradient stops")
    boxes = [
        page.box(
            1.7 + 2.4 * step, 1.15, f"batch {step}\n{length} characters", 1.6, 0.6, tint="input"
        )
        for step in range(batches)
    ]
    page.arrow(boxes[0].left.moved(-0.7, -0.12), boxes[0].left.moved(0, -0.12), "0", tint="state")
    for one, other in pairwise(boxes):
        start, end = one.right.moved(0, -0.12), other.left.moved(0, -0.12)
        page.arrow(start, end, "state", tint="state")
    for box in boxes:
        start, end = box.right.moved(-0.1, 0.5), box.left.moved(0.1, 0.5)
        page.arrow(start, end, tint="loss")
        page.text(box.center.x, 1.82, "gradient", size=SMALL, tint="loss")
        border = box.left.moved(0.05, 0.5)
        page.line(border.moved(down=-0.14), border.moved(down=0.14), tint="loss", width=2.2)
    return page


def reading_and_writing(text: str, guesses: str) -> Drawing:
    """Draw the two ways to use the network: on a text that is there, and on its own guesses.

    Args:
        text: What it reads in training.
        guesses: What it writes after the first character.
    """
    page = Drawing(
        2.9 + 1.5 * len(guesses), 3.7, "Reading (teacher forcing) and writing (free running)"
    )
    for top, inputs, outputs, name in (
        (0.8, text[:-1], text[1:], "reads the true text"),
        (2.4, text[0] + guesses[:-1], guesses, "reads what it wrote"),
    ):
        writes = name.endswith("wrote")
        page.text(0.2, top + 0.45, name.replace(" ", "\n", 1), size=SMALL, align="left")
        for step, (seen, said) in enumerate(zip(inputs, outputs, strict=True)):
            x = 2.2 + 1.5 * step
            cell = page.box(x, top + 0.45, "GRU", 0.75, 0.36, tint="weights", size=SMALL)
            tint: Tint = "state" if writes and step else "input"
            letter = page.box(x, top + 1.0, seen.translate(SIGNS), 0.4, 0.32, tint=tint)
            tint = "state" if writes else "loss"
            above = page.box(x, top - 0.1, said.translate(SIGNS), 0.4, 0.32, tint=tint)
            page.arrow(letter, cell)
            page.arrow(cell, above, dashed=not writes, tint=tint)
            if step:
                page.arrow(Point(x - 1.12, cell.center.y), cell.left)
            if writes and step < len(outputs) - 1:
                page.arrow(above.right, Point(x + 1.3, top + 1.0), tint="state", bend=-0.15)
        told = (
            "draws a character\nand reads it next" if writes else "must predict the\nnext true one"
        )
        page.text(2.2 + 1.5 * len(outputs) - 0.85, top - 0.1, told, size=SMALL, align="left")
    return page


def tempered(scores: Mapping[str, float], temperatures: Sequence[float]) -> Drawing:
    """Draw what a temperature makes of the same scores, as bars of probability.

    Args:
        scores: The logit of each character.
        temperatures: What the logits are divided by, one panel for each.
    """
    logits = np.array(list(scores.values()))
    powers = [np.exp(logits / temperature) for temperature in temperatures]
    panels = {
        f"temperature {temperature:g}": (power / power.sum()).tolist()
        for temperature, power in zip(temperatures, powers, strict=True)
    }
    return _bars("The same scores, divided by a temperature", list(scores), panels)


def cut(chances: Mapping[str, float], top_k: int, top_p: float) -> Drawing:
    """Draw what top-k and top-p leave of the same probabilities.

    Args:
        chances: The probability of each character, the largest first.
        top_k: How many characters stay.
        top_p: Which share of the probability stays, at least.
    """
    whole = np.array(list(chances.values()))
    before = np.cumsum(whole) - whole  # of the likelier characters
    kept = {f"top-k {top_k}": np.arange(len(whole)) < top_k, f"top-p {top_p:g}": before < top_p}
    panels = {"all characters": whole.tolist()}
    for name, stays in kept.items():
        panels[name] = (whole * stays / (whole * stays).sum()).tolist()
    return _bars("Cutting off the unlikely characters", list(chances), panels)


def _bars(title: str, names: Sequence[str], panels: Mapping[str, Sequence[float]]) -> Drawing:
    """Draw shares as bars, a panel for each of their names."""
    page = Drawing(0.6 + 2.6 * len(panels), 2.55, title)
    base, bar = 2.0, 2.1 / len(names)
    for panel, (told, shares) in enumerate(panels.items()):
        left = 0.4 + 2.6 * panel
        for place, (name, share) in enumerate(zip(names, shares, strict=True)):
            x, height = left + (place + 0.5) * bar, 1.2 * share
            middle = base - height / 2
            page.box(x, middle, "", 0.7 * bar, height, tint="input", shade=0.6, shape="square")
            page.text(x, base + 0.15, name.translate(SIGNS), size=SMALL)
            page.text(x, base - height - 0.1, f"{share:.0%}", size=SMALL)
        page.text(left + 1.05, base + 0.38, told, size=SMALL)
        page.line(Point(left, base), Point(left + 2.1, base), width=0.8)
    return page


def surprise(chances: Sequence[float]) -> Drawing:
    """Draw the loss of a guess against the probability of the true next character.

    Args:
        chances: The probabilities that are marked on the curve.
    """
    page = Drawing(6.6, 2.9, "The loss: −log of the probability of the next character")
    left, base, wide, high, most = 0.9, 2.4, 4.2, 1.7, 5.0

    def place(chance: float) -> Point:
        return Point(left + wide * chance, base + high * float(np.log(chance)) / most)

    curve = np.exp(-np.linspace(0, most, 80))
    page.line(Point(left, base - high), Point(left, base), Point(left + wide, base), width=0.8)
    page.line(*(place(float(chance)) for chance in curve), tint="loss", width=2)
    for chance in chances:
        at = place(chance)
        page.box(*at, "", 0.1, 0.1, shape="circle", tint="loss", shade=1)
        told = f"p = {chance:g}: {abs(np.log(chance)):.2f} nats"
        page.text(at.x + 0.12, at.y - 0.12, told, size=SMALL, align="left")
    for chance in (0.0, 0.5, 1.0):
        page.text(left + wide * chance, base + 0.15, f"{chance:g}", size=SMALL)
    for nats in range(0, int(most) + 1, 2):
        page.text(left - 0.1, base - high * nats / most, str(nats), size=SMALL, align="right")
    page.text(
        left + wide / 2, base + 0.33, "probability of the character that came next", size=SMALL
    )
    page.text(left - 0.45, base - high / 2, "nats", size=SMALL)
    return page
