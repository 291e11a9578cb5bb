"""The metrics against numbers by hand and against an independent BLEU."""

import math
from collections import Counter

import numpy as np
import pytest

from coursekit import CourseError
from coursekit_nmt import NmtLesson
from coursekit_nmt.data import NmtData, Pair, PairSplit
from coursekit_nmt.decode import Translation
from coursekit_nmt.evaluate import (
    attention_alignment,
    bleu,
    chrf,
    evaluate,
    exact_match,
)
from tests.lessons.nmt.test_model import tiny_data, translator

pytestmark = pytest.mark.tf

TEXTS = ["the cat sat on the mat .", "he is not here .", "i do not know what to say ."]
REFERENCES = [
    ["the cat sat on a mat .", "the cat is on the mat ."],
    ["he is not here ."],
    ["i don't know what to say .", "i do not know what i should say ."],
]


def plain_bleu(texts: list[str], references: list[list[str]]) -> float:
    """Corpus BLEU from its paper: clipped n-grams up to 4, the closest reference length."""
    hits, totals, length, closest = [0] * 4, [0] * 4, 0, 0
    for text, options in zip(texts, references, strict=True):
        words = text.split()
        length += len(words)
        closest += min(
            (len(option.split()) for option in options), key=lambda n: (abs(n - len(words)), n)
        )
        for n in range(1, 5):

            def grams(sentence: str, n: int = n) -> Counter[tuple[str, ...]]:
                parts = sentence.split()
                return Counter(tuple(parts[i : i + n]) for i in range(len(parts) - n + 1))

            most: Counter[tuple[str, ...]] = Counter()
            for option in options:
                most |= grams(option)
            hits[n - 1] += (grams(text) & most).total()
            totals[n - 1] += grams(text).total()
    precision = sum(math.log(hit / total) for hit, total in zip(hits, totals, strict=True)) / 4
    return 100 * math.exp(min(0.0, 1 - closest / length) + precision)


def test_bleu_uses_all_references_and_equals_the_paper() -> None:
    assert bleu(TEXTS, REFERENCES) == pytest.approx(plain_bleu(TEXTS, REFERENCES), abs=1e-6)
    first_only = [options[:1] for options in REFERENCES]
    assert bleu(TEXTS, first_only) == pytest.approx(plain_bleu(TEXTS, first_only), abs=1e-6)
    assert bleu(TEXTS, REFERENCES) > bleu(TEXTS, first_only)


def test_perfect_and_hopeless() -> None:
    perfect = [options[-1] for options in REFERENCES]
    assert bleu(perfect, REFERENCES) == pytest.approx(100)
    assert chrf(perfect, REFERENCES) == pytest.approx(100)
    assert exact_match(perfect, REFERENCES) == 1
    assert bleu(["x", "y", "z"], REFERENCES) == 0
    assert chrf(["x", "z", "q"], REFERENCES) == 0
    assert exact_match(["", "", ""], REFERENCES) == 0


def test_exact_match_accepts_any_reference() -> None:
    assert exact_match(TEXTS, REFERENCES) == pytest.approx(1 / 3)
    assert exact_match([REFERENCES[0][1], "he is", REFERENCES[2][1]], REFERENCES) == (
        pytest.approx(2 / 3)
    )


def translation(text: str, *peaks: int) -> Translation:
    """A translation whose words look at the source words of those places, out of four."""
    weights = np.full((len(peaks), 4), 0.1, np.float32)
    weights[range(len(peaks)), peaks] = 0.7
    return Translation(text, weights, 0.0)


def test_alignment_counts_content_words_of_right_translations() -> None:
    alignments = {
        # "it" has no source of its own, "very" one, "cold" two, the full stop is not scored.
        Pair("hace mucho frio .", "it's very cold ."): ((), (1,), (0, 2), None),
        Pair("esta bien .", "all right ."): (None, (1,), None),
    }
    sources = ["hace mucho frio .", "hace mucho frio .", "hace mucho frio .", "esta bien ."]
    found = [
        translation("it's very cold .", 3, 1, 0, 3),  # both right
        translation("it's very cold .", 1, 2, 2, 0),  # very is wrong
        translation("it's cold .", 0, 1, 1),  # not an accepted translation: not counted
        translation("all right .", 0, 0, 2),  # wrong
    ]
    assert attention_alignment(sources, found, alignments) == pytest.approx(3 / 5)
    assert attention_alignment(sources[2:3], found[2:3], alignments) == 0


def data_with(
    pairs: list[Pair], alignments: dict[Pair, tuple[tuple[int, ...] | None, ...]]
) -> NmtData:
    data = tiny_data()
    split = PairSplit(pairs, data.source_vocabulary, data.target_vocabulary, (4,), 2, 0, alignments)
    data.validation = data.test = split
    return data


def test_evaluate_returns_what_the_lesson_names() -> None:
    pairs = [Pair("a b", "a"), Pair("c", "b c")]
    model = translator()
    plain = evaluate(model, data_with(pairs, {}), "validation")
    assert list(plain) == ["bleu", "chrf", "exact_match"]
    aligned = evaluate(model, data_with(pairs, {pairs[0]: ((0,),)}), "test")
    assert list(aligned) == [metric.name for metric in NmtLesson.metrics]


def test_only_part_of_a_large_validation_split_is_translated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[int, int]] = []

    def translate(
        model: object, one: object, two: object, sentences: list[str], beam: int
    ) -> list[Translation]:
        asked.append((len(sentences), beam))
        return [translation("a", 0) for _ in sentences]

    monkeypatch.setattr("coursekit_nmt.evaluate.translate", translate)
    data = data_with([Pair(f"s{i}", "a") for i in range(2_500)], {})
    evaluate(translator(), data, "validation")
    evaluate(translator(), data, "test")
    assert asked == [(1_000, 1), (2_500, 4)]


def test_an_empty_split_is_an_error() -> None:
    with pytest.raises(CourseError, match="no sentences"):
        evaluate(translator(), data_with([], {}), "test")


def test_the_signatures_say_how_the_words_are_parted() -> None:
    signatures = NmtLesson().signatures()
    assert "tok:none" in signatures["bleu"]
    assert "nrefs:var" in signatures["bleu"]
    assert "nc:6" in signatures["chrf"]
