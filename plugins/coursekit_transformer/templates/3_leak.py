# %% [markdown]
# # Too good to be true
#
# **Goal.** Catch a network that looks at the answer: write a detector, find the leak, fix it.
#
# **Time.** 35 minutes
#
# **Before.** exercises 1 and 2
#
# **Kind.** predict, complete, debug, measure
#
# A transformer predicts the next character at every position of a window at once, and the answer
# is in the same window, one position to the right. Only the mask hides it from the network. If the
# mask leaks, nothing crashes, and no error message tells you. How can you notice it?

# %%
import math

import numpy as np
import tensorflow as tf

from coursekit_transformer.model import NEVER, causal_mask, scaled_dot_product

# %%
from coursekit.prepare import show
from coursekit_transformer.practice import figures

show(
    figures.mask("to be", np.tri(5, dtype=bool)),
    alt="A table of five by five cells: rows are the positions that look, columns the "
    "positions looked at. The diagonal and everything below it is blue, everything above "
    "it is white.",
)

# %% [markdown]
# ## Predict first
#
# A network can look one position ahead, at the very character that it has to predict. It is
# trained for long enough. What is its final training loss, in nats: about 4.19 (the log of 66
# characters), 1.5 (about the best in this lesson) or 0.01?

# %%
leaking_loss = 0.01  # exercise

# %% [markdown] tags=["why"]
# The answer is among the inputs, so copying it makes the loss nearly 0. A training loss far below
# what others reach on the same text is no reason for joy, but a reason to look for a leak.

# %% [markdown]
# The loss on held-out text is computed like the training loss: a window goes in, and the
# prediction at every position is compared with the next character. Which of the three losses does
# the leaking network have *there*?

# %%
held_out_loss = 0.01  # exercise

# %% [markdown] tags=["why"]
# Held-out text is evaluated in the same way: the whole window goes in, with the answers in it. The
# network copies there as well, so the loss is just as low. Held-out text reveals a network that
# learned the training text by heart. It does not reveal one that looks at the answer.

# %% [markdown]
# And when it writes, character by character? Does it write good text (1) or rubbish (2)?

# %%
written_text = 2  # exercise

# %% [markdown] tags=["why"]
# When it writes, the next character is not there, so there is nothing to copy, and the network has
# learned nothing else. It writes rubbish. That is why you should always look at what a network
# *does*, and not at its loss alone.

# %%
from coursekit.practice import assert_close, assert_equal, check, misconception, probe


@misconception(
    "leaking_loss",
    "That is the loss of a network that knows nothing. This one can read the answer.",
)
def knows_nothing():
    return 4.19


@misconception(
    "leaking_loss",
    "That is the loss of an honest network. This one does not need to predict; it can copy.",
)
def honest():
    return 1.5


@misconception(
    "held_out_loss",
    "It has learned to copy instead of predicting. But held-out windows leak in the same "
    "way, so it can copy there just as well. The held-out loss does not reveal the leak.",
)
def tells():
    return 4.19


@misconception(
    "held_out_loss",
    "It has not learned to predict at all. It copies held-out text through the same leak.",
)
def guesses():
    return 1.5


@misconception(
    "written_text",
    "It never had to predict during training. Now it must, and there is no answer to copy.",
)
def good_text():
    return 1


@check(
    "You know the loss of a network that cheats",
    points=1,
    hints=(
        "If the next character can be seen, what is the easiest way to predict it?",
        "Copying it. How surprising is a character that was just read?",
        "Not surprising at all: the loss goes to 0.",
    ),
)
def cheats(student):
    assert abs(student["leaking_loss"] - 0.01) < 0.005, "what is the loss of a network that copies?"


@check(
    "You know why held-out text does not help",
    points=1,
    hints=(
        "Is there anything in a training window that is missing from a held-out window?",
        "In both, the next character is one position to the right.",
        "The loss is as low as in training.",
    ),
)
def held_out(student):
    assert abs(student["held_out_loss"] - 0.01) < 0.005, "can it copy there as well?"


@check(
    "You know where the leak shows",
    points=1,
    hints=(
        "While a text is being written, what is there to see one position ahead?",
        "Nothing: that position is empty or does not exist.",
        "It can only copy, and there is nothing to copy.",
    ),
)
def shows(student):
    assert student["written_text"] == 2, "there is nothing to copy"


# %% [markdown]
# ## A detector
#
# You can find out whether a function leaks without understanding it: **change one character, and
# see which predictions change.** A prediction *before* the change must stay the same.
#
# Write `reach`. Its arguments are `guess`, a function that takes ids `(time,)` and returns logits
# `(time, characters)`, the ids of a text, and replacements for them. It returns a table `(time,
# time)`: entry $[i, j]$ is True if the prediction at position $i$ changes when the character at
# position $j$ is changed. Change one position at a time, to `other[j]`, which differs from
# `ids[j]`. Do not change `ids` itself. Two predictions are different if any logit differs by more
# than 1e-5.


# %%
def reach(guess, ids: np.ndarray, other: np.ndarray) -> np.ndarray:  # exercise
    """Return which predictions depend on which characters, ``(time, time)``.

    Args:
        guess: Takes ids ``(time,)`` and returns logits ``(time, characters)``.
        ids: Of a text, ``(time,)``.
        other: What each character is changed to, ``(time,)``.
    """
    before = guess(ids)
    found = np.zeros((len(ids), len(ids)), bool)
    for place in range(len(ids)):
        changed = ids.copy()
        changed[place] = other[place]
        found[:, place] = np.abs(guess(changed) - before).max(axis=-1) > 1e-5
    return found


# %% [markdown] tags=["why"]
# It changes one character and looks at which predictions change, so it needs no knowledge of the
# network. Only one position may differ at a time, so each change is made in a fresh copy; without
# the copy, all earlier changes would remain, and every position after them would look guilty. Any
# change above 1e-5 counts, whatever its direction, hence the absolute value and the maximum over
# the characters. A dark cell above the diagonal is a leak.


# %% [markdown]
# Try it: each prediction of this toy is the mean of two characters, the one at its position and
# the one before. The table should have two stripes: the diagonal and the one below it.

# %%


def toy(ids: np.ndarray) -> np.ndarray:
    """Predict from a character and the one before it."""
    return (ids + np.concatenate([[0], ids[:-1]]))[:, np.newaxis] / 2.0


print(reach(toy, np.array([5, 2, 7, 4]), np.array([1, 1, 1, 1])).astype(int))

# %%
import numpy as np


def pattern(nearest, furthest, every):
    """Say which characters a made-up guess depends on, ``(time, time)``.

    Each guess depends on those that are `nearest` to `furthest` positions before it (negative:
    after it), and of these only on every second one, third one and so on.
    """
    places = np.arange(6)
    distance = places[:, None] - places
    return (distance >= nearest) & (distance <= furthest) & (places % every == 0)


PATTERNS = [(0, 9, 1), (-1, 2, 1), (0, 9, 2), (1, 9, 1), (-2, -1, 1)]


@probe
def detect(nearest, furthest, every):
    """Run the detector on guesses that depend on just the characters of a pattern."""
    places = np.arange(6)
    distance = places[:, None] - places
    weights = (distance >= nearest) & (distance <= furthest) & (places % every == 0)
    weights = weights * (1.0 + np.arange(36).reshape(6, 6))
    ids, other = np.array([3, 1, 4, 1, 5, 9]), np.array([2, 7, 1, 8, 2, 8])
    kept = ids.copy()
    found = np.asarray(reach(lambda r: np.stack([np.ones(6), weights @ r], -1), ids, other))
    if not np.array_equal(ids, kept):
        raise ValueError("reach changed the ids that were passed in: change a copy")
    return found


@misconception(
    "detect",
    "Rows and columns are swapped: rows are predictions, columns are changed characters.",
)
def exchanged(nearest, furthest, every):
    return pattern(nearest, furthest, every).T


@misconception(
    "detect",
    "Each change was kept when the next one was made, so a difference may come from an "
    "earlier change. Start from a fresh copy each time.",
)
def piled_up(nearest, furthest, every):
    return np.cumsum(pattern(nearest, furthest, every), axis=1) > 0


@misconception(
    "detect",
    "Each result is compared with the result of the previous change. Compare all of them "
    "with the prediction before any change.",
)
def with_the_last(nearest, furthest, every):
    right = pattern(nearest, furthest, every)
    return right | np.pad(right, ((0, 0), (1, 0)))[:, :-1]


@misconception(
    "detect", "This looks only at the prediction at the changed position. Look at all predictions."
)
def own_place(nearest, furthest, every):
    return pattern(nearest, furthest, every) & np.eye(6, dtype=bool)


@misconception("detect", "This looks only at the last prediction. Look at all predictions.")
def last_guess(nearest, furthest, every):
    return np.repeat(pattern(nearest, furthest, every)[-1:], 6, axis=0)


@misconception("detect", "It is the wrong way round: True should mean that a prediction *changes*.")
def unchanged(nearest, furthest, every):
    return ~pattern(nearest, furthest, every)


@misconception(
    "detect",
    "Here a prediction counts as changed only if *all* its logits change. One is enough, "
    "so use `max` or `any`, not `min` or `all`.",
)
def all_logits(nearest, furthest, every):
    return np.zeros((6, 6), bool)


@check(
    "The detector finds what a prediction depends on",
    points=3,
    hints=(
        "How many times must `guess` be called for a text of six characters?",
        "Seven times: once for the original, and once for each position, with one character "
        "changed in a copy.",
        "`changed = ids.copy()`, `changed[place] = other[place]`, and column `place` is "
        "`np.abs(guess(changed) - before).max(axis=-1) > 1e-5`.",
    ),
)
def detector(student):
    found = [student.detect(*what) for what in PATTERNS]  # together they tell
    for given, what in zip(found, PATTERNS, strict=True):
        assert np.shape(given) == (6, 6), (
            f"six positions: the table has the shape {np.shape(given)}"
        )
        said = "the predictions (rows) that depend on each character (columns)"
        expected = pattern(*what).astype(int)
        assert_equal(np.asarray(given, int), expected, said)


# %% [markdown]
# ## Four suspects
#
# Here are four attention functions; you can find all of them in real programs. **Two of them
# leak.** Each is put into a small network, and your detector draws its table. A leak is a dark
# cell *above* the diagonal. Before you run it: which two do you suspect?


# %%
def suspect_a(queries, keys, values, mask):
    """Put the lowest possible number where the mask is False."""
    scores = tf.matmul(queries, keys, transpose_b=True) / math.sqrt(queries.shape[-1])
    weights = tf.nn.softmax(tf.where(mask, scores, scores.dtype.min))
    return tf.matmul(weights, values), weights


def suspect_b(queries, keys, values, mask):
    """Mask the weights, after the softmax."""
    scores = tf.matmul(queries, keys, transpose_b=True) / math.sqrt(queries.shape[-1])
    weights = tf.nn.softmax(scores) * tf.cast(mask, scores.dtype)
    return tf.matmul(weights, values), weights


def suspect_c(queries, keys, values, mask):
    """Mask the weights, after the softmax, and make them sum to one again."""
    scores = tf.matmul(queries, keys, transpose_b=True) / math.sqrt(queries.shape[-1])
    weights = tf.nn.softmax(scores) * tf.cast(mask, scores.dtype)
    weights /= tf.reduce_sum(weights, axis=-1, keepdims=True)
    return tf.matmul(weights, values), weights


def suspect_d(queries, keys, values, mask):
    """Subtract the mean from the values to keep them small."""
    values -= tf.reduce_mean(values, axis=-2, keepdims=True)
    scores = tf.matmul(queries, keys, transpose_b=True) / math.sqrt(queries.shape[-1])
    allowed = tf.where(mask, scores, NEVER)
    weights = tf.nn.softmax(allowed)
    return tf.matmul(weights, values), weights


# %%
from matplotlib.figure import Figure

from coursekit_transformer import TransformerSettings
from coursekit_transformer.build import build_model
from coursekit_transformer.data import TransformerData, Vocabulary


def small_network(attend):
    """Return an untrained network whose weights are as large as trained ones."""
    data = TransformerData(vocabulary=Vocabulary("abcdefgh"))
    settings = TransformerSettings(units=16, heads=2, layers=1, length=8)
    model = build_model(data, settings, attend=attend)
    for variable in model.trainable_variables:
        variable.assign(8 * variable)
    return model


def table_of(attend) -> np.ndarray:
    """Return what your detector finds in a small network, ``(time, time)``."""
    network = small_network(attend)
    ids, other = np.arange(1, 9, dtype="int32"), np.arange(8, 0, -1, dtype="int32")
    return reach(lambda read: network(read[np.newaxis])[0][0].numpy(), ids, other)


# %%
suspects = {"a": suspect_a, "b": suspect_b, "c": suspect_c, "d": suspect_d}
figure = Figure(figsize=(9, 2.9), layout="constrained")
figure.suptitle("dark: the prediction depends on the character", fontsize=10)
for axes, (letter, suspect) in zip(figure.subplots(1, 4), suspects.items(), strict=True):
    axes.imshow(table_of(suspect), cmap="Greys", vmin=0, vmax=1.2)
    axes.set(title=f"suspect {letter}", xlabel="character", ylabel="prediction")
show(
    figure,
    alt="Four tables, one for each suspect. Rows are predictions, columns are characters; a cell "
    "is dark where the prediction depends on the character.",
)

# %% [markdown]
# Write the letters of the two that leak, in alphabetical order, such as `"ac"`.

# %%
leaking = "bd"  # exercise

# %% [markdown] tags=["why"]
# Suspect b divides by a sum over *all* positions, and d takes a mean over all of them. In both,
# something that comes later has an influence on earlier predictions. In a the hidden scores become
# exactly 0 in the softmax's sum, and in c the sum over all positions cancels out. The tables of
# your detector show it: those of b and d have dark cells above the diagonal.

# %%


@misconception(
    "leaking",
    "Suspect a does not leak: exp of the lowest number is exactly 0, also in the softmax's sum.",
)
def a_and_b():
    return "ab"


@misconception(
    "leaking",
    "Suspect c does not leak. It divides by the sum over the visible positions, so the "
    "sum that the softmax divided by cancels out. (It can still fail: if all visible "
    "positions have tiny weights, it divides 0 by 0.)",
)
def b_and_c():
    return "bc"


@misconception(
    "leaking",
    "Suspect d is right, but suspect c does not leak. Suspect b does: its softmax divides "
    "by a sum over *all* positions, including later ones, so their keys have an "
    "influence.",
)
def c_and_d():
    return "cd"


@misconception("leaking", "The letters are right. Write them in alphabetical order.")
def other_order():
    return "db"


@check(
    "You have found the two that leak",
    points=2,
    after="detector",
    hints=(
        "Which tables have a dark cell above the diagonal?",
        "Which suspects take a sum or a mean over *all* positions that never cancels out?",
        "One has a softmax over all positions, another a mean over all positions.",
    ),
)
def caught(student):
    assert student["leaking"] == "bd", "a leak is a dark cell above the diagonal"


# %% [markdown]
# ## Find and fix
#
# This is the attention function of another network that learns suspiciously fast. Find the leak
# and fix it. Leave everything else as it is.


# %% tags=["fault"]
def scaled_dot_product(
    queries: tf.Tensor, keys: tf.Tensor, values: tf.Tensor, mask: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Average the values, weighted by how well each key matches the query.

    Args:
        queries: What each position is looking for, ``(..., time, size)``.
        keys: How each position can be found, ``(..., positions, size)``.
        values: What each position offers, ``(..., positions, size)``.
        mask: True where a position may be looked at; broadcasts to ``(..., time, positions)``.

    Returns:
        The mixture ``(..., time, size)``, and the weights ``(..., time, positions)``, which sum
        to one over the last axis.
    """
    size = queries.shape[-1]
    scores = tf.matmul(queries, keys, transpose_b=True) / math.sqrt(size)
    weights = tf.nn.softmax(scores + tf.cast(mask, scores.dtype))
    return tf.matmul(weights, values), weights


# %%
from coursekit_transformer.model import scaled_dot_product  # exercise

# %% [markdown] tags=["why"]
# The faulty version *adds* the mask as a number: visible positions get 1 more, and hidden ones stay
# in the softmax with their full score. Hidden positions have to get the score `NEVER`, whose
# exponential is 0. The mask has to act before the softmax. If hidden weights were set to zero after
# it, later positions would still influence earlier ones through the sum that everything was divided
# by.

# %%
print(table_of(scaled_dot_product).astype(int))

# %%


def softmax(scores):
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def scores_of(queries, keys):
    return np.einsum("...id,...jd->...ij", queries, keys) / np.sqrt(queries.shape[-1])


def mixture(weights, values):
    return np.einsum("...ij,...jd->...id", weights, values), weights


def by_hand(queries, keys, values, mask):
    return mixture(softmax(np.where(mask, scores_of(queries, keys), -1e9)), values)


def example(later=0.0):
    """Two rows of four positions; what the last two have to say is changed by `later`."""
    draw = np.random.default_rng(9)
    queries, keys, values = draw.normal(0, 1.5, (3, 2, 4, 6)).astype("float32")
    keys[:, 2:] += later
    values[:, 2:] -= later
    return queries, keys, values, np.tril(np.ones((4, 4), bool))


@probe
def attend(queries, keys, values, mask):
    arrays = [tf.constant(array) for array in (queries, keys, values, mask)]
    found = scaled_dot_product(*arrays)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise TypeError("scaled_dot_product returns two things: the mixture, and the weights")
    return tuple(found)


@misconception(
    "attend",
    "The mask is still added as 0 and 1. Compared with visible positions, a hidden one "
    "loses only 1 from its score, a factor of e in its weight. That does not hide it.",
)
def added(queries, keys, values, mask):
    return mixture(softmax(scores_of(queries, keys) + mask), values)


@misconception(
    "attend",
    "This is suspect b. Masked after the softmax, the weights no longer sum to one, and "
    "their sum depends on what comes later.",
)
def after_softmax(queries, keys, values, mask):
    return mixture(softmax(scores_of(queries, keys)) * mask, values)


@misconception(
    "attend", "The scores are multiplied by the mask. That makes a masked score 0, and exp(0) is 1."
)
def multiplied(queries, keys, values, mask):
    return mixture(softmax(scores_of(queries, keys) * mask), values)


@misconception(
    "attend",
    "-1 is not low enough: a hidden position keeps some weight. Use a number so low that "
    "exp of it is 0.",
)
def a_little_lower(queries, keys, values, mask):
    return mixture(softmax(scores_of(queries, keys) + mask - 1.0 * ~mask), values)


@misconception("attend", "The mask is no longer used at all.")
def no_mask(queries, keys, values, mask):
    return mixture(softmax(scores_of(queries, keys)), values)


@misconception("attend", "The mask is the wrong way round: it hides what may be seen.")
def turned_round(queries, keys, values, mask):
    return by_hand(queries, keys, values, ~mask)


@misconception(
    "attend",
    "Nothing leaks any more, but the weights are wrong. Only the masking should change. "
    "Is each score still divided by the square root?",
)
def root_lost(queries, keys, values, mask):
    scores = scores_of(queries, keys) * np.sqrt(queries.shape[-1])
    return mixture(softmax(np.where(mask, scores, -1e9)), values)


@misconception(
    "attend",
    "The weights are right but the mixture is not: it was not computed with these weights.",
)
def old_weights(queries, keys, values, mask):
    weights = by_hand(queries, keys, values, mask)[1]
    return mixture(softmax(scores_of(queries, keys)) * mask, values)[0], weights


@check(
    "Nothing that comes later changes a weight",
    points=2,
    hints=(
        "What happens to the score of a hidden position, and what does the softmax turn it into?",
        "It is only 1 lower than if it were visible. How low must it be to get no weight?",
        "`tf.nn.softmax(tf.where(mask, scores, NEVER))`.",
    ),
)
def closed(student):
    before, after = (student.attend(*example(later))[1] for later in (0.0, 3.0))
    said = "the weights of the first two positions, before and after a later position was changed"
    assert_close(after[:, :2], before[:, :2], said, atol=1e-5)
    assert_close(before.sum(-1), np.ones(before.shape[:2]), "weights sum to one", atol=1e-4)
    alone = np.eye(len(before[0, 0]))[0]
    assert_close(before[0, 0], alone, "the first position sees only itself", atol=1e-4)
    liked = by_hand(*example())[1][:, 1].argmax(-1)
    assert_equal(before[:, 1].argmax(-1), liked, "where the second position of each row looks most")


@check(
    "Everything else is unchanged",
    points=1,
    after="closed",
    hints=(
        "What was the only thing that was wrong?",
        "The way the mask acts on the scores. The product, the square root and the mixture "
        "were right.",
        "Restore the line that computes `scores`, and average the values with the weights.",
    ),
)
def unchanged_otherwise(student):
    found, expected = student.attend(*example()), by_hand(*example())
    for name, mine, right in zip(("mixture", "weights"), found, expected, strict=True):
        assert_close(mine, right, f"the {name}", atol=1e-4)


# %% [markdown]
# ## How to notice a leak
#
# Two networks learn the lesson's text, one with the leak and one with *your* attention. Each is
# measured in three ways: in training; on held-out windows, as usual; and on the same held-out text
# **one character at a time**, as when it writes. In the third way the next character does not
# exist yet.

# %%
from coursekit.prepare import prepare
from coursekit_transformer import TransformerLesson
from coursekit_transformer.decode import Taste
from coursekit_transformer.evaluate import losses_of_windows
from coursekit_transformer.practice.compare import continued, learn
from coursekit_transformer.train import character_loss


def with_the_leak(queries, keys, values, mask):
    """Attend with the leak, as before the fix."""
    scores = tf.matmul(queries, keys, transpose_b=True) / math.sqrt(queries.shape[-1])
    weights = tf.nn.softmax(scores + tf.cast(mask, scores.dtype))
    return tf.matmul(weights, values), weights


def one_by_one(model, ids: np.ndarray) -> float:
    """Return the mean loss if each character is predicted before it exists.

    Args:
        model: A network.
        ids: Rows of text, ``(rows, time)``.
    """
    memory, losses = model.empty_memory(len(ids)), []
    read = tf.function(model)
    for place in range(ids.shape[1] - 1):
        logits, memory = read(tf.constant(ids[:, place : place + 1]), memory)
        losses.append(tf.reduce_mean(character_loss(logits[:, 0], ids[:, place + 1])))
    return float(tf.reduce_mean(losses))


# %% tags=["train"]
STEPS = 700
settings, data = prepare(TransformerLesson(), epochs=1, units=64, layers=2, heads=2)
held_out_text = data.validation.ids[: 65 * 32]
held_out_text = held_out_text[: len(held_out_text) // 65 * 65].reshape(-1, 65)
for name, attend in (("with the leak", with_the_leak), ("yours", scaled_dot_product)):
    model = build_model(data, settings, attend=attend)
    training = learn(model, data.train.batches(0).take(STEPS))[-50:].mean()
    windows = losses_of_windows(model, held_out_text.reshape(-1)).mean()
    honest_loss = one_by_one(model, held_out_text)
    print(
        f"── {name}: training loss {training:.2f}, held-out windows {windows:.2f}, "
        f"held-out one by one {honest_loss:.2f} ──"
    )
    print(data.opening + continued(model, data.vocabulary, data.opening, 150, Taste(0.8)), "\n")

# %% [markdown]
# By the first two numbers the leaking network is far better. Only the third number and the text
# tell the truth. For the network without a leak, the third number roughly agrees with the first
# two. Remember this when a result looks too good: *a test with the same leak cannot find the
# leak.*
#
# **Next:** `coursekit check transformer/leak`, then `coursekit next`.
