# %% [markdown]
# # Text generation with a character-level recurrent network
#
# **Goal.** Learn about tensors, gradients and layers, and use them to build a network that writes.
#
# **Time.** 120 minutes
#
# **Before.** Python, numpy arrays, matrix products, derivatives and the chain rule, logarithms
#
# **Skip.** You can skip this lesson if you have written a train step with `tf.GradientTape` and
# know recurrent networks. With little time, do exercises 1, 2 and 5.
#
# *Can a machine write a poem?* In 2015 Andrej Karpathy [trained a recurrent network on
# Shakespeare](https://karpathy.github.io/2015/05/21/rnn-effectiveness/). The network read the plays
# one character after another, and had to answer one question again and again: **which character
# comes next?** Nobody told it what a word is, that speakers have names, or how long a line is. It
# learned all of this, because knowing it makes the guesses better.
#
# We do the same, from the first tensor to the first poem. The machine trains for only a few of the
# 120 minutes. A good place for a break is before *A plain memory*. Where a cell says `predict`,
# write your guess in place of the dots before you read on. If the outputs of an earlier run are
# still here, clear them first: they are the answers.

# %%
import re
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit.prepare import explore, has_xla, predict, prepare, reveal, show
from coursekit_textgen import TextgenLesson
from coursekit_textgen.build import build_model
from coursekit_textgen.practice import figures
from coursekit_textgen.practice.compare import continued, curves, learn, what_comes_next
from coursekit_textgen.data import Ids, batches_of
from coursekit_textgen.demo import surprise_plot
from coursekit_textgen.evaluate import evaluate, losses_of
from coursekit_textgen.decode import Taste

# %% [markdown]
# ## Ten minutes of TensorFlow
#
# A **tensor** is an array that can live on a graphics card, and through which gradients can be
# computed. TensorFlow runs *eagerly*: an operation runs as soon as its line executes, and you can
# look at the result at once, as in numpy.

# %%
a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
print(a @ a)
print("shape", a.shape, " mean", tf.reduce_mean(a).numpy(), " first column", a[:, 0].numpy())

# %% [markdown]
# **Predict, then run.** `(2, 1)` and `(3,)` are different shapes. What is the shape of their sum?
# (Shapes are compared from the right. An axis of size 1 is stretched, a missing axis is added.)

# %%
predict("shape", ...)

# %%
total = tf.zeros((2, 1)) + tf.constant([10.0, 20.0, 30.0])
reveal("shape", total.shape, within=0)

# %% [markdown]
# `(3,)` was read as `(1, 3)`. Then both were stretched to `(2, 3)`. This is called *broadcasting*.
#
# A **gradient tape** records operations while they run. Afterwards it goes through the record
# backwards and applies the chain rule. The derivative of $x^3$ is $3x^2$, which is 12 at $x = 2$:

# %%
x = tf.Variable(2.0)
with tf.GradientTape() as tape:
    y = x**3
print("dy/dx =", tape.gradient(y, x).numpy())

# %% [markdown]
# Nothing more is needed for learning. Here are eight points on the line $y = 3x - 1$, and a model
# that has to find the 3 and the -1. A **layer** or a **model** is a class: the constructor creates
# its weights, and `call` says what it computes with them. The **optimizer** changes the weights a
# little, against the gradient; how far is decided by the **learning rate**, here 0.2. `SGD`,
# *stochastic gradient descent*, is the simplest optimizer.


# %%
class Line(keras.Model):
    """A line: a slope and an intercept."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = self.add_weight(shape=(), initializer="zeros")
        self.intercept = self.add_weight(shape=(), initializer="zeros")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Return the value of the line at each ``x``, in the same shape."""
        return self.slope * x + self.intercept


line, optimizer = Line(), keras.optimizers.SGD(0.2)
points = tf.linspace(-1.0, 1.0, 8)
for step in range(41):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((line(points) - (3 * points - 1)) ** 2)
    gradients = tape.gradient(loss, line.trainable_variables)
    if step % 10 == 0:
        print(f"after {step:2} steps: y = {float(line.slope):.2f} x", end=" ")
        print(f"{float(line.intercept):+.2f}, loss {float(loss):.4f}")
    optimizer.apply(gradients, line.trainable_variables)

# %% [markdown]
# After 40 steps the line is $y = 3x - 1$ to two decimals. Each step did four things: **forward,
# loss, gradient, apply.** The network at the end of this notebook has a quarter of a million
# weights instead of two. The four things stay the same.
#
# ## The text
#
# One line names the data set. `shakespeare` is [1.1 MB of his
# plays](https://github.com/karpathy/char-rnn/tree/master/data/tinyshakespeare). `stdlib` is the
# source of Python's own library and needs no download. You can also give the path of any text file.

# %%
DATASET = "shakespeare"

# %%
settings, data = prepare(TextgenLesson(), DATASET)
print("\n".join(data.notes))
print("─" * 40)
print(data.vocabulary.decode(data.train.ids[:240]))

# %% [markdown]
# This text is cut in two: the first nine tenths to *train* on, the last tenth held out. The network
# never trains on **held-out** text. A careful experiment has two held-out parts: one to *validate*
# on while you make choices, and one to *test* on, once. Here both are the same tenth, as in
# [nanoGPT](https://github.com/karpathy/nanoGPT), a well-known small language model, so that losses
# can be compared. Our last figures are therefore slightly optimistic.
#
# A network computes with numbers, so each character gets one, its **id**: its position in the
# vocabulary, counted from 1. The number 0, printed as �, stands for any character that is not in
# the training text.

# %%
print(len(data.vocabulary.characters), "characters:", repr(data.vocabulary.characters))
print(len(data.vocabulary), "ids, with 0 for an unknown character")
print("opening:", repr(data.opening), "→", data.vocabulary.encode(data.opening))
print([3, 2, 1], "→", repr(data.vocabulary.decode([3, 2, 1])))

# %% [markdown]
# `data.opening` is the first whole line of the held-out text. The network will continue it later.
#
# Reading a million characters one at a time is slow. So the text is cut into many long rows, here
# 64, that are read side by side, a piece at a time. What is read in one train step, one piece of
# every row, is called a **batch**. Row 5 of a batch continues where row 5 of the previous batch
# stopped. This will matter when the network gets a memory.

# %%
show(
    figures.rows_and_pieces("to be or not to be, that is", batch_size=3, length=4),
    alt="A text of 27 characters is cut into three rows of nine. Batch 0 takes the first four "
    "characters of every row, batch 1 the next four; the last column, in white, is only a target.",
)

# %%
from coursekit_textgen.data import side_by_side  # show

# %%
from coursekit_textgen.data import next_piece  # show

# %% [markdown]
# The **inputs** are what the network reads, the **targets** are what it should predict. `fresh`
# marks the rows that do not continue an earlier piece.

# %%
for number, (inputs, targets, fresh) in enumerate(data.train.batches(0).take(2)):
    print(f"batch {number}: inputs {inputs.shape}, targets {targets.shape}", end=", ")
    print(f"fresh rows: {int(tf.reduce_sum(tf.cast(fresh, tf.int32)))}")
    print("   inputs, row 5 ", repr(data.vocabulary.decode(inputs[5].numpy())))
    print("   targets, row 5", repr(data.vocabulary.decode(targets[5].numpy())))

# %% [markdown]
# The targets are the inputs shifted by one character. In batch 1, row 5 continues in the middle of
# a word, exactly where batch 0 stopped.
#
# ## How wrong is a guess?
#
# A model gives every character a score, called a **logit**. The softmax turns logits into
# probabilities. The loss is $-\log p$ of the character that actually came next: 0 if the model was
# certain of it, and larger the more surprised the model was. It is called the **cross-entropy**.
# With the natural logarithm its unit is the *nat*.

# %%
show(
    figures.surprise((1.0, 0.5, 0.1)),
    alt="The loss falls from above 5 nats for a probability near zero to 0 for a probability of 1; "
    "one half costs 0.69 nats, one tenth 2.30.",
)

# %%
from coursekit_textgen.train import character_loss  # show

# %% [markdown]
# **Predict, then run.** A model that knows nothing gives all 66 characters the same logit. What is
# its loss, in nats?

# %%
predict("knows_nothing", ...)

# %%
inputs, targets, fresh = next(iter(data.train.batches(0)))
knows_nothing = tf.zeros((*targets.shape, len(data.vocabulary)))
uniform_loss = float(tf.reduce_mean(character_loss(knows_nothing, targets)))
print(f"log of {len(data.vocabulary)}: {np.log(len(data.vocabulary)):.3f}")
reveal("knows_nothing", uniform_loss, unit="nats", within=0.05)

# %% [markdown]
# With $n$ equally likely characters each has the probability $1/n$, and the loss is $\log n$. Any
# model worth its name must have a lower loss than this.
#
# ## Count pairs
#
# The simplest model needs no network. For each character, count which character follows it. Pairs
# of neighbouring characters are called *bigrams*. The counts form a table: one row for each
# character, one column for each character that can follow. Every count gets one extra, so that no
# pair is impossible: *add-one smoothing*, after Laplace.
#
# **Predict, then run.** A model that knows nothing has a loss of 4.19 nats for each character. What
# is the held-out loss of a model that knows how often each pair of characters occurs?

# %%
predict("pairs", ...)

# %%
size = len(data.vocabulary)
counts = np.ones((size, size))  # one extra for each pair, so that no probability is zero
np.add.at(counts, (data.train.ids[:-1], data.train.ids[1:]), 1)
chances = counts / counts.sum(axis=1, keepdims=True)  # (character, next character)

held_out = data.validation.ids
results = {"knows nothing": uniform_loss}
results["counted pairs"] = float(-np.log(chances[held_out[:-1], held_out[1:]]).mean())
print("held-out loss of the counted pairs:")
reveal("pairs", results["counted pairs"], unit="nats", within=0.15)

# %% [markdown]
# So the last character alone tells a lot about the next one: the loss falls by about 1.7 nats. Here
# is the table, for the most frequent characters.

# %%
often = np.argsort(-counts.sum(axis=1))[:24]  # the most frequent characters
names = [repr(data.vocabulary.decode([i]))[1:-1].replace(" ", "␣") for i in often]
figure = Figure(figsize=(7, 6), layout="constrained")
axes = figure.subplots()
table = axes.imshow(100 * chances[np.ix_(often, often)], cmap="Blues")
axes.set_xticks(range(len(often)), names, family="monospace")
axes.set_yticks(range(len(often)), names, family="monospace")
axes.set(xlabel="next character", ylabel="character", title="What follows what, in percent")
figure.colorbar(table, label="percent of the row")
show(
    figure,
    alt="A table of the 24 most frequent characters by the character that follows, darker the more "
    "often it does; most of the table is nearly white, with a few dark cells in each row.",
)

# %% [markdown]
# Look along a row. Most characters have only a few usual successors, and the rest of the row is
# nearly white. A text can be written with this table: choose the next character at random with the
# probabilities of the current character's row, then continue with the row of the chosen one.
# Choosing like this is called **sampling**.

# %%
chance = np.random.default_rng(0)
written = [data.vocabulary.encode("\n")[0]]
for _ in range(150):
    written.append(chance.choice(size, p=chances[written[-1]]))
print(data.vocabulary.decode(written))

# %% [markdown]
# Two neighbours often fit together, three rarely do: this model forgets everything but the last
# character.
#
# ## The same table, learned
#
# A network can learn this table instead of counting it. An `Embedding` is a table of numbers with
# one row for each character. Here the numbers of a row are used directly as the logits of the next
# character. All of them start at zero, so the first loss is 4.19, that of a model that knows
# nothing.


# %%
class Pairs(keras.Model):
    """A table of logits: one row for each character."""

    def __init__(self, characters: int) -> None:
        super().__init__()
        self.table = keras.layers.Embedding(characters, characters, embeddings_initializer="zeros")

    def call(self, ids: tf.Tensor) -> tf.Tensor:
        """Return the logits of each next character, ``(batch, time, characters)``."""
        return self.table(ids)


# %% [markdown]
# The train step is that of the line: forward, loss, gradient, apply. `tf.function` *compiles* it:
# TensorFlow runs the Python code once, records the operations, and from then on runs only those.
# `Adam` is an optimizer that also adapts the step size for each weight.


# %% tags=["train"]
pairs, optimizer = Pairs(size), keras.optimizers.Adam(0.05)
pairs(inputs)  # creates the weights
optimizer.build(pairs.trainable_variables)


@tf.function
def pairs_step(inputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Take one train step and return the loss before it."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(character_loss(pairs(inputs), targets))
    gradients = tape.gradient(loss, pairs.trainable_variables)
    optimizer.apply(gradients, pairs.trainable_variables)
    return loss


pairs_losses = [float(pairs_step(ids, after)) for ids, after, _ in data.train.batches(0)]
print(f"loss of the first batch {pairs_losses[0]:.3f}, of the last {pairs_losses[-1]:.3f}")
logits = pairs(held_out[np.newaxis, :-1])
loss = tf.reduce_mean(character_loss(logits, held_out[np.newaxis, 1:]))
results["pairs, learned"] = float(loss)
for name in ("counted pairs", "pairs, learned"):
    print(f"{name}: held-out loss {results[name]:.3f} nats")

# %% [markdown]
# In our run they were 2.48 and 2.50 nats, nearly equal. Gradient descent has approached the counted
# table without counting, because that table (without the extra ones) has the lowest training loss
# that a model of pairs can have. To do better, a model must see more than one character.
#
# ## A plain memory
#
# What follows `e`? After `th` probably a space, after `se` perhaps another `e`: it depends on what
# came before. A **recurrent** network therefore keeps a **state** $h$, here 256 numbers, and
# computes a new state from the old one and the character that it reads. The simplest way to do so:
#
# $$h' = \tanh(W x + U h + b)$$
#
# $x$ is a vector that stands for the character; these vectors are learned, too. At each character
# a last layer turns the state into logits. Elman used such a network in
# [1990](https://doi.org/10.1207/s15516709cog1402_1).

# %%
show(
    figures.unrolled("kings", settings.embedding, settings.units, len(data.vocabulary)),
    alt="Four copies of the network side by side. Each reads a character of king as a vector, "
    "changes the state that it receives, and scores the next character, of ings; an arrow "
    "carries the state h from each copy to the next.",
)

# %% [markdown]
# The figure shows one network, drawn once for each character that it reads. In code, `call` is
# short: vectors, recurrent layers, logits. The states go in and come out, so that the next piece of
# text can continue from them. `zero_states` returns zeros, the state before any text, and
# `self.logits` is the last layer. In training, *dropout* sets a few randomly chosen numbers to
# zero, so that the network cannot rely on any single one.
#
# The list of recurrent layers is called `self.grus`, because the final network of this lesson uses
# *gated* layers, GRUs, which the next section explains.

# %%
from coursekit_textgen.model import CharacterModel  # show: call

# %% [markdown]
# A model with a plain memory uses the plain layer of Keras there instead.


# %%
class PlainModel(CharacterModel):
    """The same network with plain recurrent layers."""

    def __init__(self, *sizes: int | float | bool) -> None:
        super().__init__(*sizes)
        # Each gated layer is replaced by a plain one of the same size.
        self.grus = [
            keras.layers.SimpleRNN(gru.units, return_sequences=True, return_state=True)
            for gru in self.grus
        ]


plain = build_model(data, settings, network=PlainModel)
logits, states = plain(inputs)
print("characters", inputs.shape, "→ logits", logits.shape, "and a state", states[0].shape)

# %% [markdown]
# ## One train step
#
# Forward, loss, gradient, apply, as before. Two things are new. A continuing row starts from its
# state at the end of the previous batch. And the state after this batch is kept for the next one,
# in `model.carried`, one variable for each layer. Only the *state* is carried over. The gradient
# stops at the beginning of the batch: this is **truncated backpropagation through time**.

# %%
show(
    figures.state_and_gradient(3, settings.length),
    alt="Three batches in a row. Arrows carry the state from each batch to the next; the gradient "
    "runs backwards inside each batch and stops at its beginning.",
)

# %%
from coursekit_textgen.train import train_step  # show

# %% [markdown]
# The plain network now reads the training text once. `learn` compiles the step, calls it for each
# batch and returns the losses. `evaluate` computes the mean loss on the held-out text.
#
# **Predict, then run.** Counted pairs of characters had a held-out loss of 2.48 nats. What is that
# of a network with a state of 256 numbers, after it has read the training text once?

# %%
predict("plain_memory", ...)

# %% tags=["train"]
plain_losses = learn(plain, data.train.batches(0), train_step)
results["plain memory"] = evaluate(plain, data, "validation")["loss"]
print("held-out loss of the plain memory, after one pass:")
reveal("plain_memory", results["plain memory"], unit="nats")

# %% [markdown]
# Memory helps a lot: 1.86 nats in our run, compared with 2.48 for the pairs. But a plain state is
# computed again with every character. Whatever should be remembered has to pass through $U$ and
# $\tanh$ at each step, and so does the gradient on its way back. After many steps little of either
# is left. This is the [vanishing gradient](https://arxiv.org/abs/1211.5063): the network can hardly
# learn what needs a long memory.
#
# ## A memory with gates
#
# A *gated recurrent unit*, or GRU ([Cho et al. 2014](https://arxiv.org/abs/1406.1078)), can leave
# its state unchanged. It computes new content $\tilde h$, and a gate $z$ decides, number by number,
# how much of the old state to keep:
#
# $$z = \sigma(W_z x + b_z + U_z h + c_z), \qquad r = \sigma(W_r x + b_r + U_r h + c_r),$$
# $$\tilde h = \tanh\big(W x + b + r \odot (U h + c)\big), \qquad
# h' = z \odot h + (1 - z) \odot \tilde h .$$
#
# Where $z$ is near 1, a number stays as it is, for a hundred characters if necessary: *this speech
# is in verse*. The gradient passes through such a number almost unchanged. A second gate $r$
# decides how much of the old state the new content can see. ($\sigma$ is the sigmoid, between 0
# and 1; $\odot$ multiplies number by number.) This is the form that Keras computes. The paper
# multiplies by $r$ before $U$: $U (r \odot h)$ in place of $r \odot (U h + c)$.

# %%
show(
    figures.gates(settings.units),
    alt="The state runs straight from left to right. Gate z multiplies it by how much to keep, and "
    "one minus z multiplies the new content that is added. Gate r multiplies U h + c, the state's "
    "part of the new content. Both gates read the state and the character; the new content reads "
    "the character, too.",
)

# %%
from coursekit_textgen.model import gru_step  # show

# %% [markdown]
# The function follows the formulas line by line. `projected` holds the three products $W x$ side by
# side (Keras calls the matrix $W$ the *kernel*), and `tf.split` parts them. In training we use
# Keras's fast `GRU` layer, which computes the same.
#
# Here is the constructor that creates the layers. `carried` has a place for the state of each
# training row. You can ignore the option `tied` for now: it uses the character vectors as the
# output layer, too ([Press and Wolf 2017](https://arxiv.org/abs/1608.05859)).

# %%
from coursekit_textgen.model import CharacterLayers  # show: __init__

# %%
model = build_model(data, settings)
logits, states = model(inputs)
loss = tf.reduce_mean(character_loss(logits, targets))
print("characters", inputs.shape, "→ logits", logits.shape, "and a state", states[0].shape)
weights = model.count_params() - sum(state.shape.num_elements() for state in model.carried)
print(f"{weights:,} weights, without the carried states")
print(f"loss before training {float(loss):.3f};  knowing nothing: {uniform_loss:.3f}")

# %% [markdown]
# The untrained network is close to knowing nothing: its small random weights give nearly equal
# logits.
#
# ## Look inside a step
#
# Nothing forces you to compile. You can put `breakpoint()` into `train_step` and walk through it,
# or look at a gradient. The next cell computes the gradient of the loss for the character vectors.
#
# **Predict, then run.** A batch of 64 rows has 2,048 characters of Shakespeare. In the gradient of
# the character vectors, one row for each of the 66 ids, some rows are exactly zero. How many? (And
# which ones?)

# %%
predict("zero_rows", ...)

# %%
with tf.GradientTape() as tape:
    logits, _ = model(inputs, training=True)
    loss = tf.reduce_mean(character_loss(logits, targets))
gradient = tf.convert_to_tensor(tape.gradient(loss, model.embedding.embeddings))
norms = tf.norm(gradient, axis=1).numpy()  # one length for each character's row
print("gradient of the character vectors", gradient.shape, "— the longest rows:")
for i in np.argsort(-norms)[:4]:
    print(f"   {data.vocabulary.decode([i])!r}: {norms[i]:.1e}")
print("zero for", repr(data.vocabulary.decode(np.flatnonzero(norms == 0))))
reveal("zero_rows", int(np.sum(norms == 0)), unit="rows", within=0.35)

# %% [markdown]
# The zero rows belong to the characters that do not occur in this batch: it teaches nothing about
# them. The longest rows belong to frequent characters.
#
# Now the same function, compiled. `jit_compile` passes the operations to XLA, a compiler that joins
# them into one program.
#
# **Predict, then run.** One train step reads 64 rows of 32 characters. How many times as fast is it
# when it is compiled: twice, five times, fifty times?

# %%
predict("speedup", ...)

# %%
compiled = tf.function(train_step, jit_compile=has_xla())
timed = build_model(data, settings)  # timing trains it a little, so it is a copy


def speed(step: Callable[..., object], times: int) -> tuple[float, float]:
    """Return the seconds of the first step, which may compile, and of a later one."""
    started = time.perf_counter()
    step(timed, (inputs, targets, fresh))
    first = time.perf_counter() - started
    for _ in range(times):
        step(timed, (inputs, targets, fresh))
    return first, (time.perf_counter() - started - first) / times


(_, eager), (first, fast) = speed(train_step, 2), speed(compiled, 10)
print(f"eager {1000 * eager:.0f} ms, compiled {1000 * fast:.0f} ms", end="; ")
print(f"the first compiled step took {first:.1f} s")
reveal("speedup", eager / fast, unit="times", within=0.5)

# %% [markdown]
# The ratio depends on your machine; yours will differ. The first compiled step is slow, because
# that is when TensorFlow compiles. Divide its seconds by the time that each later step saves, and
# you have the number of steps after which compiling pays off.
#
# ## From reading to writing
#
# In training the network reads a text that exists, and at every place it must predict the true next
# character. This is called **teacher forcing** ([Williams and Zipser
# 1989](https://doi.org/10.1162/neco.1989.1.2.270)): even after a wrong guess, the network reads the
# right character next. When it writes, there is no such text. The network reads the character that
# it has just written. This is called **free running**, and here a mistake stays in the text that
# the network reads from then on. In training it never had to deal with its own mistakes; this
# mismatch is called *exposure bias*.

# %%
show(
    figures.reading_and_writing("king ", "ing."),
    alt="Above, reading: the inputs are the true characters k, i, n, g, and each copy of the "
    "network must predict the next one. Below, writing: what each copy draws is the input of the "
    "next copy.",
)

# %% [markdown]
# Writing is a short loop. This one always takes the likeliest character, which is called **greedy**
# decoding:


# %%
def greedy(model: CharacterModel, prompt: str, length: int) -> str:
    """Return what a network writes after a prompt if it always takes the likeliest character."""
    ids = tf.constant(data.vocabulary.encode(prompt)[np.newaxis])  # (1, time)
    written = []
    states = None
    for _ in range(length):
        logits, states = model(ids, states)  # continues from its state
        ids = tf.argmax(logits[:, -1:], axis=-1, output_type=tf.int32)  # (1, 1)
        written.append(int(ids[0, 0]))
    return data.vocabulary.decode(written)


print(repr(greedy(model, data.opening, 40)))

# %% [markdown]
# This network is untrained, so what it writes means nothing yet. The alternative to greedy decoding
# is sampling, as with the table of pairs. A **temperature** makes the text tamer or wilder: the
# logits are divided by it before the softmax. Below 1 the likely characters become even likelier,
# above 1 the unlikely ones gain. At 0 only the likeliest is left, which is greedy decoding.

# %%
show(
    figures.tempered({"e": 2.5, "a": 1.5, "i": 1.0, "o": 0.2, "z": -1.0}, (0.3, 0.8, 1.3)),
    alt="Bars of the probabilities of five characters. At temperature 0.3 nearly all of it is on "
    "the likeliest; at 0.8 two thirds; at 1.3 half, and the others have gained.",
)

# %% [markdown]
# Below, `continued(model, vocabulary, prompt, length, taste)` is the same loop, compiled, with
# sampling in place of the maximum. `Taste` holds the settings of the sampling: `Taste(0.8)` is a
# temperature of 0.8. The random numbers start from a fixed seed, so the same network writes the
# same text again.
#
# ## Train
#
# A new network reads the text several times. Each pass is called an **epoch**. After each epoch we
# measure the held-out loss, and the network writes a few lines. What does it learn first: words,
# spaces, or the names of speakers? Watch.

# %% tags=["train"]
model = build_model(data, settings)
compiled = tf.function(train_step, jit_compile=has_xla())
losses, held_out_losses = [], []
for epoch in range(settings.epochs):
    for batch in data.train.batches(epoch):
        losses.append(compiled(model, batch)["loss"])
        if len(losses) in (1, 50):
            said = continued(model, data.vocabulary, data.opening, 60, Taste(0.8))
            print(f"── after {len(losses)} step{'s' if len(losses) > 1 else ''}: {said!r}")
    held_out_losses.append(evaluate(model, data, "validation")["loss"])
    print(f"── epoch {epoch + 1}: held-out loss {held_out_losses[-1]:.3f} ──")
    print(continued(model, data.vocabulary, data.opening, 180, Taste(0.8)), "\n")
results["GRU, 1 epoch"] = held_out_losses[0]
results[f"GRU, {settings.epochs} epochs"] = held_out_losses[-1]

# %% [markdown]
# In our run the text after the first step was random. After 50 steps there were spaces, line breaks
# and short groups of letters, and after one epoch many real words and the names of speakers, in
# capitals and with a colon. The held-out loss fell from 1.72 nats after the first epoch to 1.50
# after the fifth. This is one seed; your texts will differ.

# %% tags=["train"]
figure = curves("The GRU in training", {"training": np.array(losses)}, window=40)
axes = figure.axes[0]
ends = data.train.steps * np.arange(1, settings.epochs + 1)
axes.plot(ends, held_out_losses, "o-", color="tab:red", label="held-out, after each epoch")
axes.legend()
show(
    figure,
    alt="The training loss falls steeply for a hundred steps, then more and more slowly. Dots mark "
    "the held-out loss after each epoch.",
)

# %% [markdown]
# Always look at both curves. Training loss measures text that the network learns from; held-out
# loss measures text that it has never seen. If the training loss falls and the held-out loss rises,
# the network memorises its text instead of learning the language. This is called **overfitting**.
# In our run the held-out loss fell after every epoch, so more training could still have helped.
#
# Now all models of this notebook, measured on the same held-out text:

# %% tags=["train"]
figure = Figure(figsize=(7, 3), layout="constrained")
axes = figure.subplots()
bars = axes.barh(list(results), list(results.values()))
axes.bar_label(bars, fmt="%.2f", padding=3)
axes.invert_yaxis()
axes.set(xlabel="held-out loss (nats per character)", xlim=(0, 1.15 * max(results.values())))
values_told = ", ".join(f"{name} {value:.2f}" for name, value in results.items())
show(figure, alt=f"Bars of the held-out loss in nats, one for each model: {values_told}.")

# %% [markdown]
# The counted and the learned table are nearly equal. Memory gives the next big improvement. Compare
# the plain memory with the GRU after one epoch, because both have read the text once. In our run
# they reached 1.86 and 1.72 nats: the gates lower the loss by 0.14 nats per character. Part of this
# may be size: with the same 256 units, a GRU layer has three times as many weights as a plain one.
# For a fair comparison, give the plain one 460 units.
#
# ## Let it write
#
# Which of the three temperatures do you like best? A *real* word here is one of the training text.


# %% tags=["train"]
def words_of(text: str) -> list[str]:
    """Return the words of a text, in small letters."""
    return re.findall(r"[^\W\d_]+", text.lower())


real_words = set(words_of(data.vocabulary.decode(data.train.ids)))


def share_of_real(text: str) -> float:
    """Return the share of a text's words that occur in the training text."""
    found = words_of(text)
    return sum(word in real_words for word in found) / max(len(found), 1)


for taste in (Taste(0.3), Taste(0.8), Taste(1.3)):
    text = continued(model, data.vocabulary, data.opening, 300, taste)
    print(f"── temperature {taste.temperature}: {share_of_real(text):.0%} real words ──")
    print(data.opening + text, "\n")

# %% [markdown]
# The lower the temperature, the more words are real, and the safer the text: at 0.3 there are many
# phrases like *the ... of the ...*. The higher the temperature, the more words are invented,
# because one unlikely letter is enough to spoil a word.
#
# **Top-p**, also called *nucleus sampling* ([Holtzman et al.
# 2020](https://arxiv.org/abs/1904.09751)), removes the long tail of unlikely characters: it samples
# only from the likeliest ones that together have the probability $p$. Exercise 5 builds it. Move
# the sliders: above are the probabilities of the next character, below is what the network writes
# with these settings.

# %% tags=["train"]
explore(
    lambda temperature, top_p: what_comes_next(
        model, data.vocabulary, data.opening, Taste(temperature, top_p=top_p)
    ),
    alt="Bars of the probabilities of the likeliest next characters after the opening, and below "
    "them the text that the network writes with this temperature and top-p.",
    temperature=(0.2, 2.0, 0.1, 0.8),
    top_p=(0.1, 1.0, 0.05, 0.9),
)

# %% [markdown]
# A low temperature makes the largest bar larger and keeps all others; a low top-p removes the small
# ones and leaves the proportions of the rest.
#
# ## What goes wrong
#
# **Loops.** Of a text, cut out every piece of 20 characters (each begins one character after the
# one before), and count the different ones. If all are different, nothing is repeated.
#
# **Predict, then run.** The trained network writes 400 characters, and always takes the likeliest.
# What percentage of all pieces of 20 characters in its text is different?

# %%
predict("greedy_variety", ...)


# %% tags=["train"]
def variety(text: str, width: int = 20) -> float:
    """Return the share of a text's pieces that are different from all others before them."""
    pieces = [text[place : place + width] for place in range(len(text) - width)]
    return len(set(pieces)) / len(pieces)


texts = {"greedy": greedy(model, data.opening, 400)}
for name, taste in {"sampled": Taste(1.0), "sampled, top-p 0.9": Taste(1.0, top_p=0.9)}.items():
    texts[name] = continued(model, data.vocabulary, data.opening, 400, taste, seed=1)
for name, text in texts.items():
    print(f"── {name}: {variety(text):.0%} different, {share_of_real(text):.0%} real words ──")
    print(text[:240], "\n")
reveal("greedy_variety", 100 * variety(texts["greedy"]), unit="%", within=0.5)

# %% [markdown]
# Greedy decoding soon comes back to nearly the same state, and then writes the same again: in our
# run *the state of the state of the senate*. Sampling leaves such loops, because sooner or later it
# takes another character. At temperature 1 it also invents words. Top-p removes the least likely
# characters, and with them most of the spelling mistakes. One text of 400 characters has only about
# 75 words, so take the two shares of real words as a hint, not as a measurement.
#
# **Overfitting.** Here a new network reads only 20,000 characters, 14 times.
#
# **Predict, then run.** A network trains on the same 20,000 characters of Shakespeare in 14 passes.
# After which pass is its loss on held-out text lowest?

# %%
predict("best_pass", ...)

# %% tags=["train"]
few = settings.replace({"batch_size": 16, "units": min(128, settings.units)})
rows = side_by_side(data.train.ids[:20_000], few.batch_size)
steps = (rows.shape[1] - 1) // few.length
small = build_model(data, few)
compiled = tf.function(train_step, jit_compile=has_xla())
small_losses, small_held_out = [], []
for _ in range(14):
    for batch in batches_of(rows, few.length, steps, carry_state=True):
        small_losses.append(float(compiled(small, batch)["loss"]))
    small_held_out.append(float(losses_of(small, held_out[:20_000]).mean()))

# %% tags=["train"]
figure = curves("Overfitting: 20,000 characters, many times", {"training": np.array(small_losses)})
axes = figure.axes[0]
axes.plot(steps * np.arange(1, 15), small_held_out, "o-", color="tab:red", label="held-out")
axes.legend()
show(
    figure,
    alt="The training loss falls all the time. The held-out loss, a dot after each pass, falls at "
    "first, is lowest in the middle, and then rises.",
)
best = int(np.argmin(small_held_out))
print(f"training loss at the end {np.mean(small_losses[-steps:]):.2f} nats")
print(f"held-out loss: lowest {small_held_out[best]:.2f}, {small_held_out[-1]:.2f} at the end")
print("lowest after pass:")
reveal("best_pass", best + 1, within=0.3)

# %% [markdown]
# In our run the held-out loss was lowest after pass 7, with 2.34 nats. At the end it was 2.54,
# while the training loss had fallen to 1.41. What the network learned after pass 7 is true of those
# 20,000 characters, and not of the language. More text helps most. More dropout and a smaller
# network help too, and so does stopping where the held-out loss is lowest (*early stopping*).
#
# **Unknown characters.** The vocabulary comes from the training text. What is not in it becomes
# character 0, and the network has never learned anything about it.

# %% tags=["train"]
strange = "Ωmega 漢"
print(repr(strange), "is read as", repr(data.vocabulary.decode(data.vocabulary.encode(strange))))

# %% [markdown]
# A larger training text helps. So does reading bytes instead of characters: every text consists of
# the same 256 byte values, so none is ever unknown.
#
# ## What does it not expect?
#
# A network that guesses can also *judge* a text. The next picture shows a passage that it has never
# seen. The more surprising a character was, the darker its background. The unit is now the *bit*: a
# nat is 1.44 bits.
#
# **Predict, then run.** A network has learned to predict each next character of a text. Which
# letters of a word surprise it most on average: those at its `"beginning"`, in its `"middle"` or at
# its `"end"`? What does that say about where the information of a text is?

# %%
predict("most_surprising", ...)

# %% tags=["train"]
bits = losses_of(model, data.vocabulary.encode("\n" + data.passage)) / np.log(2)
show(
    surprise_plot(data.passage, bits),
    alt="The passage, each character on a background that is darker the more bits it cost.",
)

# %% tags=["train"]
words = [found.span() for found in re.finditer(r"[^\W\d_]{3,}", data.passage)]  # start, end
means = {
    "beginning": np.mean([bits[start] for start, _ in words]),
    "middle": np.mean([bits[start + 1 : end - 1].mean() for start, end in words]),
    "end": np.mean([bits[end - 1] for _, end in words]),
}
for where, mean in means.items():
    print(f"{where:>9} of a word: {mean:.2f} bits")
print(f"passage: {bits.mean():.2f} bits, {bits.mean() * np.log(2):.2f} nats a character", end="; ")
print(f"all of the held-out text: {held_out_losses[-1]:.2f} nats")
reveal("most_surprising", max(means, key=lambda where: means[where]))

# %% [markdown]
# The dark spots are mostly first letters and punctuation marks: the places where the writer has a
# choice. Once a word has begun, the rest of it is easier to guess. So a large share of the
# information is where words begin.
#
# ## What does it remember?
#
# Each of the 256 numbers of the state, called *units*, may have a meaning, or none that we have a
# word for. Let us look for one that tells *how far into the line we are*: the unit whose value
# correlates most strongly with the number of characters since the last line break. Nobody asked the
# network to count them. Among 256 units, some will correlate by chance. So we choose the unit on
# 600 characters, and measure it again on the next 600.


# %% tags=["train"]
def columns(ids: Ids) -> np.ndarray:
    """Return how many characters ago the last line break was, ``(characters,)``."""
    places = np.arange(len(ids))
    return places - np.maximum.accumulate(np.where(ids == newline, places, 0))


def states_of(ids: Ids) -> np.ndarray:
    """Return the state after each character of a text, ``(characters, units)``."""
    features, _ = model.grus[0](model.embedding(tf.constant(ids[np.newaxis])))
    return features[0].numpy()


newline = data.vocabulary.encode("\n")[0]
ids, next_ids = held_out[:600], held_out[600:1200]
values = states_of(ids)
alike = np.array([np.corrcoef(unit, columns(ids))[0, 1] for unit in values.T])
best = int(np.argmax(np.abs(alike)))
again = np.corrcoef(states_of(next_ids)[:, best], columns(next_ids))[0, 1]
print(f"unit {best}: correlation with the position in the line {alike[best]:.2f}", end=", ")
print(f"on the next 600 characters {again:.2f}")

# %% tags=["train"]
figure = Figure(figsize=(8, 2.6), layout="constrained")
axes = figure.subplots()
axes.plot(np.sign(alike[best]) * values[:300, best])
for place in np.flatnonzero(ids[:300] == newline):
    axes.axvline(place, color="tab:red", alpha=0.4)
axes.set(xlabel="character (red: a line break)", ylabel="value", title=f"Unit {best} of the state")
show(
    figure,
    alt=f"The value of unit {best} over 300 characters, with a red line at each line break: it "
    "changes slowly along a line of speech and jumps at the line breaks, most of all around the "
    "names of speakers, where two line breaks are close together.",
)

# %% [markdown]
# In our run the unit rises slowly along a line of speech and falls at its end. It does more: within
# a speaker's name it stays near -1, and just before the line after the name begins it jumps to
# about 0.9 for a moment. So it mixes the position in the line with *this is a name*. A correlation
# of about 0.6 is a partial match, and most units have no meaning that one could name. [Karpathy,
# Johnson and Fei-Fei (2015)](https://arxiv.org/abs/1506.02078) found much clearer ones in larger
# networks.
#
# ## Recall
#
# Answer each question aloud before you open it.
#
# <details><summary>1. What four things does every train step do?</summary>
#
# Forward, loss, gradient, apply.
# </details>
#
# <details><summary>2. What is the loss of a model that finds 66 characters equally
# likely?</summary>
#
# log 66 = 4.19 nats: each has the probability 1/66, and the loss is minus its logarithm.
# </details>
#
# <details><summary>3. Why do the counted and the learned table of pairs have nearly the same
# loss?</summary>
#
# Both describe the same thing, the probability of the next character given one character. The
# table of counts, without the extra ones, has the lowest training loss that such a model can have,
# and gradient descent approaches it.
# </details>
#
# <details><summary>4. Why does a plain recurrent cell forget?</summary>
#
# Its whole state passes through a matrix and a tanh at every step. What was stored fades, and so
# does the gradient that would teach it to store something.
# </details>
#
# <details><summary>5. What does the update gate of a GRU do?</summary>
#
# It decides, for each number of the state, how much of the old value to keep. Where it is 1 the
# number is passed on unchanged.
# </details>
#
# <details><summary>6. What crosses the border between two batches, and what does not?</summary>
#
# The state is carried over. The gradient stops: truncated backpropagation through time.
# </details>
#
# <details><summary>7. What is the difference between teacher forcing and free running?</summary>
#
# With teacher forcing the network reads the true text, whatever it guessed. In free running it
# reads its own output, mistakes included.
# </details>
#
# <details><summary>8. The training loss falls and the held-out loss rises. What is happening, and
# what helps?</summary>
#
# Overfitting: the network memorises its text. More text, more dropout, a smaller network or early
# stopping help.
# </details>
#
# ## Experiments
#
# * Set `carry_state=False` in `prepare(...)`. By how much does the held-out loss rise? Which
#   knowledge needs a long memory? (Exercise 3 measures it.)
# * Try `length=8` and `length=128`. What does a longer piece gain, and what does it cost?
# * Try two layers instead of one, `layers=2`, with half the units. Does depth help, or width?
# * Give the plain memory as many weights as the GRU: `PlainModel` with `units=460`. How much of the
#   GRU's advantage remains?
# * Give it a line by another poet and draw the picture of surprise. Could it tell the two apart?
#
# ## Make it yours
#
# * Other data: `coursekit run textgen --data book.txt` reads any UTF-8 text, the longer the better.
#   Try recipes, chess games, folk tunes in ABC notation, or your own messages.
# * Another part: `build_model(data, settings, network=YourNetwork)` takes your class, as it took
#   `PlainModel` above. `continued(..., narrow=..., draw=...)` takes your way of sampling.
# * A lesson of your own: `coursekit new words --from textgen` makes a copy of this lesson for you
#   to change. Words instead of characters would be a good start.
#
# ## Sources
#
# * Karpathy: [The unreasonable effectiveness of recurrent neural
#   networks](https://karpathy.github.io/2015/05/21/rnn-effectiveness/) (2015), with the
#   [text](https://github.com/karpathy/char-rnn/tree/master/data/tinyshakespeare) that we train on.
# * Karpathy: [makemore](https://github.com/karpathy/makemore) (2022), whose path from counted pairs
#   to networks we follow.
# * Elman: [Finding structure in time](https://doi.org/10.1207/s15516709cog1402_1) (1990): the plain
#   recurrent network.
# * Williams, Zipser: [A learning algorithm for continually running fully recurrent neural
#   networks](https://doi.org/10.1162/neco.1989.1.2.270) (1989): teacher forcing.
# * Cho et al.: [Learning phrase representations using RNN encoder-decoder for statistical machine
#   translation](https://arxiv.org/abs/1406.1078) (2014): the GRU.
# * Pascanu, Mikolov, Bengio: [On the difficulty of training recurrent neural
#   networks](https://arxiv.org/abs/1211.5063) (2013): vanishing gradients.
# * Graves: [Generating sequences with recurrent neural networks](https://arxiv.org/abs/1308.0850)
#   (2013).
# * Karpathy, Johnson, Fei-Fei: [Visualizing and understanding recurrent
#   networks](https://arxiv.org/abs/1506.02078) (2015): units that can be read.
# * Press, Wolf: [Using the output embedding to improve language
#   models](https://arxiv.org/abs/1608.05859) (2017): tied weights.
# * Holtzman et al.: [The curious case of neural text
#   degeneration](https://arxiv.org/abs/1904.09751) (2020): top-p.
#
# **Next:** `coursekit start textgen` begins the exercises. You write each part yourself.
# After them comes the lesson `nmt`, which translates with two networks like this one.
