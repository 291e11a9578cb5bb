# %% [markdown]
# # Attention that nobody trained
#
# **Goal.** Invent what to look for, and guess a text by looking things up in itself.
#
# **Time.** 35 minutes
#
# **Before.** exercise 1
#
# **Kind.** predict, complete, invent
#
# What could a head look for? In 2022 people took trained transformers apart and found, in all of
# them, heads that do something quite simple (Olsson et al. 2022): *what came the last time when it
# looked like this?* They look for an earlier place where the text read as it reads now, and take
# the character that came **then**.
#
# No training is needed for that. In this exercise you write such a head yourself, in numpy, and let
# it guess a nursery rhyme, with no network at all.

# %%
from coursekit.prepare import show
from coursekit_transformer.practice import figures

show(
    figures.looking_up("my lord, my lo", earlier=4, now=12),
    alt="The text my lord, my l: from the last l an arrow leads back to the o that followed the "
    "earlier my l; from there another leads to the place that comes next, an o again.",
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
# The text so far is `"abcab"`; count the places from 0. The head stands at place 4 and wants to
# know what comes next. At which place stands the character that came *the last time*, after `ab`?

# %%
place_to_copy = 2  # exercise

# %% [markdown]
# It gives that place the score 3, and the score 0 to the other four that it sees (itself included).
# What is the weight of the place, after the softmax?

# %%
weight_of_place = 0.83  # exercise

# %%
import numpy as np

from coursekit.practice import assert_close, assert_equal, check, misconception, probe


@probe
def weight():
    return round(float(weight_of_place), 2)


@misconception(
    "place_to_copy",
    "There stands the `b` that looks like this one. What came *after* it stands one place further.",
)
def the_same():
    return 1


@misconception("place_to_copy", "That is where the earlier `ab` begins; what came after it?")
def the_beginning():
    return 0


@misconception("place_to_copy", "That place is not yet written: it is what is to be guessed.")
def the_next():
    return 5


@misconception("weight", "The other places have a score of 0, and exp(0) is 1: each has a share.")
def all_of_it():
    return 1.0


@misconception("weight", "There are four others, not five: it sees five places altogether.")
def five_others():
    return 0.8


@misconception("weight", "3 of 3 + 4: softmax takes exp of the scores before it divides.")
def without_exp():
    return 0.43


@misconception("weight", "That is the odds against one other place; there are four.")
def one_other():
    return 0.95


@check(
    "You know where to look",
    points=1,
    hints=(
        "Where in the text did `ab` stand before?",
        "At the places 0 and 1. What came then?",
        "The character at place 2.",
    ),
)
def where(student):
    assert student["place_to_copy"] == 2, "what came after the first `ab`?"


@check(
    "You know how sure a score makes it",
    points=1,
    hints=(
        "What are exp(3) and exp(0)?",
        "20.1 and 1; four places have the score 0.",
        "20.1 / (20.1 + 4).",
    ),
)
def how_sure(student):
    said = "exp of each score, divided by their sum"
    answer = student["weight_of_place"]
    assert_close(student.weight(), 0.83, said, atol=0.02)
    assert_close(answer, 0.83, said, atol=0.02)


# %% [markdown]
# ## From scores to guesses
#
# Write `guesses`. From scores `(time, time)`, entry $[t, j]$ for place $t$ that looks at place $j$,
# it makes the probability of each next character, `(time, characters)`:
#
# 1. no place sees a later one; itself it does see;
# 2. softmax over the places that are seen (scores may be large: take off the largest first);
# 3. each place $j$ votes with its weight for the character that stands there, `ids[j]`.


# %%
def guesses(scores: np.ndarray, ids: np.ndarray, characters: int) -> np.ndarray:  # exercise
    """Return how likely each next character is, ``(time, characters)``.

    Args:
        scores: How much each place wants to look at each other, ``(time, time)``.
        ids: Of the text, ``(time,)``.
        characters: The size of the vocabulary.
    """
    seen = np.tril(np.ones(scores.shape, bool))
    scores = np.where(seen, scores, -np.inf)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = powers / powers.sum(axis=1, keepdims=True)
    return weights @ np.eye(characters)[ids]


# %%
print(guesses(np.zeros((3, 3)), np.array([1, 2, 1]), 3).round(2))
print("should be [0 1 0], [0 0.5 0.5], [0 0.67 0.33]")

# %%


def voted(scores, ids, characters, seen=None):
    """Count the votes place by place."""
    found = np.zeros((len(ids), characters))
    for place in range(len(ids)):
        others = np.arange(place + 1) if seen is None else np.flatnonzero(seen[place])
        if len(others) == 0:
            continue
        powers = np.exp(scores[place, others] - scores[place, others].max())
        for other, share in zip(others, powers / powers.sum(), strict=True):
            found[place, ids[other]] += share
    return found


def some_scores(high=1.0):
    draw = np.random.default_rng(2)
    return high * draw.normal(size=(5, 5)), np.array([1, 3, 1, 2, 3]), 4


@probe
def guess(scores, ids, characters):
    return guesses(scores, ids, characters)


@misconception("guess", "Every place sees all others, later ones too: nothing is masked.")
def not_masked(scores, ids, characters):
    return voted(scores, ids, characters, np.ones((5, 5), bool))


@misconception("guess", "A place does not see itself; its own character may vote, too.")
def not_itself(scores, ids, characters):
    return voted(scores, ids, characters, np.tril(np.ones((5, 5), bool), -1))


@misconception("guess", "It is turned over: each place sees the later ones.")
def only_later(scores, ids, characters):
    return voted(scores, ids, characters, np.triu(np.ones((5, 5), bool)))


@misconception(
    "guess",
    "The forbidden scores became 0 before the softmax, so later places still vote: exp(0) is 1.",
)
def zero_for_never(scores, ids, characters):
    return voted(np.tril(scores), ids, characters, np.ones((5, 5), bool))


@misconception(
    "guess", "The weights are right; each place should vote for `ids[j]`, not for its own number."
)
def own_number(scores, ids, characters):
    return voted(scores, np.arange(5) % characters, characters)


@misconception(
    "guess", "Only the favourite place votes; softmax gives every place that is seen a share."
)
def favourite_only(scores, ids, characters):
    hard = np.where(np.tril(np.ones((5, 5), bool)), scores, -np.inf)
    return np.eye(characters)[ids[hard.argmax(1)]]


@misconception("guess", "exp of a large score is infinite: take off the largest score first.")
def overflow(scores, ids, characters):
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.exp(np.where(np.tril(np.ones((5, 5), bool)), scores, -np.inf))
        return powers / powers.sum(axis=1, keepdims=True) @ np.eye(characters)[ids]


@check(
    "The places that are seen vote with their weights",
    points=2,
    hints=(
        "Which entries of a table `(time, time)` are at or before the place that looks?",
        "`np.tril(np.ones(scores.shape, bool))`; what is not seen gets -inf before exp.",
        "`weights @ np.eye(characters)[ids]`, where each row of `weights` sums to one.",
    ),
)
def votes(student):
    scores, ids, characters = some_scores()
    found = student.guess(scores, ids, characters)
    assert np.shape(found) == (5, 4), f"the shape is {np.shape(found)}, not (5, 4)"
    expected = voted(scores, ids, characters)
    assert_close(found, expected, "five places, four characters", atol=1e-6)


@check(
    "Large scores do no harm",
    points=1,
    after="votes",
    hints=(
        "What is exp(1000) for a computer?",
        "Infinite. Softmax does not change if the same number is taken off all scores of a row.",
        "`np.exp(scores - scores.max(axis=1, keepdims=True))`, after the mask.",
    ),
)
def large(student):
    found = student.guess(*some_scores(1000.0))
    assert np.isfinite(found).all(), "large scores give something that is not a number"
    expected = voted(*some_scores(1000.0))
    assert_close(found, expected, "scores of thousands", atol=1e-6)


# %% [markdown]
# ## Invent: what to look for
#
# Write `fit`: from the ids of a text it makes the scores, `(time, time)`. Entry $[t, j]$ says how
# much place $t$ wants to look at place $j$, whose character it would copy. What would make place
# $j$ a good one? That what stands *before* $j$ is like what stands up to $t$. (What `fit` says
# about later places, $j > t$, does not count. But it must not *use* later characters to judge
# earlier ones: that would be looking at the answer.)
#
# The rhyme is then guessed with your two functions, and the mean surprise is measured in bits. To
# know nothing costs 4.8 bits; all places alike, 4.1; to look for places after the same *single*
# character, about 2.5. **Get below 1.3 bits.** Longer likeness is better likeness; but how much
# should it count? There are many ways. Run the cells as often as you like.
#
# A useful tool: `ids[:, np.newaxis] == ids` is a table that says which pairs of places hold the
# same character, and slices shift it.


# %%
def fit(ids: np.ndarray) -> np.ndarray:  # exercise
    """Return how much each place wants to look at each other, ``(time, time)``.

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


# %%
def bits(fit, ids: np.ndarray, characters: int) -> float:
    """Return the mean surprise in bits; a tenth of the belief is spread over all characters."""
    shares = 0.9 * guesses(fit(ids), ids, characters) + 0.1 / (characters - 1)
    return float(-np.log2(shares[np.arange(len(ids) - 1), ids[1:]]).mean())


def after_the_same(ids: np.ndarray) -> np.ndarray:
    """Look at the places that come after the character that stands here."""
    before = np.concatenate([[-1], ids[:-1]])
    return 5.0 * (ids[:, np.newaxis] == before)


ways = {"all alike": lambda ids: np.zeros((len(ids), len(ids)))}
for name, way in (ways | {"after the same": after_the_same, "yours": fit}).items():
    print(f"{name:15} {bits(way, ids, len(signs)):.2f} bits a character")

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
    """Compare what stands `back` places before t with what stands `ahead` places before j."""
    time = len(ids)
    found = np.zeros((time, time))
    for place in range(time):
        for other in range(time):
            one, two = place - back, other - ahead
            if 0 <= one < time and 0 <= two < time:
                found[place, other] = strength * (ids[one] == ids[two])
    return found


def favourites(scores):
    """Return the favourite place of each from the 40th on, the latest of equals; -1: none."""
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
    "It looks at places that hold the *same character* as this one, and copies that. What came "
    "after it stands one place further on: compare place t with place j - 1.",
)
def off_by_one(ids):
    return favourites(table(ids, 0, 0) - 5.0 * np.eye(len(ids)))


@misconception(
    "favourite", "It always looks at itself: each place is most like itself. That is no guess."
)
def itself(ids):
    return list(range(40, len(ids)))


@misconception("favourite", "It looks one place too far: at what came *two* after the likeness.")
def one_too_far(ids):
    return favourites(table(ids, 0, 2))


@misconception("favourite", "All places are liked alike: it does not look for anything yet.")
def nothing_sought(ids):
    return [-1] * (len(ids) - 40)


@misconception(
    "scores_of",
    "Scores change when a *later* character is changed: the table was compared with the character "
    "that is to be guessed.",
)
def the_answer(ids):
    return seen_only(table(ids, -1, 0))


@misconception(
    "scores_of", "One character is a weak likeness. Let places count more that agree for longer."
)
def one_character(ids):
    return seen_only(table(ids, 0, 1))


@check(
    "It does not use what comes later",
    points=1,
    after="votes",
    hints=(
        "Does the score of place t for an earlier place depend on a character behind t?",
        "Change the last character: only the last row may change.",
        "Compare `ids[t - k]` with `ids[j - 1 - k]`, for k from 0 on; never with `ids[t + 1]`.",
    ),
)
def not_the_answer(student):
    before = student.scores_of(TEXT[:40])
    changed = np.concatenate([TEXT[:30], TEXT[40:50]])
    after = student.scores_of(changed)
    assert np.shape(before) == (40, 40), "fit returns a table (time, time)"
    if np.ptp(before) == 0:
        student.favourite(two_orders())  # what it prefers tells which mistake it is
    assert np.ptp(before) > 0, "all scores are equal: no place is preferred"
    said = "the scores of the first 30 places, before and after what follows was changed"
    assert_close(after[:30], before[:30], said, atol=1e-6)


@check(
    "It looks at what came after the likeness",
    points=2,
    after="not_the_answer",
    hints=(
        "Where did the character that stands here stand before, and what came then?",
        "What came then stands one place after it: place j is good if place j - 1 is like t.",
        "`before = np.concatenate([[-1], ids[:-1]])`, and `ids[:, np.newaxis] == before`.",
    ),
)
def right_place(student):
    ids = two_orders()
    found = np.array(student.favourite(ids))
    said = "the favourite of each place whose character stood there once before"
    assert_equal(found, ids[40:] + 1, said)  # 0 to 39 stand in order


@check(
    "Less than 1.3 bits a character",
    points=3,
    after="right_place",
    hints=(
        "How many characters before a place should agree, and what is longer agreement worth?",
        "Add a score for each further character that agrees, as long as all nearer ones do.",
        "Keep a table `alike`; for each k, `alike &=` (the k-th character back agrees), and "
        "`scores += 2.0 * alike`.",
    ),
)
def beaten(student):
    found = surprise(student.scores_of(TEXT))
    assert found < 1.3, f"{found:.2f} bits a character; less than 1.3 are wanted"


# %% [markdown]
# ## Where you looked
#
# This is your head at work, over two lines of the rhyme. And it has learnt nothing, so it does as
# well on other text: here it reads Python's own library, which it has never seen, beside a small
# transformer that was trained on 14 of its modules for half a minute. Who guesses better?

# %% tags=["train"]
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
axes.imshow(np.sqrt(weights[part, 240:420]), cmap="Blues", aspect="auto")
words = {place: RHYME[place:].split()[0] for place in range(420) if RHYME[place - 1] in " \n"}
below = {place - 240: word for place, word in words.items() if place >= 240}
beside = {place - 330: word for place, word in words.items() if place >= 330}
axes.set_xticks(list(below), list(below.values()), rotation=90, fontsize=9)
axes.set_yticks(list(beside), list(beside.values()), fontsize=9)
axes.set(xlabel="looks at", ylabel="from")
show(
    figure, alt="Slanted stripes: while a phrase is repeated, the place looked at moves on with it."
)

# %% tags=["train"]
STEPS = 600
settings, library = prepare(TransformerLesson(), "stdlib", epochs=1)
held_out = library.validation.ids[:1_500]
model = build_model(library, settings)
learn(model, library.train.batches(0).take(STEPS))
size = len(library.vocabulary)
hers = losses_of(model, held_out) / np.log(2)
shares = 0.9 * guesses(fit(held_out), held_out, size) + 0.1 / (size - 1)
yours = -np.log2(shares[np.arange(len(held_out) - 1), held_out[1:]])
for start in (0, 750):
    print(
        f"characters {start} to {start + 750}: your head {yours[start : start + 750].mean():.2f} "
        f"bits, the network {hers[start : start + 750].mean():.2f} bits"
    )

# %% [markdown]
# The slanted stripes are the mark of such heads: while a phrase is repeated, the place that is
# looked at moves on, one step at a time. Where nothing is repeated your head is helpless, and there
# the trained network is far better: it knows words that this text has not used yet. A large
# transformer has both, what it learnt and what it can look up, and that is why it can use a word
# that you have just made up.
#
# **Next:** `coursekit check transformer/lookup`, then `coursekit next`.
