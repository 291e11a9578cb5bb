# %% [markdown]
# # Attention without training
#
# **Goal.** Invent what a head should look for, and predict a text by looking things up in it.
#
# **Time.** 35 minutes
#
# **Before.** exercise 1
#
# **Kind.** predict, complete, invent
#
# What could a head look for? In 2022 researchers examined trained transformers and found heads
# that do something quite simple ([Olsson et al. 2022](https://arxiv.org/abs/2209.11895)). These
# **induction heads** ask: *what came next, the last time the text looked like this?* They look for
# an earlier passage that matches the latest characters, and copy what followed it **then**.
#
# That needs no training. In this exercise you write such a head yourself, in NumPy, and let it
# predict a nursery rhyme without any network.

# %%
from coursekit.prepare import show
from coursekit_transformer.practice import figures

show(
    figures.looking_up("my lord, my lo", earlier=4, now=12),
    alt="The text my lord, my l: from the last l an arrow leads back to the o that followed "
    "the earlier my l; from there another leads to the next position, again an o.",
)

# %%
import numpy as np

from coursekit_transformer.data import Vocabulary
from coursekit_transformer.practice.rhyme import RHYME

signs = Vocabulary.of(RHYME)
ids = signs.encode(RHYME)
print(RHYME[:170], "...")
print(len(ids), "characters,", len(signs) - 1, "different ones")

# %% [markdown]
# ## Predict first
#
# The text so far is `"abcab"`. Positions are counted from 0. The head is at position 4 and wants
# to know what comes next. At which position is the character that followed `ab` *the last time*?

# %%
place_to_copy = 2  # exercise

# %% [markdown] tags=["why"]
# The text ends in `ab`, and the last time `ab` occurred, at positions 0 and 1, it was followed by
# the character at position 2. The head has to look at the position *after* the match, because that
# is where the answer is. Looking at the match itself would copy `b`.

# %% [markdown]
# The head gives that position the score 3, and the score 0 to the other four that it sees
# (including its own). What is the position's weight after the softmax?

# %%
weight_of_place = 0.83  # exercise

# %% [markdown] tags=["why"]
# The exponentials are $e^3 \approx 20.1$ once and 1 four times, and 20.1 / 24.1 is about 0.83. A
# score of 3 is enough against four others. Against a thousand others it would not be, so long texts
# need larger scores.

# %%
import numpy as np

from coursekit.practice import assert_close, assert_equal, check, misconception, probe


@probe
def weight():
    return round(float(weight_of_place), 2)


@misconception(
    "place_to_copy",
    "That is the earlier `b`, which matches the current one. What came *after* it is one "
    "position further on.",
)
def the_same():
    return 1


@misconception("place_to_copy", "That is where the earlier `ab` begins. What came after it?")
def the_beginning():
    return 0


@misconception("place_to_copy", "That position is not yet written: it is the one to predict.")
def the_next():
    return 5


@misconception(
    "weight",
    "The other positions have a score of 0, and exp(0) is 1, so each of them gets a share.",
)
def all_of_it():
    return 1.0


@misconception("weight", "There are four others, not five: the head sees five positions in total.")
def five_others():
    return 0.8


@misconception("weight", "That is 3 / (3 + 4). Softmax takes exp of the scores before it divides.")
def without_exp():
    return 0.43


@misconception("weight", "That would be the weight with one other position. There are four.")
def one_other():
    return 0.95


@check(
    "You know where to look",
    points=1,
    hints=(
        "Where in the text did `ab` occur before?",
        "At positions 0 and 1. What came next?",
        "The character at position 2.",
    ),
)
def where(student):
    assert student["place_to_copy"] == 2, "what came after the first `ab`?"


@check(
    "You can turn this score into a weight",
    points=1,
    hints=(
        "What are exp(3) and exp(0)?",
        "They are 20.1 and 1. Four positions have the score 0.",
        "20.1 / (20.1 + 4).",
    ),
)
def how_sure(student):
    said = "exp of each score, divided by their sum"
    answer = student["weight_of_place"]
    assert_close(student.weight(), 0.83, said, atol=0.02)
    assert_close(answer, 0.83, said, atol=0.02)


# %% [markdown]
# ## From scores to predictions
#
# Write `guesses`. Its input is a table of scores `(time, time)`, where entry $[t, j]$ is for
# position $t$ looking at position $j$. It returns the probability of each next character, `(time,
# characters)`:
#
# 1. no position sees a later one, but each sees itself;
# 2. take the softmax over the visible positions (scores may be large, so subtract the largest
#    first);
# 3. each position $j$ votes, with its weight, for the character that is there, `ids[j]`.


# %%
def guesses(scores: np.ndarray, ids: np.ndarray, characters: int) -> np.ndarray:  # exercise
    """Return the probability of each next character, ``(time, characters)``.

    Args:
        scores: How much each position wants to look at each other, ``(time, time)``.
        ids: Of the text, ``(time,)``.
        characters: The size of the vocabulary.
    """
    seen = np.tril(np.ones(scores.shape, bool))
    scores = np.where(seen, scores, -np.inf)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = powers / powers.sum(axis=1, keepdims=True)
    return weights @ np.eye(characters)[ids]


# %% [markdown] tags=["why"]
# `np.tril` keeps the diagonal and what is below it, so no position sees a later one. The largest
# visible score is subtracted before `exp`, which changes no weight and keeps large scores from
# overflowing. It is subtracted after hiding the later positions; otherwise a large hidden score
# could turn all the visible ones into 0. `weights @ np.eye(characters)[ids]` adds up the weights of
# all positions that hold the same character.


# %%
print(guesses(np.zeros((3, 3)), np.array([1, 2, 1]), 3).round(2))
print("should be [0 1 0], [0 0.5 0.5], [0 0.67 0.33]")

# %%


def voted(scores, ids, characters, seen=None):
    """Count the votes position by position."""
    found = np.zeros((len(ids), characters))
    for place in range(len(ids)):
        others = np.arange(place + 1) if seen is None else np.flatnonzero(seen[place])
        if len(others) == 0:
            continue
        powers = np.exp(scores[place, others] - scores[place, others].max())
        np.add.at(found[place], ids[others], powers / powers.sum())
    return found


def some_scores(high=1.0):
    draw = np.random.default_rng(2)
    return high * draw.normal(size=(5, 5)), np.array([1, 3, 1, 2, 3]), 4


@probe
def guess(scores, ids, characters):
    return guesses(scores, ids, characters)


@misconception("guess", "Every position sees all others, including later ones: nothing is masked.")
def not_masked(scores, ids, characters):
    return voted(scores, ids, characters, np.ones((5, 5), bool))


@misconception("guess", "No position sees itself. Its own character should vote as well.")
def not_itself(scores, ids, characters):
    return voted(scores, ids, characters, np.tril(np.ones((5, 5), bool), -1))


@misconception("guess", "It is the wrong way round: each position sees the later ones.")
def only_later(scores, ids, characters):
    return voted(scores, ids, characters, np.triu(np.ones((5, 5), bool)))


@misconception(
    "guess",
    "The masked scores were set to 0 before the softmax. But exp(0) is 1, so later "
    "positions still vote.",
)
def zero_for_never(scores, ids, characters):
    return voted(np.tril(scores), ids, characters, np.ones((5, 5), bool))


@misconception(
    "guess",
    "The weights are right, but each position should vote for `ids[j]`, not for its own number.",
)
def own_number(scores, ids, characters):
    return voted(scores, np.arange(5) % characters, characters)


@misconception(
    "guess", "Only the favourite position votes. Softmax gives every visible position a share."
)
def favourite_only(scores, ids, characters):
    hard = np.where(np.tril(np.ones((5, 5), bool)), scores, -np.inf)
    return np.eye(characters)[ids[hard.argmax(1)]]


@misconception(
    "guess", "exp of a large score overflows to infinity. Subtract the largest score first."
)
def overflow(scores, ids, characters):
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.exp(np.where(np.tril(np.ones((5, 5), bool)), scores, -np.inf))
        return powers / powers.sum(axis=1, keepdims=True) @ np.eye(characters)[ids]


@check(
    "The visible positions vote with their weights",
    points=2,
    hints=(
        "Which entries of a table `(time, time)` are at or before the position that looks?",
        "They are `np.tril(np.ones(scores.shape, bool))`. Set all other scores to -inf before exp.",
        "`weights @ np.eye(characters)[ids]`, where each row of `weights` sums to one.",
    ),
)
def votes(student):
    scores, ids, characters = some_scores()
    found = student.guess(scores, ids, characters)
    assert np.shape(found) == (5, 4), f"the shape is {np.shape(found)}, not (5, 4)"
    expected = voted(scores, ids, characters)
    assert_close(found, expected, "five positions, four characters", atol=1e-6)


@check(
    "Large scores do no harm",
    points=1,
    after="votes",
    hints=(
        "What is exp(1000) for a computer?",
        "Infinity. Softmax does not change if you subtract the same number from all scores of "
        "a row.",
        "`np.exp(scores - scores.max(axis=1, keepdims=True))`, after the mask.",
    ),
)
def large(student):
    found = student.guess(*some_scores(1000.0))
    assert np.isfinite(found).all(), "large scores give NaN or infinity"
    expected = voted(*some_scores(1000.0))
    assert_close(found, expected, "scores of thousands", atol=1e-6)


# %% [markdown]
# ## Invent: what to look for
#
# Write `fit`, which turns the ids of a text into scores, `(time, time)`. Entry $[t, j]$ says how
# much position $t$ wants to look at position $j$, whose character it would copy. When is position
# $j$ a good choice? When the characters *before* $j$ match the characters up to and including $t$.
# (Scores for later positions, $j > t$, are ignored. But `fit` must not *use* later characters for
# the scores of earlier positions: that would be looking at the answer.)
#
# Your two functions then predict the rhyme, and the cell below prints the mean loss in bits per
# character. Knowing nothing costs 4.8 bits. Giving all positions the same score costs 4.1. Looking
# for positions that follow the same *single* character costs about 2.5. **Get below 1.3 bits.** A
# longer match is a better match, but how much better? There are many good answers. Run the cells
# as often as you like.
#
# A useful tool: `ids[:, np.newaxis] == ids` is a table that says which pairs of positions hold the
# same character. Slicing shifts it.


# %%
def fit(ids: np.ndarray) -> np.ndarray:  # exercise
    """Return how much each position wants to look at each other one, ``(time, time)``.

    Args:
        ids: Of the text, ``(time,)``.
    """
    time = len(ids)
    same = ids[:, np.newaxis] == ids
    scores, alike = np.zeros((time, time)), np.ones((time, time), bool)
    for back in range(8):
        # Is what stands `back` places before t what stands `back` + 1 places before j?
        shifted = np.zeros((time, time), bool)
        shifted[back:, back + 1 :] = same[: time - back, : time - back - 1]
        alike &= shifted
        scores += 2.0 * alike
    return scores


# %% [markdown] tags=["why"]
# Position `j` is a good choice if the characters before `j` match those up to `t`. The loop
# compares one place further back each time, and `alike` stays true only as long as everything so
# far has matched. Every further match adds 2, so a match of eight characters gets about $e^{16}$
# times the weight of none, and the longest match wins clearly. The comparison uses only characters
# before `j` and up to `t`, so nothing that comes later than `t` is used.


# %%
def bits(fit, ids: np.ndarray, characters: int) -> float:
    """Return the mean loss in bits; a tenth of the probability is spread over all characters."""
    shares = 0.9 * guesses(fit(ids), ids, characters) + 0.1 / (characters - 1)
    return float(-np.log2(shares[np.arange(len(ids) - 1), ids[1:]]).mean())


def after_the_same(ids: np.ndarray) -> np.ndarray:
    """Look at the positions that follow an earlier copy of the current character."""
    before = np.concatenate([[-1], ids[:-1]])
    return 5.0 * (ids[:, np.newaxis] == before)


ways = {"all the same": lambda ids: np.zeros((len(ids), len(ids)))}
for name, way in (ways | {"one character": after_the_same, "yours": fit}).items():
    print(f"{name:15} {bits(way, ids, len(signs)):.2f} bits per character")

# %%
from coursekit_transformer.practice.rhyme import RHYME

LETTERS = sorted(set(RHYME))
TEXT = np.array([LETTERS.index(letter) for letter in RHYME])


def surprise(scores):
    shares = 0.9 * voted(scores, TEXT, len(LETTERS)) + 0.1 / len(LETTERS)
    return float(-np.log2(shares[np.arange(len(TEXT) - 1), TEXT[1:]]).mean())


def two_orders():
    """Forty characters, then some of them in an order in which no two follow as before."""
    return np.array([*range(40), *range(36, 0, -3)])


def table(ids, back, ahead, strength=5.0):
    """Compare what stands `back` positions before t with what stands `ahead` positions before j."""
    time = len(ids)
    found = np.zeros((time, time))
    for place in range(time):
        for other in range(time):
            one, two = place - back, other - ahead
            if 0 <= one < time and 0 <= two < time:
                found[place, other] = strength * (ids[one] == ids[two])
    return found


def favourites(scores):
    """Return the favourite position of each from the 40th on, the latest of equals; -1: none."""
    rows = [(place, scores[place, place::-1]) for place in range(40, len(scores))]
    return [place - int(np.argmax(row)) if np.ptp(row) > 0 else -1 for place, row in rows]


@probe
def favourite(ids):
    scores = np.asarray(fit(ids), float)
    if scores.shape != (len(ids), len(ids)):
        raise ValueError(f"fit returns a table (time, time); yours has the shape {scores.shape}")
    rows = [(place, scores[place, place::-1]) for place in range(40, len(ids))]
    return [place - int(np.argmax(row)) if np.ptp(row) > 0 else -1 for place, row in rows]


@probe
def scores_of(ids):
    scores = np.asarray(fit(ids), float)
    return np.where(np.tril(np.ones(scores.shape, bool)), scores, 0.0)


def seen_only(scores):
    return np.where(np.tril(np.ones(scores.shape, bool)), scores, 0.0)


@misconception(
    "favourite",
    "It looks at positions that hold the *same character* as the current one, and copies "
    "that. What came next is one position further on: compare position t with position j "
    "- 1.",
)
def off_by_one(ids):
    return favourites(table(ids, 0, 0) - 5.0 * np.eye(len(ids)))


@misconception(
    "favourite",
    "It always looks at itself, because each position matches itself best. That predicts nothing.",
)
def itself(ids):
    return list(range(40, len(ids)))


@misconception(
    "favourite", "It looks one position too far: at the *second* character after the match."
)
def one_too_far(ids):
    return favourites(table(ids, 0, 2))


@misconception("favourite", "All positions get the same score: it does not look for anything yet.")
def nothing_sought(ids):
    return [-1] * (len(ids) - 40)


@misconception(
    "scores_of",
    "Scores change when a *later* character is changed: they were computed with the "
    "character that is to be predicted.",
)
def the_answer(ids):
    return seen_only(table(ids, -1, 0))


@misconception(
    "scores_of",
    "One character is a weak match. Give a higher score to positions with a longer match.",
)
def one_character(ids):
    return seen_only(table(ids, 0, 1))


@check(
    "It does not use what comes later",
    points=1,
    after="votes",
    hints=(
        "Does any score of position t depend on a character after t?",
        "If you change the last character, only the last row may change.",
        "Compare `ids[t - k]` with `ids[j - 1 - k]` for k = 0, 1, 2 and so on. Never use "
        "`ids[t + 1]`.",
    ),
)
def not_the_answer(student):
    before = student.scores_of(TEXT[:40])
    changed = np.concatenate([TEXT[:30], TEXT[40:50]])
    after = student.scores_of(changed)
    assert np.shape(before) == (40, 40), "fit returns a table (time, time)"
    if np.ptp(before) == 0:
        student.favourite(two_orders())  # what it prefers tells which mistake it is
    assert np.ptp(before) > 0, "all scores are equal: no position is preferred"
    said = "the scores of the first 30 positions, before and after later characters were changed"
    assert_close(after[:30], before[:30], said, atol=1e-6)


@check(
    "It looks at what came after the match",
    points=2,
    after="not_the_answer",
    hints=(
        "Where did the current character occur before, and what came next?",
        "What came next is one position further on: position j is good if position j - 1 "
        "matches t.",
        "`before = np.concatenate([[-1], ids[:-1]])`, and `ids[:, np.newaxis] == before`.",
    ),
)
def right_place(student):
    ids = two_orders()
    found = np.array(student.favourite(ids))
    said = "the favourite of each position whose character occurred once before"
    assert_equal(found, ids[40:] + 1, said)  # 0 to 39 stand in order


@check(
    "Less than 1.3 bits per character",
    points=3,
    after="right_place",
    hints=(
        "How many characters before a position should match, and how much is a longer match worth?",
        "Add to the score for each further character that matches, as long as all nearer ones "
        "match.",
        "Keep a table `alike`. For each k, do `alike &=` (the k-th character back matches) "
        "and `scores += 2.0 * alike`.",
    ),
)
def beaten(student):
    found = surprise(student.scores_of(TEXT))
    assert found < 1.3, f"{found:.2f} bits per character; get below 1.3"


# %% [markdown]
# ## Where your head looks
#
# This is your head at work on a few lines of the rhyme. It was not trained on any text, so you can
# use it on any other. Below, it reads a module of [Python's standard
# library](https://docs.python.org/3/library/). Its competitor is a small transformer, trained for
# 600 steps on other modules of that library. **Predict:** which of them has the lower loss?

# %% tags=["train"]
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from coursekit.prepare import prepare
from coursekit_transformer import TransformerLesson
from coursekit_transformer.build import build_model
from coursekit_transformer.evaluate import losses_of
from coursekit_transformer.practice.compare import learn

part = slice(330, 420)
scores = np.where(np.tril(np.ones((len(ids), len(ids)), bool)), fit(ids), -np.inf)
weights = np.exp(scores - scores.max(axis=1, keepdims=True))
weights /= weights.sum(axis=1, keepdims=True)
figure = Figure(figsize=(9, 9), layout="constrained")
axes = figure.subplots()
image = axes.imshow(weights[part, 240:420], cmap="Blues", norm=PowerNorm(0.5), aspect="auto")
figure.colorbar(image, label="attention weight", shrink=0.5)
starts = [n for n in range(420) if RHYME[n].strip() and not RHYME[n - 1].strip()]
words = {place: RHYME[place:].split()[0] for place in starts}
below = {place - 240: word for place, word in words.items() if place >= 240}
beside = {place - 330: word for place, word in words.items() if place >= 330}
axes.set_xticks(list(below), list(below.values()), rotation=90, fontsize=9)
axes.set_yticks(list(beside), list(beside.values()), fontsize=9)
axes.set(xlabel="the position looked at", ylabel="the position that looks")
show(
    figure,
    alt="Slanted stripes: while a phrase is repeated, the position looked at moves along with it.",
)

# %% tags=["train"]
STEPS = 600
settings, library = prepare(TransformerLesson(), "stdlib", epochs=1)
held_out = library.validation.ids[:1_500]
model = build_model(library, settings)
learn(model, library.train.batches(0).take(STEPS))
size = len(library.vocabulary)
network_bits = losses_of(model, held_out) / np.log(2)
shares = 0.9 * guesses(fit(held_out), held_out, size) + 0.1 / (size - 1)
your_bits = -np.log2(shares[np.arange(len(held_out) - 1), held_out[1:]])
for start in (0, 750):
    part = slice(start, start + 750)
    print(
        f"characters {start} to {start + 750}: your head {your_bits[part].mean():.2f} bits, "
        f"the network {network_bits[part].mean():.2f} bits"
    )

# %% [markdown]
# The slanted stripes are typical of induction heads: while a phrase is repeated, the position
# looked at moves along, one step at a time. Where nothing is repeated, your head cannot help.
# There the trained network is far better, because it knows words that have not occurred in this
# text yet. A large transformer has both: what it has learned, and what it can look up. That is why
# it can use a word that you have just made up.
#
# **Next:** `coursekit check transformer/lookup`. That was the last exercise of the last lesson. You
# can now build and train a network that writes, draws, translates, describes pictures or attends,
# and find out why it fails. `coursekit progress` shows what you have left out, `coursekit review`
# asks your old predictions again, and `coursekit new` begins a lesson of your own. To read on:
# [*A mathematical framework for transformer
# circuits*](https://transformer-circuits.pub/2021/framework/index.html) takes small transformers
# apart, and [nanoGPT](https://github.com/karpathy/nanoGPT) trains one of the size of GPT-2.
