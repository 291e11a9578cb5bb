# %% [markdown]
# # Image captioning with visual attention
#
# **Goal.** See how a network learns to describe a picture, and where it looks at each word.
#
# **Time.** 60 minutes
#
# **Before.** the lesson nmt, or: an encoder, a decoder, additive attention
#
# **Skip.** No other lesson builds on this one, but convolutions are explained here and used again
# in `dcgan`. Leave out exercise 2 if you wrote the attention of `nmt`, and exercises 5 and 6 if you
# know how a network's probabilities become a text.
#
# A translator reads a sentence and writes another one. What if the "sentence" that it reads is a
# picture? Then *places* in the picture take the role of words. An early captioner ([Vinyals et al.
# 2015](https://arxiv.org/abs/1411.4555)) saw the whole picture once, as a single vector. In the
# same year Xu and others took the attention of Bahdanau's translator and applied it to the cells of
# a grid that convolutions make of the picture. They called their paper [*Show, Attend and
# Tell*](https://arxiv.org/abs/1502.03044). Before each word the network looks somewhere, and we can
# see where.
#
# A map of where a network looks is convincing, but it proves nothing. So this lesson begins with
# pictures about which everything is known: coloured shapes, drawn by a program that also writes
# the captions. With these, we can decide whether a caption is true, and whether the network looks
# at the thing that it names. For photographs, change only the data set's name.
#
# The next cell imports what the lesson uses. You can skip it: each part is explained where it is
# needed. `figures` draws the diagrams.

# %%
import time
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit.prepare import explore, predict, prepare, reveal, show
from coursekit_captioning import CaptioningLesson
from coursekit_captioning.build import build_captioner
from coursekit_captioning.decode import Written, write_captions
from coursekit_captioning.demo import Subject, answer, held_out
from coursekit_captioning.evaluate import evaluate_split
from coursekit_captioning.model import Captioner
from coursekit_captioning.overlay import attention_figure, draw_look
from coursekit_captioning.practice import figures
from coursekit_captioning.scenes import is_true
from coursekit_captioning.train import attention_penalty
from coursekit_captioning.vocabulary import END, PAD, START

# %% [markdown]
# ## The data
#
# One line names the data set:
#
# * `scenes` is drawn on the fly and needs no download.
# * `flickr8k` (1.1 GB, [Hodosh et al. 2013](https://doi.org/10.1613/jair.3994)) and
#   [`coco`](https://cocodataset.org) are photographs.
# * The path of a folder of your own works too. It needs a file `captions.csv`.

# %%
DATASET = "scenes"
EPOCHS = 3

# %%
settings, data = prepare(CaptioningLesson(), DATASET, epochs=EPOCHS)
print("\n".join(data.notes))


# %% [markdown]
# The pictures are split into three parts. The network learns from the *training* pictures only.
# The *validation* and *test* pictures are **held out**: how well it describes them shows what it
# has learned, not what it has memorised. Here are four of the test pictures.

# %%
figure, described = Figure(figsize=(10, 2.7), layout="constrained"), []
for index, axis in enumerate(figure.subplots(1, 4)):
    shown = held_out(data, index % len(data.held_out))  # a small folder holds out fewer
    axis.imshow(shown.pixels, aspect=shown.aspect)
    axis.set_axis_off()
    axis.set_title(f"picture {index}", fontsize=10)
    described.append(max(shown.example.captions, key=len))
    for caption in shown.example.captions[:2]:
        print(f"picture {index}: {caption}")
show(figure, alt=f"Four held-out pictures: {'; '.join(described)}.")

# %% [markdown]
# Each picture has five captions, all different and all true, as if five people had described it.
# Each held-out scene contains a combination that training never shows. In training no purple star
# is ever above anything (picture 3), no red circle is ever to the right of anything (pictures 0 and
# 2), and no blue square is ever below anything (picture 1). But there are purple stars in training,
# and other things above others. A network that memorised sentences fails here.
#
# A batch holds pictures, and some captions for each of them. A caption is a row of word numbers:
# `<start>` (1), the words, `<end>` (2), and padding (0) up to a common length.

# %%
pictures, captions = next(iter(data.train.batches(0)))
print("pictures", pictures.shape, pictures.dtype.name, " captions", captions.shape)
print(captions[0, 0].numpy())
print(data.vocabulary.decode(captions[0, 0].numpy()))

# %% [markdown]
# The first axis counts the pictures and the second the captions of a picture. Each picture is
# encoded once, however many captions it has.
#
# ## What a convolution does
#
# Pictures are read by **convolutions**. A convolution slides a small window over the picture. At
# each position it multiplies the numbers in the window by those of a **kernel**, one by one, and
# adds up the products. So each position gives one number. Here the picture has 5 × 5 pixels: a
# bright square on black. The kernel has 3 × 3 numbers. It subtracts the left column of the window
# from the right one.

# %%
square = np.zeros((5, 5), "float32")
square[1:4, 1:4] = 1
kernel = np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]], "float32")
show(
    figures.convolution(square, kernel),
    alt="A picture of 5 by 5 numbers with a square of ones in the middle, a kernel of 3 by 3, and "
    "a result of 3 by 3. The window is in the upper left corner of the picture. There the result "
    "is 2. The other eight numbers are question marks.",
)

# %% [markdown]
# In the marked window, the right column sums to 0 + 1 + 1 = 2 and the left one to 0, so the first
# number of the result is 2 - 0 = 2.
#
# **Predict, then run.** The window moves down by one pixel. Which number does it give there?

# %%
predict("edge", ...)


# %%
def convolve(picture: Any, kernel: Any, stride: int = 1) -> Any:
    """Return what a square kernel gives at each position of its window in a square picture."""
    size = len(kernel)
    starts = range(0, len(picture) - size + 1, stride)
    windows = [[picture[y : y + size, x : x + size] for x in starts] for y in starts]
    return np.array([[np.sum(window * kernel) for window in row] for row in windows])


found = convolve(square, kernel)
by_tensorflow = tf.nn.conv2d(
    square[np.newaxis, :, :, np.newaxis], kernel[:, :, np.newaxis, np.newaxis], 1, "VALID"
)
print(found)
print("TensorFlow gives the same:", np.array_equal(found, by_tensorflow[0, :, :, 0]))
print("with a stride of 2:", convolve(square, kernel, stride=2).tolist())
reveal("edge", found[1, 0], within=0)

# %% [markdown]
# One pixel further down, the right column is 1 + 1 + 1 = 3 and the left one still 0. This kernel
# detects vertical edges. It gives positive numbers where the picture gets brighter from left to
# right, negative ones where it gets darker, and 0 where nothing changes. Nobody designs the kernels
# of a network: their numbers are parameters, and training finds them.
#
# The other terms that you need:
#
# * The **stride** is how far the window moves from one position to the next. With a stride of 2 the
#   result is about half as wide and half as high.
# * **Padding** adds a border of zeros around the picture. Keras calls it `same` if the result of a
#   stride of 1 is as large as the picture. Without padding, 5 × 5 pixels became 3 × 3 numbers.
# * A **channel** is one of several grids that lie on top of each other. A colour picture has three
#   channels: red, green and blue. A layer has many kernels. Each kernel reads all channels and
#   makes one channel of the result.
# * **ReLU** (rectified linear unit) replaces negative numbers by 0. It follows each convolution.
#   Without such a step, several convolutions in a row would amount to a single one.
# * **Batch normalisation** first shifts and scales each channel to a mean of 0 and a standard
#   deviation of 1 over the batch, then shifts and scales it by two learned numbers.
# * **Pooling** is another way to shrink a grid: it keeps only the largest number (or the mean) of
#   each small window. Our encoder uses strides instead.
# * The **receptive field** of a number is the part of the picture on which it depends. After one
#   convolution of 3 × 3 that is 3 × 3 pixels, after two 5 × 5: it grows from layer to layer.
#
# ## The encoder: from pixels to places
#
# Five convolutions turn 64 × 64 pixels into a grid of 8 × 8 cells. Because windows overlap from
# layer to layer, the receptive field of a cell is much larger than its own 8 × 8 pixels.
#
# A convolution responds to a circle in the same way wherever the circle is. By itself it says
# little about *where* the circle is: only near the border does the padding give a hint ([Islam et
# al. 2020](https://arxiv.org/abs/2001.08248)). Words such as "above" are hard to learn from that.
# So each cell also gets the coordinates of its place, as in *CoordConv* ([Liu et al.
# 2018](https://arxiv.org/abs/1807.03247)).

# %%
from coursekit_captioning.model import ShapeEncoder

show(
    figures.picture_to_cells(64, ShapeEncoder.CONVOLUTIONS, settings.units),
    alt="A picture of a circle and a square becomes a grid of cells. One cell is marked. In the "
    "picture a small frame shows the place of this cell, and a larger one its receptive field.",
)

# %%
from coursekit_captioning.model import coordinates  # show

# %% [markdown]
# For a grid of 2 × 2 cells, these are the middles of the cells: down first, then across, from -1 to
# 1.

# %%
print(coordinates(2).numpy())

# %% [markdown]
# The encoder applies the convolutions and flattens the grid into a row of cells. A dense layer
# projects the channels of each cell, and a few numbers made from the coordinates are appended. The
# constructor, below `call`, makes the layers.

# %%
from coursekit_captioning.model import ShapeEncoder  # show: call, __init__

# %% [markdown]
# For photographs, 12,000 pictures would not be enough to learn what a dog looks like. There, the
# features come from a network that was trained on the 1.3 million pictures of
# [ImageNet](https://www.image-net.org). They are computed once for each picture, and the lesson
# learns only the language.

# %%
model = build_captioner(data, settings)
annotations = model.encoder(pictures[:2])
print("annotations", annotations.shape, ": (pictures, cells, size)")

# %% [markdown]
# Each cell now has an *annotation*: a vector that describes what is there and where that is. Of its
# 160 numbers, 128 come from the channels and 32 from the coordinates.
#
# ## Attention over places
#
# The decoder's *query* $q$ says what it is looking for. It is compared with the annotation $a_i$ of
# each cell, which gives a score $e_i$. Softmax turns the scores into weights $\alpha$, which sum to
# one:
#
# $$e_i = v^\top \tanh(W q + U a_i), \qquad \alpha = \operatorname{softmax}(e),
# \qquad c = \sum_i \alpha_i a_i .$$
#
# The *context* $c$ is the weighted mean of the annotations. This is the attention of the lesson
# `nmt`, without the mask, because a picture has no padding. And the query has one more axis, which
# counts captions, because each picture has five.

# %%
show(
    figures.looking(*annotations.shape[1:]),
    alt="A picture of a circle and a square. Beside it is the grid of attention weights, dark on "
    "the cells of the circle. The annotations, weighted and added up, are the context.",
)

# %% [markdown]
# In the code, `keys` are $U a_i$. They do not depend on the query, so they are computed once for
# each picture.

# %%
from coursekit_captioning.model import BahdanauAttention  # show

# %%
layer = BahdanauAttention(4)
places = tf.random.normal((2, 64, 6), seed=0)
context, weights = layer(tf.random.normal((2, 5, 3), seed=1), layer.keys(places), places)
print("context", context.shape, " weights", weights.shape)
print("each row sums to", weights[0, 0].numpy().sum().round(4))

# %% [markdown]
# Two pictures with five queries each give 2 × 5 contexts, and for each of them 64 weights.
#
# ## One step of the decoder
#
# Suppose a picture shows a red circle and a blue square, and the network has just written "a red".
# The next word should be "circle", and only the word "red" tells the network so. Therefore the
# previous word is part of the query. In the paper the query is the state alone, which has not read
# that word yet.

# %%
show(
    figures.one_step(
        annotations.shape[1], settings.units, settings.embedding, len(data.vocabulary)
    ),
    alt="The previous state and the previous word make the query. Attention compares it with the "
    "annotations of the picture's cells. A gate, which depends on the state, scales the context. "
    "The GRU makes the next state from context, word and state; then the next word is scored.",
)

# %% [markdown]
# What the decoder needs to know about the pictures is kept together:

# %%
from coursekit_captioning.model import Memory  # show

# %% [markdown]
# The decoder is a GRU. In one step it looks at the picture, scales the context by a gate, and
# updates its state. (`projected` is the previous word multiplied by the GRU's input weights.)

# %%
from coursekit_captioning.model import Decoder  # show: step

# %% [markdown]
# ## Reading and writing: teacher forcing and free running
#
# The decoder can be used in two ways. In training it reads the *right* previous words, whatever it
# would have written itself. This is called **teacher forcing**. When it describes a new picture,
# there are no right words to read, so it reads its own. This is called **free running**.
#
# `Decoder.call` is teacher forcing. It takes one step for each right word, then scores all the next
# words at once.

# %%
from coursekit_captioning.model import Decoder  # show: call

# %% [markdown]
# Free running takes ten lines. At each step, this *greedy search* writes the likeliest word and
# then reads it. It stops at `<end>`.


# %%
def greedy(model: Captioner, picture: Any, limit: int = 20) -> list[str]:
    """Describe one picture: write the likeliest word at each step."""
    memory = model.see(tf.constant(picture))
    word, state, ids = START, memory.state, []
    while word != END and len(ids) < limit:
        logits, state, _ = model.next_word(tf.constant([[word]]), state, memory)
        word = int(tf.argmax(logits[0, 0]))
        ids.append(word)
    return data.vocabulary.decode(ids)


# %%
print(" ".join(greedy(model, held_out(data, 0).seen)))

# %% [markdown]
# Nothing has been trained yet, so what it writes is meaningless, and may even be empty.
#
# ## The loss
#
# The loss is that of `nmt`: the mean over the words of the **cross-entropy** $-\log p$, where $p$
# is the probability of the right word, in *nats*. In terms of the logits $z$ it is
#
# $$-\log p_{\text{right}} = \log \sum_w e^{z_w} - z_{\text{right}}$$
#
# The first term is the *log normaliser*, and the second is the logit of the right word. Padding is
# not a word: it is left out of the sum, and out of the number that the sum is divided by. (The
# function also returns a smoothed loss, for *label smoothing*. On `scenes` smoothing is 0, and the
# two losses are equal.)

# %%
from coursekit_captioning.train import token_loss  # show

# %% [markdown]
# **Predict, then run.** An untrained network finds all words of the vocabulary about equally
# likely. The vocabulary has 41 words. What is the loss per word, in nats?

# %%
predict("loss", ...)

# %%
read, write = captions[:, :, :-1], captions[:, :, 1:]
logits, weights = model((pictures, read))
loss, _ = token_loss(logits, write)
words = len(data.vocabulary)
print("logits", logits.shape, " weights", weights.shape)
print(f"loss {float(loss):.2f}; the logarithm of {words} words is {np.log(words):.2f}")
reveal("loss", loss, unit="nats")

# %% [markdown]
# If all words were exactly equally likely, the loss would be the logarithm of their number: log 41
# = 3.71. It is a little higher because the untrained logits are random, not equal: by chance the
# network prefers some words.
#
# ## The train step
#
# A train step reads a batch with teacher forcing, computes the loss and its gradients, and lets the
# optimizer update the parameters. The decoder reads each caption without its last column and
# predicts the caption without its first: at each place it must predict the next word.

# %%
from coursekit_captioning.train import train_step  # show

# %% [markdown]
# `attention_penalty` is an option of the paper: it asks that each cell be looked at by some word of
# the caption. Its weight, `attend_everywhere`, is 0 here. Nothing is compiled yet, so `train_step`
# is a plain function. You can put `breakpoint()` into it and look around. Or look at a gradient,
# such as that of $v$, the vector that scores the cells:

# %%
with tf.GradientTape() as tape:
    logits, _ = model((pictures, read), training=True)
    loss, _ = token_loss(logits, write)
gradient = tape.gradient(loss, model.decoder.attention.score.trainable_variables)[0]
print("gradient of v", gradient.shape, f"norm {float(tf.norm(gradient)):.1e}")

# %% [markdown]
# The gradient is not zero, though no target says where to look: the loss of the words alone teaches
# the attention.
#
# The same function can be compiled in one line: `tf.function` traces it once and turns it into a
# graph.
#
# **Predict, then run.** How many times as fast is the compiled step? (Below 1: slower.)

# %%
predict("speedup", ...)

# %%
compiled = tf.function(lambda pictures, captions: train_step(model, (pictures, captions)))


def speed(step: Any, times: int) -> float:
    """Return the milliseconds of a step, after a first one that may compile."""
    step(pictures, captions)
    start = time.perf_counter()
    for _ in range(times):
        step(pictures, captions)
    return 1000 * (time.perf_counter() - start) / times


eager_time, compiled_time = speed(lambda x, y: train_step(model, (x, y)), 3), speed(compiled, 10)
print(f"eager    {eager_time:7.1f} ms")
print(f"compiled {compiled_time:7.1f} ms")
reveal("speedup", eager_time / compiled_time, unit="times", within=0.4)

# %% [markdown]
# The compiled step is several times as fast. The eager version goes back to Python for every small
# operation. The compiled one runs as a graph.
#
# ## Training loss and held-out loss
#
# The training loss says how well the network predicts captions that it learns from. A network could
# reach a low training loss by memorising them. This is called **overfitting**. You recognise it by
# the loss on *held-out* pictures, which then stops falling or even rises while the training loss
# still falls.


# %%
@tf.function
def word_loss(model: Captioner, pictures: tf.Tensor, captions: tf.Tensor) -> tf.Tensor:
    """Return the loss per word in nats; nothing is learned and nothing is dropped."""
    logits, _ = model((pictures, captions[:, :, :-1]))
    return token_loss(logits, captions[:, :, 1:])[0]


def held_out_loss(model: Captioner, batches: int = 20) -> float:
    """Return the mean loss on some batches of validation pictures."""
    some = data.validation.batches(0).take(batches)
    return float(np.mean([word_loss(model, *batch) for batch in some]))


# %% [markdown]
# ## Train
#
# We start with a fresh network. After each epoch it describes the validation pictures in free
# running. These are the scores:
#
# * **BLEU** (0 to 100) and **CIDEr** compare a caption with the five *references* of the picture,
#   the captions that the data set has. `bleu_4` measures what share of the caption's runs of one to
#   four words also occur in the references. CIDEr is similar, but runs that are rare in other
#   captions count more.
# * `true_captions` is the share of captions of which every word is true of the scene.
# * `pointing_game` is the share of nouns at which attention is highest on the thing that the noun
#   names.
#
# On `scenes` the last two say more than any BLEU. A caption can be true and still differ from all
# five.
#
# **Predict, then run.** After three epochs, what share of the captions is true, from 0 to 1?

# %%
predict("true-captions", ...)

# %% tags=["train"]
model = build_captioner(data, settings)
compiled = tf.function(lambda pictures, captions: train_step(model, (pictures, captions)))
history = []
for epoch in range(EPOCHS):
    losses = [compiled(*batch)["loss"] for batch in data.train.batches(epoch)]
    history.append((epoch + 1, float(np.mean(losses)), held_out_loss(model)))
    scores = evaluate_split(model, data, data.validation)
    chosen = {name: scores[name] for name in scores if name not in ("bleu_1", "bleu_2", "bleu_3")}
    if epoch == 0:
        print("epoch    loss  held out", *(f"{name:>14}" for name in chosen))
    numbers = (f"{value:14.2f}" for value in chosen.values())
    print("{:5d} {:7.3f}  {:8.3f}".format(*history[-1]), *numbers)
if "true_captions" in scores:
    reveal("true-captions", scores["true_captions"], within=0.2)

# %% tags=["train"]
figure = Figure(figsize=(5.5, 3.2), layout="constrained")
panel = figure.subplots()
epochs, training, held = zip(*history, strict=True)
panel.plot(epochs, training, marker="o", label="training")
panel.plot(epochs, held, marker="s", linestyle="--", label="held out")
panel.set(xlabel="epoch", ylabel="loss per word (nats)", xticks=epochs)
panel.legend()
show(
    figure,
    alt=f"Two lines over the epochs. The training loss goes from {training[0]:.2f} to "
    f"{training[-1]:.2f}, the held-out loss from {held[0]:.2f} to {held[-1]:.2f}.",
)

# %% [markdown]
# In our run both losses fell in every epoch, and the captions improved much more than the losses
# did: after the first epoch hardly any caption was true, after the last most were. The attention
# was right early. Its pointing-game score was above 80 % after the first epoch, and above 90 %
# later. (A random cell would score about 14 %: exercise 2 measures that.) This score counts only
# nouns that name something in the picture. Nouns of false captions that name nothing there are left
# out, so it does not say that the captions are right.
#
# Compare the two lines. The training loss is a mean over the whole epoch, in which the network
# still improves; the held-out loss is measured at the end of it. So in early epochs the held-out
# loss can be the lower one. Neither can reach 0, because nobody can predict which of the five
# captions it will be. As long as both lines fall, longer training helps.
#
# ## Beam search
#
# Greedy search takes the likeliest word at each step and can never change its mind. **Beam search**
# keeps several beginnings of the caption, continues all of them, and chooses only at the end. The
# lesson `nmt` draws this. The number of beginnings is the *width* of the beam; with a width of 4
# the four likeliest are kept. (Exercise 5 builds the greedy search, and exercise 6 improves on it.)


# %%
def describe(shown: Subject, beam: int = 4) -> Written:
    """Describe one picture with a beam search; return the words and the attention of each."""
    (written,) = write_captions(model, data.vocabulary, lambda _: shown.seen, 1, 20, beam)
    return written


# %% [markdown]
# ## Where it looks
#
# In the figure, colour shows where the network looked when it wrote the word. The white cross marks
# the cell with the highest weight. Where a word names something, a white frame shows where that
# thing really is. Nobody told the network which word belongs to which place; it has only read
# captions. Find a noun: is the colour on the thing? Then find "above" or "left". Where do *you*
# look, to see whether one thing is above another?

# %% tags=["train"]
subjects = [held_out(data, index % len(data.held_out)) for index in (3, 5, 0)]
described = [(shown, describe(shown)) for shown in subjects]
for shown, written in described:
    print(answer(shown, written))
shown, written = described[0]
looked = shown.pixels, written.words, written.attention
show(
    attention_figure(*looked, shown.aspect, data.offset, shown.example.boxes(written.words)),
    alt=f"The picture in grey, once for each word of “{' '.join(written.words)}”, coloured where "
    "it looked. A frame marks the thing that a word names, a cross the peak of the attention.",
)

# %% [markdown]
# For another picture, choose the word yourself. (Without a running notebook you see the first word
# of the list.) On the right are the weights of the 64 cells.

# %% tags=["train"]
second, caption = described[1]
boxes = second.example.boxes(caption.words)
choices = [f"{place}. {word}" for place, word in enumerate(caption.words, start=1)]


def look(word: str) -> Figure:
    """Draw where the network looked when it wrote one of the words."""
    place = choices.index(word)
    figure = Figure(figsize=(10, 3.2), layout="constrained")
    figure.suptitle(" ".join(caption.words[: place + 1]) + " ...")
    left, middle, right = figure.subplots(1, 3)
    left.imshow(second.pixels, aspect=second.aspect)
    weights = caption.attention[place]
    draw_look(middle, second.pixels, weights, data.offset, boxes[place], second.aspect)
    grid = 100 * weights.reshape(round(len(weights) ** 0.5), -1)
    bar = figure.colorbar(right.imshow(grid, cmap="Oranges", vmin=0), ax=right)
    bar.set_label("attention weight, %")
    for axis in (left, middle, right):
        axis.set_axis_off()
    return figure


nouns_first = sorted(choices, key=lambda word: not boxes[choices.index(word)])
explore(
    look,
    alt="A picture; then in grey, coloured where the network looked at this word of "
    f"“{' '.join(caption.words)}”; then the weights of the cells as a table of colours.",
    word=nouns_first,
)

# %% [markdown]
# In our run the first caption was *there is a purple star above a blue triangle*, which is true,
# and no training caption says it of a purple star. At *star* only the star was coloured, and at
# *triangle* only the triangle. At *above* the network already looked at the triangle and the space
# around it, not at the gap between the two things. In the second picture, too, the nouns *circle*
# and *heart* had the peak on their thing. Attention shows where information came from. It does not
# show what the network did with it.
#
# ## What goes wrong
#
# Scores hide how a captioner fails, so read its false captions. The next cells describe the
# validation pictures greedily. For each false caption they look for a *single* word that, replaced
# by another of its kind, would make the caption true. ("To the left of" counts as one word.) If
# there is none, several words are wrong; then they look whether the caption names a shape twice.

# %%
KINDS = {
    "colour": ("red", "orange", "yellow", "green", "blue", "purple"),
    "shape": ("circle", "square", "triangle", "star", "heart"),
    "shapes": ("circles", "squares", "triangles", "stars", "hearts"),
    "texture": ("striped", "dotted", "hollow"),
    "size": ("small", "large"),
    "number": ("two", "three", "four"),
    "direction": ("above", "below", "to_the_left_of", "to_the_right_of"),
}


def mistake(scene: Any, words: list[str]) -> str:
    """Return what is wrong in a false caption."""
    text = " ".join(words)
    for side in ("left", "right"):
        text = text.replace(f"to the {side} of", f"to_the_{side}_of")  # one word for the loop below
    tokens = text.split()
    for place, word in enumerate(tokens):
        for kind, members in KINDS.items():
            for other in members if word in members else ():
                changed = [*tokens[:place], other, *tokens[place + 1 :]]
                if is_true(scene, " ".join(changed).replace("_", " ").split()):
                    return kind.removesuffix("s")
    named = [word.removesuffix("s") for word in tokens if word in KINDS["shape"] + KINDS["shapes"]]
    repeated = len(set(named)) < len(named)
    return "several words, and a shape named twice" if repeated else "several words"


# %% [markdown]
# **Predict, then run.** Which single word is wrong most often: the colour, the shape, the texture,
# the size, the number or the direction? (Write one of these words in quotation marks.)

# %%
predict("mistake", ...)

# %% tags=["train"]
split = data.validation
found = write_captions(model, data.vocabulary, split.rows, len(split.examples), 20)
false: dict[str, list[str]] = {}
for example, written in zip(split.examples, found, strict=True):
    kind = "not known"  # of a photograph: only people can say whether a caption is true
    if example.scene is not None and is_true(example.scene, written.words):
        continue
    if example.scene is not None:
        kind = mistake(example.scene, written.words)
    line = f"{' '.join(written.words)}  (reference: {example.captions[0]})"
    false.setdefault(kind, []).append(line)
by_count = sorted(false.items(), key=lambda item: -len(item[1]))
for kind, lines in by_count:
    print(f"{kind}: {len(lines)} of {len(found)}", *lines[:2], sep="\n   ")
if single := [kind for kind, _ in by_count if kind in KINDS]:
    reveal("mistake", single[0])

# %% [markdown]
# The list is sorted: the first kind of mistake is the most frequent one. Read a few captions of
# each kind. Where several words are wrong, look for things that are named twice, as in *two blue
# triangles and a blue triangle* for a picture of three. Nothing in the wording of most false
# captions shows that they are false: they could be true of some other picture.
#
# What happens if there is nothing to describe? Next, the network gets a real picture first, then an
# all-black one, then pure noise.
#
# **Predict, then run.** Is the network less certain of its caption for the black picture than of
# that for the real one? (`True` or `False`.) Its certainty is the mean log probability of its
# words: 0 if it is certain, lower the less certain it is.

# %%
predict("less-certain", ...)

# %% tags=["train"]
real = held_out(data, 0)
noise = np.random.default_rng(0).uniform(0, 255 if data.shows_scenes else 1, real.seen.shape)
seen = {"real": real.seen, "black": np.zeros_like(real.seen)}
seen["noise"] = noise.astype(real.seen.dtype)
written_of = {name: describe(real._replace(seen=one)) for name, one in seen.items()}
for name, written in written_of.items():
    print(f"{name}: {' '.join(written.words)}  (mean log probability {written.score:.2f})")
reveal("less-certain", written_of["black"].score < written_of["real"].score)

# %% [markdown]
# It writes a caption anyway, because it must: in training every picture showed something, no
# caption said "there is nothing", and the search does not allow an empty caption. A caption of
# something that is not in the picture is called a *hallucination* ([Rohrbach et al.
# 2018](https://arxiv.org/abs/1809.02156)). Large models hallucinate too. And the log probability
# does not warn you: in our run the network was more certain of the black picture than of the real
# one. (That is one picture of each kind; yours may differ.)
#
# What helps:
#
# * **More training**: the share of true captions rose with each epoch. `coursekit run captioning`
#   trains for five.
# * **A search that compares several captions** and forbids saying the same thing twice (exercise
#   6). It avoids repetitions. It can only choose among captions that the network finds likely.
# * **Examples of what is missing**: pictures of nothing, with captions that say so.
# * **Scores that measure truth**, such as `true_captions`. BLEU does not know which word is wrong:
#   *red* for *blue* costs as much as *there is* for *this is*.
#
# ## Experiments
#
# * Train for two more epochs (`EPOCHS = 5`, as `coursekit run captioning` does). Which mistakes
#   disappear first: colours, shapes, directions, or numbers?
# * Remove the coordinates: `ShapeEncoder.where = staticmethod(lambda side: tf.zeros((side * side,
#   2)))` before the network is built. Which words suffer?
# * Give the attention the state alone (`Decoder.step`). What happens to "a red circle and a blue
#   square"?
# * `attend_everywhere=1.0` in `prepare(...)` asks the network to look at every part of the picture
#   at some point (equation 14 of the paper). Does attention spread? Does the pointing game change?
#
# ## Make it yours
#
# * Other data: `coursekit run captioning --data flickr8k`. Or use the path of a folder of
#   photographs as `DATASET`, with a file `captions.csv` (columns `image`, `caption`).
# * Another part: `build_captioner(data, settings, attention=YourAttention)` uses your class. You
#   can replace `encoder` and `decoder` in the same way.
# * A plugin of your own: `coursekit new NAME --from captioning` copies the folder under a new name.
#   Then change what is in its files.
#
# ## Eight questions to recall
#
# Answer each one before you unfold it.
#
# <details><summary>1. What takes the role of the source words in a captioner?</summary>
#
# The cells of the grid that the convolutions make. Each has an annotation that says what is there
# and where that is.
#
# </details>
#
# <details><summary>2. Why does each cell get its coordinates?</summary>
#
# A convolution responds to a thing in the same way wherever it is. By itself it says little about
# where that is, so words such as "above" or "left" would be hard to learn.
#
# </details>
#
# <details><summary>3. Why does the attention need no mask here?</summary>
#
# A mask hides padding. All pictures have the same number of cells, so there is no padding.
#
# </details>
#
# <details><summary>4. Why is the previous word part of the query?</summary>
#
# After "a red" only the word "red" tells which of several things comes next. The state has not read
# that word yet.
#
# </details>
#
# <details><summary>5. What is the difference between teacher forcing and free running?</summary>
#
# With teacher forcing the decoder reads the right previous words, as in training. In free running
# it reads the words that it wrote itself, so one mistake can lead to others.
#
# </details>
#
# <details><summary>6. What loss does an untrained captioner have, with 41 words?</summary>
#
# About log 41 = 3.71 nats per word, because it finds all words about equally likely.
#
# </details>
#
# <details><summary>7. How do you recognise overfitting?</summary>
#
# The training loss keeps falling while the held-out loss stops falling, or rises.
#
# </details>
#
# <details><summary>8. Attention is on the star when the network writes "star". What does that
# prove?</summary>
#
# Only where the information came from, for this one word. The caption can still be false. One
# picture proves little; a score over many pictures, such as the pointing game, says more.
#
# </details>
#
# ## Sources
#
# * Xu et al.: [*Show, Attend and Tell: neural image caption generation with visual
#   attention*](https://arxiv.org/abs/1502.03044) (2015)
# * Vinyals et al.: [*Show and tell: a neural image caption
#   generator*](https://arxiv.org/abs/1411.4555) (2015), the captioner without attention
# * Bahdanau, Cho, Bengio: [*Neural machine translation by jointly learning to align and
#   translate*](https://arxiv.org/abs/1409.0473) (2014)
# * Cho et al.: [*Learning phrase representations using RNN encoder-decoder for statistical machine
#   translation*](https://arxiv.org/abs/1406.1078) (2014), for the GRU
# * Szegedy et al.: [*Rethinking the Inception architecture for computer
#   vision*](https://arxiv.org/abs/1512.00567) (2016), for label smoothing
# * Papineni et al.: [*BLEU: a method for automatic evaluation of machine
#   translation*](https://aclanthology.org/P02-1040/) (2002)
# * Vedantam, Zitnick, Parikh: [*CIDEr: consensus-based image description
#   evaluation*](https://arxiv.org/abs/1411.5726) (2015)
# * Zhang et al.: [*Top-down neural attention by excitation
#   backprop*](https://arxiv.org/abs/1608.00507) (2016), for the pointing game
# * Liu et al.: [*An intriguing failing of convolutional neural networks and the CoordConv
#   solution*](https://arxiv.org/abs/1807.03247) (2018)
# * Islam, Jia, Bruce: [*How much position information do convolutional neural networks
#   encode?*](https://arxiv.org/abs/2001.08248) (2020)
# * Rohrbach et al.: [*Object hallucination in image captioning*](https://arxiv.org/abs/1809.02156)
#   (2018)
# * Ioffe, Szegedy: [*Batch normalization*](https://arxiv.org/abs/1502.03167) (2015)
# * Hodosh, Young, Hockenmaier: [*Framing image description as a ranking
#   task*](https://doi.org/10.1613/jair.3994) (2013), for Flickr8k
# * Lin et al.: [*Microsoft COCO: common objects in context*](https://arxiv.org/abs/1405.0312)
#   (2014)
#
# **Next:** `coursekit start captioning` opens the exercises of this lesson. After them comes the
# lesson `dcgan`, which goes the other way: it draws pictures.
