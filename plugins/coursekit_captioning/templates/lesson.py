# %% [markdown]
# # Image captioning with visual attention
#
# **Goal.** See how a network learns to describe a picture, and where it looks at each word.
#
# **Time.** 60 minutes
#
# **Before.** the lesson nmt, or: an encoder, a decoder, additive attention
#
# A translator reads a sentence and writes another. What if the "sentence" that it reads is a
# picture? Then its words are *places*. In 2015 Xu and others took the attention of Bahdanau's
# translator, pointed it at the cells of a convolutional network, and called the paper *Show, Attend
# and Tell*: before each word the network looks somewhere, and we can see where.
#
# A map of where a network looks convinces at once and proves nothing. So this lesson begins with
# pictures of which everything is known: coloured shapes, drawn by a program that also writes the
# captions. There a caption is true or it is not, and attention is on the thing that it names or it
# is elsewhere. Photographs come afterwards, with one word changed.

# %%
import time
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit.prepare import prepare, show
from coursekit_captioning import CaptioningLesson
from coursekit_captioning.build import build_captioner
from coursekit_captioning.demo import answer, held_out
from coursekit_captioning.evaluate import evaluate_split
from coursekit_captioning.overlay import attention_figure
from coursekit_captioning.decode import write_captions
from coursekit_captioning.practice import figures

# %% [markdown]
# ## The data
#
# One line names the data set. `scenes` is drawn on the fly; `flickr8k` (1.1 GB) and `coco` are
# photographs; the path of a folder of your own with a `captions.csv` will do as well.

# %%
DATASET = "scenes"
EPOCHS = 3

# %%
settings, data = prepare(CaptioningLesson(), DATASET, epochs=EPOCHS)
print("\n".join(data.notes))


# %%
figure = Figure(figsize=(10, 2.7), layout="constrained")
for index, axis in enumerate(figure.subplots(1, 4)):
    shown = held_out(data, index % len(data.held_out))  # a small folder holds out fewer
    axis.imshow(shown.pixels, aspect=shown.aspect)
    axis.set_axis_off()
    axis.set_title(f"picture {index}", fontsize=10)
    for caption in shown.example.captions[:2]:
        print(f"picture {index}: {caption}")
show(figure, alt="Four held-out pictures; what is in them, the captions above say.")

# %% [markdown]
# Five people describe a picture in five ways, and all are right. In each of these held-out pictures
# is something that training never shows: no purple star there is above anything, though there are
# purple stars, and stars above other things. Who has learnt sentences by heart fails here.
#
# A batch holds pictures, and for each some captions as rows of word numbers: `<start>` (1), the
# words, `<end>` (2), and padding (0).

# %%
pictures, captions = next(iter(data.train.batches(0)))
print("pictures", pictures.shape, pictures.dtype.name, " captions", captions.shape)
print(captions[0, 0].numpy())
print(data.vocabulary.decode(captions[0, 0].numpy()))

# %% [markdown]
# ## The encoder: from pixels to places
#
# Five convolutions turn 64 × 64 pixels into a grid of 8 × 8 cells; each cell has seen a part of the
# picture, larger than itself. A convolution sees the same circle everywhere: it does not know
# *where* it is, and without that "above" cannot be learnt. So each cell is also told its place.

# %%
from coursekit_captioning.model import ShapeEncoder

show(
    figures.picture_to_cells(64, ShapeEncoder.CONVOLUTIONS, settings.units),
    alt="A picture of a circle and a square becomes a grid of cells. One cell is marked; back in "
    "the picture a small frame is what the cell stands for, and a larger one all that it sees.",
)

# %%
from coursekit_captioning.model import coordinates  # show

# %%
print(coordinates(2).numpy())

# %%
from coursekit_captioning.model import ShapeEncoder  # show

# %% [markdown]
# Photographs are another matter: what a dog looks like takes a million pictures to learn. There a
# network that was trained on ImageNet sees first, once for each picture, and the lesson learns only
# to talk about it.

# %%
model = build_captioner(data, settings)
annotations = model.encoder(pictures[:2])
print("annotations", annotations.shape, ": (pictures, cells, size)")

# %% [markdown]
# ## Attention over places
#
# The decoder's *query* is held against each cell, and softmax makes weights of the scores,
#
# $$e_i = v^\top \tanh(W q + U a_i), \qquad \alpha = \operatorname{softmax}(e),
# \qquad c = \sum_i \alpha_i a_i .$$
#
# It is the attention of the lesson nmt, letter for letter, but for the mask: a picture has no
# padding. The second axis here is the captions, for five people look at the same picture.

# %%
show(
    figures.looking(*annotations.shape[1:]),
    alt="A picture of a circle and a square; beside it the grid of attention weights, dark on the "
    "cells of the circle. The annotations, weighted and added up, are the context.",
)

# %%
from coursekit_captioning.model import BahdanauAttention  # show

# %%
layer = BahdanauAttention(4)
places = tf.random.normal((2, 64, 6), seed=0)
context, weights = layer(tf.random.normal((2, 5, 3), seed=1), layer.keys(places), places)
print("context", context.shape, " weights", weights.shape)
print("each row sums to", weights[0, 0].numpy().sum().round(4))

# %% [markdown]
# ## One step of the decoder
#
# Suppose there are a red circle and a blue square, and the network has just written "a red". What
# comes next is a circle, and only the word "red" tells that. So the word before is part of the
# query. In the paper the query is the state alone, which has not read that word yet.

# %%
show(
    figures.one_step(
        annotations.shape[1], settings.units, settings.embedding, len(data.vocabulary)
    ),
    alt="State and word before make the query; attention compares it with the cells of the "
    "picture. A gate that the state opens lets through as much of the context as counts. The GRU "
    "makes the next state of context, word and state, and the next word is scored from it.",
)

# %%
from coursekit_captioning.model import Memory  # show

# %%
from coursekit_captioning.model import Decoder  # show: step

# %% [markdown]
# **Predict, then run.** An untrained network finds all words of the vocabulary about equally
# likely. What is its loss per word, in nats?

# %%
from coursekit_captioning.train import token_loss

read, write = captions[:, :, :-1], captions[:, :, 1:]
logits, weights = model((pictures, read))
loss, _ = token_loss(logits, write)
words = len(data.vocabulary)
print("logits", logits.shape, " weights", weights.shape)
print(f"loss {float(loss):.2f}; the logarithm of {words} words is {np.log(words):.2f}")

# %% [markdown]
# A little more than the logarithm: its guesses are not quite equal yet, and they are wrong.
#
# ## One step, eagerly
#
# Nothing is compiled yet. `train_step` is a plain function: put `breakpoint()` into it and look
# around, or look at a gradient, as here at the one of the attention's score.

# %%
from coursekit_captioning.train import train_step

with tf.GradientTape() as tape:
    logits, _ = model((pictures, read), training=True)
    loss, _ = token_loss(logits, write)
gradient = tape.gradient(loss, model.decoder.attention.score.trainable_variables)[0]
print("gradient of v", gradient.shape, f"norm {float(tf.norm(gradient)):.1e}")

# %% [markdown]
# The same function, compiled in one line. Predict which is faster, and by how much.

# %%
compiled = tf.function(lambda pictures, captions: train_step(model, (pictures, captions)))


def speed(step: Any, times: int) -> float:
    """Return the milliseconds of a step, after a first one that may compile."""
    step(pictures, captions)
    start = time.perf_counter()
    for _ in range(times):
        step(pictures, captions)
    return 1000 * (time.perf_counter() - start) / times


print(f"eager    {speed(lambda x, y: train_step(model, (x, y)), 3):7.1f} ms")
print(f"compiled {speed(compiled, 10):7.1f} ms")

# %% [markdown]
# ## Train
#
# A fresh network. After each pass it describes the held-out pictures, with no word given. Of
# `scenes` two numbers say more than any BLEU: `true_captions`, of which every word is true of the
# picture, and `pointing_game`, how often attention is highest on the thing that a noun names.

# %% tags=["train"]
model = build_captioner(data, settings)
compiled = tf.function(lambda pictures, captions: train_step(model, (pictures, captions)))
for epoch in range(EPOCHS):
    losses = [compiled(*batch)["loss"] for batch in data.train.batches(epoch)]
    scores = evaluate_split(model, data, data.validation)
    told = ", ".join(f"{name} {value:.2f}" for name, value in scores.items())
    print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}, {told}")

# %% [markdown]
# ## Where it looks
#
# Bright is where the network looked when it wrote the word. Nobody told it which word belongs to
# which place; it has read captions, no more. Follow a noun: is the light on it? Follow "above" or
# "left": where do you look, to find out whether one thing is above another?

# %% tags=["train"]
described = []
for index in (3, 5, 0):
    shown = held_out(data, index % len(data.held_out))
    (written,) = write_captions(model, data.vocabulary, lambda places, s=shown: s.seen, 1, 20, 4)
    print(answer(shown, written))
    described.append((shown, written))
shown, written = described[0]
looked = shown.pixels, written.words, written.attention
show(
    attention_figure(*looked, shown.aspect, data.offset),
    alt=f"The picture once for each word of “{' '.join(written.words)}”, bright where it looked.",
)

# %% tags=["train"]
shown, written = described[1]
looked = shown.pixels, written.words, written.attention
show(
    attention_figure(*looked, shown.aspect, data.offset),
    alt=f"The picture once for each word of “{' '.join(written.words)}”, bright where it looked.",
)

# %% [markdown]
# ## Experiments
#
# * Train two epochs more (`EPOCHS = 5`, as `coursekit run captioning` does). Which errors go first:
#   colours, shapes, directions, or numbers?
# * Set the weights of `place` to zero before training. Which words suffer?
# * Give the attention the state alone (`Decoder.step`). What happens to "a red circle and a blue
#   square"?
# * `attend_everywhere=1.0` in `prepare(...)` asks that no part of the picture be overlooked
#   (equation 14 of the paper). Does the light spread? Does the pointing game follow?
#
# ## Make it yours
#
# * Other data: a folder of photographs with `captions.csv` (columns `image`, `caption`), and its
#   path as `DATASET`; or `coursekit run captioning --data flickr8k`.
# * Another part: `build_captioner(data, settings, attention=YourAttention)` takes your class; so
#   do `encoder` and `decoder`.
# * A plugin of your own: copy the folder `coursekit_captioning`, keep its files, change what is in
#   them.
#
# ## Sources
#
# Xu et al.: *Show, Attend and Tell: neural image caption generation with visual attention* (2015).
# Bahdanau, Cho, Bengio: *Neural machine translation by jointly learning to align and translate*
# (2014). Vedantam, Zitnick, Parikh: *CIDEr* (2015). Zhang et al.: *Top-down neural attention by
# excitation backprop* (2016), for the pointing game.
