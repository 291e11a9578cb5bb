"""Words and their numbers.

`Vocabulary` as in coursekit_nmt, which leaves no word out for being rare.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

PAD, START, END, UNKNOWN = range(4)
SPECIAL = ("<pad>", "<start>", "<end>", "<unk>")


@dataclass(frozen=True)
class Vocabulary:
    """The words of the captions; a word's id is its place.

    The first four are ``<pad> <start> <end> <unk>``.
    """

    words: tuple[str, ...] = SPECIAL

    @classmethod
    def of(cls, captions: Iterable[str], size: int, least: int = 1) -> Vocabulary:
        """Return the most frequent words, ties in alphabetical order.

        Args:
            captions: In normal form.
            size: How many words at the most, the special ones included.
            least: How often a word must occur.
        """
        counts = Counter(chain.from_iterable(caption.split() for caption in captions))
        frequent = (word for word, count in counts.items() if count >= least)
        ranked = sorted(frequent, key=lambda word: (-counts[word], word))
        return cls(SPECIAL + tuple(ranked[: max(0, size - len(SPECIAL))]))

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    def encode(self, caption: str) -> list[int]:
        """Return the ids of a caption in normal form, `UNKNOWN` for words that are not here."""
        return [self._ids.get(word, UNKNOWN) for word in caption.split()]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Return the words up to the end, without padding and start."""
        words = []
        for place in ids:
            if place == END:
                break
            if place not in (PAD, START):
                words.append(self.words[place])
        return words
