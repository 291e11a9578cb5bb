# %% [markdown]
# # Text generation with a character-level recurrent network
#
# **Goal.** Learn eager tensors, gradients and layers, and build a network that writes with them.
#
# **Time.** 60 minutes
#
# **Before.** Python, numpy arrays, what a derivative is
#
# *Can a machine write a poem?* In 2015 Andrej Karpathy gave a recurrent network the works of
# Shakespeare, one character after another, and asked it a single question, a million times:
# **which character comes next?** Nobody told it what a word is, that speakers have names, that
# lines have about the same length. It found all of that out, because whoever knows it guesses
# better.
#
# We do the same, from the first tensor to the first poem. It takes about an hour to read, three
# minutes of which the machine trains.

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
from coursekit_textgen.practice.compare import continued, curves
from coursekit_textgen.data import Ids
from coursekit_textgen.demo import surprise_plot
from coursekit_textgen.evaluate import evaluate, losses_of
from coursekit_textgen.layers import Dropout
from coursekit_textgen.model import States
from coursekit_textgen.decode import Taste

# %% [markdown]
# ## Ten minutes of TensorFlow
#
# A **tensor** is an array that may live on a graphics card and that knows how to be
# differentiated. It is *eager*: an operation is carried out when its line is, and you can look at
# the result at once, as in numpy.

# %%
a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
print(a @ a)
print("shape", a.shape, " mean", tf.reduce_mean(a).numpy(), " first column", a[:, 0].numpy())

# %% [markdown]
# **Predict, then run.** `(2, 1)` and `(3,)` do not have the same shape. What is the shape of their
# sum? (Shapes are compared from the right; an axis of size 1 is stretched, a missing one added.)

# %%
print((tf.zeros((2, 1)) + tf.constant([10.0, 20.0, 30.0])).shape)

# %% [markdown]
# A **gradient tape** writes down what is computed while it runs, and can then walk back along it
# with the chain rule. The derivative of $x^3$ is $3x^2$; at 2 that makes 12:

# %%
x = tf.Variable(2.0)
with tf.GradientTape() as tape:
    y = x**3
print("dy/dx =", tape.gradient(y, x).numpy())

# %% [markdown]
# That is all it takes to learn. Here are eight points on the line $y = 3x - 1$, and a model that
# does not know it. A **layer** or a **model** is a class: the constructor makes its weights, `call`
# says what it does with them. Look at how the loss falls, and at what the weights become.


# %%
class Line(keras.Model):
    """A line: a slope and a height."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = self.add_weight(shape=(), initializer="zeros")
        self.height = self.add_weight(shape=(), initializer="zeros")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Return the heights above the places ``x``, of the same shape."""
        return self.slope * x + self.height


line, optimizer = Line(), keras.optimizers.SGD(0.2)
places = tf.linspace(-1.0, 1.0, 8)
for step in range(41):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((line(places) - (3 * places - 1)) ** 2)
    gradients = tape.gradient(loss, line.trainable_variables)
    optimizer.apply(gradients, line.trainable_variables)
    if step % 10 == 0:
        print(f"step {step:2}: loss {float(loss):.4f}, y = {float(line.slope):.2f} x", end=" ")
        print(f"{float(line.height):+.2f}")

# %% [markdown]
# Forward, loss, gradient, apply. The network below has a quarter of a million weights instead of
# two. The four lines stay the same.
#
# ## The text
#
# One line names the data set. `shakespeare` is 1.1 MB of his plays; `stdlib`, the source of
# Python's own library, needs no download; the path of any text file will do as well.

# %%
DATASET = "shakespeare"

# %%
settings, data = prepare(TextgenLesson(), DATASET)
print("\n".join(data.notes))
print("─" * 40)
print(data.vocabulary.decode(data.train.ids[:240]))

# %% [markdown]
# A network computes with numbers, so each character gets one: its place in the vocabulary, counted
# from 1. The sign with the number 0, �, stands for all characters that the text does not have.

# %%
print(len(data.vocabulary), "signs:", repr(data.vocabulary.characters))
word = data.opening[:5]
print(repr(word), "→", data.vocabulary.encode(word))
print([3, 2, 1], "→", repr(data.vocabulary.decode([3, 2, 1])))

# %% [markdown]
# To read quickly, the text is cut into as many long rows as a batch has, and they are read side by
# side, piece by piece. Row 5 of a batch goes on where row 5 of the batch before it stopped: that
# will matter.

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

# %%
for number, (inputs, targets, fresh) in enumerate(data.train.batches(0).take(2)):
    print(f"batch {number}: inputs {inputs.shape}, targets {targets.shape}", end=", ")
    print(f"rows that begin anew: {int(tf.reduce_sum(tf.cast(fresh, tf.int32)))}")
    print("   reads        ", repr(data.vocabulary.decode(inputs[5].numpy())))
    print("   is asked for ", repr(data.vocabulary.decode(targets[5].numpy())))

# %% [markdown]
# ## A network with a memory
#
# Which character follows `th`? Probably `e`. Which one follows `e`? That depends on what stood
# before it. So the network keeps a **state** $h$, a row of 256 numbers, and changes it with every
# character that it reads. How? A *gated recurrent unit* (Cho et al. 2014) computes new content
# $\tilde h$ and decides with a gate $z$, number by number, how much of the old state to keep:
#
# $$z = \sigma(W_z x + b_z + U_z h + c_z), \qquad r = \sigma(W_r x + b_r + U_r h + c_r),$$
# $$\tilde h = \tanh\big(W x + b + r \odot (U h + c)\big), \qquad
# h' = z \odot h + (1 - z) \odot \tilde h .$$
#
# With $z$ near 1 a number stays as it is, for a hundred characters if need be: *we are inside a
# stage direction*. A second gate $r$ says how much of the old state the new content may see. In
# code it is as long as on paper:

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
# The network is a table of vectors, one for each character; the recurrent layer; and a last layer
# that turns the state into **logits**, a score for every character that may come. In `call` the
# fast `GRU` layer of Keras does the steps; when the network writes, `stepper` takes them one by
# one, with the function above.

# %%
show(
    figures.unrolled("kings", settings.embedding, settings.units, len(data.vocabulary)),
    alt="Four copies of the network side by side. Each reads a character of king as a vector, "
    "changes the state that it was handed, and scores the next character, of ings; an arrow "
    "carries the state h from each copy to the next.",
)

# %%
from coursekit_textgen.model import CharacterModel  # show

# %%
model = build_model(data, settings)
inputs, targets, fresh = next(iter(data.train.batches(0)))
logits, states = model(inputs)
print("characters", inputs.shape, "→ logits", logits.shape, "and a state", states[0].shape)
print(f"{model.count_params() - len(inputs) * settings.units:,} weights")

# %% [markdown]
# ## How wrong is a guess?
#
# The softmax of the logits are probabilities, and the loss is $-\log p$ of the character that
# came: 0 if it was expected for certain, the larger the less it was expected.
#
# **Predict, then run.** An untrained network finds all characters about equally likely. What is
# its loss?

# %%
show(
    figures.surprise((1.0, 0.5, 0.1)),
    alt="The loss falls from above 5 nats for a probability near zero to 0 for a probability of 1; "
    "one half costs 0.69 nats, one tenth 2.30.",
)

# %%
from coursekit_textgen.train import character_loss  # show

# %%
loss = tf.reduce_mean(character_loss(logits, targets))
print(
    f"loss {float(loss):.3f};  log of {len(data.vocabulary)} is {np.log(len(data.vocabulary)):.3f}"
)

# %% [markdown]
# ## One step, eagerly
#
# Forward, loss, gradient, apply, as with the line. Two things are new. A row that is not fresh
# goes on with the state that it ended the batch before with: the *state* is carried on, the
# gradient stops at the border (truncated backpropagation through time). And the state after this
# batch is kept for the next.

# %%
show(
    figures.state_and_gradient(3, settings.length),
    alt="Three batches in a row. Arrows carry the state from each batch to the next; the gradient "
    "runs backwards inside each batch and stops at its beginning.",
)

# %%
from coursekit_textgen.train import train_step  # show

# %% [markdown]
# Nothing is compiled yet. You can put `breakpoint()` into `train_step` and walk through it, or look
# at a gradient, here the one of the character vectors. Some rows of it are zero. Whose, and why?

# %%
with tf.GradientTape() as tape:
    logits, _ = model(inputs, training=True)
    loss = tf.reduce_mean(character_loss(logits, targets))
gradient = tf.convert_to_tensor(tape.gradient(loss, model.embedding.embeddings))
size = tf.norm(gradient, axis=1).numpy()
print("gradient of the character vectors", gradient.shape)
for i in np.argsort(-size)[:4]:
    print(f"   {data.vocabulary.decode([i])!r}: {size[i]:.1e}")
print("   zero for", repr(data.vocabulary.decode(np.flatnonzero(size == 0))))

# %% [markdown]
# (Characters that do not occur in this batch: nothing was learnt about them.)
#
# The same function, compiled, in one visible line. Predict: which is faster, and how many times?

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
# ## Train
#
# A fresh network reads the text a few times. After each time it is asked about text that it has
# never read, and writes a few lines. Watch what it learns first: letters, then spaces and line
# breaks, then words, then who may speak when.

# %% tags=["train"]
model = build_model(data, settings)
compiled = tf.function(train_step, jit_compile=has_xla())
losses = []
for epoch in range(settings.epochs):
    for batch in data.train.batches(epoch):
        losses.append(compiled(model, batch)["loss"])
        if len(losses) in (1, 50):
            said = continued(model, data.vocabulary, data.opening, 60, Taste(0.8))
            print(f"── after {len(losses)} steps: {said!r}")
    held_out = evaluate(model, data, "validation")["loss"]
    print(f"── epoch {epoch + 1}: held-out loss {held_out:.3f} ──")
    print(continued(model, data.vocabulary, data.opening, 180, Taste(0.8)), "\n")

# %% tags=["train"]
show(
    curves("Nats a character, while it trains", {"training": np.array(losses)}, window=40),
    alt="The training loss falls steeply for a hundred steps, then more and more slowly.",
)

# %% [markdown]
# ## Let it write
#
# In training the network reads a text that is there, and is asked for the next true character:
# *teacher forcing*. When it writes, there is no text: it draws a character and reads it next. That
# is *free running*, and a mistake stays in what it reads.

# %%
show(
    figures.reading_and_writing("king ", "ing."),
    alt="Above, reading: the inputs are the true characters k, i, n, g, and each copy of the "
    "network is asked for the next one. Below, writing: what each copy draws is the input of the "
    "next copy.",
)

# %% [markdown]
# The temperature says how wild the drawing is: the logits are divided by it. Which of the three
# do you like best?

# %%
show(
    figures.tempered({"e": 2.5, "a": 1.5, "i": 1.0, "o": 0.2, "z": -1.0}, (0.3, 0.8, 1.3)),
    alt="Bars of the probabilities of five characters. At temperature 0.3 nearly all of it is on "
    "the likeliest; at 0.8 two thirds; at 1.3 half, and the others have gained.",
)

# %% tags=["train"]
for taste in (Taste(0.3), Taste(0.8), Taste(1.3)):
    print(f"── temperature {taste.temperature} ──")
    print(data.opening + continued(model, data.vocabulary, data.opening, 300, taste), "\n")

# %% [markdown]
# ## What does it not expect?
#
# A network that guesses can also *read*. Here is a passage that it has never seen, each character
# the darker the more it was surprised, in bits. Where are the dark spots: at the beginning, in the
# middle or at the end of words? What does that say about where the information of a text lies?

# %% tags=["train"]
bits = losses_of(model, data.vocabulary.encode("\n" + data.passage)) / np.log(2)
show(
    surprise_plot(data.passage, bits),
    alt="The passage, each character on a background that is the darker the more bits it cost; the "
    "dark ones are mostly the first letters of words.",
)

# %% [markdown]
# ## What does it remember?
#
# Each of the 256 numbers of the state means something, or nothing that we have a word for. Let us
# look for one that knows *how far the line has got*: the one whose value goes most closely with
# the number of characters since the last line break. Nobody asked the network to count them.

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
print(f"unit {best}: correlation {alike[best]:.2f} with the place in the line")

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
# In our run that unit creeps up along a line and falls at its end. It does more: where two line
# breaks stand close together, around the name of a speaker, it drops to -1 and stays. Units are
# not made to be read by us; that some can be is the surprising thing.

# %% [markdown]
# ## Experiments
#
# * Set `carry_state=False` in `prepare(...)`. By how much does the held-out loss rise? Which
#   knowledge needs a long memory? (Exercise 3 measures it.)
# * `length=8` and `length=128`: what does a longer piece buy, and what does it cost?
# * Two layers instead of one, `layers=2`; half the units. Is it depth or width that helps?
# * Feed it a line of another poet and draw the picture of surprise. Would it tell them apart?
#
# ## Make it yours
#
# * Other data: `coursekit run textgen --data book.txt`, any text in UTF-8, the longer the better.
#   Recipes, chess games, folk tunes in ABC notation, your own messages.
# * Another part: `build_model(data, settings, network=YourNetwork)` takes your class;
#   `texts(..., narrow=..., draw=...)` takes your way of drawing.
# * A plugin of your own: copy the folder `coursekit_textgen`, keep its files, change what is in
#   them. Words instead of characters would be a start.
#
# ## Sources
#
# Karpathy: *The unreasonable effectiveness of recurrent neural networks* (2015). Cho et al.:
# *Learning phrase representations using RNN encoder-decoder for statistical machine translation*
# (2014). Graves: *Generating sequences with recurrent neural networks* (2013). Karpathy, Johnson,
# Fei-Fei: *Visualizing and understanding recurrent networks* (2015). Holtzman et al.: *The curious
# case of neural text degeneration* (2020).
#
# **Next:** `coursekit start textgen`.
