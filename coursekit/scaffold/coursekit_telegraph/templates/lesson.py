# %% [markdown]
# # Reading Morse code with a convolutional network
#
# **Goal.** Train a small network to read letters off a noisy line, and find out what it is worth.
#
# **Time.** 20 minutes
#
# **Before.** arrays, what a convolution does, gradients
#
# In Morse code an A is a dot and a dash. A dash is three dots long, says the book. But nobody who
# works a key has read that book lately: some are fast and some are slow, and everyone's dashes
# are of all lengths. Then the wind blows, and there is noise on the line.
#
# Rules for reading that are hard to write. Examples are easy to make: we let 400 operators key the
# alphabet. (Each of the operators is three random numbers.)

# %%
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit.prepare import predict, prepare, reveal, show
from coursekit_telegraph import TelegraphDemoOptions, TelegraphLesson
from coursekit_telegraph.data import ALPHABET, CODES, LENGTH, Operator, Signals
from coursekit_telegraph.demo import bars

# %% [markdown]
# ## The data
#
# `coursekit_telegraph/data.py` makes the signals. This is how one letter becomes one:

# %%
from coursekit_telegraph.data import keyed  # show

# %% [markdown]
# **Predict, then run.** Four operators key an A without any noise. What differs?

# %%
from coursekit_telegraph.data import operator

random = np.random.default_rng(0)
for _ in range(4):
    print(bars(keyed(CODES["A"], operator(random), random)))

# %% [markdown]
# A batch is what arrives at the other end. Each epoch has noise of its own.

# %%
lesson = TelegraphLesson()
settings, data = prepare(lesson, "letters")
print("\n".join(data.notes))
signals, letters = next(iter(data.train.batches(0)))
print("signals", signals.shape, "letters", letters.shape)
for signal, letter in zip(signals[:5].numpy(), letters[:5].numpy(), strict=True):
    print(ALPHABET[letter], bars(signal))

# %% [markdown]
# The operators of the test split are other people than those of the training split. A network
# that has learnt by heart how some people key is of no use to anybody else.
#
# ## The network
#
# Two convolutions slide along time. The first can find where the key goes down and up, the second
# what is between: a dot, a dash. A dense layer gives each letter a score.

# %%
from coursekit_telegraph.model import Reader  # show

# %%
model = lesson.model(data, settings)
logits = model(signals)
print("signals", signals.shape, "→ logits", logits.shape)
print(f"{model.count_params():,} weights")

# %% [markdown]
# ## The loss and the step
#
# The loss is how surprised the network is by the right letter.
#
# **Predict, then run.** What is the loss before any training, with 26 letters?

# %%
predict("loss", ...)

# %%
from coursekit_telegraph.train import cross_entropy  # show

# %%
reveal("loss", cross_entropy(logits, letters), unit="nats")

# %% [markdown]
# To an untrained network all 26 letters are about equally likely. Each gets the probability 1/26,
# and minus the logarithm of that is $\log 26 \approx 3.26$.

# %%
from coursekit_telegraph.train import train_step  # show

# %% [markdown]
# ## Train

# %% tags=["train"]
step = tf.function(train_step)
curve = [lesson.evaluate(model, data, "validation")["accuracy"]]
for epoch in range(settings.epochs):
    losses = [float(step(model, batch)["loss"]) for batch in data.train.batches(epoch)]
    curve.append(lesson.evaluate(model, data, "validation")["accuracy"])
    print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}, {curve[-1]:.1%} of the letters are read")

# %% tags=["train"]
figure = Figure(figsize=(6, 3), layout="constrained")
axes = figure.subplots()
axes.plot(curve, "o-")
axes.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1), title="Operators it has never heard")
show(figure, alt="A curve that rises steeply in the first epochs and then levels off.")

# %% [markdown]
# ## What is that worth?
#
# A figure alone says little. How far does one get without a network? The simplest idea: take the
# mean of all A, of all B and so on, and read each signal as the letter whose mean is the nearest.

# %%
from coursekit_telegraph.data import LetterSplit
from coursekit_telegraph.evaluate import means  # show

# %% tags=["train"]
for name, value in lesson.evaluate(model, data, "test").items():
    print(f"{name:10}{value:.1%}")

# %% [markdown]
# Why is the mean so poor? Look at that of the S, three dots:

# %%
print(bars(means(data.train)[ALPHABET.index("S")]))

# %% [markdown]
# Every operator starts at another moment, so the dots of one fall into the gaps of another. The
# mean smears them. A convolution finds a dot wherever it is.
#
# ## Let it read

# %% tags=["train"]
show(
    lesson.demo(model, data, "eureka", TelegraphDemoOptions(seed=1)),
    alt="Six noisy signals, one below the other, with the letters that were keyed and read.",
)

# %% [markdown]
# ## Experiments
#
# * How much noise can it bear? `coursekit run telegraph --set noise=0.5`, then 1. Can you still
#   read the signals yourself?
# * How few operators are enough? `--set operators=30`. Compare the loss and the accuracy: what
#   happened?
#
# ## Make it yours
#
# All of this is in the folder `coursekit_telegraph`. Change the data in `data.py`, the network in
# `model.py`, what is measured in `evaluate.py`.
