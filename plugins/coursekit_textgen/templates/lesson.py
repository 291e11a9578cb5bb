# %% [markdown]
# # Text generation with a character-level recurrent network
#
# **Goal.** Learn eager tensors, gradients and layers, and build a network that writes with them.
#
# **Time.** 75 minutes
#
# **Before.** Python, numpy arrays, what a derivative is
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
# We do the same, from the first tensor to the first poem. The machine trains for about four of the
# 75 minutes.

# %%
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit.prepare import has_xla, prepare, show
from coursekit_textgen import TextgenLesson
from coursekit_textgen.build import build_model
from coursekit_textgen.practice import figures
from coursekit_textgen.practice.compare import continued, curves, learn
from coursekit_textgen.data import Ids, batches_of
from coursekit_textgen.demo import surprise_plot
from coursekit_textgen.evaluate import evaluate, losses_of
from coursekit_textgen.decode import Taste

# %% [markdown]
# ## Ten minutes of TensorFlow
#
# A **tensor** is an array that can live on a graphics card, and through which gradients can be
# computed. It is *eager*: operations run as soon as their line executes, and you can look at the
# result at once, as in numpy.

# %%
a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
print(a @ a)
print("shape", a.shape, " mean", tf.reduce_mean(a).numpy(), " first column", a[:, 0].numpy())

# %% [markdown]
# **Predict, then run.** `(2, 1)` and `(3,)` are different shapes. What is the shape of their sum?
# (Shapes are compared from the right. An axis of size 1 is stretched, a missing axis is added.)

# %%
print((tf.zeros((2, 1)) + tf.constant([10.0, 20.0, 30.0])).shape)

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
# little, against the gradient; how far is decided by the **learning rate**, here 0.2.


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
    optimizer.apply(gradients, line.trainable_variables)
    if step % 10 == 0:
        print(f"step {step:2}: loss {float(loss):.4f}, y = {float(line.slope):.2f} x", end=" ")
        print(f"{float(line.intercept):+.2f}")

# %% [markdown]
# After 40 steps the line is $y = 3x - 1$ to two decimals. Each step did four things:
# **forward, loss, gradient, apply.** The network at the end of this notebook has a quarter of a
# million weights instead of two. The four things stay the same.
#
# ## The text
#
# One line names the data set. `shakespeare` is
# [1.1 MB of his plays](https://github.com/karpathy/char-rnn/tree/master/data/tinyshakespeare).
# `stdlib` is the source of Python's own library and needs no download. You can also give the path
# of any text file.

# %%
DATASET = "shakespeare"

# %%
settings, data = prepare(TextgenLesson(), DATASET)
print("\n".join(data.notes))
print("─" * 40)
print(data.vocabulary.decode(data.train.ids[:240]))

# %% [markdown]
# The text has three parts: one to *train* on, one to *validate* and one to *test*. The network
# never trains on the last two, so they are called **held-out** text.
#
# A network computes with numbers, so each character gets one: its position in the vocabulary,
# counted from 1. The number 0, printed as �, stands for any character that is not in the training
# text.

# %%
print(len(data.vocabulary), "characters:", repr(data.vocabulary.characters))
word = data.opening[:5]
print(repr(word), "→", data.vocabulary.encode(word))
print([3, 2, 1], "→", repr(data.vocabulary.decode([3, 2, 1])))

# %% [markdown]
# For speed, the text is cut into as many long rows as a batch has. The rows are read side by side,
# one piece after another. Row 5 of a batch continues where row 5 of the previous batch stopped.
# This will matter when the network gets a memory.

# %%
show(
    figures.rows_and_pieces("to be or not to be, that is", batch_size=3, length=4),
    alt="A text of 27 characters is cut into three rows of nine. Batch 0 takes the first four "
    "characters of every row, batch 1 the next four; the last character is only a target.",
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
# probabilities. The loss is $-\log p$ of the character that really came: 0 if the model was
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
# **Predict, then run.** A model that knows nothing gives all characters the same logit. What is its
# loss?

# %%
inputs, targets, fresh = next(iter(data.train.batches(0)))
knows_nothing = tf.zeros((*targets.shape, len(data.vocabulary)))
uniform_loss = float(tf.reduce_mean(character_loss(knows_nothing, targets)))
print(
    f"loss {uniform_loss:.3f};  log of {len(data.vocabulary)}: {np.log(len(data.vocabulary)):.3f}"
)

# %% [markdown]
# With $n$ equally likely characters each has the probability $1/n$, and the loss is $\log n$. Any
# model worth its name must have a lower loss than this.
#
# ## Count pairs
#
# The simplest model needs no network. For each character, count which character follows it. Pairs
# of neighbouring characters are called *bigrams*. The counts form a table: one row for each
# character, one column for each character that can follow.

# %%
size = len(data.vocabulary)
counts = np.ones((size, size))  # one extra for each pair, so that no probability is zero
np.add.at(counts, (data.train.ids[:-1], data.train.ids[1:]), 1)
chances = counts / counts.sum(axis=1, keepdims=True)  # (character, next character)

held_out = data.validation.ids
results = {"knows nothing": uniform_loss}
results["counted pairs"] = float(-np.log(chances[held_out[:-1], held_out[1:]]).mean())
print(f"held-out loss of the counted pairs: {results['counted pairs']:.3f} nats")

# %%
often = np.argsort(-counts.sum(axis=1))[:24]  # the most frequent characters
names = [repr(data.vocabulary.decode([i]))[1:-1].replace(" ", "␣") for i in often]
figure = Figure(figsize=(7, 6), layout="constrained")
axes = figure.subplots()
table = axes.imshow(100 * chances[np.ix_(often, often)], cmap="Blues")
axes.set_xticks(range(len(often)), names)
axes.set_yticks(range(len(often)), names)
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
# character. All start at zero, so the first loss is that of knowing nothing.


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
# table without counting, because that table has the lowest training loss that a model of pairs can
# have. To do better, a model must see more than one character.
#
# ## A plain memory
#
# Which character follows `th`? Probably `e`. Which one follows `e`? That depends on what came
# before it. A **recurrent** network therefore keeps a **state** $h$, here 256 numbers, and
# computes a new state from the old one and the character that it reads. The simplest way to do so:
#
# $$h' = \tanh(W x + U h + b)$$
#
# $x$ is a vector that stands for the character; these vectors are learned, too. At each character
# a last layer turns the state into logits.

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
# text can continue from them. `dropout` sets random numbers to zero in training, so that the
# network cannot rely on any single one.

# %%
from coursekit_textgen.model import CharacterModel  # show: call

# %% [markdown]
# The recurrent layers are in the list `self.grus`. A model with plain memory uses the plain layer
# of Keras there instead.


# %%
class PlainModel(CharacterModel):
    """The same network with plain recurrent layers."""

    def __init__(self, *sizes: int | float | bool) -> None:
        super().__init__(*sizes)
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
# state at the end of the previous batch. And the state after this batch is kept for the next one.
# Only the *state* is carried over. The gradient stops at the beginning of the batch: this is
# **truncated backpropagation through time**.

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

# %% tags=["train"]
plain_losses = learn(plain, data.train.batches(0), train_step)
results["plain memory"] = evaluate(plain, data, "validation")["loss"]
print(f"plain memory, after one pass: held-out loss {results['plain memory']:.3f} nats")

# %% [markdown]
# A memory is worth a lot: 1.86 nats in our run, after 2.48 for the pairs. But a plain state is
# computed again with every character. Whatever should be remembered has to pass through $U$ and
# $\tanh$ at each step, and so does the gradient on its way back. After many steps little of either
# is left. This is the
# [vanishing gradient](https://arxiv.org/abs/1211.5063): the network cannot learn what needs a long
# memory.
#
# ## A memory with gates
#
# A *gated recurrent unit*, or GRU ([Cho et al. 2014](https://arxiv.org/abs/1406.1078)), can leave
# its state alone. It computes new content $\tilde h$, and a gate $z$ decides, number by number, how
# much of the old state to keep:
#
# $$z = \sigma(W_z x + b_z + U_z h + c_z), \qquad r = \sigma(W_r x + b_r + U_r h + c_r),$$
# $$\tilde h = \tanh\big(W x + b + r \odot (U h + c)\big), \qquad
# h' = z \odot h + (1 - z) \odot \tilde h .$$
#
# Where $z$ is near 1, a number stays as it is, for a hundred characters if necessary: *we are
# inside a stage direction*. The gradient passes through such a number unchanged. A second gate $r$
# decides how much of the old state the new content can see. ($\sigma$ is the sigmoid, between 0
# and 1; $\odot$ multiplies number by number.)

# %%
show(
    figures.gates(settings.units),
    alt="The state runs straight from left to right. Gate z multiplies it by how much to keep, and "
    "one minus z multiplies the new content that is added. Gate r decides how much of the state "
    "the new content sees; gates and new content read the character, too.",
)

# %%
from coursekit_textgen.model import gru_step  # show

# %% [markdown]
# The function follows the formulas line by line. In training, the fast `GRU` layer of Keras takes
# the steps. Here is the constructor that creates the layers. It also has a place for the state of
# each training row, and an option that you can ignore for now: `tied` uses the character vectors as
# the output layer, too ([Press and Wolf 2017](https://arxiv.org/abs/1608.05859)).

# %%
from coursekit_textgen.model import CharacterLayers  # show: __init__

# %%
model = build_model(data, settings)
logits, states = model(inputs)
loss = tf.reduce_mean(character_loss(logits, targets))
print("characters", inputs.shape, "→ logits", logits.shape, "and a state", states[0].shape)
print(f"{model.count_params() - len(inputs) * settings.units:,} weights")
print(f"loss before training {float(loss):.3f};  knowing nothing: {uniform_loss:.3f}")

# %% [markdown]
# The untrained network is close to knowing nothing: its small random weights give nearly equal
# logits.
#
# ## Look inside a step
#
# Nothing forces you to compile. You can put `breakpoint()` into `train_step` and walk through it,
# or look at a gradient. Here is the gradient of the character vectors. Some of its rows are zero.
# Which ones, and why?

# %%
with tf.GradientTape() as tape:
    logits, _ = model(inputs, training=True)
    loss = tf.reduce_mean(character_loss(logits, targets))
gradient = tf.convert_to_tensor(tape.gradient(loss, model.embedding.embeddings))
norms = tf.norm(gradient, axis=1).numpy()
print("gradient of the character vectors", gradient.shape)
for i in np.argsort(-norms)[:4]:
    print(f"   {data.vocabulary.decode([i])!r}: {norms[i]:.1e}")
print("   zero for", repr(data.vocabulary.decode(np.flatnonzero(norms == 0))))

# %% [markdown]
# The zero rows belong to the characters that do not occur in this batch: it teaches nothing about
# them. The largest rows belong to the most frequent characters.
#
# Now the same function, compiled. Predict: how many times as fast is it?

# %%
compiled = tf.function(train_step, jit_compile=has_xla())


def speed(step: Callable[..., object], times: int) -> float:
    """Return the milliseconds of a step, after a first one that may compile."""
    step(model, (inputs, targets, fresh))
    start = time.perf_counter()
    for _ in range(times):
        step(model, (inputs, targets, fresh))
    return 1000 * (time.perf_counter() - start) / times


eager, fast = speed(train_step, 2), speed(compiled, 10)
print(f"eager {eager:.0f} ms, compiled {fast:.0f} ms: {eager / fast:.1f} times as fast")

# %% [markdown]
# The factor depends on your machine; yours will differ. Compiling itself takes some seconds, and
# pays off after a few dozen steps.
#
# ## From reading to writing
#
# In training the network reads a text that exists, and at every place it must predict the true next
# character. This is called **teacher forcing**: even after a wrong guess, the network reads the
# right character next. When it writes, there is no such text. The network reads the character that
# it has just written. This is called **free running**, and here a mistake stays in the text that
# the network reads from then on.

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
        logits, states = model(ids, states)  # reads on from where it stopped
        ids = tf.argmax(logits[:, -1:], axis=-1, output_type=tf.int32)  # (1, 1)
        written.append(int(ids[0, 0]))
    return data.vocabulary.decode(written)


print(repr(greedy(model, data.opening, 40)))

# %% [markdown]
# The network is untrained, so this means nothing yet. The alternative to greedy decoding is
# sampling, as with the table of pairs. A **temperature** makes it tamer or wilder: the logits are
# divided by it before the softmax. Below 1 the likely characters become even likelier, above 1 the
# unlikely ones gain. At 0 only the likeliest is left, which is greedy decoding.

# %%
show(
    figures.tempered({"e": 2.5, "a": 1.5, "i": 1.0, "o": 0.2, "z": -1.0}, (0.3, 0.8, 1.3)),
    alt="Bars of the probabilities of five characters. At temperature 0.3 nearly all of it is on "
    "the likeliest; at 0.8 two thirds; at 1.3 half, and the others have gained.",
)

# %% [markdown]
# Below, `continued(model, vocabulary, prompt, length, taste)` is the same loop, compiled, with
# sampling in place of the maximum. `Taste(0.8)` is a temperature of 0.8.
#
# ## Train
#
# A new network reads the text several times. Each pass is called an **epoch**. After each epoch we
# measure the held-out loss, and the network writes a few lines. Watch what it learns first:
# letters, then spaces and line breaks, then words, then who may speak when.

# %% tags=["train"]
model = build_model(data, settings)
compiled = tf.function(train_step, jit_compile=has_xla())
losses, held_out_losses = [], []
for epoch in range(settings.epochs):
    for batch in data.train.batches(epoch):
        losses.append(compiled(model, batch)["loss"])
        if len(losses) in (1, 50):
            said = continued(model, data.vocabulary, data.opening, 60, Taste(0.8))
            print(f"── after {len(losses)} steps: {said!r}")
    held_out_losses.append(evaluate(model, data, "validation")["loss"])
    print(f"── epoch {epoch + 1}: held-out loss {held_out_losses[-1]:.3f} ──")
    print(continued(model, data.vocabulary, data.opening, 180, Taste(0.8)), "\n")
results["GRU, one epoch"] = held_out_losses[0]
results[f"GRU, epoch {settings.epochs}"] = held_out_losses[-1]

# %% [markdown]
# In our run the first step wrote characters at random. After 50 steps there were spaces and short
# groups of letters, and after one epoch names in capitals with a colon. The held-out loss fell from
# 1.72 nats after the first epoch to 1.50 after the fifth. Your texts will differ.

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
# The counted and the learned table are level, and the memories make the next large step. Compare
# the plain memory with the GRU after one epoch, because both have read the text once. In our run
# they reached 1.86 and 1.72 nats: the gates gain 0.14 nats for each character.
#
# ## Let it write
#
# Which of the three temperatures do you like best?

# %% tags=["train"]
for taste in (Taste(0.3), Taste(0.8), Taste(1.3)):
    print(f"── temperature {taste.temperature} ──")
    print(data.opening + continued(model, data.vocabulary, data.opening, 300, taste), "\n")

# %% [markdown]
# In our run nearly everything at 0.3 was an English word, and the sentences repeated themselves:
# *the world*, *the house*, *the first*, *the death*. At 0.8 a few words were invented
# (*concrailing*). At 1.3 many were (*covisedies*, *alrielence*).
#
# ## What goes wrong
#
# **Loops.** Greedy decoding soon comes back to a state that it was in before, and then writes the
# same again. Count how many different pieces of 20 characters a text has: 100 % means that nothing
# is repeated.


# %% tags=["train"]
def variety(text: str, width: int = 20) -> float:
    """Return the share of pieces of a text that are different from all others before them."""
    pieces = [text[place : place + width] for place in range(len(text) - width)]
    return len(set(pieces)) / len(pieces)


texts = {"greedy": greedy(model, data.opening, 400)}
for name, taste in {"sampled, 0.8": Taste(0.8), "top-p 0.9": Taste(1.0, top_p=0.9)}.items():
    texts[name] = continued(model, data.vocabulary, data.opening, 400, taste)
for name, text in texts.items():
    print(f"── {name}: {variety(text):.0%} different ──\n{text[:240]}\n")

# %% [markdown]
# In our run the greedy text was *And then the state of the state of the senate* again and again,
# and only 14 % of its pieces were different. All pieces of the sampled texts were different. Your
# texts will differ.
#
# So sampling helps. So does **top-p**, also called *nucleus sampling*
# ([Holtzman et al. 2020](https://arxiv.org/abs/1904.09751)): it samples only from the likeliest
# characters that together have the probability $p$, and never from the long tail of unlikely ones.
# Exercise 5 builds it.
#
# **Overfitting.** Here a new network reads only 20,000 characters, many times.

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

figure = curves("Overfitting: 20,000 characters, many times", {"training": np.array(small_losses)})
axes = figure.axes[0]
axes.plot(steps * np.arange(1, 15), small_held_out, "o-", color="tab:red", label="held-out")
axes.legend()
show(
    figure,
    alt="The training loss falls all the time. Dots mark the held-out loss after each pass.",
)
best = int(np.argmin(small_held_out))
print(f"training loss at the end {np.mean(small_losses[-steps:]):.2f} nats")
print(f"held-out loss: lowest {small_held_out[best]:.2f} after pass {best + 1}", end=", ")
print(f"{small_held_out[-1]:.2f} at the end")

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
# A larger training text helps. So does a network that reads bytes, because there are only 256.
#
# ## What does it not expect?
#
# A network that guesses can also *judge* a text. Here is a passage that it has never seen. The more
# surprising a character was, the darker its background; the unit is bits. Where are the dark spots:
# at the beginning, in the middle or at the end of words? What does that say about where the
# information of a text is?

# %% tags=["train"]
bits = losses_of(model, data.vocabulary.encode("\n" + data.passage)) / np.log(2)
show(
    surprise_plot(data.passage, bits),
    alt="The passage, each character on a background that is the darker the more bits it cost; the "
    "dark ones are mostly the first letters of words.",
)

# %% [markdown]
# Most dark spots are first letters. Once a word has begun, its other letters are easy to guess.
#
# ## What does it remember?
#
# Each of the 256 numbers of the state may have a meaning, or none that we have a word for. Let us
# look for one that knows *how far into the line we are*: the unit whose value correlates most
# strongly with the number of characters since the last line break. Nobody asked the network to
# count them.

# %% tags=["train"]
ids = data.validation.ids[:600]
column = np.zeros(len(ids))
newline = data.vocabulary.encode("\n")[0]
for place in range(1, len(ids)):
    column[place] = 0 if ids[place] == newline else column[place - 1] + 1
features, _ = model.grus[0](model.embedding(tf.constant(ids[np.newaxis])))
values = features[0].numpy()  # (characters, units)
alike = np.array([np.corrcoef(values[:, unit], column)[0, 1] for unit in range(values.shape[1])])
best = int(np.argmax(np.abs(alike)))
print(f"unit {best}: correlation {alike[best]:.2f} with the position in the line")

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
    "drifts along a line and jumps back at its end.",
)

# %% [markdown]
# In our run the unit rises slowly along a line and falls at its end. It does more: around the name
# of a speaker, where two line breaks are close together, it drops to -1 and stays there. Nobody
# designed these units to be readable. The surprise is that some of them are.
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
# counted table has the lowest training loss that such a model can have, and gradient descent
# approaches it.
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
# * Give it a line by another poet and draw the picture of surprise. Could it tell the two apart?
#
# ## Make it yours
#
# * Other data: `coursekit run textgen --data book.txt` reads any UTF-8 text, the longer the better.
#   Try recipes, chess games, folk tunes in ABC notation, or your own messages.
# * Another part: `build_model(data, settings, network=YourNetwork)` takes your class, as it took
#   `PlainModel` above. `texts(..., narrow=..., draw=...)` takes your way of sampling.
# * A plugin of your own: copy the folder `coursekit_textgen`, keep its files, and change what is in
#   them. Words instead of characters would be a good start.
#
# ## Sources
#
# * Karpathy: [The unreasonable effectiveness of recurrent neural
#   networks](https://karpathy.github.io/2015/05/21/rnn-effectiveness/) (2015), with the
#   [text](https://github.com/karpathy/char-rnn/tree/master/data/tinyshakespeare) that we train on.
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
