# %% [markdown]
# # The memory that is carried over
#
# **Goal.** Find out why a carried state is useless, repair the batches, and measure what the state
# is worth.
#
# **Time.** 30 minutes
#
# **Before.** exercises 1 and 2
#
# **Kind.** predict, debug, complete, measure
#
# The state at the end of one piece of text is what the network remembers when it reads the next
# piece. If the state is carried over, a network that is trained on 16 characters at a time can
# still know what was a hundred characters earlier: who is speaking, how long the line is, whether a
# question has begun. The gradient stops at the border of a piece (*truncated backpropagation
# through time*). The memory does not.

# %%
from coursekit.prepare import show
from coursekit_textgen.practice import figures

show(
    figures.state_and_gradient(3, 16),
    alt="Three batches in a row. Arrows carry the state from each batch to the next; the gradient "
    "runs backwards inside each batch and stops at its beginning.",
)

# %%
import numpy as np
import tensorflow as tf

from coursekit_textgen.data import Ids, next_piece, side_by_side

# %% [markdown]
# ## Predict first
#
# Pieces have 16 characters, and at the beginning of every piece the state is set to zero. The
# network makes its first prediction after reading one character, its last after reading 16. *On
# average* over the 16 predictions, how many characters has it read?

# %%
read_on_average = 8.5  # exercise

# %% [markdown] tags=["why"]
# The 16 predictions are made after 1, 2, ..., 16 characters, and the mean of these numbers is (1 +
# 16) / 2 = 8.5. So a network that forgets at the beginning of every piece has read only half a
# piece on average, however long the text is.

# %% [markdown]
# A piece has 16 places, counted from 1. The state is still zero at the beginning of each piece. At
# which place do you expect the *highest* loss?

# %%
hardest_place = 1  # exercise

# %% [markdown] tags=["why"]
# At the first place the network has read a single character since its state was set to zero. The
# less it has read, the less certain it can be, so the loss is highest there and falls along the
# piece.

# %%
from coursekit.practice import assert_close, check, misconception, probe


@misconception(
    "read_on_average", "Only the last prediction of a piece comes after all 16 characters."
)
def all_of_them():
    return 16


@misconception("read_on_average", "That is true only of the first prediction. Later ones see more.")
def only_one():
    return 1


@misconception(
    "read_on_average",
    "This is the mean of 0 to 15. But the first prediction comes after one character, not before.",
)
def from_nothing():
    return 7.5


@misconception(
    "hardest_place",
    "At the last place the network has read the most characters, so it knows the most.",
)
def the_last():
    return 16


@misconception("hardest_place", "In the middle, half of the piece has already been read.")
def the_middle():
    return 8


@check(
    "You know how little a short memory has seen",
    points=1,
    hints=(
        "How many characters has the network read at the second prediction? At the third? The "
        "last?",
        "Take the mean of the numbers 1, 2, 3, ..., 16.",
        "(1 + 16) / 2.",
    ),
)
def seen(student):
    assert abs(student["read_on_average"] - 8.5) < 0.01, "take the mean of 1, 2, ..., 16"


@check(
    "You know where a lost memory hurts",
    points=1,
    hints=(
        "Where in the piece does the network know the least?",
        "It knows only the characters that it has read since its state was set to zero.",
        "At the first place it has read only one character.",
    ),
)
def hurts(student):
    assert student["hardest_place"] == 1, "where has the network read the fewest characters?"


# %% [markdown]
# ## Find and fix
#
# `rows` is a text cut into rows, as in exercise 1. `batches_of` returns `steps` batches `(inputs,
# targets, fresh)`. `fresh` is true for rows whose state will be set to zero: in the first batch,
# and in every batch if `carry_state` is false. Every other row starts from its state at the end of
# the previous batch.
#
# The version below runs, and networks learn with it. Yet the state that they carry does not help
# them. Find out why, and fix it.


# %% tags=["fault"]
def batches_of(rows: Ids, length: int, steps: int, carry_state: bool) -> tf.data.Dataset:
    """Return batches ``(inputs, targets, fresh)``: ``(batch, length)`` twice, and ``(batch,)``.

    Args:
        rows: The text side by side, ``(batch, width)``.
        length: The characters of a row in one batch.
        steps: How many batches.
        carry_state: Whether a batch starts from the state at the end of the previous batch.
    """
    count = len(rows)
    parts = [next_piece(rows, step, length) for step in range(steps)]
    inputs = np.concatenate([part[0] for part in parts])  # (steps * batch, length)
    targets = np.concatenate([part[1] for part in parts])
    pieces = tf.data.Dataset.from_tensor_slices((inputs, targets))
    pieces = pieces.shuffle(len(inputs), seed=0)
    batches = pieces.batch(count, drop_remainder=True).enumerate()

    def with_fresh(step: tf.Tensor, piece: tuple[tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, ...]:
        return *piece, tf.fill([count], step == 0 or not carry_state)

    return batches.map(with_fresh)


# %%
from coursekit_textgen.data import batches_of  # exercise

# %% [markdown] tags=["why"]
# The faulty version shuffles the pieces. Each row then starts from a state that belongs to another
# place in the text, which is worse than no state, because it is confidently wrong. Row `i` of a
# batch must continue row `i` of the previous batch, so the batches come in order and nothing is
# shuffled. `fresh` is true in the very first batch, because nothing was read before it.

# %% [markdown]
# Three batches of two rows. Follow row 0 from batch to batch:

# %%
numbers = side_by_side(np.arange(100, 132), 2)
for some_inputs, _, some_fresh in batches_of(numbers, 4, 3, carry_state=True):
    print("inputs", some_inputs.numpy().tolist(), "fresh", some_fresh.numpy().tolist())

# %%


@probe
def epoch(carry):
    """Say what is true of the batches: four rows, six batches of three characters."""
    rows = side_by_side(np.arange(200, 280, dtype=np.int32), 4)
    found = [tuple(map(np.array, batch)) for batch in batches_of(rows, 3, 6, carry)]
    pairs = [(found[step - 1], found[step]) for step in range(1, len(found))]

    def follow(row, other):
        return all(b[0][row, 0] == a[1][other, -1] for a, b in pairs if not b[2][row])

    places = [int(i) for inputs, _, _ in found for i in inputs[:, 0]]
    return {
        "rows continue from batch to batch": all(follow(row, row) for row in range(4)),
        "the text continues from row to row": all(
            inputs[row + 1, 0] == targets[row, -1]
            for inputs, targets, _ in found
            for row in range(3)
        ),
        "targets follow inputs": all(bool((b[1] == b[0] + 1).all()) for b in found),
        "a batch has a piece of each row": all(
            len(set((inputs[:, 0] - 200) // 20)) == 4 for inputs, _, _ in found
        ),
        "different pieces": len(set(places)),
        "fresh rows of each batch": [int(np.sum(batch[2])) for batch in found],
    }


def facts(follows, fresh, across=False, each=True, pieces=24):
    return {
        "rows continue from batch to batch": follows,
        "the text continues from row to row": across,
        "targets follow inputs": True,
        "a batch has a piece of each row": each,
        "different pieces": pieces,
        "fresh rows of each batch": fresh,
    }


ALWAYS, ONCE = [4] * 6, [4, 0, 0, 0, 0, 0]


@misconception(
    "epoch",
    "The pieces are shuffled, but the state is still carried. Each row starts with the memory of "
    "some other place in the book. This is a common mistake. Shuffling is a good habit where "
    "examples are independent. Here they continue each other.",
)
def shuffled(carry):
    return facts(not carry, ONCE if carry else ALWAYS, each=False)


@misconception(
    "epoch",
    "The rows of a batch change places, but their states do not. Each row would start with the "
    "memory of *another* row.",
)
def rows_exchanged(carry):
    return facts(not carry, ONCE if carry else ALWAYS)


@misconception(
    "epoch",
    "The text continues from row to row *within* a batch. But the state is carried from batch to "
    "batch: row 0 of the next batch must continue where row 0 stopped.",
)
def row_to_row(carry):
    return facts(not carry, ONCE if carry else ALWAYS, across=True, each=False)


@misconception(
    "epoch",
    "All rows are fresh in all batches. That is consistent, but it throws the memory away. The "
    "network never sees more than one piece.",
)
def always_fresh(carry):
    return facts(True, ALWAYS)


@misconception(
    "epoch",
    "No row is ever fresh. An epoch would start with the memory of the end of the book.",
)
def never_fresh(carry):
    return facts(True, [0] * 6 if carry else ALWAYS)


@misconception(
    "epoch",
    "`carry_state` is ignored. Even if it is False, the state is carried.",
)
def always_carried(carry):
    return facts(True, ONCE)


@misconception(
    "epoch",
    "Only the first batch is returned, again and again. Nothing is out of order, but nothing new "
    "is read either.",
)
def one_batch(carry):
    return facts(not carry, ONCE if carry else ALWAYS, pieces=4)


@check(
    "A row that is not fresh continues where it stopped",
    points=3,
    hints=(
        "Print row 0 of three batches. Does each begin where the previous one ended?",
        "One line changes the order of the pieces. What is that good for? Is it good here?",
        "Remove the line with `shuffle`. Then each batch has the next piece of every row.",
    ),
)
def follows(student):
    found = student.epoch(True)
    assert found["different pieces"] == 24, (
        f"there are 24 pieces to read, but only {found['different pieces']} are read"
    )
    assert found["targets follow inputs"] is True, "the targets are not shifted by one character"
    assert found["rows continue from batch to batch"] is True, (
        "a row that is not fresh does not continue where it stopped"
    )
    assert found["a batch has a piece of each row"] is True, (
        "a batch has two pieces of one row and none of another"
    )
    assert found["the text continues from row to row"] is False, (
        "within a batch, the text continues from row to row; each row should be a different place"
    )


@check(
    "The state is carried through the epoch",
    points=1,
    after="follows",
    hints=(
        "In which batch do the rows have nothing to remember?",
        "If the state is carried, only the first batch of an epoch is fresh.",
        "`tf.fill([count], step == 0 or not carry_state)`, as in the original.",
    ),
)
def carried(student):
    found = student.epoch(True)["fresh rows of each batch"]
    assert found == ONCE, f"the six batches have {found} fresh rows of four; it should be {ONCE}"


@check(
    "Carrying the state can still be switched off",
    points=1,
    after="follows",
    hints=(
        "What should `fresh` be if `carry_state` is false?",
        "Then every row of every batch starts with an empty memory.",
        "`step == 0 or not carry_state`.",
    ),
)
def switched_off(student):
    found = student.epoch(False)["fresh rows of each batch"]
    assert found == ALWAYS, (
        f"without carrying, the batches have {found} fresh rows of four; it should be {ALWAYS}"
    )


# %% [markdown]
# ## Measure the memory
#
# One mean over everything hides where a network has trouble. Write `by_place`. It takes the loss of
# each prediction, `(batches, rows, length)`, and returns the mean loss at each *place* of a piece,
# `(length,)`.


# %%
def by_place(losses: np.ndarray) -> np.ndarray:  # exercise
    """Return the mean loss at each place of a piece, ``(length,)``.

    Args:
        losses: The loss of each prediction, ``(batches, rows, length)``.
    """
    return losses.mean(axis=(0, 1))


# %% [markdown] tags=["why"]
# The mean is taken over the batches and the rows, which are axes 0 and 1, and the axis of the
# places remains. A mean over all three axes would be a single number, and the trouble at the first
# places would disappear in it.


# %%
import numpy as np


@probe
def places(losses):
    return by_place(losses)


@misconception("places", "This is the mean of each row. The places are the last axis.")
def by_row(losses):
    return losses.mean(axis=(0, 2))


@misconception(
    "places", "This is the mean of each batch. It is a curve over time, not over places."
)
def by_batch(losses):
    return losses.mean(axis=(1, 2))


@misconception("places", "This is one number for everything. It hides what we want to see.")
def of_all(losses):
    return losses.mean()


@misconception("places", "This uses only the first batch. Average over all of them.")
def first_batch(losses):
    return losses[0].mean(axis=0)


@misconception("places", "This is a sum, which grows with the number of batches. Take the mean.")
def summed(losses):
    return losses.sum(axis=(0, 1))


@check(
    "There is one mean for each place",
    points=2,
    hints=(
        "Which of the three axes should remain?",
        "`mean` accepts several axes at once. Average over batches and rows.",
        "`losses.mean(axis=(0, 1))`.",
    ),
)
def ruler(student):
    losses = np.random.default_rng(1).uniform(1, 4, (3, 2, 5))
    found = student.places(losses)
    assert np.shape(found) == (5,), (
        f"there are five places, but the result has shape {np.shape(found)}"
    )
    expected = sum(losses[batch, row] for batch in range(3) for row in range(2)) / 6
    assert_close(found, expected, "the mean at each place", atol=1e-6)


# %% [markdown]
# ## What the memory is worth
#
# Three networks train on the lesson's text in pieces of 16 characters. They differ only in the
# memory. One uses *your* batches. One uses the same pieces shuffled, with the state carried. One
# carries no state at all. Then each reads held-out text in pieces of 16, prepared as in its
# training, and your function shows the loss at each place. **Predict before you run it: which curve
# is flat, and which falls along the piece?**

# %%
from coursekit.prepare import prepare
from coursekit_textgen import TextgenLesson
from coursekit_textgen.build import build_model
from coursekit_textgen.practice.compare import curves, learn
from coursekit_textgen.evaluate import evaluate
from coursekit_textgen.train import character_loss


def with_shuffled_pieces(batches: tf.data.Dataset, count: int) -> tf.data.Dataset:
    """Return the same batches with their pieces shuffled, and `fresh` as it was."""
    pieces = batches.map(lambda inputs, targets, fresh: (inputs, targets)).unbatch()
    pieces = pieces.shuffle(100_000, seed=0).batch(count, drop_remainder=True)
    marks = batches.map(lambda inputs, targets, fresh: fresh)
    return tf.data.Dataset.zip((pieces, marks)).map(lambda piece, fresh: (*piece, fresh))


def reading(model: tf.keras.Model, batches: tf.data.Dataset) -> np.ndarray:
    """Return the loss of each prediction, ``(batches, rows, length)``, carrying the state."""
    states = model.zero_states(len(next(iter(batches))[0]))
    losses = []
    for inputs, targets, fresh in batches:
        states = [tf.where(fresh[:, tf.newaxis], 0.0, state) for state in states]
        logits, states = model(inputs, states)
        losses.append(character_loss(logits, targets).numpy())
    return np.array(losses)


# %% tags=["train"]
STEPS = 700
ROWS, LENGTH = 32, 16
settings, data = prepare(TextgenLesson(), epochs=1, batch_size=ROWS, length=LENGTH, units=128)


def fed(split: str, way: str, steps: int) -> tf.data.Dataset:
    """Return the batches of a split, prepared in one of the three ways."""
    rows = side_by_side(getattr(data, split).ids, ROWS)
    steps = min(steps, (rows.shape[1] - 1) // LENGTH)
    batches = batches_of(rows, LENGTH, steps, carry_state=way != "no memory")
    return with_shuffled_pieces(batches, ROWS) if way == "shuffled" else batches


losses = {}
for way in ("yours", "shuffled", "no memory"):
    model = build_model(data, settings)
    learn(model, fed("train", way, STEPS))
    losses[way] = by_place(reading(model, fed("validation", way, 120)))
    held_out = evaluate(model, data, "validation")["loss"]
    print(
        f"{way:10}  first place {losses[way][0]:.2f}, last place {losses[way][-1]:.2f} nats; "
        f"held-out text read as a whole: {held_out:.3f}"
    )
show(
    curves("The loss at each place of a piece", losses, window=1, along="place, from 1"),
    alt="Three curves of the loss over the 16 places of a piece, one for each way to prepare the "
    "batches.",
)

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# With a carried memory the curve is nearly flat: the first prediction of a piece is about as good
# as the last. Without it, each piece starts from nothing, and the first prediction is by far the
# worst. If the carried state comes from another place of the text, the first predictions of a piece
# are misled by it. The network learns to distrust its memory, and that costs it even when the text
# is later read in order.
#
# There was no error message, the loss fell, and the text looked like Shakespeare. So the mistake
# stayed unnoticed in [a widely copied notebook of
# 2018](https://github.com/mari-linhares/tensorflow/blob/35bfb93dbf4e25a4839c6551889daa46b97bb89a/tensorflow/contrib/eager/python/examples/generative_examples/text_generation.ipynb),
# which shuffles its pieces and carries the state from one batch to the next.
# </details>
#
# **Next:** run `coursekit check textgen/state`. Then `coursekit next` opens exercise 4, where you
# write the loss and the train step.
