# %% [markdown]
# # A transformer: text by attention alone
#
# **Goal.** Build a transformer from its parts, train it, and see what every head looks at.
#
# **Time.** 120 minutes
#
# **Before.** the lesson textgen, or: tensors, layers, gradients, a character model
#
# **Skip.** No other lesson builds on this one. After exercises 1 and 2, take from the others what
# interests you.
#
# *Can a machine see the whole text at once?* A recurrent network reads a text one character at a
# time, and everything it remembers must fit into one row of numbers. In 2017 eight researchers,
# most of them at Google, dropped that idea. In their network every position looks directly at the
# others and takes what it needs. They called the paper
# [*Attention is all you need*](https://arxiv.org/abs/1706.03762), and the network a
# **transformer**. Nearly every large language model today is one.
#
# Their network translated: an *encoder* looked both ways in the source sentence, and a *decoder*
# looked back at its own words and across at the encoder. A language model needs only the decoder,
# as in GPT ([Radford et al.
# 2019](https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf)).
# That **decoder-only** transformer is what we build.
#
# Ours has 800,000 parameters instead of hundreds of billions, and reads characters instead of
# pieces of words. The parts are the same. It learns from the same split of the same text as the
# lesson `textgen`, so you can compare the two number by number. This is enough for two sessions: a
# good place for a break is before *Train*. About five minutes are computing time.
#
# The next cell imports what the notebook uses. You can skip it: `figures` draws the diagrams, and
# everything else is explained where it is first used.

# %%
import math
import re
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit.prepare import explore, has_xla, predict, prepare, reveal, show
from coursekit_transformer import TransformerLesson
from coursekit_transformer.build import build_model
from coursekit_transformer.data import UNKNOWN
from coursekit_transformer.decode import Cached, Taste, Uncached
from coursekit_transformer.demo import attention_plot, weights_of
from coursekit_transformer.evaluate import evaluate, losses_of_windows
from coursekit_transformer.model import NEVER, ROTATION, Block, SelfAttention, Transformer
from coursekit_transformer.practice import figures
from coursekit_transformer.practice.compare import continued, lines, seconds
from coursekit_transformer.practice.looking import habits, large_maps, next_character

# %% [markdown]
# ## The text
#
# One line names the data set. `shakespeare` is
# [tinyshakespeare](https://github.com/karpathy/char-rnn/tree/master/data/tinyshakespeare), 1.1 MB
# of his plays. `stdlib`, the source code of [Python's standard
# library](https://docs.python.org/3/library/), needs no download. The path of any text file works
# as well.

# %%
DATASET = "shakespeare"

# %%
settings, data = prepare(TransformerLesson(), DATASET)
print("\n".join(data.notes))
print("─" * 40)
print(data.vocabulary.decode(data.train.ids[:160]))

# %% [markdown]
# The last tenth is **held out**: the network never trains on it, so the loss on it shows what the
# network has really learned. (It serves as validation and test text at once, as in
# [nanoGPT](https://github.com/karpathy/nanoGPT).)
#
# The training text is cut into **windows** of 64 characters. The network reads a window and
# predicts the next character at *every* position. So a window is not one question but 64: the
# first has one character to go by, the last has 64. Nothing is carried from one window to the
# next, so the windows can be shuffled.

# %%
show(
    figures.questions("to be or"),
    alt="A triangle of characters. Each row shows one more character of the window, and beside it "
    "the character that comes next: seven questions from a window of seven positions.",
)

# %%
inputs, targets = next(iter(data.train.batches(0)))
print("a batch: inputs", inputs.shape, "targets", targets.shape)
print("   input   ", repr(data.vocabulary.decode(inputs[0].numpy())))
print("   target  ", repr(data.vocabulary.decode(targets[0].numpy())))

# %% [markdown]
# The target is the input shifted by one character. At each position the network is given the
# *true* characters so far, whatever it predicted before. This is called **teacher forcing**. When
# the network writes on its own, it has to read its own output instead: that is **free running**.
#
# ## Attention: every position looks around
#
# Suppose that every character of a window has a row of numbers, its **features**. (At first they
# are a learned vector for that character, as in textgen.) Now a position wants to know something
# about the others: who is speaking, or which word has just begun. Three learned matrices turn its
# features into three vectors:
#
# * a **query**: what am I looking for?
# * a **key**: how can I be found?
# * a **value**: what information do I offer?
#
# The dot product of a query and a key is a **score**: it says how well the two match. A softmax
# turns the scores into weights, and the result is the weighted average of the values:
#
# $$\mathrm{attention}(Q, K, V) = \mathrm{softmax}\!\Big(\frac{Q K^\top}{\sqrt d}\Big)\, V .$$
#
# Think of a dictionary that returns not one entry but a blend of all entries, with the best
# matches weighted most. The dot product of two random vectors of $d$ numbers is typically of size
# $\sqrt d$, so we divide by it. Otherwise the scores of long vectors would be large, and the
# softmax would put nearly all its weight on one position before the network had learned anything.
#
# If you know the attention of `nmt`: there the decoder asked and the source words answered. Here
# every position of one text does both, which is called **self-attention**, and the score is a dot
# product instead of a small network.

# %%
show(
    figures.attention(settings.length, settings.units // settings.heads),
    alt="Three learned matrices turn features into queries, keys and values. Queries times keys "
    "give a table of scores with one row for each position. A softmax turns each row into weights, "
    "and the values are averaged with these weights.",
)

# %%
from coursekit_transformer.model import scaled_dot_product  # show

# %% [markdown]
# `NEVER` is a score so low that the softmax turns it into a weight of 0.
#
# The `mask` matters most. At every position the network has to predict the next character, and in
# training that character is in the window, one position to the right. So no position may look at
# a later one. This is the **causal mask**:


# %%
def causal_mask(time: int) -> tf.Tensor:
    """Return which positions each position may look at, ``(time, time)``: no later ones."""
    positions = tf.range(time)
    return positions[:, tf.newaxis] >= positions


# %%
show(
    figures.mask("to be", causal_mask(5).numpy()),
    alt="A table of five by five cells: rows are the positions that look, columns the positions "
    "looked at. The diagonal and everything below it is blue, everything above it is white.",
)

# %% [markdown]
# **Predict, then run.** Five positions get random queries and keys. What weight does the *first*
# position put on itself?

# %%
predict("first-weight", ...)

# %%
queries, keys, values = tf.unstack(tf.random.stateless_normal((3, 5, 8), seed=(1, 2)))
mixed, weights = scaled_dot_product(queries, keys, values, causal_mask(5))
print(weights.numpy().round(2))
print("rows sum to", tf.reduce_sum(weights, axis=1).numpy().round(3), " mixture", mixed.shape)
reveal("first-weight", weights[0, 0], within=0)

# %% [markdown]
# The first position sees only itself, so its weight there is 1. Every row sums to one, and
# everything above the diagonal is zero. That triangle of zeros lets the network learn from a whole
# window at once: one pass answers 64 questions, and no question sees the answer to another.
#
# (In this lesson *weights* are those of the attention. A network's trained numbers, which textgen
# also called weights, are its **parameters** here.)
#
# ## Many heads
#
# One attention gives each position one weighted average, but a character may need several pieces
# of information. So the features are divided among several **heads**. Each head computes its own
# attention, and the results are concatenated. No loop is needed: with two reshapes, one matrix
# product serves all heads.

# %%
show(
    figures.heads((settings.batch_size, settings.length, settings.units), settings.heads),
    alt="A row of features is split into equal parts, one for each head. The heads are drawn "
    "behind each other while each computes its own attention; then their parts are laid side by "
    "side again.",
)

# %%
from coursekit_transformer.model import split_heads  # show

# %%
from coursekit_transformer.model import merge_heads  # show

# %%
features = tf.random.stateless_normal((16, 64, 128), seed=(3, 4))
print("features", features.shape, "→ heads", split_heads(features, 4).shape, end=" ")
print("→ merged", merge_heads(split_heads(features, 4)).shape)

# %% [markdown]
# Each of the 4 heads gets 32 of the 128 numbers of every position, and merging restores the
# original shape.
#
# ## Where am I?
#
# A sum does not depend on the order of its terms. Shuffle the earlier characters, and one layer of
# attention returns exactly the same average: *tea* and *eta* would look alike at their last
# letter. (Several layers with a causal mask can find out a little about the order, because early
# positions see fewer characters: [Haviv et al. 2022](https://arxiv.org/abs/2203.16634).) So the
# network must be told where each character is. The transformer of 2017 added a vector for each
# position to the features. We do what most models do today and **rotate** the queries and the keys
# ([Su et al. 2021](https://arxiv.org/abs/2104.09864)). Their numbers are taken in pairs. A pair is
# a point in the plane, and it is rotated by an angle that grows with the position. If two points
# are rotated by the same angle, their dot product stays the same. So a dot product depends only on
# **how far apart** two positions are.

# %%
show(
    figures.turns(range(6), (0, 4, 8, 15), size=32, base=ROTATION),
    alt="Four rows of clocks, one for each pair of numbers, at positions 0 to 5. The hand of pair "
    "0 turns by one radian at every position, that of pair 4 by a tenth; the last two hardly move.",
)

# %%
from coursekit_transformer.model import rotated  # show

# %% [markdown]
# `ROTATION` is 10,000. The pairs rotate at different rates, some fast and some slow, like the hands
# of a clock. Together they distinguish near from far.
#
# Below, the same vector is placed at 64 positions. Its dot product with itself at the same position
# is 1. **Predict:** how large is it when the two positions are 10 apart?

# %%
predict("ten-apart", ...)

# %%
same = tf.ones((1, 64, 32)) / math.sqrt(32)
products = tf.matmul(rotated(same), rotated(same, first=0), transpose_b=True)[0].numpy()
moved = tf.matmul(rotated(same, first=500), rotated(same, first=500), transpose_b=True)[0].numpy()
print("largest change when everything moves by 500:", f"{abs(products - moved).max():.0e}")
show(
    lines(
        "A vector's dot product with itself, at growing distance",
        range(64),
        {"position 63 looks back": products[63, ::-1].tolist()},
        ("positions apart", "dot product"),
    ),
    alt="A curve that begins at 1, falls quickly within ten positions, then swings around lower "
    "values.",
)
reveal("ten-apart", products[63, 53], within=0.2)

# %% [markdown]
# Moving the whole text by 500 positions changes the dot products only by rounding errors: only
# distances count. The curve falls from 1 to about 0.6 within ten positions, then swings between
# 0.3 and 0.7. So if a query and a key are alike, they match best when they are near.
#
# Now the attention layer is complete. `layer.project` is the matrix that computes the queries,
# keys and values of all heads at once. Each head attends, and the matrix `layer.merge` mixes the
# results. An object of the class `SelfAttention` holds these two matrices.


# %%
def attend(
    layer: SelfAttention, features: tf.Tensor, seen: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return what each position receives, like the features, and the weights of all heads."""
    projected = tf.split(layer.project(features), 3, axis=-1)
    queries, keys, values = (split_heads(part, layer.heads) for part in projected)
    mixed, weights = scaled_dot_product(rotated(queries), rotated(keys), values, seen)
    return layer.merge(merge_heads(mixed)), weights


# %% [markdown]
# ## Adding up
#
# Attention moves information between positions. Then each position processes what it received on
# its own, in a small **feed-forward network**: a matrix widens the features to four times as many
# numbers, a curved function is applied to each number, and a second matrix narrows them again. The
# curved function is [GELU](https://arxiv.org/abs/1606.08415), which keeps large positive numbers
# and turns large negative ones into almost zero. Attention and feed-forward network together form a
# **block**, and the blocks are stacked.
#
# What goes wrong in a plain stack? The gradient must pass through every block on its way down, and
# it can shrink in each, as it did at every step of the plain recurrent network of textgen. So here
# nothing is replaced: each part *adds* to the features. These are **residual connections**
# ([He et al. 2015](https://arxiv.org/abs/1512.03385), [2016](https://arxiv.org/abs/1603.05027)).
# The features run straight through all blocks, and so does the gradient on its way back. This path
# is called the **residual stream**
# ([Elhage et al. 2021](https://transformer-circuits.pub/2021/framework/index.html)).
#
# Each part reads a **normalised** copy of the features
# ([Ba et al. 2016](https://arxiv.org/abs/1607.06450)), so it does not matter how much has been
# added before. To normalise *before* each part, as GPT-2 does, makes training steadier than to
# normalise the sums ([Xiong et al. 2020](https://arxiv.org/abs/2002.04745)).

# %%
show(
    figures.stream((settings.batch_size, settings.length, settings.units), 4 * settings.units),
    alt="A straight line carries the features through the block. At two points a branch leaves it: "
    "a norm and the attention, then a norm and the feed-forward network; each result is added to "
    "the line.",
)

# %%
from coursekit_transformer.model import layer_norm  # show


# %%
def transform(block: Block, features: tf.Tensor, seen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the features after both parts of a block have added to them, and the weights."""
    received, weights = attend(block.attention, block.norm_attention(features), seen)
    features = features + received
    computed = block.narrow(block.widen(block.norm_network(features)))
    return features + computed, weights


# %% [markdown]
# (Exercise 4 removes first the stream, then the norms, and measures both.)
#
# ## The whole network
#
# A table of vectors, one for each character; four blocks; a norm; and a matrix that turns features
# into **logits**, one score for every possible next character. That is all.

# %%
show(
    figures.network(inputs.shape, settings.units, settings.layers, len(data.vocabulary)),
    alt="From left to right: the characters, the table of vectors, the blocks one after another, a "
    "norm and a matrix, and the logits, a score for every character at every position.",
)


# %%
def read(model: Transformer, ids: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Return the logits ``(batch, time, characters)``, and where the heads of each layer looked."""
    seen = causal_mask(ids.shape[1])
    features, looks = model.embedding(ids), []  # (batch, time, units)
    for block in model.blocks:
        features, weights = transform(block, features, seen)
        looks.append(weights)
    return model.readout(model.norm(features)), looks


# %%
model = build_model(data, settings)
logits, _ = model(inputs)
ours, _ = read(model, inputs)
print("characters", inputs.shape, "→ logits", logits.shape)
print("largest difference from ours:", f"{float(tf.reduce_max(abs(logits - ours))):.0e}")
print(f"{model.count_params():,} parameters; of these, in one block:")
for name in ("attention", "widen", "narrow"):
    print(f"   {name:10} {getattr(model.blocks[0], name).count_params():,}")

# %% [markdown]
# The class `Transformer` does the same as our 20 lines, so `model(inputs)` gives the same logits.
# (It can also drop out features in training, and remember what it has read, which we need below.)
# The feed-forward network has twice as many parameters as the attention: 131,072 against 65,536 in
# each block.
#
# **Predict, then run.** The loss is the **cross-entropy**: $-\log p$, where $p$ is the probability
# that the network gave to the character that actually came next. It is 0 if the network was
# certain, and larger the more surprised it was. What is the loss of an untrained network with 66
# symbols (65 characters, and one that stands for anything else)?

# %%
predict("untrained-loss", ...)

# %%
from coursekit_transformer.train import character_loss  # show

# %%
loss = tf.reduce_mean(character_loss(logits, targets))
size = len(data.vocabulary)
print(f"loss {float(loss):.3f};  log of {size} is {math.log(size):.3f}")
reveal("untrained-loss", loss, unit="nats", within=0.05)

# %% [markdown]
# The two numbers nearly agree: an untrained network considers all characters about equally likely,
# and $-\log(1/66) = \log 66$. If your own network starts far above that, look for a mistake.
#
# A second test matters even more. Change the *last* character of a window. **Predict:** how many of
# the window's 64 predictions change?

# %%
predict("changed", ...)

# %%
changed = inputs.numpy()
changed[:, -1] = 1
after, _ = model(changed)
differs = tf.reduce_max(tf.abs(after - logits), axis=(0, 2)).numpy() > 0
print("guesses that changed:", np.flatnonzero(differs), f"of {len(differs)}")
reveal("changed", int(differs.sum()), within=0)

# %% [markdown]
# Only the last one, number 63. If an earlier prediction changed, the network could see the answer.
# What would that do to the loss, and to the text it writes? Exercise 3 is about that mistake.
#
# ## Writing, in ten lines
#
# To write, predict the next character, append it, and repeat. This loop always takes the most
# likely character, which is called **greedy** decoding. It is free running: the network reads what
# it wrote itself.


# %%
def greedy(model: Transformer, prompt: str, length: int) -> str:
    """Continue a prompt, always with the most likely character."""
    ids = data.vocabulary.encode(prompt).tolist()
    for _ in range(length):
        logits, _ = model(tf.constant([ids[-settings.length :]]))  # (1, time, characters)
        scores = logits[0, -1].numpy()
        scores[UNKNOWN] = NEVER  # the symbol for anything else is never written
        ids.append(int(scores.argmax()))
    return data.vocabulary.decode(ids)


print(greedy(model, data.opening, 40))

# %% [markdown]
# Nothing has been learned yet, so this is noise, and usually the same few characters repeat.
# Greedy decoding also gives the same text every time. From now on the next character is
# **sampled**: divide the logits by a **temperature**, apply the softmax, and draw a character with
# these probabilities. A temperature below 1 makes the text safer, above 1 wilder. **Top-p**, also
# called *nucleus sampling* ([Holtzman et al. 2020](https://arxiv.org/abs/1904.09751)), draws only
# from the most likely characters that together have the probability $p$.


# %%
def chances_of(scores: np.ndarray, temperature: float, top_p: float = 1.0) -> np.ndarray:
    """Return the probability of drawing each character, ``(characters,)``."""
    chances = np.exp((scores - scores.max()) / temperature)
    chances /= chances.sum()
    order = np.argsort(-chances)
    likelier = np.cumsum(chances[order]) - chances[order]  # what precedes each of them
    chances[order[likelier >= top_p]] = 0.0
    return chances / chances.sum()


def sample(
    network: Callable[[tf.Tensor], tuple[tf.Tensor, object]],
    prompt: str,
    length: int,
    temperature: float,
    top_p: float = 1.0,
) -> str:
    """Return what a network writes after a prompt, one sampled character at a time."""
    ids, random = data.vocabulary.encode(prompt).tolist(), np.random.default_rng(0)
    for _ in range(length):
        logits, _ = network(tf.constant([ids[-settings.length :]]))
        scores = logits[0, -1].numpy().astype(float)
        scores[UNKNOWN] = NEVER
        ids.append(int(random.choice(len(scores), p=chances_of(scores, temperature, top_p))))
    return data.vocabulary.decode(ids[-length:])


print(repr(sample(model, data.opening, 40, temperature=0.8)))

# %% [markdown]
# This is noise, too, but more varied. Below,
# `continued(model, data.vocabulary, prompt, length, Taste(0.8))` samples in the same way with
# temperature 0.8, only faster.
#
# ## One train step
#
# Forward pass, loss, gradients, update. There is no state and no loop over time: 16 windows of 64
# positions are 1,024 questions, all answered at once.

# %%
from coursekit_transformer.train import train_step  # show

# %% [markdown]
# TensorFlow runs this function line by line (*eagerly*). The next cell also compiles it to one
# graph. **Predict:** how many times as fast is that?

# %%
predict("compiled", ...)

# %%
compiled = tf.function(train_step, jit_compile=has_xla())
eager = seconds(lambda: train_step(model, (inputs, targets)), 2)
fast = seconds(lambda: compiled(model, (inputs, targets)), 10)
print(f"eager {1000 * eager:.0f} ms, compiled {1000 * fast:.0f} ms")
reveal("compiled", eager / fast, unit="times as fast", within=0.5)

# %% [markdown]
# On our two CPU cores the compiled step was several times as fast. The ratio differs from machine
# to machine, and even from run to run.
#
# ## Train
#
# A fresh network reads the text three times. The learning rate rises linearly during the first
# twentieth of the steps (the **warm-up**). Then it falls to zero, slowly at first and at the end
# (along half a cosine). Starting at the full rate would make the first updates too large, and
# ending at a high rate would keep the parameters from settling. The optimizer is
# [AdamW](https://arxiv.org/abs/1711.05101), a form of Adam, which `build_model` has already
# attached to the model. After each pass, called an **epoch**, `evaluate` returns the held-out loss,
# and the network writes a few lines.
#
# **Predict:** a table of counted pairs of characters reaches a held-out loss of 2.48 nats on this
# text (textgen). What does the transformer reach after three epochs?

# %%
predict("held-out", ...)

# %% tags=["train"]
model = build_model(data, settings)
compiled = tf.function(train_step, jit_compile=has_xla())
losses, held_out = [], [evaluate(model, data, "validation")["loss"]]
for epoch in range(settings.epochs):
    for batch in data.train.batches(epoch):
        losses.append(float(compiled(model, batch)["loss"]))
        if len(losses) in (1, 100):
            said = continued(model, data.vocabulary, data.opening, 60, Taste(0.8))
            print(f"── after {len(losses)} steps: {said!r}")
    held_out.append(evaluate(model, data, "validation")["loss"])
    print(f"── epoch {epoch + 1}: held-out loss {held_out[-1]:.3f} ──")
    print(continued(model, data.vocabulary, data.opening, 180, Taste(0.8)), "\n")
reveal("held-out", held_out[-1], unit="nats", within=0.05)

# %% [markdown]
# After one step the text is noise. After 100 steps it has spaces and line breaks in plausible
# places and strings that look like words. After three epochs most words are English, and names in
# capitals start a speech, as in a play. In our run the held-out loss fell from 4.2 to 1.78, 1.61
# and 1.54. That is one seed; yours will differ a little.

# %% tags=["train"]
figure = Figure(figsize=(7, 3.2), layout="constrained")
axes = figure.subplots()
smooth = np.convolve(losses, np.ones(40) / 40, mode="valid")
axes.plot(np.arange(40, len(losses) + 1), smooth, label="training (mean of 40 steps)")
steps = np.arange(settings.epochs + 1) * data.steps_per_epoch
axes.plot(steps, held_out, "o", label="held out, before training and after each epoch")
axes.set(title="Training and held-out loss", xlabel="step", ylabel="loss (nats per character)")
axes.grid(alpha=0.3)
axes.legend()
show(
    figure,
    alt="The training loss falls steeply at first, then more and more slowly. Four dots mark the "
    "held-out loss: one at the start, near 4.2, and one after each epoch, a little above the "
    "curve at the end.",
)

# %% [markdown]
# In our run the training loss ended near 1.4 and the held-out loss at 1.54. The gap is small, and
# the held-out loss still falls. If it started to rise while the training loss kept falling, the
# network would be **overfitting**: memorising the training text instead of learning what other text
# has in common with it. Three epochs are too few for overfitting here.
#
# The two losses are not measured in quite the same way. In training the first positions of a
# window have hardly any context. The held-out loss is measured with a full window before every
# position, as when the network writes. That difference matters when you compare published numbers:

# %% tags=["train"]
by_place = losses_of_windows(model, data.validation.ids).mean(axis=0)
print(f"every window starts without context: {by_place.mean():.3f} nats   (as nanoGPT measures)")
print(f"every position sees a full window:   {held_out[-1]:.3f} nats   (as textgen measures)")
for first, last in ((1, 2), (3, 8), (9, 16), (17, 32), (33, 64)):
    mean = by_place[first - 1 : last].mean()
    print(f"   {first:2} to {last:2} characters seen: {mean:.2f} nats")
show(
    lines(
        "What more context is worth",
        range(1, len(by_place) + 1),
        {"held out": by_place.tolist()},
        ("characters seen", "loss (nats)"),
    ),
    alt="A curve that falls steeply over the first ten characters seen, then zigzags around a "
    "nearly constant level.",
)

# %% [markdown]
# The first ten characters are worth the most: in our run they took the loss from 2.5 nats to under
# 1.6. After that the curve hardly falls. Its zigzag is noise: each point is the mean of only about
# 1,700 characters. Here is what [nanoGPT](https://github.com/karpathy/nanoGPT), `textgen` and this
# notebook have reached on this split, in nats per character:
#
# | network | time | held-out loss |
# | --- | --- | --- |
# | nanoGPT, CPU settings (windows without context) | about 3 minutes | 1.88 |
# | this notebook: 4 layers, 805,632 parameters, 3 epochs | about 4 minutes | 1.54 |
# | the same, windows without context | about 4 minutes | 1.58 |
# | `textgen`, quick: one recurrent layer of 256 units, 5 epochs | 2 minutes | 1.50 |
# | `textgen`, full | 25 minutes | 1.46 |
# | nanoGPT, 10 million parameters, data-centre GPU (windows without context) | 3 minutes | 1.47 |
#
# So on this small text, within a few minutes, the older recurrent network is ahead. Be careful with
# the reasons, because several things differ. The GRU read the text five times, ours three times. It
# carries its state through the whole text, ours sees 64 characters in each layer. And part of it
# may be that a recurrent network is built to read from left to right, while a transformer must
# learn more about order from the data. Transformers pay off with more text, longer contexts, and
# hardware that does thousands of things at once, because in training no position has to wait for
# the one before it.
#
# ## Temperature and top-p
#
# Now compare three temperatures:

# %% tags=["train"]
for taste in (Taste(0.3), Taste(0.8), Taste(1.3)):
    print(f"── temperature {taste.temperature} ──")
    print(data.opening + continued(model, data.vocabulary, data.opening, 250, taste), "\n")

# %% [markdown]
# At 0.3 the text is made of the most common words, and it repeats itself. At 0.8 it is varied and
# mostly spelled correctly. At 1.3 it invents words and names.
#
# The sliders below change the probabilities of the first letter of a word, after a passage of
# held-out text; below the bars is what the network writes with them. (`graph` is the network,
# compiled.)

# %% tags=["train"]
space = data.passage.rfind(" ", 0, 2 * settings.length)
end = max(space + 1, settings.length)
passage = data.passage[end - settings.length : end]
graph = tf.function(lambda ids: model(ids))
logits, _ = graph(tf.constant([data.vocabulary.encode(passage)]))
scores = logits[0, -1].numpy().astype(float)
scores[UNKNOWN] = NEVER


def sampled_picture(temperature: float, top_p: float) -> Figure:
    """Draw the chances of the next character, and what is written with them."""
    chances = chances_of(scores, temperature, top_p)
    text = sample(graph, passage, 80, temperature, top_p)
    return next_character(data.vocabulary, chances, passage, text)


explore(
    sampled_picture,
    alt="Bars of the probability of each likely next character, the most likely first, and below "
    "them a sampled continuation.",
    temperature=(0.2, 2.0, 0.1, 0.8),
    top_p=(0.1, 1.0, 0.05, 0.9),
)

# %% [markdown]
# A low temperature moves the probability to the first bar, a high one spreads it over all of them.
# Top-p cuts off the tail: the bars that are missing can never be drawn, however high the
# temperature.
#
# ## The key-value cache
#
# Our loops read the whole window again for every new character. But the keys and values of
# earlier characters do not change: no position looks ahead, so nothing that follows can affect
# them. We can keep them, in a `memory`, and read only the new character. This is the **key-value
# cache**.

# %%
show(
    figures.cache("the king", 4),
    alt="Four steps of writing. At each step the keys and values of all earlier characters come "
    "from memory, and only the new character is read: one new key, and one row of scores instead "
    "of the whole triangle.",
)

# %% [markdown]
# Now we can read the three functions as the plugin has them. The mask gets `past`, the number of
# earlier positions in memory, which all new positions may look at. It also gets `window`, the
# limit to how far back a position may look, so that the memory need not grow forever:

# %%
from coursekit_transformer.model import causal_mask  # show

# %% [markdown]
# The attention puts the earlier keys and values in front of the new ones. The new queries belong
# to positions that begin at `past`, so they are rotated accordingly:

# %%
from coursekit_transformer.model import SelfAttention  # show: call

# %% [markdown]
# And the whole network hands each layer its own memory, and keeps the last `window` keys and
# values of each. At first the memory has empty places, which nobody may look at: the line with
# `&=` takes care of them.

# %%
from coursekit_transformer.model import Transformer  # show: read

# %% [markdown]
# Below, `Cached.after` writes with the cache, and `Uncached.after` reads the window again for each
# character. **Predict:** with a window of 64, how many times as fast is writing 1,000 characters
# with the cache?

# %%
predict("cache", ...)

# %% tags=["train"]
written = {}
for name, reader in (("with the cache", Cached.after), ("without", Uncached.after)):
    taken = seconds(
        lambda reader=reader: continued(
            model, data.vocabulary, data.opening, 1_000, Taste(0.8), reader=reader
        ),
        times=2,
    )
    written[name] = taken
    print(f"{name:15} {taken:.2f} s, {1_000 / taken:,.0f} characters a second")
reveal("cache", written["without"] / written["with the cache"], unit="times as fast", within=0.5)

# %% [markdown]
# In our runs the cache made writing several times as fast, but not 64 times, because reading 64
# characters at once is much cheaper than reading one character 64 times.
#
# ## Where does it look?
#
# Here is every head of the network on a held-out passage. Rows are the positions that look, columns
# the positions they look at; each word is written where it begins. (The colours follow the square
# root of the weight, so that small weights can be seen.)

# %% tags=["train"]
passage = data.passage[:40]
looked = weights_of(model, data.vocabulary.encode(passage))  # (layers, heads, time, time)
show(
    attention_plot(passage, looked),
    alt="Sixteen maps of attention, four heads in each of four layers; some show a line beside the "
    "diagonal, some vertical stripes, some a soft cloud.",
)

# %% [markdown]
# A dark line just below the diagonal is a head that looks at the previous character. A vertical
# stripe is one character that many positions look at, often a space or a line break.
#
# **Predict:** which head puts the most weight on the character just before? Write its layer and its
# number, such as `"1.4"`.

# %%
predict("previous", ...)

# %% [markdown]
# One passage can mislead, so let us measure over 64 windows. For each head: how far back does it
# look on average? How much of its weight is on the character itself, on the one before, and on
# blanks (spaces and line breaks)? `habits` averages that over the second half of each window, where
# a position sees at least 32 others.

# %% tags=["train"]
ids = data.validation.ids[: 64 * 64]
windows = ids[: len(ids) // 64 * 64].reshape(-1, 64)
_, looks = read(model, tf.constant(windows))
found = habits(looks, np.isin(windows, data.vocabulary.encode(" \n")))
print("head   looks back   itself   the one before   blanks")
for head, (back, itself, before, blanks) in found.items():
    print(f" {head}  {back:9.1f} {itself:10.0%} {before:13.0%} {blanks:13.0%}")
spelling = max(found, key=lambda head: found[head].before)
blanking = max(found, key=lambda head: found[head].blanks)
reveal("previous", spelling)

# %% [markdown]
# In our run the heads of the first layer looked back over 5 to 8 characters on average. One head
# of the second layer put 61 % of its weight on blanks and looked back about 11 characters: it
# seems to look for where words and lines begin. Several heads of layers 2 and 3 put about half of
# their weight on the previous character, which helps to spell. Nobody programmed this division of
# labour, and in your run the heads may take other roles.
#
# Here are two of the heads in large, the one that looks most at the previous character and the one
# that looks most at blanks:

# %% tags=["train"]
chosen = {
    f"head {name}": looked[int(name[0]) - 1, int(name[2]) - 1, :32, :32]
    for name in (spelling, blanking)
}
show(
    large_maps(passage[:32], chosen),
    alt="Two maps with every character labelled. In the first, the dark cells form a line just "
    "below the diagonal. In the second, they form vertical stripes below spaces and line breaks.",
)

# %% [markdown]
# ## What attention costs
#
# Every position looks at every earlier one. If the text is twice as long, the feed-forward network
# has twice as much work, and the scores and weighted averages of the attention **four times** as
# much.

# %%
show(
    figures.squares((4, 8, 16)),
    alt="Three square tables for texts of 4, 8 and 16 characters. They have 16, 64 and 256 cells, "
    "of which the lower triangle is blue: 10, 36 and 136.",
)

# %% [markdown]
# Here are both parts of one block, timed on longer and longer texts. **Predict:** for 2,048
# characters, how many times as long as the feed-forward network does attention take?

# %%
predict("attention-cost", ...)

# %% tags=["train"]
LENGTHS = (64, 128, 256, 512, 1024, 2048)
block = model.blocks[0]


def cost(part: Callable[[tf.Tensor], object], length: int) -> float:
    """Return the milliseconds that a part takes for a text of some length."""
    given = tf.random.stateless_normal((1, length, settings.units), seed=(5, 6))
    run = tf.function(part, jit_compile=has_xla())
    return 1000 * seconds(lambda: run(given), times=5)


costs: dict[str, list[float]] = {"attention": [], "feed-forward network": []}
for length in LENGTHS:
    mask = causal_mask(length)
    attention = cost(lambda given, mask=mask: attend(block.attention, given, mask)[0], length)
    network = cost(lambda given: block.narrow(block.widen(given)), length)
    costs["attention"].append(attention)
    costs["feed-forward network"].append(network)
    print(f"{length:5} characters: attention {attention:7.2f} ms", end=", ")
    print(f"feed-forward network {network:6.2f} ms: {attention / network:4.1f} times as long")
for part, (*_, shorter, longer) in costs.items():
    print(f"the last doubling: {part} takes {longer / shorter:.1f} times as long")
reveal("attention-cost", attention / network, unit="times as long", within=0.5)

# %% tags=["train"]
show(
    lines(
        "What one block costs",
        LENGTHS,
        costs,
        ("characters", "milliseconds"),
        logarithmic=True,
    ),
    alt="Two rising lines on logarithmic axes. For long texts the attention's line is far above "
    "that of the feed-forward network and much steeper.",
)

# %% [markdown]
# In our runs attention took about as long as the feed-forward network for the shortest texts, and
# many times as long for 2,048 characters. The last doubling took about four times as long, as the
# square predicts. The feed-forward network's time grew less than the length, because short texts do
# not keep the processor busy.
#
# Counting multiplications would give another picture. With $u$ units and a text of length $L$, each
# position costs the attention $4u^2 + 2Lu$ of them, in four matrices, the scores and the average.
# It costs the feed-forward network $8u^2$. So attention would need fewer up to $L = 2u$, here 256
# characters. But it also computes a softmax, and splits its products into small ones, one for each
# head. Measure before you decide what to make faster.
#
# The square is the price of seeing everything at once, and the reason why so much research goes
# into cheaper attention. Our network pays it only within a window: no layer looks back more than
# 64 positions, so `memory` stops growing.
#
# ## What goes wrong
#
# Look at four possible weaknesses of the trained network: loops, invented words, copying, and a
# short memory. First the greedy loop from above, now with the trained network. The second part
# counts how many of the sampled words do not occur anywhere in the training text. `top_k=5` samples
# only from the five most likely characters ([Fan et al. 2018](https://arxiv.org/abs/1805.04833)).

# %% tags=["train"]
print("── greedy ──")
print(greedy(model, data.opening, 200), "\n")
training_text = data.vocabulary.decode(data.train.ids)
known = set(re.findall(r"\w+", training_text.lower()))
for taste in (Taste(0.3), Taste(0.8), Taste(1.3), Taste(1.3, top_k=5)):
    said = continued(model, data.vocabulary, data.opening, 2_000, taste)
    words = re.findall(r"\w+", said.lower())
    unseen = [word for word in words if word not in known]
    share = len(unseen) / max(len(words), 1)
    only = f", top_k {taste.top_k}" if taste.top_k else ""
    print(f"temperature {taste.temperature}{only}: {share:.1%} not in it:", *unseen[:6])

# %% [markdown]
# * **Loops.** Look for phrases that return in the greedy text. Greedy decoding tends to repeat
#   common phrases, and once the last 64 characters repeat exactly, the text is caught in a loop
#   forever, because the same window always gives the same next character. In our run *the state of
#   the* and *the stand* came back again and again. Sampling helps.
# * **Invented words.** The higher the temperature, the more words do not occur in the training
#   text. Now and then an unlikely character is drawn, and the rest of the word must continue from
#   it. Most of these words are invented; a few are real (*pester*, *sickled*). In our run they were
#   under 1 % at 0.3, 6 % at 0.8 and 28 % at 1.3, but only 11 % at 1.3 with `top_k=5`. A lower
#   temperature or a `top_k` helps, and so does longer training.
#
# Does the network write, or does it recite? Find the longest passage of a sample that also occurs
# in the training text:


# %% tags=["train"]
def longest_copy(text: str, source: str) -> str:
    """Return the longest passage of a text that also occurs in the source."""
    longest = ""
    for start in range(len(text)):
        while start + len(longest) < len(text):
            passage = text[start : start + len(longest) + 1]
            if passage not in source:
                break
            longest = passage
    return longest


said = continued(model, data.vocabulary, data.opening, 2_000, Taste(0.8))
copied = longest_copy(said, training_text)
print(f"{len(copied)} characters: {copied!r}")

# %% [markdown]
# * **Copying.** A network that overfits recites whole lines. In our run the network did not: the
#   longest passage had 33 characters and was only the end of a speech and the names of two
#   speakers. If yours is several lines of a speech, use a smaller network, `dropout`, or more text.
# * **A short memory.** Each layer looks back at most 64 positions, so nothing from more than a few
#   lines back can influence what is written. Read a long sample: the topic drifts from speech to
#   speech. A longer window helps, and costs time.
#
# When you change the code, these are the symptoms to know:
#
# * *The loss falls to nearly zero within minutes.* The network sees the answer. Change a later
#   character and see which predictions change (exercise 3).
# * *The loss stays at 3.3.* The network knows how frequent each letter is, and nothing else. The
#   learning rate may be far too high, or the softmax may run along the wrong axis.
# * *The loss stays near 2.5, as for counted pairs of characters.* The network cannot tell positions
#   apart. Is `rotated` called?
# * *The training loss is fine, but the text is rubbish.* There is a leak, or the cache gives the
#   new query the wrong position (exercise 5).
#
# ## Experiments
#
# * Set `learning_rate=4e-2` in `prepare(...)`, then `warmup=0.0`: what does the loss curve look
#   like?
# * Try one head instead of four, `heads=1`; then one layer that is twice as wide,
#   `layers=1, units=256`.
# * Try `length=16` and `length=128`: how much does more context help, and what does it cost?
# * Train for ten epochs instead of three, once with `dropout=0.0` and once with `dropout=0.2`. When
#   do the two curves separate?
#
# ## Make it yours
#
# * Other data: `coursekit run transformer --data book.txt` takes any text in UTF-8, the longer the
#   better.
# * Another part: `build_model(data, settings, attend=yours)` uses your attention function, and
#   `block=YourBlock` your block.
# * A plugin of your own: `coursekit new NAME --from transformer` copies this lesson. You could
#   start with pieces of words instead of characters.
#
# ## What do you remember?
#
# Answer each question before you open it.
#
# <details><summary>1. What are a query, a key and a value?</summary>
#
# The query says what a position is looking for, the key how a position can be found, and the value
# what it offers. The match of query and key decides how much of the value is used.
#
# </details>
#
# <details><summary>2. Why are the scores divided by the square root of the query's size?</summary>
#
# Dot products of long vectors are large. A softmax of large scores puts nearly all weight on one
# position, and its gradient almost vanishes.
#
# </details>
#
# <details><summary>3. What does the causal mask do, and why is it needed?</summary>
#
# It keeps each position from looking at later ones. In training the character to be predicted is in
# the window, and without the mask the network would simply copy it.
#
# </details>
#
# <details><summary>4. Do four heads need more parameters than one head?</summary>
#
# No. The heads divide the same features among themselves, so the matrices keep their size.
#
# </details>
#
# <details><summary>5. What would the network not know without the rotation?</summary>
#
# The order of the earlier characters, at least in a single layer. Attention is a weighted average,
# and an average does not depend on the order of its terms. (Several layers with a causal mask can
# find out a little.)
#
# </details>
#
# <details><summary>6. Why does each part add to the features instead of replacing them?</summary>
#
# The gradient can then run straight through all blocks, so even the first blocks of a deep network
# learn.
#
# </details>
#
# <details><summary>7. What does the key-value cache keep, and why may it?</summary>
#
# The keys and values of earlier positions, in every layer and head. No position looks ahead, so
# what follows cannot change them.
#
# </details>
#
# <details><summary>8. The held-out loss rises while the training loss falls. Why?</summary>
#
# The network is overfitting. Stop earlier, use dropout or a smaller network, or find more text.
#
# </details>
#
# ## Sources
#
# * Vaswani et al.: [*Attention is all you need*](https://arxiv.org/abs/1706.03762) (2017): the
#   transformer
# * Radford et al.: [*Language models are unsupervised multitask
#   learners*](https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf)
#   (2019): GPT-2, a decoder alone, normalised before each part
# * Xiong et al.: [*On layer normalization in the transformer
#   architecture*](https://arxiv.org/abs/2002.04745) (2020): why before
# * Ba, Kiros, Hinton: [*Layer normalization*](https://arxiv.org/abs/1607.06450) (2016)
# * He et al.: [*Deep residual learning for image recognition*](https://arxiv.org/abs/1512.03385)
#   (2015) and [*Identity mappings in deep residual networks*](https://arxiv.org/abs/1603.05027)
#   (2016)
# * Elhage et al.: [*A mathematical framework for transformer
#   circuits*](https://transformer-circuits.pub/2021/framework/index.html) (2021): the residual
#   stream
# * Hendrycks, Gimpel: [*Gaussian error linear units*](https://arxiv.org/abs/1606.08415) (2016)
# * Su et al.: [*RoFormer: enhanced transformer with rotary position
#   embedding*](https://arxiv.org/abs/2104.09864) (2021)
# * Haviv et al.: [*Transformer language models without positional encodings still learn positional
#   information*](https://arxiv.org/abs/2203.16634) (2022)
# * Fan, Lewis, Dauphin: [*Hierarchical neural story generation*](https://arxiv.org/abs/1805.04833)
#   (2018): top-k
# * Holtzman et al.: [*The curious case of neural text
#   degeneration*](https://arxiv.org/abs/1904.09751) (2020): top-p
# * Loshchilov, Hutter: [*Decoupled weight decay regularization*](https://arxiv.org/abs/1711.05101)
#   (2019): AdamW
# * Olsson et al.: [*In-context learning and induction heads*](https://arxiv.org/abs/2209.11895)
#   (2022): what exercise 6 builds
# * Karpathy: [nanoGPT](https://github.com/karpathy/nanoGPT) (2022), and the data set
#   [tinyshakespeare](https://github.com/karpathy/char-rnn/tree/master/data/tinyshakespeare) (2015)
#
# **Next:** `coursekit start transformer` opens the exercises of this lesson, the last of the
# course.
