"""A captioner that is made by counting, in a second and with numpy alone: to try searches on.

It errs as a network does that was trained for a short time: each word follows from the two
before it and from what a poor eye sees, and nothing remembers what was said already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from coursekit_captioning.examples import Example
from coursekit_captioning.scenes import Scene, combinations
from coursekit_captioning.scenes.things import COLOURS, SHAPES, SIZES, TEXTURES
from coursekit_captioning.vocabulary import END, PAD, START, UNKNOWN, Vocabulary

Array: TypeAlias = npt.NDArray[Any]
Step: TypeAlias = Callable[[Array, Array, int], tuple[Array, Array]]

IMPOSSIBLE = -1e9  # a log probability; finite, so that sums of it stay numbers
# What names or describes a thing: the words that should not be said twice without need.
DESCRIBING = (*COLOURS, *SIZES, *TEXTURES, *SHAPES, *(shape + "s" for shape in SHAPES))
DIRECTIONS = ("above", "below", "left", "right")


class CountingCaptioner:
    """Captions scenes: counted trigrams, weighed by what it sees.

    Args:
        examples: Scenes and their captions, to count in.
        strength: How much speaks for a word that is true of the picture, in nats, and against
            one that is not.
        noise: The standard deviation of that.
    """

    def __init__(
        self, examples: Iterable[Example], strength: float = 2.0, noise: float = 1.0
    ) -> None:
        self.strength, self.noise = strength, noise
        captions = [caption for example in examples for caption in example.captions]
        self.vocabulary = Vocabulary.of(captions, size=1_000)
        self.words = self.vocabulary.words
        self.log_p = self._trigram_log_p(captions)
        self.is_seen = np.isin(self.words, [*DESCRIBING, *DIRECTIONS])

    def _trigram_log_p(self, captions: Sequence[str]) -> Array:
        """Return log probabilities (second word before, word before, next word)."""
        size = len(self.words)
        three = np.zeros((size, size, size))
        for caption in captions:
            ids = [START, START, *self.vocabulary.encode(caption), END]
            for place in zip(ids, ids[1:], ids[2:], strict=False):
                three[place] += 1
        two = three.sum(axis=0)
        probabilities = (two.sum(axis=0) + 0.1) / (two.sum() + 0.1 * size)
        # What was never met falls back on shorter memory: two words, one, none.
        for counts in (two, three):
            probabilities = (counts + 2 * probabilities) / (counts.sum(axis=-1, keepdims=True) + 2)
        log_p: Array = np.log(probabilities)
        return log_p

    def see(self, scene: Scene, seed: int) -> Array:
        """Return how much speaks for each word in a picture, ``(words,)``."""
        true = {word for combination in combinations(scene) for word in combination.split()}
        shapes = Counter(thing.shape for thing in scene.things)
        true |= set(shapes) | {shape + "s" for shape, count in shapes.items() if count > 1}
        for thing in scene.things:
            true |= {thing.colour, thing.size, thing.texture}
        speaks = np.where(np.isin(self.words, list(true)), self.strength, -self.strength)
        doubt = np.random.default_rng(seed).normal(scale=self.noise, size=len(speaks))
        return np.where(self.is_seen, speaks + doubt, 0.0)

    def look(self, scene: Scene, seed: int, limit: int) -> tuple[Step, Array]:
        """Look at a picture.

        Args:
            scene: What is in it.
            seed: Of what the eye gets wrong.
            limit: The words that a caption may have, with its end.

        Returns:
            A function from the words before ``(rows,)``, the state ``(rows, 1)`` and the number
            of the step to the log probabilities of the next words ``(rows, words)`` and the
            next state; and the first state, ``(1, 1)``.
        """
        evidence = self.see(scene, seed)

        def step(words: Array, state: Array, time: int) -> tuple[Array, Array]:
            scores = self.log_p[state[:, 0], words] + evidence
            scores[:, [PAD, START, UNKNOWN]] = IMPOSSIBLE
            if time == 0:
                scores[:, END] = IMPOSSIBLE
            scores -= np.logaddexp.reduce(scores, axis=1, keepdims=True)
            if time == limit - 1:
                scores[:, np.arange(scores.shape[1]) != END] = IMPOSSIBLE
            return scores, np.asarray(words)[:, np.newaxis]

        return step, np.array([[START]])
