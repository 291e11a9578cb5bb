"""BLEU and CIDEr-D: numbers worked out by hand, and those of pycocoevalcap."""

from __future__ import annotations

import math
from random import Random

import pytest

from coursekit import CourseError
from coursekit_captioning.scores import bleu, cider

Corpus = tuple[list[list[str]], list[list[list[str]]]]


def corpus(*pictures: str) -> Corpus:
    """Each picture: its caption and its references, with bars between."""
    parts = [[text.split() for text in picture.split("|")] for picture in pictures]
    return [part[0] for part in parts], [part[1:] for part in parts]


def drawn(seed: int, pictures: int, references: int, shortest: int = 4) -> Corpus:
    """Captions of frequent and rare words that share some runs with their references."""
    rng = Random(seed)
    words = [f"w{number}" for number in range(80)]
    rarity = [1 / (number + 1) for number in range(80)]

    def caption() -> list[str]:
        return rng.choices(words, rarity, k=rng.randint(shortest, 15))

    known = [[caption() for _ in range(rng.randint(1, references))] for _ in range(pictures)]
    mine = [
        rng.choice(texts)[rng.randint(0, 2) :] + caption()[: rng.randint(0, 6)] for texts in known
    ]
    return mine, known


def test_a_word_counts_as_often_as_one_reference_has_it() -> None:
    # The example of Papineni et al. (2002), section 2.1: 2/7.
    found = bleu(
        *corpus("the the the the the the the|the cat is on the mat|there is a cat on the mat")
    )
    assert found["bleu_1"] == pytest.approx(2 / 7)
    assert found["bleu_2"] == found["bleu_4"] == 0


def test_precisions_are_pooled_over_the_captions() -> None:
    # Unigrams 4/4 and 1/2: 5/6; bigrams 3/3 and 0/1: 3/4; trigrams 2/2; 4-grams 1/1.
    found = bleu(*corpus("a b c d|a b c d", "a x|a y"))
    assert found["bleu_1"] == pytest.approx(5 / 6)
    assert found["bleu_2"] == pytest.approx(math.sqrt(5 / 6 * 3 / 4))
    assert found["bleu_3"] == pytest.approx((5 / 6 * 3 / 4) ** (1 / 3))
    assert found["bleu_4"] == pytest.approx((5 / 6 * 3 / 4) ** (1 / 4))


def test_short_captions_are_penalized() -> None:
    assert bleu(*corpus("a b|a b c d"))["bleu_1"] == pytest.approx(math.exp(1 - 4 / 2))
    assert bleu(*corpus("a b c d e|a b c"))["bleu_1"] == pytest.approx(3 / 5)


def test_the_penalty_takes_the_reference_nearest_in_length() -> None:
    # 4 and 2 words are equally near to 3: the shorter counts, and there is no penalty.
    assert bleu(*corpus("a b c|a b c d|a b"))["bleu_1"] == pytest.approx(1)
    assert bleu(*corpus("a b c|a b c d|a"))["bleu_1"] == pytest.approx(math.exp(1 - 4 / 3))


def test_an_empty_caption_scores_nothing() -> None:
    captions, references = corpus("|a b", "c d|c d")
    assert bleu(captions[:1], references[:1])["bleu_1"] == 0
    assert cider(captions, references) == pytest.approx(5 / 2)


def test_cider_of_equal_and_of_foreign_captions() -> None:
    # The first: cosine 1 of its one- and two-word runs, 0 of the longer, which it lacks.
    assert cider(*corpus("a b|a b", "a b|c d")) == pytest.approx((10 * 2 / 4 + 0) / 2)


def test_cider_of_one_picture_is_zero_for_every_word_is_common() -> None:
    assert cider(*corpus("a b|a b")) == 0


def test_cider_minds_the_length() -> None:
    # (1) . (1, 1) / (1 * sqrt 2); one bigram less than the reference.
    expected = 10 * (1 / math.sqrt(2)) / 4 * math.exp(-1 / (2 * 6**2))
    assert cider(*corpus("a|a b", "x|c d")) == pytest.approx(expected / 2)


def test_cider_clips_repeated_words() -> None:
    # min(2, 1) * 1 / (2 * sqrt 2); the same number of bigrams.
    assert cider(*corpus("a a|a b", "x|c d")) == pytest.approx(10 / (2 * math.sqrt(2)) / 4 / 2)


def test_cider_weighs_rare_words_more() -> None:
    # "a" is in two of four pictures, "b" in one: log 2 and log 4 = 2 log 2. The caption "b x",
    # x being as rare as b: 2 * 2 / (sqrt(8) * sqrt(5)); bigrams differ.
    found = cider(*corpus("b x|a b", "y y|a c", "y y|d e", "y y|f g"))
    assert found == pytest.approx(10 * 4 / math.sqrt(8 * 5) / 4 / 4)


def test_cider_is_the_mean_over_the_references() -> None:
    assert cider(*corpus("a b|a b|c d", "x|e f")) == pytest.approx(5 / 2 / 2)


@pytest.mark.parametrize("seed", range(4))
def test_equal_to_the_reference_program(seed: int) -> None:
    reason = "pycocoevalcap (104 MB) is not installed"
    theirs_bleu = pytest.importorskip("pycocoevalcap.bleu.bleu", reason=reason).Bleu(4)
    theirs_cider = pytest.importorskip("pycocoevalcap.cider.cider", reason=reason).Cider()
    captions, references = drawn(seed, 60, 5)
    known = {i: [" ".join(words) for words in texts] for i, texts in enumerate(references)}
    mine = {i: [" ".join(words)] for i, words in enumerate(captions)}
    expected = theirs_bleu.compute_score(known, mine, verbose=0)[0]
    assert list(bleu(captions, references).values()) == pytest.approx(expected, rel=1e-9)
    expected = theirs_cider.compute_score(known, mine)[0]
    assert cider(captions, references) == pytest.approx(expected, rel=1e-9)


def test_bounds() -> None:
    _, references = drawn(5, 40, 1)
    same = [texts[0] for texts in references]
    assert list(bleu(same, references).values()) == pytest.approx([1, 1, 1, 1])
    assert cider(same, references) == pytest.approx(10)


@pytest.mark.parametrize(
    ("captions", "references"), [([], []), ([["a"]], []), ([["a"]], [[]]), ([["a"]], [[["a"]]] * 2)]
)
def test_nothing_to_score(captions: list[list[str]], references: list[list[list[str]]]) -> None:
    for metric in (bleu, cider):
        with pytest.raises(CourseError, match="cannot score"):
            metric(captions, references)
