"""How good the translations are, on sentences that were not trained on.

All metrics compare in the lesson's normal form (lower case, no accents, punctuation apart)
and use every translation of a source that the data set has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from coursekit import CourseError, SplitName
from coursekit_nmt.data import Alignment, NmtData, Pair, PairSplit
from coursekit_nmt.decode import Translation, translate
from coursekit_nmt.model import Translator

VALIDATION_SOURCES = 1_000  # after each epoch: enough to choose by, and quick
TEST_BEAM = 4  # validation is greedy

References = Sequence[Sequence[str]]


def bleu_metric() -> BLEU:
    """Return corpus BLEU (Papineni et al. 2002) that takes words as the normal form parts them."""
    return BLEU(tokenize="none", force=True)


def chrf_metric() -> CHRF:
    """Return chrF2 (Popović 2015): the F-score of runs of up to six characters."""
    return CHRF()


def columns(references: References) -> Any:
    """Turn translations by source into what sacrebleu takes: first, second, ... of each.

    It is None where a source has fewer (its type declaration does not know that).
    """
    most = max(map(len, references))
    return [[r[place] if place < len(r) else None for r in references] for place in range(most)]


def bleu(texts: Sequence[str], references: References) -> float:
    """Return corpus BLEU from 0 to 100, over all references of each text."""
    return float(bleu_metric().corpus_score(list(texts), columns(references)).score)


def chrf(texts: Sequence[str], references: References) -> float:
    """Return corpus chrF2 from 0 to 100, over all references of each text."""
    return float(chrf_metric().corpus_score(list(texts), columns(references)).score)


def exact_match(texts: Sequence[str], references: References) -> float:
    """Return the share of texts, from 0 to 1, that equal one of their references."""
    return sum(t in r for t, r in zip(texts, references, strict=True)) / len(texts)


def attention_alignment(
    sources: Sequence[str],
    translations: Sequence[Translation],
    alignments: Mapping[Pair, Alignment],
) -> float:
    """Return the share of English content words that look at where they come from.

    Counted are the translations that are right, since only of these is it known which source
    words each word comes from; in them the content words, except where the source is silent.
    Such a word is well aligned if its highest weight is on one of its source words.

    Returns:
        From 0 to 1; 0 if nothing could be counted.
    """
    hits: list[bool] = []
    for source, translation in zip(sources, translations, strict=True):
        alignment = alignments.get(Pair(source, translation.text), ())
        for weights, origins in zip(translation.attention, alignment, strict=False):
            if origins:
                hits.append(int(np.argmax(weights)) in origins)
    return sum(hits) / len(hits) if hits else 0.0


def evaluate_split(
    model: Translator, data: NmtData, split: PairSplit, beam: int = 1, sources: int | None = None
) -> dict[str, float]:
    """Translate the sources of a split and score them.

    Args:
        model: The translator.
        data: For its vocabularies.
        split: Where the sources and their references are.
        beam: The width of the beam search; 1 is greedy search.
        sources: How many sources to take at the most; None: all.

    Returns:
        ``bleu``, ``chrf`` and ``exact_match``, and ``attention_alignment`` where the data
        knows which words belong together.
    """
    sentences = list(split.references)[:sources]
    if not sentences:
        raise CourseError("the split has no sentences to translate")
    references = [split.references[source] for source in sentences]
    translations = translate(model, data.source_vocabulary, data.target_vocabulary, sentences, beam)
    texts = [translation.text for translation in translations]
    scores = {
        "bleu": bleu(texts, references),
        "chrf": chrf(texts, references),
        "exact_match": exact_match(texts, references),
    }
    if split.alignments:
        scores["attention_alignment"] = attention_alignment(
            sentences, translations, split.alignments
        )
    return scores


def evaluate(model: Translator, data: NmtData, split: SplitName) -> dict[str, float]:
    """Score a split: test with a beam and whole, the others greedily and in part."""
    part = getattr(data, split)
    if split == "test":
        return evaluate_split(model, data, part, TEST_BEAM)
    return evaluate_split(model, data, part, sources=VALIDATION_SOURCES)


def signatures() -> dict[str, str]:
    """Return sacrebleu's own description of how each of its metrics counts."""
    by_metric = {}
    for name, metric in (("bleu", bleu_metric()), ("chrf", chrf_metric())):
        metric.corpus_score(["a", "b"], columns([["a", "b"], ["b"]]))  # it signs what it scored
        by_metric[name] = str(metric.get_signature())
    return by_metric
