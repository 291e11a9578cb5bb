"""How good the captions are, free-running, on pictures that were not trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coursekit import CourseError, SplitName
from coursekit_captioning.data import CaptioningData, CaptionSplit
from coursekit_captioning.decode import Attention, Written, write_captions
from coursekit_captioning.examples import Example
from coursekit_captioning.model import Captioner
from coursekit_captioning.scenes import Box, is_true
from coursekit_captioning.scores import bleu, cider

TEST_BEAM = 4  # validation is greedy


def peak(weights: Attention, offset: float = 0.0) -> tuple[float, float]:
    """Return the point where attention is highest, across and down, from 0 to 1.

    Args:
        weights: The weights of the cells of a square grid, ``(cells,)``.
        offset: How far below and to the right of its middle a cell looks, in cells.
    """
    side = round(len(weights) ** 0.5)
    down, across = divmod(int(np.argmax(weights)), side)
    return (across + 0.5 + offset) / side, (down + 0.5 + offset) / side


def is_inside(point: tuple[float, float], box: Box) -> bool:
    """Return whether a point is in a box."""
    return box.left <= point[0] <= box.right and box.top <= point[1] <= box.bottom


def pointing_game(
    examples: Sequence[Example], found: Sequence[Written], offset: float = 0.0
) -> float:
    """Return the share of object words whose attention peak is in a box of that object.

    This is the pointing game of Zhang et al. (2016), without their margin. Only words that name
    something in the picture count, because nothing can point at what is not there.

    Args:
        examples: The pictures.
        found: Their captions.
        offset: See `peak`.

    Returns:
        From 0 to 1, and 0 if no word counts.
    """
    hits = [
        any(is_inside(peak(weights, offset), box) for box in boxes)
        for example, written in zip(examples, found, strict=True)
        for weights, boxes in zip(written.attention, example.boxes(written.words), strict=True)
        if boxes
    ]
    return sum(hits) / len(hits) if hits else 0.0


def true_captions(examples: Sequence[Example], captions: Sequence[Written]) -> float:
    """Return the share of captions, from 0 to 1, of which every word is true of its scene."""
    right = [
        example.scene is not None and is_true(example.scene, written.words)
        for example, written in zip(examples, captions, strict=True)
    ]
    return sum(right) / len(right)


def evaluate_split(
    model: Captioner, data: CaptioningData, split: CaptionSplit, beam: int = 1
) -> dict[str, float]:
    """Caption the pictures of a split and score the captions.

    Args:
        model: The model.
        data: For its vocabulary.
        split: Where the pictures and their captions are.
        beam: The width of the beam search; 1 is greedy search.

    Returns:
        ``cider`` and ``bleu_1`` to ``bleu_4`` (times 100); ``true_captions`` on scenes, and
        ``pointing_game`` where the boxes of things are known.
    """
    examples = split.examples
    if not examples:
        raise CourseError("the split has no pictures to caption")
    captions = write_captions(
        model, data.vocabulary, split.rows, len(examples), split.lengths[-1], beam
    )
    texts = [written.words for written in captions]
    references = [[caption.split() for caption in example.captions] for example in examples]
    scores = {"cider": cider(texts, references)}
    scores |= {name: 100 * value for name, value in bleu(texts, references).items()}
    if data.shows_scenes:
        scores["true_captions"] = true_captions(examples, captions)
    if data.shows_scenes or any(example.objects for example in examples):
        scores["pointing_game"] = pointing_game(examples, captions, data.offset)
    return scores


def evaluate(model: Captioner, data: CaptioningData, split: SplitName) -> dict[str, float]:
    """Score a split: test with a beam, the others greedily."""
    beam = TEST_BEAM if split == "test" else 1
    return evaluate_split(model, data, getattr(data, split), beam)


def signatures() -> dict[str, str]:
    """Return how the metrics count, for the manifest of a run."""
    form = "lower-case words without punctuation, not the tokens of Java's PTBTokenizer"
    return {
        "cider": f"CIDEr-D, all references, n-grams of 1 to 4, sigma 6; {form}",
        "bleu": f"corpus BLEU, all references, no smoothing; {form}",
    }
