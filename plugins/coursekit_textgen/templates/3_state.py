# %% [markdown]
# # The memory that is carried over
#
# **Goal.** Find out why a network's memory was worth nothing, fix it, and measure its worth.
#
# **Time.** 30 minutes
#
# **Before.** exercises 1 and 2
#
# **Kind.** predict, debug, complete, measure
#
# The state at the end of one piece of text is what the network remembers when it reads the next
# piece. Carried over, it lets a network that is trained on 16 characters at a time know about
# things that stood a hundred characters before: who speaks, whether a line is long, that a bracket
# is open. The gradient stops at the border of a piece (*truncated backpropagation through time*),
# the memory does not.
#
# But it helps only if the next piece really **is** the next one.

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
# first guess of a piece is made after reading one character, the last after reading 16. How many
# characters has the network read when it guesses, *on average* over the 16 guesses?

# %%
read_on_average = 8.5  # exercise

# %% [markdown]
# A piece is 16 places long; count them from 1. At which place do you expect the *highest* loss, the
# state being zero at the beginning of each piece?

# %%
dearest_place = 1  # exercise

# %%
from coursekit.practice import assert_close, check, misconception, probe


@misconception("read_on_average", "Only the last guess of a piece has all 16 characters before it.")
def all_of_them():
    return 16


@misconception("read_on_average", "That is the first guess of a piece alone; later ones see more.")
def only_one():
    return 1


@misconception(
    "read_on_average",
    "This counts from 0 to 15; but the first guess is made after one character, not before it.",
)
def from_nothing():
    return 7.5


@misconception(
    "dearest_place",
    "The last place has the most characters before it: there the network knows most.",
)
def the_last():
    return 16


@misconception("dearest_place", "In the middle half of the piece has been read already.")
def the_middle():
    return 8


@check(
    "You know how little a short memory has seen",
    points=1,
    hints=(
        "How many characters before it has the second guess, the third, the last?",
        "Take the mean of the numbers 1, 2, 3 ... 16.",
        "(1 + 16) / 2.",
    ),
)
def seen(student):
    assert abs(student["read_on_average"] - 8.5) < 0.01, "take the mean of 1, 2 ... 16"


@check(
    "You know where a lost memory hurts",
    points=1,
    hints=(
        "Where in the piece does the network know least?",
        "It knows the characters that it has read since its memory was set to zero.",
        "At the very first place it has read a single character.",
    ),
)
def hurts(student):
    assert student["dearest_place"] == 1, "where has it read least?"


# %% [markdown]
# ## Find and fix
#
# `rows` is a text side by side, as in exercise 1. `batches_of` gives `steps` batches `(inputs,
# targets, fresh)`. `fresh` is true for rows whose state is to be set to zero: in the first batch,
# and in every batch if `carry_state` is false. Everywhere else the train step goes on with the
# state that the same row ended with, one batch before.
#
# The version below runs, and networks learn with it: a much-read tutorial of 2018 prepared its text
# like that. Yet the state that is carried is worse than none. Find out why, and fix it.


# %% tags=["fault"]
def batches_of(rows: Ids, length: int, steps: int, carry_state: bool) -> tf.data.Dataset:
    """Return batches ``(inputs, targets, fresh)``: ``(batch, length)`` twice, and ``(batch,)``.

    Args:
        rows: The text side by side, ``(batch, width)``.
        length: The characters of a row in one batch.
        steps: How many batches.
        carry_state: Whether a batch goes on with the state that the one before ended with.
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

# %% [markdown]
# Three batches of two rows. Read what row 0 reads, from batch to batch:

# %%
numbers = side_by_side(np.arange(100, 132), 2)
for some_inputs, _, some_fresh in batches_of(numbers, 4, 3, carry_state=True):
    print("reads", some_inputs.numpy().tolist(), "fresh", some_fresh.numpy().tolist())

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
        "rows go on from batch to batch": all(follow(row, row) for row in range(4)),
        "rows go on from row to row": all(
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
        "rows go on from batch to batch": follows,
        "rows go on from row to row": across,
        "targets follow inputs": True,
        "a batch has a piece of each row": each,
        "different pieces": pieces,
        "fresh rows of each batch": fresh,
    }


ANEW, ONCE = [4] * 6, [4, 0, 0, 0, 0, 0]


@misconception(
    "epoch",
    "The pieces are shuffled, and the state is carried all the same: each row begins with the "
    "memory of some other place in the book. This is the fault of 2018. Shuffling is a good habit "
    "where examples have nothing to do with each other; here they follow each other.",
)
def shuffled(carry):
    return facts(not carry, ONCE if carry else ANEW, each=False)


@misconception(
    "epoch",
    "The rows of a batch change places, and the state is carried all the same. The state stays "
    "where it is, row by row: each row would begin with what *another* row remembers.",
)
def rows_exchanged(carry):
    return facts(not carry, ONCE if carry else ANEW)


@misconception(
    "epoch",
    "The text runs on from row to row *within* a batch. But the state is carried from batch to "
    "batch, row by row: row 0 of the next batch must go on where row 0 stopped.",
)
def row_to_row(carry):
    return facts(not carry, ONCE if carry else ANEW, across=True, each=False)


@misconception(
    "epoch",
    "All rows are fresh in all batches. That is consistent, and throws the memory away: the "
    "network never sees more than one piece.",
)
def always_fresh(carry):
    return facts(True, ANEW)


@misconception(
    "epoch",
    "No row is ever fresh: an epoch would begin with the memory of the end of the book.",
)
def never_fresh(carry):
    return facts(True, [0] * 6 if carry else ANEW)


@misconception(
    "epoch",
    "`carry_state` is not heeded any more: asked to go without memory, it still carries one.",
)
def always_carried(carry):
    return facts(True, ONCE)


@misconception(
    "epoch",
    "Only the first batch is given, again and again: nothing is out of order, and nothing new is "
    "read.",
)
def one_batch(carry):
    return facts(not carry, ONCE if carry else ANEW, pieces=4)


@check(
    "A row that is not fresh goes on where it stopped",
    points=3,
    hints=(
        "Print row 0 of three batches: does each begin where the one before ended?",
        "One line puts the pieces in another order. What is it good for, and is that so here?",
        "Without `shuffle` the pieces of one step, one for each row, come one after another.",
    ),
)
def follows(student):
    found = student.epoch(True)
    assert found["different pieces"] == 24, (
        f"24 pieces to read, and {found['different pieces']} are"
    )
    assert found["targets follow inputs"] is True, "the targets are not one character further on"
    assert found["rows go on from batch to batch"] is True, (
        "a row that is not fresh begins somewhere else in the text than where it stopped"
    )
    assert found["a batch has a piece of each row"] is True, (
        "a batch has two pieces of one row, and none of another"
    )
    assert found["rows go on from row to row"] is False, (
        "within a batch, the text goes on from one row to the next: each row has a place of its own"
    )


@check(
    "The memory is carried through the epoch",
    points=1,
    after="follows",
    hints=(
        "In which batch has a row nothing to remember?",
        "Only the first batch of an epoch is fresh, when the state is carried.",
        "`tf.fill([count], step == 0 or not carry_state)`, as it was.",
    ),
)
def carried(student):
    found = student.epoch(True)["fresh rows of each batch"]
    assert found == ONCE, f"of four rows, {found} are fresh in the six batches; not {ONCE}"


@check(
    "It can still be switched off",
    points=1,
    after="follows",
    hints=(
        "What should `fresh` be if `carry_state` is false?",
        "Then every row of every batch begins anew.",
        "`step == 0 or not carry_state`.",
    ),
)
def switched_off(student):
    found = student.epoch(False)["fresh rows of each batch"]
    assert found == ANEW, f"without the state, {found} of four rows are fresh; not {ANEW}"


# %% [markdown]
# ## A ruler for memory
#
# A mean over everything hides where a network suffers. Write `by_place`: from the loss of each
# guess `(batches, rows, length)` the mean loss at each *place* of a piece, `(length,)`.


# %%
def by_place(losses: np.ndarray) -> np.ndarray:  # exercise
    """Return the mean loss at each place of a piece, ``(length,)``.

    Args:
        losses: Of each guess, ``(batches, rows, length)``.
    """
    return losses.mean(axis=(0, 1))


# %%
import numpy as np


@probe
def places(losses):
    return by_place(losses)


@misconception("places", "This is the mean of each row; a place is the last axis.")
def by_row(losses):
    return losses.mean(axis=(0, 2))


@misconception("places", "This is the mean of each batch: a curve over time, not over places.")
def by_batch(losses):
    return losses.mean(axis=(1, 2))


@misconception("places", "One number for all: it hides exactly what the ruler is to show.")
def of_all(losses):
    return losses.mean()


@misconception("places", "Only the first batch was looked at; there are more.")
def first_batch(losses):
    return losses[0].mean(axis=0)


@misconception("places", "A sum grows with the number of batches and rows; a mean compares.")
def summed(losses):
    return losses.sum(axis=(0, 1))


@check(
    "The ruler gives one mean for each place",
    points=2,
    hints=(
        "Which of the three axes should be left over?",
        "`mean` takes an axis, or several at once: average over batches and rows.",
        "`losses.mean(axis=(0, 1))`.",
    ),
)
def ruler(student):
    losses = np.random.default_rng(1).uniform(1, 4, (3, 2, 5))
    found = student.places(losses)
    assert np.shape(found) == (5,), f"five places, and the result has the shape {np.shape(found)}"
    expected = sum(losses[batch, row] for batch in range(3) for row in range(2)) / 6
    assert_close(found, expected, "the mean of each place", atol=1e-6)


# %% [markdown]
# ## What the memory is worth
#
# Three networks, alike but for the memory, learn the lesson's text in pieces of 16 characters:
# with *your* batches; with the same pieces shuffled, and the state carried, as in 2018; and with
# no memory carried at all. Then each reads held-out text in pieces of 16, fed as in its training,
# and your ruler is laid on.

# %%
from coursekit.prepare import prepare
from coursekit_textgen import TextgenLesson
from coursekit_textgen.build import build_model
from coursekit_textgen.practice.compare import curves, learn
from coursekit_textgen.evaluate import evaluate
from coursekit_textgen.train import character_loss


def torn(batches: tf.data.Dataset, count: int) -> tf.data.Dataset:
    """Return the same batches with their pieces shuffled, and `fresh` as it was."""
    pieces = batches.map(lambda inputs, targets, fresh: (inputs, targets)).unbatch()
    pieces = pieces.shuffle(100_000, seed=0).batch(count, drop_remainder=True)
    marks = batches.map(lambda inputs, targets, fresh: fresh)
    return tf.data.Dataset.zip((pieces, marks)).map(lambda piece, fresh: (*piece, fresh))


def reading(model: tf.keras.Model, batches: tf.data.Dataset) -> np.ndarray:
    """Return the loss of each guess, ``(batches, rows, length)``, the state carried."""
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
    return torn(batches, ROWS) if way == "as in 2018" else batches


losses = {}
for way in ("yours", "as in 2018", "no memory"):
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
    alt="Three curves over the 16 places of a piece: with your batches nearly flat; without memory "
    "highest at the first place, then falling; as in 2018 in between or above.",
)

# %% [markdown]
# The memory that is carried makes the curve flat: the first guess of a piece is as good as the
# last. Without it each piece begins in the dark. And with the memory of *another* place the network
# must first find out that what it remembers is not true; it learns to distrust its memory, and
# that shows even where the text is then read in order. No error was raised, the loss fell, and
# the text that it wrote looked like Shakespeare: this fault stood in a tutorial read by many
# thousands.
#
# **Next:** `coursekit check textgen/state`, then `coursekit next`.
