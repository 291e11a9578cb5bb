# %% [markdown]
# # How surprised is the network?
#
# **Goal.** Write the loss that the network is trained with, and train it.
#
# **Time.** 20 minutes
#
# **Before.** logarithms, softmax, the worked lesson
#
# **Kind.** predict, complete
#
# The network gives each of 26 letters a score, a *logit*. Softmax makes probabilities of them. If
# the right letter has the probability $p$, the network's surprise is $-\log p$: nothing if it was
# sure, much if it was sure of another letter. The loss is the mean surprise over a batch.

# %%
from collections.abc import Callable

import keras
import tensorflow as tf

from coursekit.prepare import prepare, show
from coursekit_telegraph import TelegraphDemoOptions, TelegraphLesson
from coursekit_telegraph.model import Reader

# %% [markdown]
# ## Predict first
#
# What is the loss of a network that has learnt nothing and gives all 26 letters the same logit? Two
# decimals are enough.

# %%
untrained_loss = 3.26  # exercise

# %% [markdown] tags=["why"]
# Each of the 26 letters gets the probability 1/26, and $-\log(1/26) = \log 26$ is about 3.26. A
# first loss that is much smaller means that the network sees the answer.

# %%
import numpy as np

from coursekit.practice import assert_close, check, misconception, probe


@misconception("untrained_loss", "That is the probability of each letter, not its logarithm.")
def probability():
    return 0.04


@misconception("untrained_loss", "That is in bits, log2: the loss is in nats, with log to base e.")
def in_bits():
    return 4.7


@check(
    "You know how surprised a network is that knows nothing",
    points=1,
    hints=(
        "What probability does each letter get?",
        "1/26. What is minus the logarithm of that?",
        "log 26.",
    ),
)
def knows_nothing(student):
    assert_close(student["untrained_loss"], np.log(26), "the surprise is log 26", atol=0.02)


# %% [markdown]
# ## Write it
#
# `logits` are `(batch, letters)`, and `letters` are the numbers of the right letters, `(batch,)`.
# TensorFlow has `tf.nn.log_softmax`, which gives the logarithms of the probabilities, and
# `tf.gather(..., batch_dims=1, axis=1)`, which takes one entry of each row.

# %%
from coursekit_telegraph.train import cross_entropy  # exercise

# %% [markdown] tags=["why"]
# `log_softmax` computes the softmax and the logarithm in one step, so that no large exponential
# overflows. `gather` takes the right letter of each row. The mean makes the loss of a batch
# independent of its size.

# %%
print(cross_entropy(tf.constant([[0.0, 0.0], [0.0, 9.0]]), tf.constant([0, 1])).numpy())

# %%


def surprises(logits, letters):
    """Return the surprise at each letter, by another way than the solution."""
    shifted = logits - logits.max(1, keepdims=True)
    sums = np.exp(shifted).sum(1)
    return np.log(sums) - shifted[np.arange(len(letters)), letters]


# Softmax makes 1/4, 1/4 and 1/2 of the first row.
ROW = np.float32([[0, 0, np.log(2)]])
TWO = np.float32([[0, 0, np.log(2)], [2, -1, 0.5]])
FAR = np.float32([[0, 200, 0]])


@probe
def loss(logits, letters):
    return float(cross_entropy(tf.constant(logits), tf.constant(letters)))


@misconception(
    "loss", "That is 1 - p. A loss must grow without end the surer the mistake is: -log p."
)
def no_logarithm(logits, letters):
    return float((1 - np.exp(-surprises(logits, letters))).mean())


@misconception(
    "loss",
    "The surprises are added up. Take their mean, or a larger batch has a larger loss and takes "
    "larger steps.",
)
def summed(logits, letters):
    return float(surprises(logits, letters).sum())


@misconception(
    "loss",
    "A probability was rounded to 0, and its logarithm is infinite. `tf.nn.log_softmax` takes both "
    "at once and stays finite.",
)
def rounded(logits, letters):
    found = float(surprises(logits, letters).mean())
    return found if found < 100 else float("inf")


@check(
    "The surprise is minus the logarithm of the right letter's probability",
    points=2,
    hints=(
        "Which number of the row of probabilities counts?",
        "Only that of the right letter. The loss is minus its logarithm.",
        "`tf.gather(tf.nn.log_softmax(logits), letters, axis=1, batch_dims=1)`, with a minus sign.",
    ),
)
def one_letter(student):
    said = "the probabilities are 1/4, 1/4 and 1/2"
    assert_close(student.loss(ROW, np.int32([2])), np.log(2), said, atol=1e-4)
    assert_close(student.loss(ROW, np.int32([0])), np.log(4), said, atol=1e-4)


@check(
    "The loss of a batch is the mean",
    points=1,
    after="one_letter",
    hints=(
        "Should a batch of 64 have 64 times the loss of one letter?",
        "Take the mean over the batch.",
        "`tf.reduce_mean`.",
    ),
)
def of_a_batch(student):
    letters = np.int32([2, 1])
    expected = surprises(TWO, letters).mean()
    assert_close(student.loss(TWO, letters), expected, "two letters", atol=1e-4)


@check(
    "It stays finite when the network is sure and wrong",
    points=1,
    after="one_letter",
    hints=(
        "What is exp(-200) as a float32? And its logarithm?",
        "0, and minus infinity. Do not take the logarithm of what softmax gives.",
        "`tf.nn.log_softmax` subtracts before it takes the exponential.",
    ),
)
def sure_and_wrong(student):
    assert_close(student.loss(FAR, np.int32([0])), 200.0, "logits 0, 200, 0", atol=1e-2)


# %% [markdown]
# ## Use it
#
# Now the lesson is trained with your loss.

# %%
from coursekit_telegraph.train import train_step  # show

# %% tags=["train"]
lesson = TelegraphLesson()
settings, data = prepare(lesson, "letters", epochs=4)
model = lesson.model(data, settings)
step = tf.function(lambda model, batch: train_step(model, batch, loss=cross_entropy))
for epoch in range(settings.epochs):
    losses = [float(step(model, batch)["loss"]) for batch in data.train.batches(epoch)]
    accuracy = lesson.evaluate(model, data, "validation")["accuracy"]
    print(f"epoch {epoch + 1}: loss {sum(losses) / len(losses):.3f}, {accuracy:.1%} are read")

# %% tags=["train"]
show(
    lesson.demo(model, data, "SOS", TelegraphDemoOptions()),
    alt="Three noisy signals, with the letters that were keyed and read.",
)
