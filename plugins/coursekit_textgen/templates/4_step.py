# %% [markdown]
# # One step of training
#
# **Goal.** Fix the loss, write the train step, and train the lesson's network with both.
#
# **Time.** 30 minutes
#
# **Before.** exercises 1 to 3; what `tf.GradientTape` records
#
# **Kind.** predict, debug, complete, measure
#
# A train step is the same in every lesson of this course, and in most of deep learning:
#
# ```text
# on a tape:  forward   what does the network predict?
#             loss      how surprised was it by what came next?
# then:       gradient  in which direction would the surprise be smaller?
#             apply     take a small step in that direction
# ```
#
# The loss is the *cross-entropy*: $-\log p$ of the character that came next, in nats. The network
# returns *logits* $s$, scores of any size. The probabilities are their softmax:
#
# $$p_i = \frac{e^{s_i}}{\sum_j e^{s_j}}, \qquad
# \text{loss} = -\log p_{\text{target}} = \log \sum_j e^{s_j} - s_{\text{target}} .$$

# %%
from coursekit.prepare import show
from coursekit_textgen.practice import figures

show(
    figures.surprise((1.0, 0.5, 0.1)),
    alt="The loss falls from above 5 nats for a probability near zero to 0 for a probability of 1; "
    "one half costs 0.69 nats, one tenth 2.30.",
)

# %%
import keras
import numpy as np
import tensorflow as tf

from coursekit_textgen.build import build_model
from coursekit_textgen.model import CharacterModel

# %% [markdown]
# ## Predict first
#
# An untrained network finds all 66 characters of the vocabulary about equally likely. What is its
# loss per character, in nats? Give two decimals. You can use `np.log`.

# %%
untrained_loss = 4.19  # exercise

# %% [markdown] tags=["why"]
# The loss is minus the logarithm of the probability of the right character, and that is
# $-\log(1/66) = \log 66$, about 4.19. It is the first number to look at before any training. A much
# smaller one means that the loss is computed wrongly or that the network sees the answer; a much
# larger one means that it starts with unfounded certainty.

# %%
from coursekit.practice import assert_close, check, misconception, probe


@probe
def nats():
    return round(float(untrained_loss), 2)


@misconception("nats", "That is in bits, with the logarithm to base 2. A nat is 1.44 bits.")
def in_bits():
    return 6.04


@misconception("nats", "That is the logarithm to base 10. `np.log` is to base e.")
def base_ten():
    return 1.82


@misconception("nats", "1/66 is the probability. The loss is minus its logarithm.")
def the_probability():
    return 0.02


@misconception("nats", "A loss of zero means that a network is always certain and always right.")
def always_right():
    return 0


@misconception(
    "nats", "The minus sign is missing. The logarithm of 1/66 is negative, a loss is not."
)
def negative():
    return -4.19


@check(
    "You know the loss of a network that knows nothing",
    points=1,
    hints=(
        "If 66 characters are equally likely, what is the probability of each?",
        "It is 1/66. The loss is minus its logarithm.",
        "-log(1/66) = log(66).",
    ),
)
def nothing(student):
    for found in (student["untrained_loss"], student.nats()):  # the dots are told by the first
        assert abs(found - 4.19) < 0.03, "minus the logarithm of 1/66"


# %% [markdown]
# ## Find and fix
#
# With this loss function the loss falls as it should. Yet the network writes worse than its loss
# suggests. Compare the code with the formula above, find the mistake, and fix it.


# %% tags=["fault"]
def character_loss(logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Return the cross-entropy of each character in nats, ``(batch, time)``.

    Args:
        logits: ``(batch, time, characters)``.
        targets: The characters that came next, ``(batch, time)``.
    """
    powers = tf.exp(logits)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=powers)


# %%
from coursekit_textgen.train import character_loss  # exercise

# %% [markdown] tags=["why"]
# `sparse_softmax_cross_entropy_with_logits` takes logits and applies the softmax itself. The faulty
# version passes `exp(logits)`, so the exponential is taken twice. That function still has its
# minimum where the right character is likely, so the loss falls. But it trains another network than
# the one that writes: the probabilities used in writing come from a single softmax. Large logits
# also overflow when they are exponentiated twice.

# %% [markdown]
# Two characters have the scores 0 and 2, and the second one came. By the formula the loss is
# $\log(e^0 + e^2) - 2 = 0.127$.

# %%
print(character_loss(tf.constant([[[0.0, 2.0]]]), tf.constant([[1]])).numpy())

# %%
import numpy as np


def softmax(scores):
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def chosen(values, targets):
    return np.take_along_axis(values, targets[..., None], -1)[..., 0]


def cross_entropy(logits, targets):
    top = logits.max(-1)
    return top + np.log(np.exp(logits - top[..., None]).sum(-1)) - chosen(logits, targets)


@probe
def loss(logits, targets):
    return character_loss(tf.constant(logits), tf.constant(targets))


@misconception(
    "loss",
    "exp(logits) is passed as logits, and softmax applies exp again. The network then learns "
    "scores that are right for exp(exp(s)). Sampling uses them as ordinary logits, and gets "
    "different probabilities from those that were trained.",
)
def exp_as_logits(logits, targets):
    with np.errstate(all="ignore"):
        return cross_entropy(np.exp(logits), targets)


@misconception(
    "loss",
    "Probabilities are passed as logits, so softmax is applied twice. They are between 0 and 1, so "
    "the second softmax can never be sure of anything, and the loss never gets low.",
)
def softmax_twice(logits, targets):
    return cross_entropy(softmax(logits), targets)


@misconception(
    "loss",
    "Keras took the logits for probabilities. Its loss functions do this by default. Use "
    "`from_logits=True`.",
)
def taken_for_probabilities(logits, targets):
    shares = np.clip(logits, 1e-7, 1 - 1e-7)
    return -np.log(chosen(shares / shares.sum(-1, keepdims=True), targets))


@misconception("loss", "This is already the mean. Return the loss of each character.")
def averaged(logits, targets):
    return cross_entropy(logits, targets).mean()


@misconception("loss", "The minus sign is missing. The logarithm of a probability is negative.")
def log_probability(logits, targets):
    return -cross_entropy(logits, targets)


@misconception("loss", "This is the probability of the right character, not its logarithm.")
def probability(logits, targets):
    return chosen(softmax(logits), targets)


@misconception("loss", "This is in bits. Use nats, with the logarithm to base e.")
def bits(logits, targets):
    return cross_entropy(logits, targets) / np.log(2)


@misconception(
    "loss",
    "exp of a large logit overflows, and inf / inf is not a number. Use the function that takes "
    "logits. It subtracts the largest one first.",
)
def overflowing(logits, targets):
    with np.errstate(all="ignore"):
        powers = np.exp(logits.astype("float32"))
        return -np.log(chosen(powers / powers.sum(-1, keepdims=True), targets))


@misconception(
    "loss",
    "The formula is right, but exp of a large logit overflows. Use the function that takes logits. "
    "It subtracts the largest one first.",
)
def infinite_sum(logits, targets):
    with np.errstate(all="ignore"):
        return np.log(np.exp(logits.astype("float32")).sum(-1)) - chosen(logits, targets)


@misconception(
    "loss",
    "Softmax and logarithm are separate steps. A probability that is too small for a float becomes "
    "0, and its logarithm is minus infinity. Compute both at once, from the logits.",
)
def log_of_zero(logits, targets):
    with np.errstate(all="ignore"):
        return -np.log(chosen(softmax(logits.astype("float32")), targets))


@check(
    "The loss is the cross-entropy of the logits",
    points=2,
    hints=(
        "What does the function in the last line do with its `logits=`?",
        "It applies exp and normalises by itself. So what should you pass to it?",
        "Leave out `tf.exp`: `logits=logits`.",
    ),
)
def value(student):
    logits = np.random.default_rng(3).normal(0, 2, (2, 3, 4)).astype("float32")
    targets = np.array([[0, 1, 2], [3, 0, 1]], "int32")
    found = student.loss(logits, targets)
    assert np.shape(found) == (2, 3), (
        f"return a loss for each of 2 x 3 characters, not shape {np.shape(found)}"
    )
    expected = cross_entropy(logits, targets)
    assert_close(found, expected, "two rows, three characters", rtol=1e-3)


@check(
    "The loss is finite even when the network is very sure",
    points=1,
    after="value",
    hints=(
        "What is the loss if the scores are 0 and 200, and the first character came?",
        "By the formula it is 200. You do not need to compute a probability on the way.",
        "`tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)`.",
    ),
)
def stable(student):
    logits = np.array([[[0, 200], [200, 0]]], "float32")
    found = student.loss(logits, np.array([[0, 0]], "int32"))
    assert_close(found, [[200, 0]], "scores of 0 and 200", atol=1e-3)


# %% [markdown]
# ## Write the step
#
# The worked lesson shows this function in full. Close it, and write the function from memory: the
# docstring says all that you need.
#
# A batch is `(inputs, targets, fresh)`. The model keeps the states of the previous batch in
# `model.carried`, one variable for each layer.
#
# 1. Fresh rows start from a state of zeros, the others from the carried state. Use
#    `tf.where(condition, a, b)`. `fresh` is `(batch,)`, a state is `(batch, units)`.
# 2. On a tape, compute the logits and the new states with `model(inputs, states, training=True)`,
#    then the mean of `character_loss`.
# 3. Compute the gradients for `model.trainable_variables`. Apply them with
#    `model.optimizer.apply(gradients, variables)`.
# 4. *Assign* each new state to its carried variable, for the next batch.

# %%
show(
    figures.state_and_gradient(3, 32),
    alt="Three batches in a row. Arrows carry the state from each batch to the next; the gradient "
    "runs backwards inside each batch and stops at its beginning.",
)

# %%
from coursekit_textgen.train import train_step  # exercise

# %% [markdown] tags=["why"]
# Rows that start fresh must not inherit the memory of another piece, so their state is set to zero
# *before* the model reads. The forward pass and the loss stand inside the tape, because a tape only
# knows what it has seen. What comes after it, the gradients and their application, needs no tape.
# At the end the new states are *assigned* to variables. A Python variable would keep its value from
# the time when the step was compiled, and the memory would never change.

# %% [markdown]
# Twenty steps on one batch, not compiled. The loss starts at the value you can predict (the
# vocabulary here has 12 characters), and falls. If something is not as you expect, put
# `breakpoint()` into your step. It is plain Python until it is compiled.

# %% tags=["train"]
from coursekit_textgen import TextgenSettings
from coursekit_textgen.data import TextgenData, Vocabulary

few = TextgenData(vocabulary=Vocabulary("abcdefghijk"), steps_per_epoch=100)
tiny = TextgenSettings(epochs=1, batch_size=2, length=8, units=32, embedding=8, learning_rate=0.05)
small = build_model(few, tiny)
ids = tf.constant(few.vocabulary.encode("abcdefghiabdecfghi").reshape(2, 9))
for number in range(20):
    report = train_step(small, (ids[:, :-1], ids[:, 1:], tf.fill([2], True)))
    if number in (0, 9, 19):
        print(
            f"step {number + 1:2}: loss {float(report['loss']):.3f}   (log 12 = {np.log(12):.3f})"
        )

# %%
SCALE = np.array([1, 2], "float32")[:, None, None]  # of the two layers' states


def toy(inputs, targets, fresh, carried, table, rate, states=None, total=False):
    """Take the step by hand: scores are a row of the table, times one plus both states."""
    states = np.where(fresh[:, None], 0, carried) if states is None else states
    factor = 1 + (SCALE * states).sum(0)[:, :, None]  # (batch, 1, 1)
    scores = table[inputs] * factor
    each = cross_entropy(scores, targets)
    slope = softmax(scores)
    np.put_along_axis(slope, targets[..., None], chosen(slope, targets)[..., None] - 1, -1)
    gradient = np.zeros_like(table)
    np.add.at(gradient, inputs, slope * factor / (1 if total else each.size))
    return {
        "loss": each.mean(),
        "table": table - rate * gradient,
        "carried": states + SCALE * inputs.shape[1],
        "training": True,
        "can be compiled": "yes",
    }


def example(fresh, remembered=True):
    """Return five rows of three characters, and the states of two layers ``(2, 5, 1)``."""
    draw = np.random.default_rng(6)
    inputs, targets = (draw.integers(0, 4, (5, 3)).astype("int32") for _ in range(2))
    carried = draw.uniform(0.2, 1, (2, 5, 1)).astype("float32") * remembered
    table = draw.normal(size=(4, 4)).astype("float32")
    return inputs, targets, np.array(fresh), carried, table, 0.5


NONE_FRESH, SOME_FRESH, ALL_FRESH = [False] * 5, [True, False, True, False, False], [True] * 5


@probe
def take(inputs, targets, fresh, carried, table, rate):
    """Let the step train a network that is a table: its scores depend on two states, too."""
    from functools import partial

    from coursekit.practice import compiles

    class Table(keras.Model):
        def __init__(self):
            super().__init__()
            self.table = self.add_weight(shape=table.shape, name="table")
            self.table.assign(table)
            self.carried, self.modes = [], []
            for state in carried:
                self.carried.append(self.add_weight(shape=state.shape, trainable=False))
                self.carried[-1].assign(state)
            self.kept = tuple(self.carried)  # whatever becomes of the list
            self.optimizer = keras.optimizers.SGD(rate)
            self.optimizer.build(self.trainable_variables)

        def zero_states(self, rows):
            return [tf.zeros([rows, 1]) for _ in self.kept]

        def call(self, ids, states=None, training=False):
            self.modes.append(bool(training))
            rows = ids.shape[0]
            states = self.zero_states(rows) if states is None else states
            states = [tf.convert_to_tensor(state) for state in states]
            if len(states) != len(self.kept):
                raise ValueError(f"{len(states)} states for a network of {len(self.kept)} layers")
            for state in states:
                if state.shape != (rows, 1):
                    raise ValueError(
                        f"a state has shape {state.shape}; it should be {(rows, 1)}. "
                        "`fresh` must be a column: `fresh[:, tf.newaxis]`"
                    )
            factor = 1 + sum((place + 1) * state for place, state in enumerate(states))
            scores = tf.gather(tf.convert_to_tensor(self.table), ids) * factor[:, :, tf.newaxis]
            return scores, [s + float((n + 1) * ids.shape[1]) for n, s in enumerate(states)]

    batch = [tf.constant(part) for part in (inputs, targets, fresh)]
    network = Table()
    found = train_step(network, tuple(batch))
    if not isinstance(found, dict) or "loss" not in found:
        raise TypeError('train_step returns a dictionary: `{"loss": loss}`')
    return {
        "loss": found["loss"],
        "table": network.table,
        "carried": np.stack([state.numpy() for state in network.kept]),
        "training": all(network.modes),
        "can be compiled": compiles(partial(train_step, Table()), tuple(batch)),
    }


@misconception("take", "The losses are added up, so the step grows with the batch. Take the mean.")
def summed(*args):
    right = toy(*args, total=True)
    return right | {"loss": right["loss"] * args[0].size}


@misconception(
    "take",
    "The tape got the loss of each character without a mean. Then it adds them up.",
)
def not_reduced(inputs, targets, fresh, carried, table, rate):
    states = np.where(fresh[:, None], 0, carried)
    factor = 1 + (SCALE * states).sum(0)[:, :, None]
    each = cross_entropy(table[inputs] * factor, targets)
    return toy(inputs, targets, fresh, carried, table, rate, total=True) | {"loss": each}


@misconception("take", "The gradients were computed but not applied. Nothing was learned.")
def not_applied(*args):
    return toy(*args) | {"table": args[4]}


@misconception(
    "take", "The step goes uphill. The optimizer subtracts the gradient by itself; keep its sign."
)
def uphill(*args):
    return toy(*args[:5], -args[5])


@misconception(
    "take",
    "The carried states are not passed to the model. It starts every piece with an empty memory.",
)
def no_memory(inputs, targets, fresh, carried, table, rate):
    return toy(inputs, targets, fresh, carried, table, rate, states=0 * carried)


@misconception(
    "take",
    "`fresh` is ignored. A row that starts at a new place keeps the memory of a different place.",
)
def fresh_ignored(inputs, targets, fresh, carried, table, rate):
    return toy(inputs, targets, fresh, carried, table, rate, states=carried)


@misconception(
    "take", "The two cases are swapped. Fresh rows get zeros, the others the carried state."
)
def fresh_turned(inputs, targets, fresh, carried, table, rate):
    return toy(inputs, targets, ~fresh, carried, table, rate)


@misconception(
    "take",
    "If any row is fresh, all rows start from zeros. Decide it for each row separately.",
)
def all_or_none(inputs, targets, fresh, carried, table, rate):
    return toy(inputs, targets, fresh | fresh.any(), carried, table, rate)


@misconception(
    "take",
    "The state after the batch is lost. `=` only gives a Python name a new value, and a compiled "
    "step forgets that. Change the model's variable with `carried.assign(state)`.",
)
def never_kept(*args):
    return toy(*args) | {"carried": args[3]}


@misconception("take", "This keeps the state *before* the batch, so the memory never advances.")
def kept_before(inputs, targets, fresh, carried, table, rate):
    right = toy(inputs, targets, fresh, carried, table, rate)
    return right | {"carried": np.where(fresh[:, None], 0, carried)}


@misconception(
    "take",
    "Fresh rows are reset again after the batch. But they have read the batch by then, and the "
    "next one continues from it.",
)
def emptied_again(inputs, targets, fresh, carried, table, rate):
    right = toy(inputs, targets, fresh, carried, table, rate)
    return right | {"carried": np.where(fresh[:, None], 0, right["carried"])}


@misconception(
    "take",
    "Only the first layer's state is kept. Each layer has its own memory, and the others would "
    "start every piece with their old state.",
)
def first_layer_only(*args):
    right = toy(*args)
    return right | {"carried": np.stack([right["carried"][0], args[3][1]])}


@misconception("take", "Every layer gets the state of the last one. Each has its own memory.")
def last_for_all(*args):
    right = toy(*args)
    return right | {"carried": np.stack([right["carried"][1]] * 2)}


@misconception(
    "take",
    "The rows of the batch change places, but the states do not. Each row continues with the "
    "memory of a different row.",
)
def rows_exchanged(inputs, targets, fresh, carried, table, rate):
    return toy(inputs[::-1], targets[::-1], fresh, carried, table, rate)


@misconception(
    "take",
    "The loss is converted to a Python number with `float()` or `.numpy()`. That works in eager "
    "mode. While a step is being compiled there are no numbers yet, only tensors.",
)
def python_number(*args):
    return toy(*args) | {"can be compiled": "no: a result is no tensor"}


@misconception("take", "`training=True` is missing. Dropout does nothing, and there is no warning.")
def not_training(*args):
    return toy(*args) | {"training": False}


@check(
    "It reports the mean loss",
    points=1,
    hints=(
        "How do you turn one loss for each character into a single number?",
        "`tf.reduce_mean` of `character_loss(logits, targets)`, inside the tape.",
        '`return {"loss": loss}`.',
    ),
)
def reports(student):
    args = example(ALL_FRESH, remembered=False)
    found, expected = student.take(*args), toy(*args)["loss"]
    assert_close(found["loss"], expected, "the loss of five rows of three characters", rtol=1e-3)
    said = "`tf.function` compiles the step for the lesson, so use only tensors"
    assert found["can be compiled"] == "yes", f"{said}: {found['can be compiled']}"


@check(
    "It learns: the weights move against the gradient",
    points=2,
    after="reports",
    hints=(
        "When do you compute the gradient, and what changes the weights?",
        "After the `with` block: `tape.gradient(loss, variables)`, then the optimizer.",
        "`model.optimizer.apply(gradients, model.trainable_variables)`.",
    ),
)
def learns(student):
    args = example(ALL_FRESH, remembered=False)
    found, expected = student.take(*args)["table"], toy(*args)["table"]
    assert_close(found, expected, "the weights after one step", atol=1e-3)


@check(
    "Rows continue from the carried state",
    points=1,
    after="reports",
    hints=(
        "What did the previous batch leave in `model.carried`?",
        "Pass the states to the model as its second argument.",
        "`model(inputs, states, training=True)`, with `states` from `model.carried`.",
    ),
)
def goes_on(student):
    student.take(*example(SOME_FRESH))  # tells apart what is the same where no row is fresh
    args = example(NONE_FRESH)
    found, expected = student.take(*args)["loss"], toy(*args)["loss"]
    assert_close(found, expected, "no row is fresh", rtol=1e-3)


@check(
    "Fresh rows start with an empty memory",
    points=2,
    after="goes_on",
    hints=(
        "Which rows must not continue from the previous batch?",
        "Choose for each row with `tf.where`, and make `fresh` a column.",
        "`tf.where(fresh[:, tf.newaxis], 0.0, state)` for each state of `model.carried`.",
    ),
)
def fresh_rows(student):
    student.take(*example(NONE_FRESH))
    args = example(SOME_FRESH)
    found, expected = student.take(*args)["loss"], toy(*args)["loss"]
    assert_close(found, expected, "the first and third of five rows are fresh", rtol=1e-3)


@check(
    "The state after the batch is kept",
    points=1,
    after="reports",
    hints=(
        "Where will the next batch look for the state?",
        "The model returns the states after the last character. Put them into `model.carried`.",
        "`carried.assign(state)` for each pair of `zip(model.carried, after)`.",
    ),
)
def keeps(student):
    student.take(*example(NONE_FRESH))  # tells apart what is the same where all are fresh
    args = example(ALL_FRESH)
    found, expected = student.take(*args)["carried"], toy(*args)["carried"]
    assert_close(found, expected, "the carried state after the step", atol=1e-3)


@check(
    "The model knows that it is being trained",
    points=1,
    after="reports",
    hints=(
        "Which part of the network behaves differently in training?",
        "Dropout does something only if it knows that this is training.",
        "Pass `training=True` to the model.",
    ),
)
def trains(student):
    assert student.take(*example(ALL_FRESH))["training"] is True, (
        "training=True was not passed to the model"
    )


# %% [markdown]
# ## Train the lesson
#
# Your step now trains the real network of the lesson, compiled. A second network has the fault from
# above: its scores go through `exp` before they reach your loss. After training, both are used in
# the usual way, with their scores as logits. **Predict before you run it: will the two losses in
# training differ? Will the two texts?**

# %% tags=["train"]
from coursekit.prepare import prepare
from coursekit_textgen import TextgenLesson
from coursekit_textgen.practice.compare import continued, curves, learn
from coursekit_textgen.evaluate import evaluate
from coursekit_textgen.decode import Taste


class Exponential(CharacterModel):
    """A network that passes exp(logits) to the loss."""

    def call(self, ids, states=None, training=False):
        """Return exp(logits) and the states."""
        logits, after = super().call(ids, states, training)
        return tf.exp(logits), after


STEPS = 1_000
settings, data = prepare(TextgenLesson(), epochs=1, batch_size=32, units=128)
losses = {}
for name, network in (("yours", CharacterModel), ("exp(logits) as logits", Exponential)):
    model = build_model(data, settings, network=network)
    losses[name] = learn(model, data.train.batches(0).take(STEPS), step=train_step)
    used = build_model(data, settings)
    used.set_weights(model.get_weights())
    held_out = evaluate(used, data, "validation")["loss"]
    print(f"── {name}: reported {losses[name][-50:].mean():.2f}, held out {held_out:.2f} nats ──")
    print(continued(used, data.vocabulary, data.opening, 250, Taste(0.8)), "\n")
show(
    curves("The loss that each reports in training", losses),
    alt="The losses that the two networks report while they learn, one curve for each.",
)

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# The curves look alike. In training, the scores of the faulty network went through exp twice: once
# in our mistake and once in the softmax. It has learned small scores that are right after both.
# Used as ordinary logits, they are far too flat, and the text falls apart. The held-out loss finds
# this at once, because other code computes it. Make this a habit: **check a loss with code that did
# not train on it.**
# </details>
#
# **Next:** run `coursekit check textgen/step`. Then `coursekit next` opens exercise 5, where the
# network writes.
