# %% [markdown]
# # A network with a memory
#
# **Goal.** Write the step of a gated recurrent unit, and the network that reads with it.
#
# **Time.** 35 minutes
#
# **Before.** exercise 1; matrix products; what a sigmoid does
#
# **Kind.** predict, complete, measure
#
# The network of this lesson reads a character, updates its *state*, and predicts the next
# character:
#
# ```text
# ids    (batch, time)
#  ↓     self.embedding: a vector for each character
#  ↓     recurrent layers with a state ↻, dropout after each
# logits (batch, time, characters)
# ```
#
# All the memory is in the state $h$, a vector. A *gated recurrent unit*, or GRU ([Cho et al.
# 2014](https://arxiv.org/abs/1406.1078)), decides for each number in it how much to keep. With the
# input $x$ of this step,
#
# $$z = \sigma(W_z x + b_z + U_z h + c_z), \qquad r = \sigma(W_r x + b_r + U_r h + c_r),$$
# $$\tilde h = \tanh\big(W x + b + r \odot (U h + c)\big), \qquad
# h' = z \odot h + (1 - z) \odot \tilde h .$$
#
# $z$ is the *update* gate, $r$ the *reset* gate and $\tilde h$ the *new* content. $\odot$
# multiplies number by number. This is the form that Keras computes; the paper of 2014 multiplies by
# $r$ before $U$. Some papers swap $z$ and $1 - z$. The last section shows what happens if two
# programs disagree about such a detail.

# %%
from coursekit.prepare import show
from coursekit_textgen.practice import figures

show(
    figures.gates(256),
    alt="The state runs straight from left to right. Gate z multiplies it by how much to keep, and "
    "one minus z multiplies the new content that is added. Gate r multiplies U h + c, the state's "
    "part of the new content. Both gates read the state and the character; the new content reads "
    "the character, too.",
)

# %%
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from coursekit_textgen.layers import Dropout
from coursekit_textgen.model import CharacterLayers, States

# %% [markdown]
# ## Predict first
#
# A batch has 64 rows of 32 characters, the vocabulary has 66 characters, and the recurrent layer
# has 256 units. What shape are the logits?

# %%
shape_of_logits = (64, 32, 66)  # exercise

# %% [markdown] tags=["why"]
# There is one prediction for every character that is read, and each prediction has one number for
# every character of the vocabulary: `(batch, time, characters)`. The 256 units are inside the layer
# only. The last dense layer maps them to the 66 characters.

# %% [markdown]
# How many weights does the recurrent layer have, if a character's vector has 64 numbers? Count the
# matrices $W$, $U$ and the biases $b$, $c$ in the formulas above.

# %%
weights_of_layer = 247_296  # exercise

# %% [markdown] tags=["why"]
# Each of the three parts has a matrix $W$ of 64 × 256, a matrix $U$ of 256 × 256, and the biases
# $b$ and $c$ with 256 numbers each. That makes 16,384 + 65,536 + 512 = 82,432, and three times that
# is 247,296. Neither the length of the text nor the size of the batch occurs in it: the same
# weights are used at every step.

# %%
from coursekit.practice import assert_close, check, misconception, probe


@misconception(
    "shape_of_logits",
    "This is one prediction for each row. The network predicts after every character, not only at "
    "the end.",
)
def once_a_row():
    return (64, 66)


@misconception(
    "shape_of_logits", "256 is the size of the state. The last layer turns it into 66 scores."
)
def the_features():
    return (64, 32, 256)


@misconception(
    "shape_of_logits",
    "One number for each place would be a character. Logits are a score for all 66 of them.",
)
def one_number():
    return (64, 32)


@misconception(
    "weights_of_layer", "This is a third: z, r and the new content each have their own W and U."
)
def one_gate():
    return 82_432


@misconception(
    "weights_of_layer",
    "The matrices U are missing. They are the largest part: 256 x 256 for each of the three.",
)
def without_recurrent():
    return 50_688


@misconception(
    "weights_of_layer", "Each of the three has two biases, b and c. Only one was counted."
)
def one_bias():
    return 246_528


@misconception("weights_of_layer", "The biases are missing: 2 x 256 for each of the three.")
def no_bias():
    return 245_760


@misconception("weights_of_layer", "An LSTM has four sets of matrices. A GRU has three.")
def as_lstm():
    return 329_728


@check(
    "You know the shape of the output",
    points=1,
    hints=(
        "After which characters does the network make a prediction?",
        "After each of them, in each row. A prediction has one score for each character of the "
        "vocabulary.",
        "(rows, characters of a row, characters of the vocabulary).",
    ),
)
def shape(student):
    assert tuple(student["shape_of_logits"]) == (64, 32, 66), "(batch, time, characters)"


@check(
    "You can count the weights",
    points=1,
    hints=(
        "How many numbers are in one W, in one U, and in one bias?",
        "W is 64 x 256, U is 256 x 256, b and c have 256 each. There are three of each.",
        "3 * (64 * 256 + 256 * 256 + 2 * 256).",
    ),
)
def counted(student):
    assert student["weights_of_layer"] == 247_296, "count three times one W, one U and two biases"


# %% [markdown]
# ## One step
#
# The worked lesson shows this function in full. Close it, and write the function from memory: the
# docstring says all that you need.
#
# The arguments contain the three parts side by side, in the order $z$, $r$, new content:
#
# * `projected`, `(batch, 3 * units)`: the three products $Wx$, already computed.
# * `cell.recurrent_kernel`, `(units, 3 * units)`: the three $U$. Use `tf.matmul(state, ...)`.
# * `cell.bias`, `(2, 3 * units)`: two rows, $b$ and $c$.
#
# `tf.split(values, 3, axis=-1)` separates the three parts. You need five to eight lines.

# %%
from coursekit_textgen.model import gru_step  # exercise

# %% [markdown] tags=["why"]
# The update gate mixes the old state with the new content: where it is 1 the state is kept, where
# it is 0 it is replaced. The reset gate multiplies the memory's part *after* the matrix product and
# together with its bias, as the formula says. If it multiplied the state before the product, the
# result would be another GRU, and weights trained with Keras would give other numbers. The products
# are split in the order $z$, $r$, new content, because that is the order in which the weights are
# stored.

# %% [markdown]
# Does it compute what Keras computes? Here is a Keras cell, and your step with the same weights.

# %%
cell = keras.layers.GRUCell(4)
vector, memory = tf.ones((1, 3)), tf.constant([[0.1, -0.2, 0.3, 0.9]])
print("Keras", cell(vector, memory)[0].numpy().round(4))
print("yours", gru_step(tf.matmul(vector, cell.kernel), memory, cell).numpy().round(4))

# %%
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def parts(projected, state, recurrent, bias):
    """Return z, r, and the two halves of the new content, before and behind the reset gate."""
    x, h = projected + bias[0], state @ recurrent + bias[1]
    (xz, xr, xn), (hz, hr, hn) = np.split(x, 3, -1), np.split(h, 3, -1)
    return sigmoid(xz + hz), sigmoid(xr + hr), xn, hn


def by_hand(projected, state, recurrent, bias):
    z, r, xn, hn = parts(projected, state, recurrent, bias)
    return z * state + (1 - z) * np.tanh(xn + r * hn)


def drawn(seed=4):
    draw = np.random.default_rng(seed)
    sizes = ((3, 6), (3, 2), (2, 6), (2, 6))
    return [draw.normal(size=size).astype("float32") for size in sizes]


@probe
def step(projected, state, recurrent, bias):
    cell = keras.layers.GRUCell(len(recurrent))
    cell.build((None, len(recurrent)))
    cell.recurrent_kernel.assign(recurrent)
    cell.bias.assign(bias)
    after = gru_step(tf.constant(projected), tf.constant(state), cell)
    if isinstance(after, tuple | list):
        raise TypeError("gru_step returns the state alone, not a tuple as a Keras cell does")
    return after


@misconception("step", "The update gate is not used. The new content replaces the whole state.")
def nothing_kept(projected, state, recurrent, bias):
    _, r, xn, hn = parts(projected, state, recurrent, bias)
    return np.tanh(xn + r * hn)


@misconception(
    "step",
    "The update gate is the wrong way round. Here z is how much of the state is *kept*. Papers use "
    "both conventions, and a network trained with one is useless with the other.",
)
def gate_swapped(projected, state, recurrent, bias):
    z, r, xn, hn = parts(projected, state, recurrent, bias)
    return (1 - z) * state + z * np.tanh(xn + r * hn)


@misconception(
    "step",
    "The gates are swapped. The first third is the update gate, the second is the reset gate.",
)
def gates_exchanged(projected, state, recurrent, bias):
    r, z, xn, hn = parts(projected, state, recurrent, bias)
    return z * state + (1 - z) * np.tanh(xn + r * hn)


@misconception("step", "The new content is added to the whole state, not to the part that z keeps.")
def all_kept(projected, state, recurrent, bias):
    z, r, xn, hn = parts(projected, state, recurrent, bias)
    return state + (1 - z) * np.tanh(xn + r * hn)


@misconception("step", "The reset gate is not used. The new content always sees the whole state.")
def no_reset(projected, state, recurrent, bias):
    z, _, xn, hn = parts(projected, state, recurrent, bias)
    return z * state + (1 - z) * np.tanh(xn + hn)


@misconception(
    "step", "The tanh is missing. Without it the numbers of the state can grow from step to step."
)
def no_tanh(projected, state, recurrent, bias):
    z, r, xn, hn = parts(projected, state, recurrent, bias)
    return z * state + (1 - z) * (xn + r * hn)


@misconception("step", "The new content uses a sigmoid, so it can only be positive. Use tanh.")
def sigmoid_content(projected, state, recurrent, bias):
    z, r, xn, hn = parts(projected, state, recurrent, bias)
    return z * state + (1 - z) * sigmoid(xn + r * hn)


@misconception(
    "step",
    "The reset gate is applied before the product, as in the paper of 2014: tanh(Wx + U(r h)). "
    "Keras applies it after the product, so that all three products with U can be computed at "
    "once.",
)
def reset_before(projected, state, recurrent, bias):
    z, r, xn, _ = parts(projected, state, recurrent, bias)
    units = state.shape[1]
    hn = (r * state) @ recurrent[:, 2 * units :] + bias[1, 2 * units :]
    return z * state + (1 - z) * np.tanh(xn + hn)


@misconception(
    "step",
    "The reset gate multiplies the whole new content. It should multiply only what comes from the "
    "state. The input Wx + b is outside the bracket.",
)
def resets_all(projected, state, recurrent, bias):
    z, r, xn, hn = parts(projected, state, recurrent, bias)
    return z * state + (1 - z) * np.tanh(r * (xn + hn))


@misconception("step", "The bias c is missing. It is the second row, and belongs to the state.")
def c_forgotten(projected, state, recurrent, bias):
    return by_hand(projected, state, recurrent, bias * np.array([[1], [0]]))


@misconception(
    "step",
    "The biases are swapped. The first row b belongs to the input, c to the state. For the gates "
    "it makes no difference, but in the new content r multiplies c.",
)
def biases_exchanged(projected, state, recurrent, bias):
    return by_hand(projected, state, recurrent, bias[::-1])


@misconception("step", "The biases are missing. b belongs to the input, c to the state.")
def biases_forgotten(projected, state, recurrent, bias):
    return by_hand(projected, state, recurrent, 0 * bias)


@misconception(
    "step",
    "Both biases were added to the input. For the new content this makes a difference: c is inside "
    "the bracket that the reset gate multiplies.",
)
def biases_together(projected, state, recurrent, bias):
    return by_hand(projected, state, recurrent, np.stack([bias.sum(0), 0 * bias[0]]))


@check(
    "An open update gate keeps the state",
    points=2,
    hints=(
        "If z is 1, what is h' according to the formula?",
        "z multiplies the old state and 1 - z the new content. z comes from the first third.",
        "`update * state + (1 - update) * new`.",
    ),
)
def keeps(student):
    student.step(*drawn())  # tells apart what is the same where z is one
    projected, state, recurrent, bias = drawn()
    projected[:, :2] = 30  # z is one
    found = student.step(projected, state, recurrent, bias)
    assert_close(found, state, "where z is 1 the state must not change", atol=1e-4)
    projected[:, :2] = -30  # z is zero
    found = student.step(projected, state, recurrent, bias)
    said = "where z is 0 the whole state should be new, but it did not change"
    assert np.abs(found - state).min() > 0.01, said


@check(
    "A closed reset gate hides the state from the new content",
    points=1,
    after="keeps",
    hints=(
        "If z and r are both 0, what remains of the formula?",
        "Then h' is tanh(Wx + b), because r multiplies everything that comes from the state.",
        "`new = tf.tanh(new_in + reset * new_on)`.",
    ),
)
def hides(student):
    projected, state, recurrent, bias = drawn()
    projected[:, :4] = -30  # z and r are zero
    found = student.step(projected, state, recurrent, 0 * bias)
    expected = np.tanh(projected[:, 4:])
    assert_close(found, expected, "z and r are 0, so the result is tanh(Wx)", atol=1e-4)


@check(
    "The step computes what Keras computes",
    points=2,
    after=("keeps", "hides"),
    hints=(
        "Which bias is inside the bracket that r multiplies?",
        "Add b to `projected` and c to the product of the state. Then split both into three parts.",
        "`inputs = projected + cell.bias[0]` and `memory = tf.matmul(state, "
        "cell.recurrent_kernel) + cell.bias[1]`.",
    ),
)
def numbers(student):
    found = student.step(*drawn())
    assert_close(found, by_hand(*drawn()), "three rows, two units", atol=1e-4)


# %% [markdown]
# ## The network
#
# `CharacterLayers` creates the layers: `self.embedding`, the recurrent layers `self.grus`, and
# `self.dropouts`, one for each recurrent layer. Your part is `call`, again without the worked
# lesson.
#
# 1. The first `features` are `self.embedding(ids)`. If `states` is None, no text was read before:
#    use `self.zero_states(rows)`.
# 2. For each layer: the recurrent layer reads `features`, starting from its state
#    (`initial_state=`). It returns the features at every place, and the state after the last one.
#    Then apply dropout to the features, in training only. Keep the state.
# 3. Return `self.logits(features)`, and a list with the state of each layer.

# %%
show(
    figures.unrolled("kings", embedding=8, units=16, characters=66),
    alt="Four copies of the network side by side. Each reads a character of king as a vector, "
    "changes the state that it receives, and scores the next character, of ings; an arrow "
    "carries the state h from each copy to the next.",
)

# %%
from coursekit_textgen.model import CharacterModel  # exercise: call

# %% [markdown] tags=["why"]
# Each layer reads the features of the layer below, starts from its own state, and hands on two
# things: features at every place to the next layer, and one state to the next batch. Dropout is
# applied to the features only. If it were applied to the state, the memory would lose numbers at
# every step, and after a long text nothing would be left. `training` must be passed on. Otherwise
# dropout would never be active, or it would disturb the network while it writes.

# %% [markdown]
# Two layers read four rows of ten characters. There should be a logit for each of 66 characters at
# each place, and two states:

# %%
model = CharacterModel(characters=66, embedding=8, units=16, layers=2)
some_logits, some_states = model(tf.zeros((4, 10), tf.int32))
print("logits", some_logits.shape, "states", [state.shape for state in some_states])

# %%


def weights_of(seed=7):
    """Return the weights of a table of vectors, two recurrent layers and the readout."""
    draw = np.random.default_rng(seed)
    sizes = [[(5, 3)], [(3, 6), (2, 6), (2, 6)], [(2, 6), (2, 6), (2, 6)], [(2, 5), (5,)]]
    return [[draw.normal(size=size).astype("float32") for size in layer] for layer in sizes]


def read_through(inputs, state, layer):
    kernel, recurrent, bias = layer
    outputs = []
    for time in range(inputs.shape[1]):
        state = by_hand(inputs[:, time] @ kernel, state, recurrent, bias)
        outputs.append(state)
    return np.stack(outputs, 1), state


def reading(ids, states, weights):
    """Return the logits, and the states of both layers."""
    (table,), one, two, (kernel, bias) = weights
    states = [np.zeros((len(ids), 2), "float32")] * 2 if states is None else states
    first, after_first = read_through(table[ids], states[0], one)
    second, after_second = read_through(first, states[1], two)
    return second @ kernel + bias, [after_first, after_second]


def example():
    draw = np.random.default_rng(2)
    states = [draw.normal(size=(2, 2)).astype("float32") for _ in range(2)]
    return draw.integers(0, 5, (2, 4)).astype("int32"), states, weights_of()


@probe
def read(ids, states, weights):
    made = CharacterModel(5, 3, 2, layers=2, batch_size=2)
    for left in made.carried:
        left.assign(tf.ones_like(left))  # by some earlier batch
    layers = (made.embedding, *made.grus, made.readout)
    for layer, size, values in zip(layers, (3, 3, 2, 2), weights, strict=True):
        layer.build((None, None, size))
        layer.set_weights(values)
    given = None if states is None else [tf.constant(state) for state in states]
    found = made(tf.constant(ids), given)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise TypeError("call must return two things: the logits and the list of states")
    return found[0], list(found[1])


@probe
def left(ids, states):
    """Say what became of the caller's own list when the network has read on from it."""
    made = CharacterModel(5, 3, 2, layers=2, batch_size=2)
    given = [tf.constant(state) for state in states]
    made(tf.constant(ids))
    made.call(tf.constant(ids), given)  # by itself: Keras would hand over a copy of the list
    same = [np.array_equal(state, mine) for state, mine in zip(given, states, strict=True)]
    return {"the caller's list is unchanged": all(same)}


@probe
def with_dropout(layer):
    """Say what is true of two layers of which one drops."""

    class Listening:
        """A dropout that notes whether it was handed `training`."""

        def __init__(self, dropout):
            self.dropout, self.handed = dropout, []

        def __call__(self, features, training=None):
            self.handed.append(training is not None)
            if training is None:
                return self.dropout(features)
            return self.dropout(features, training=training)

    keras.utils.set_random_seed(0)
    made = CharacterModel(5, 3, 40, layers=2)
    made.dropouts = [Listening(Dropout(0.5 * (place == layer), place)) for place in (0, 1)]
    ids = tf.constant([[1, 2, 3, 4]])
    first, _ = made(ids)
    second, states = made(ids)
    trained, in_training = made(ids, training=True)
    return {
        "the same when read twice": np.allclose(first, second),
        "other features in training": not np.allclose(first, trained),
        "the same state in training": np.allclose(states[layer], in_training[layer]),
        "the dropout gets `training`": all(made.dropouts[layer].handed),
    }


@misconception(
    "read",
    "Softmax was applied, so these are probabilities. The loss and the sampling expect logits and "
    "apply softmax themselves. Applied twice, it makes every prediction too flat.",
)
def probabilities(ids, states, weights):
    logits, after = reading(ids, states, weights)
    powers = np.exp(logits)
    return powers / powers.sum(-1, keepdims=True), after


@misconception(
    "read", "The features are returned as they are. `self.logits` turns them into scores."
)
def no_readout(ids, states, weights):
    (table,), one, two, _ = weights
    _, after = reading(ids, states, weights)
    zero = [np.zeros((len(ids), 2), "float32")] * 2 if states is None else states
    return read_through(read_through(table[ids], zero[0], one)[0], zero[1], two)[0], after


@misconception("read", "Only the last place has logits. The network predicts at every place.")
def last_place(ids, states, weights):
    logits, after = reading(ids, states, weights)
    return logits[:, -1], after


@misconception(
    "read",
    "The given states are not used. A GRU without `initial_state=` starts from zeros: no error, no "
    "warning, and no memory from one piece of text to the next.",
)
def states_ignored(ids, states, weights):
    return reading(ids, None, weights)


@misconception(
    "read",
    "If `states` is None, it continues from `carried`, the states of some training batch. None "
    "means that no text was read before.",
)
def carried_for_none(ids, states, weights):
    return reading(ids, [np.ones((2, 2), "float32")] * 2 if states is None else states, weights)


@misconception("read", "Only one state is returned, not a list with the state of each layer.")
def not_a_list(ids, states, weights):
    logits, after = reading(ids, states, weights)
    return logits, list(after[-1])


@misconception("read", "All layers start from the state of the first one. Each layer has its own.")
def one_for_all(ids, states, weights):
    return reading(ids, states and [states[0], states[0]], weights)


@misconception(
    "read", "The second layer starts from the final state of the first. Each has its own."
)
def passed_up(ids, states, weights):
    _, after = reading(ids, states, weights)
    first = states[0] if states else np.zeros((len(ids), 2), "float32")
    return reading(ids, [first, after[0]], weights)


@misconception(
    "read", "The states that are returned are those before the text. Return those after it."
)
def states_before(ids, states, weights):
    zeros = [np.zeros((len(ids), 2), "float32")] * 2
    return reading(ids, states, weights)[0], zeros if states is None else states


@misconception("read", "Only the last layer's state is returned. Return one for each layer.")
def only_last_layer(ids, states, weights):
    logits, after = reading(ids, states, weights)
    return logits, after[-1:]


@misconception("read", "The states are in the wrong order. The first layer's state comes first.")
def states_turned(ids, states, weights):
    logits, after = reading(ids, states, weights)
    return logits, after[::-1]


@misconception(
    "left",
    "The new states are written into the caller's own list. Suppose someone reads two "
    "continuations of the same text: the second would start where the first one ended. Make a new "
    "list.",
)
def overwritten(ids, states):
    return {"the caller's list is unchanged": False}


def told(twice=True, other=True, state=True, handed=True):
    return {
        "the same when read twice": twice,
        "other features in training": other,
        "the same state in training": state,
        "the dropout gets `training`": handed,
    }


@misconception(
    "with_dropout",
    "Nothing is ever dropped. Either dropout is missing, or it is called with `training=False`.",
)
def never_dropped(layer):
    return told(other=False)


@misconception(
    "with_dropout",
    "The dropout is called without `training`. Keras happens to pass it on here. But if `call` "
    "were called directly, nothing would ever be dropped. Pass it on yourself.",
)
def not_handed(layer):
    return told(handed=False)


@misconception("with_dropout", "Only the first layer has dropout. Apply one after each layer.")
def first_drops(layer):
    return told(other=layer == 0)


@misconception("with_dropout", "Only the last layer has dropout. Apply one after each layer.")
def last_drops(layer):
    return told(other=layer == 1)


@misconception(
    "with_dropout",
    "Features are dropped even outside of training. The network would write with half of its "
    "features missing.",
)
def always_dropped(layer):
    return told(twice=False)


@misconception(
    "with_dropout",
    "Dropout changes the state, so half of the memory is lost at each piece. Apply dropout to the "
    "output of the recurrent layer, and return the state as the layer gave it.",
)
def memory_dropped(layer):
    return told(state=False)


@check(
    "There are logits for every character",
    points=2,
    hints=(
        "What does the second recurrent layer read?",
        "The second layer reads the features that the first one returned.",
        "`features, state = gru(features, initial_state=state)`, then dropout. After all layers, "
        "`self.logits(features)`.",
    ),
)
def logits(student):
    ids, _, weights = example()
    found, _ = student.read(ids, None, weights)
    expected, _ = reading(ids, None, weights)
    assert np.shape(found) == (2, 4, 5), f"the logits have shape {np.shape(found)}, not (2, 4, 5)"
    assert_close(found, expected, "two rows of four characters", atol=1e-3)


@check(
    "It continues from the given states",
    points=2,
    after="logits",
    hints=(
        "From which state does a recurrent layer start by default?",
        "Each layer starts from its own state in `states`: use `initial_state=`.",
        "`for gru, dropout, state in zip(self.grus, self.dropouts, states)`.",
    ),
)
def begins(student):
    found, _ = student.read(*example())
    expected, _ = reading(*example())
    assert_close(found, expected, "the logits, starting from given states", atol=1e-3)


@check(
    "It returns the states after the last character",
    points=2,
    after="logits",
    hints=(
        "What does the next piece of the text need from this one?",
        "A GRU with `return_state=True` returns two things: all outputs and its final state.",
        "Collect each layer's `state` in a list and return `self.logits(features), after`.",
    ),
)
def hands_on(student):
    ids, states, weights = example()
    for what, right in student.left(ids, states).items():
        assert right is True, f"this should be true, but is not: {what}"
    _, found = student.read(ids, None, weights)
    _, expected = reading(ids, None, weights)
    assert len(found) == 2, f"there are two layers, but {len(found)} states"
    for layer in (0, 1):
        said = f"the state after the last character, layer {layer + 1}"
        assert_close(found[layer], expected[layer], said, atol=1e-3)


@check(
    "Dropout applies to features, in training only, and never to the state",
    points=1,
    after="logits",
    hints=(
        "Which argument of `call` says whether the network is being trained?",
        "Pass `training` to the dropout. Apply it to the features, not to the state.",
        "`features = dropout(features, training=training)`, after the recurrent layer.",
    ),
)
def dropping(student):
    found = [student.with_dropout(layer) for layer in (0, 1)]
    for layer, facts in enumerate(found, 1):
        for what, right in facts.items():
            assert right is True, f"this should be true in layer {layer}, but is not: {what}"


# %% [markdown]
# ## What a detail costs
#
# Your network now trains on the lesson's text. Then two copies of it are made, each with *one gate*
# changed after training. In the first copy the update gate is the wrong way round: its weights are
# negated, and $\sigma(-a) = 1 - \sigma(a)$. In the second copy the reset gate never closes. All
# three read the same held-out text from its beginning. **Predict before you run it: how much do the
# two copies lose?**

# %% tags=["train"]
from coursekit.prepare import prepare
from coursekit_textgen import TextgenLesson
from coursekit_textgen.build import build_model
from coursekit_textgen.practice.compare import continued, curves, learn
from coursekit_textgen.data import side_by_side
from coursekit_textgen.decode import Taste
from coursekit_textgen.train import character_loss

STEPS = 1_000
UNITS = 128
settings, data = prepare(TextgenLesson(), epochs=1, batch_size=32, units=UNITS)
model = build_model(data, settings, network=CharacterModel)
learn(model, data.train.batches(0).take(STEPS))


# %% tags=["train"]
def changed(gate: slice, scale: float, shift: float) -> CharacterModel:
    """Return a copy with the weights of one gate changed."""
    copy = build_model(data, settings, network=CharacterModel)
    copy.set_weights(model.get_weights())
    cell = copy.grus[0].cell
    for variable in (cell.kernel, cell.recurrent_kernel, cell.bias):
        values = variable.numpy()
        values[:, gate] = scale * values[:, gate] + (shift if variable is cell.bias else 0)
        variable.assign(values)
    return copy


variants = {
    "as it was trained": model,
    "update gate the wrong way round": changed(slice(0, UNITS), -1, 0),
    "reset gate always open": changed(slice(UNITS, 2 * UNITS), 0, 50),
}
held_out = tf.constant(side_by_side(data.validation.ids, 512)[:, :101])
losses = {}
for name, network in variants.items():
    scores, _ = network(held_out[:, :-1])
    losses[name] = tf.reduce_mean(character_loss(scores, held_out[:, 1:]), axis=0).numpy()
    print(f"── {name}: {losses[name].mean():.2f} nats a character ──")
    print(continued(network, data.vocabulary, data.opening, 150, Taste(0.8)), "\n")
show(
    curves("Reading held-out text", losses, window=3, along="characters read"),
    alt="A curve of the loss for each version of the network, over the characters read.",
)

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# The first curve falls as the memory fills: after ten characters the network predicts better than
# after two. The other two have the same weights except for one gate, and they predict badly from
# the start. A network that is trained with the other convention from the beginning learns just as
# well. A convention does no harm until weights move from one program to another. That is why a step
# is tested against known numbers. A falling loss is not enough.
# </details>
#
# **Next:** run `coursekit check textgen/model`. Then `coursekit next` opens exercise 3, where the
# state is carried from batch to batch.
