# %% [markdown]
# # A loss that is too good to be true
#
# **Goal.** Find out why a translator reports a loss that it cannot have, and fix the fault.
#
# **Time.** 20 minutes
#
# **Before.** exercise 1; cross-entropy
#
# **Kind.** predict, debug, measure
#
# The loss of a translator is the mean of $-\log p$ over the right words. It is measured in *nats*,
# because the logarithm is the natural one. A batch also holds padding, which is not a word.

# %%
from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit import LocalDataset
from coursekit.prepare import show
from coursekit_nmt import NmtLesson, NmtSettings
from coursekit_nmt.build import build_translator
from coursekit_nmt.data import PAD
from coursekit_nmt.train import Choice, full_choice

# %% [markdown]
# ## Predict first
#
# A batch has 8 places: 3 words, whose losses are 1.0, 2.0 and 3.0, and 5 places of padding. What is
# the loss of this batch?

# %%
batch_loss = 2.0  # exercise

# %% [markdown] tags=["why"]
# It is the mean over the words: (1.0 + 2.0 + 3.0) / 3 = 2.0. Padding is not a word, so whatever the
# network predicts there does not matter, and neither does how much padding there is.

# %%
from coursekit.practice import assert_close, check, misconception, probe


@misconception(
    "batch_loss",
    "You divided by all 8 places, as if the padding had been predicted perfectly. The more padding "
    "there is, the better the network would look.",
)
def by_all_places():
    return 0.75


@misconception("batch_loss", "6.0 is the sum. For the mean, divide it by the number of words.")
def the_sum():
    return 6.0


@misconception("batch_loss", "You divided the sum by the 5 places of padding. Count the words.")
def by_the_padding():
    return 1.2


@check(
    "You know the loss of a batch",
    points=1,
    hints=(
        "The mean of which numbers is it?",
        "Only words have a loss. Add up theirs, and divide by how many there are.",
        "Divide 6.0 by 3.",
    ),
)
def prediction(student):
    assert abs(student["batch_loss"] - 2.0) < 0.01, "take the mean over the three words"


# %% [markdown]
# ## Find and fix
#
# For each place `choice` holds three numbers: `right` is the logit of the right word, `mean` the
# mean of all logits, and `normaliser` the log of the sum of their exponentials. So the
# cross-entropy of a place is `choice.normaliser - choice.right`.
#
# The function below runs, and its loss falls nicely. But an untrained network with a vocabulary of
# 933 words should have a loss of about log 933 = 6.84, and this function reports only about half of
# that. Find the fault and fix it. (Label smoothing spreads a share of the target evenly over all
# words; that is what `choice.mean` is for. This part has the same fault and is otherwise right.)


# %% tags=["fault"]
def token_loss(
    choice: Choice, targets: tf.Tensor, smoothing: float = 0.0
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the mean cross-entropy of the real tokens, plain and smoothed, in nats."""
    real = tf.cast(targets != PAD, choice.right.dtype)  # (batch, target)
    plain = tf.reduce_mean(real * (choice.normaliser - choice.right))
    uniform = tf.reduce_mean(real * (choice.normaliser - choice.mean))
    return plain, (1 - smoothing) * plain + smoothing * uniform


# %%
from coursekit_nmt.train import token_loss  # exercise

# %% [markdown] tags=["why"]
# The sum contains the words only, so it has to be divided by the number of *words*. `reduce_mean`
# divides by the number of places, padding included. The loss then depends on how the sentences
# happen to be batched, and its gradient shrinks with the padding. `tf.maximum(..., 1.0)` is for a
# batch of padding alone, which would be 0 / 0. The smoothed part needs the same divisor; otherwise
# the two parts would be mixed in the wrong proportion.

# %%
import numpy as np


def example(padding=0):
    """Return right, mean, normaliser and targets of two sentences, with padding after them."""
    draw = np.random.default_rng(3)
    logits = draw.normal(size=(2, 4, 6)).astype("float32")
    targets = np.array([[4, 5, 3, 2], [5, 2, 0, 0]], "int32")
    if padding:
        targets = np.pad(targets, [[0, 0], [0, padding]])
        logits = np.concatenate([logits, np.ones((2, padding, 6), "float32")], 1)
    right = np.take_along_axis(logits, targets[:, :, None], 2)[:, :, 0]
    return right, logits.mean(-1), np.log(np.exp(logits).sum(-1)), targets


def means(average, right, mean, normaliser, targets, smoothing):
    plain, uniform = (average(normaliser - part, targets != 0) for part in (right, mean))
    return plain, (1 - smoothing) * plain + smoothing * uniform


def over_words(each, real):
    return (each * real).sum() / max(real.sum(), 1)


@probe
def loss(right, mean, normaliser, targets, smoothing):
    choice = Choice(*map(tf.constant, (right, mean, normaliser)))
    return token_loss(choice, tf.constant(targets), smoothing)


@probe
def loss_compiles(right, mean, normaliser, targets):
    from coursekit.practice import compiles

    choice = Choice(*map(tf.constant, (right, mean, normaliser)))
    return compiles(token_loss, choice, tf.constant(targets), tf.constant(0.1))


@misconception(
    "loss",
    "You divided the sum by all places, padding included. The more padding a batch happens to "
    "have, the better its loss looks.",
)
def over_all_places(*args):
    return means(lambda each, real: (each * real).mean(), *args)


@misconception(
    "loss",
    "Padding is still in the sum. The network is rewarded for predicting padding, which is the "
    "easiest word of all.",
)
def padding_in_the_sum(*args):
    return means(lambda each, real: each.mean(), *args)


@misconception(
    "loss", "You left padding out of the divisor, but it is still in the sum. Multiply by `real`."
)
def padding_above(*args):
    return means(lambda each, real: each.sum() / max(real.sum(), 1), *args)


@misconception(
    "loss",
    "You averaged the means of the sentences. Then a word of a short sentence counts more than a "
    "word of a long one.",
)
def mean_of_means(*args):
    return means(
        lambda each, real: ((each * real).sum(1) / np.maximum(real.sum(1), 1)).mean(), *args
    )


@misconception(
    "loss",
    "You did not divide the sum, so the loss and its gradients grow with the batch.",
)
def sum_of_all(*args):
    return means(lambda each, real: (each * real).sum(), *args)


@misconception(
    "loss", "A batch of padding alone has no words. 0 / 0 is NaN and ruins the training."
)
def zero_by_zero(*args):
    return means(lambda each, real: (each * real).sum() / (real.sum() or np.nan), *args)


@misconception("loss", "You swapped the shares: `smoothing` is the share that is spread evenly.")
def shares_swapped(right, mean, normaliser, targets, smoothing):
    return means(over_words, right, mean, normaliser, targets, 0)[0], means(
        over_words, right, mean, normaliser, targets, 1 - smoothing
    )[1]


@misconception(
    "loss", "You fixed the first line. The second, for `uniform`, still counts all places."
)
def half_fixed(right, mean, normaliser, targets, smoothing):
    plain = over_words(normaliser - right, targets != 0)
    uniform = ((normaliser - mean) * (targets != 0)).mean()
    return plain, (1 - smoothing) * plain + smoothing * uniform


@misconception("loss", "The second result is not smoothed, but the gradient is computed from it.")
def not_smoothed(right, mean, normaliser, targets, smoothing):
    return means(over_words, right, mean, normaliser, targets, 0)


@misconception(
    "loss_compiles",
    "The loss is a Python or numpy number. No gradient flows through it, and while a step is "
    "compiled there are only tensors without values.",
)
def python_number(right, mean, normaliser, targets):
    return "no: a result is no tensor"


@check(
    "The loss is the mean over the words",
    points=3,
    hints=(
        "What is the sum divided by, and how many words are there?",
        "`real` is 1 on words and 0 on padding, so its sum counts the words.",
        "Divide `tf.reduce_sum(real * ...)` by `tf.reduce_sum(real)`, in both lines.",
    ),
)
def words(student):
    args = example(padding=3)
    student.loss(*args[:3], 0 * args[3], 0.0)  # tells apart what is the same where words are
    plain, _ = student.loss(*args, 0.25)
    expected = means(over_words, *args, 0.25)[0]
    assert_close(plain, expected, "two sentences of 4 and 2 words, with padding", rtol=1e-4)
    compiled = student.loss_compiles(*args)
    said = "`tf.function` compiles the loss for the lesson, so use only tensor operations"
    assert compiled == "yes", f"{said}: {compiled}"


@check(
    "A batch of padding alone has a loss of zero",
    points=1,
    after="words",
    hints=(
        "What is divided by what if there are no words?",
        "The divisor must not be zero. What is the smallest value that it may have?",
        "`tf.maximum(tf.reduce_sum(real), 1.0)`.",
    ),
)
def empty(student):
    right, mean, normaliser, targets = example()
    plain, smoothed = student.loss(right, mean, normaliser, 0 * targets, 0.1)
    assert np.isfinite(plain), "the loss of a batch without words is NaN or infinite"
    assert plain == smoothed == 0, "the loss of a batch without words is not zero"


@check(
    "The second result is smoothed",
    points=1,
    after="words",
    hints=(
        "What share of the target stays with the right word?",
        "Mix two means: one for the right word, one for all words evenly.",
        "`(1 - smoothing) * plain + smoothing * uniform`, each divided by the number of words.",
    ),
)
def smoothed(student):
    for sentences in ((0, 1), (0, 1, 0)):
        args = [part[list(sentences)] for part in example()]
        _, found = student.loss(*args, 0.25)
        expected = means(over_words, *args, 0.25)[1]
        said = f"{len(sentences)} sentences, with a smoothing of 0.25"
        assert_close(found, expected, said, rtol=1e-4)


# %% [markdown]
# ## What the fault would have cost
#
# The same network is trained twice, with your loss and with the faulty one. At every step we record
# two numbers: the loss that is *reported*, and the true loss per word.

# %%
settings = NmtSettings(
    epochs=1,
    batch_size=64,
    jit=False,
    units=48,
    encoder_units=32,
    embedding=32,
    source_words=1_000,
    target_words=1_000,
    lengths=(14,),
    samples=0,
    learning_rate=8e-3,
)


def diluted(choice: Choice, targets: tf.Tensor) -> tf.Tensor:
    """Return the mean over all places: the fault."""
    real = tf.cast(targets != PAD, tf.float32)
    return tf.reduce_mean(real * (choice.normaliser - choice.right))


def learn(faulty: bool, data: Any, steps: int) -> Any:
    """Train; return the reported and the true loss of each step, ``(steps, 2)``."""
    model = build_translator(data, settings)

    @tf.function
    def step(source: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            features, _ = model.decoder.read(target[:, :-1], model.encode(source))
            choice = full_choice(model.decoder, features, target[:, 1:])
            true, _ = token_loss(choice, target[:, 1:])
            reported = diluted(choice, target[:, 1:]) if faulty else true
        gradients = tape.gradient(reported, model.trainable_variables)
        model.optimizer.apply(gradients, model.trainable_variables)
        return reported, true

    return np.array([step(*batch) for batch in data.train.batches(0).take(steps)])


# %% tags=["train"]
STEPS = 120
pairs = NmtLesson().data(LocalDataset("phrasebook"), settings)
figure = Figure(figsize=(9, 3), layout="constrained")
panels = figure.subplots(1, 2, sharey=True)
for panel, faulty in zip(panels, (False, True), strict=True):
    name = "faulty" if faulty else "yours"
    losses = learn(faulty, pairs, STEPS)
    panel.plot(losses[:, 1], label="true, per word")
    panel.plot(losses[:, 0], linestyle="--", label="reported")
    panel.set(title=name, xlabel="step", ylabel="loss (nats)")
    panel.legend()
    reported, true = losses[-10:].mean(axis=0)
    print(f"{name:7} at the end: reported {reported:.2f}, per word {true:.2f}")
show(
    figure,
    alt="Two panels of falling curves. With your loss the two curves coincide; with the faulty one "
    f"the reported loss ends at {reported:.2f} and the true one at {true:.2f}.",
)

# %% [markdown]
# Compare the true losses first: the two networks learn about equally well. Adam is almost
# unaffected by the scale of the gradients, and the share of padding differs little between these
# batches. What the fault ruins is the *number*. It looks about twice as good as it is, and it
# cannot be compared with anything: not with $\log$ of the vocabulary size, not between batches of
# different lengths, not with a paper. To leave padding out of the sum and to forget it in the
# divisor is a common mistake.
#
# **Next:** `coursekit check nmt/loss`, then exercise 5, *Beam search* (`coursekit next`).
