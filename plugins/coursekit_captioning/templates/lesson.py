# %% [markdown]
# # Image captioning with visual attention
#
# **Goal.** See how a network learns to describe a picture, and where it looks at each word.
#
# **Time.** 60 minutes
#
# **Before.** the lesson nmt, or: an encoder, a decoder, additive attention
#
# **Skip.** No other lesson builds on this one. Leave out exercise 2 if you wrote the attention of
# `nmt`, and exercises 5 and 6 if you know how a network's probabilities become a text.
#
# A translator reads a sentence and writes another one. What if the "sentence" that it reads is a
# picture? Then *places* in the picture take the role of words. In 2015 Xu and others took the
# attention of Bahdanau's translator and applied it to the cells of a convolutional network. They
# called their paper [*Show, Attend and Tell*](https://arxiv.org/abs/1502.03044). Before each word
# the network looks somewhere, and we can see where.
#
# A map of where a network looks is convincing, but it proves nothing. So this lesson begins with
# pictures about which everything is known: coloured shapes, drawn by a program that also writes
# the captions. With these, we can decide whether a caption is true, and whether the network looks
# at the thing that it names. For photographs, change only the data set's name.

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
from coursekit_captioning.decode import write_captions
from coursekit_captioning.demo import answer, held_out
from coursekit_captioning.evaluate import evaluate_split
from coursekit_captioning.model import Captioner
from coursekit_captioning.overlay import attention_figure
from coursekit_captioning.practice import figures
from coursekit_captioning.scenes import is_true
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
# has learned, not what it has memorized. Here are four of the test pictures.

# %%
figure = Figure(figsize=(10, 2.7), layout="constrained")
for index, axis in enumerate(figure.subplots(1, 4)):
    shown = held_out(data, index % len(data.held_out))  # a small folder holds out fewer
    axis.imshow(shown.pixels, aspect=shown.aspect)
    axis.set_axis_off()
    axis.set_title(f"picture {index}", fontsize=10)
    for caption in shown.example.captions[:2]:
        print(f"picture {index}: {caption}")
show(figure, alt="Four held-out pictures. The captions printed above say what is in them.")

# %% [markdown]
# Five people describe a picture in five ways, and all five are right. Each held-out scene contains
# a combination that training never shows. In training no purple star is ever above anything, though
# there are purple stars, and there are stars above other things. A network that memorized sentences
# fails here.
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
# ## The encoder: from pixels to places
#
# Five convolutions turn 64 × 64 pixels into a grid of 8 × 8 cells. Each cell sees a part of the
# picture, and that part is larger than the cell. A convolution responds to a circle in the same way
# wherever the circle is. So it does not know *where* it is, and without that it could not learn
# "above". This is why each cell also gets the coordinates of its place.

# %%
from coursekit_captioning.model import ShapeEncoder

show(
    figures.picture_to_cells(64, ShapeEncoder.CONVOLUTIONS, settings.units),
    alt="A picture of a circle and a square becomes a grid of cells. One cell is marked. In the "
    "picture a small frame shows the place of this cell, and a larger one all that the cell sees.",
)

# %%
from coursekit_captioning.model import coordinates  # show

# %% [markdown]
# For a grid of 2 × 2 cells, these are the middles of the cells: down first, then across, from -1 to
# 1.

# %%
print(coordinates(2).numpy())

# %% [markdown]
# The encoder applies the convolutions, flattens the grid into a row of cells, and appends a few
# numbers that are made from the coordinates.

# %%
from coursekit_captioning.model import ShapeEncoder  # show: call

# %% [markdown]
# Its constructor makes the layers that `call` uses:

# %%
from coursekit_captioning.model import ShapeEncoder  # show: __init__

# %% [markdown]
# For photographs this would not be enough: it takes about a million pictures to learn what a dog
# looks like. There, an [ImageNet](https://www.image-net.org)-trained network extracts the features,
# once for each picture, and the lesson learns only the language.

# %%
model = build_captioner(data, settings)
annotations = model.encoder(pictures[:2])
print("annotations", annotations.shape, ": (pictures, cells, size)")

# %% [markdown]
# Each cell now has an *annotation*: a vector that describes what is there and where that is.
#
# ## Attention over places
#
# The decoder asks a question, its *query* $q$. Compared with the annotation $a_i$ of each cell, it
# yields a score $e_i$. Softmax turns the scores into weights $\alpha$, which sum to one:
#
# $$e_i = v^\top \tanh(W q + U a_i), \qquad \alpha = \operatorname{softmax}(e),
# \qquad c = \sum_i \alpha_i a_i .$$
#
# The *context* $c$ is the mean of the annotations under these weights. This is the attention of the
# lesson nmt, without the mask, because a picture has no padding. The second axis of the query
# counts captions, because five people describe the same picture.

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
    alt="The state and the previous word make the query. Attention compares it with the cells of "
    "the picture. A gate, which depends on the state, scales the context. The GRU makes the next "
    "state from context, word and state, and from these the next word is scored.",
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
# At each place the network gives every word of the vocabulary a score, its *logit*. Softmax turns
# the logits into probabilities. The loss of a place is the **cross-entropy** $-\log p$, where $p$
# is the probability of the right word. It is 0 if the network was certain of that word, and larger
# the more surprised it was. With the natural logarithm it is measured in *nats*:
#
# $$-\log p_{\text{right}} = \log \sum_w e^{z_w} - z_{\text{right}}$$
#
# The first term is the *normaliser*, and the second is the logit of the right word. The loss of a
# batch is the mean over its words. Padding is no word: it is left out of the sum, and out of the
# number that the sum is divided by. (The function also returns a smoothed loss, for *label
# smoothing*. On `scenes` smoothing is 0, and the two losses are equal.)

# %%
from coursekit_captioning.train import token_loss  # show

# %% [markdown]
# **Predict, then run.** An untrained network finds all words of the vocabulary about equally
# likely. What is its loss per word, in nats?

# %%
read, write = captions[:, :, :-1], captions[:, :, 1:]
logits, weights = model((pictures, read))
loss, _ = token_loss(logits, write)
words = len(data.vocabulary)
print("logits", logits.shape, " weights", weights.shape)
print(f"loss {float(loss):.2f}; the logarithm of {words} words is {np.log(words):.2f}")

# %% [markdown]
# If all 41 words were exactly equally likely, the loss would be log 41 = 3.71. In our run it was
# 3.95. It is a little higher because the untrained logits are random, not equal, so the network has
# groundless preferences.
#
# ## The train step
#
# A train step reads a batch with teacher forcing, computes the loss and its gradients, and lets the
# optimizer update the parameters. The decoder reads each caption without its last column and
# predicts the caption without its first: at each place it must predict the next word.

# %%
from coursekit_captioning.train import attention_penalty

# %%
from coursekit_captioning.train import train_step  # show

# %% [markdown]
# `attention_penalty` is an option of the paper; its weight, `attend_everywhere`, is 0 here. Nothing
# is compiled yet, so `train_step` is a plain function. You can put `breakpoint()` into it and look
# around. Or look at a gradient, such as that of $v$, the vector that scores the cells:

# %%
with tf.GradientTape() as tape:
    logits, _ = model((pictures, read), training=True)
    loss, _ = token_loss(logits, write)
gradient = tape.gradient(loss, model.decoder.attention.score.trainable_variables)[0]
print("gradient of v", gradient.shape, f"norm {float(tf.norm(gradient)):.1e}")

# %% [markdown]
# The gradient is small at first, 0.07 in our run, but it is not zero: the loss alone teaches the
# network where to look.
#
# The same function can be compiled in one line. Predict which version is faster, and by how much.

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
# In one of our runs the compiled step was about four times as fast; yours will differ. The eager
# version goes back to Python for every small operation. The compiled one is traced once and then
# runs as a graph.
#
# ## Training loss and held-out loss
#
# The training loss says how well the network predicts captions that it learns from. A network could
# reach a low training loss by memorizing them. This is called **overfitting**. You recognize it by
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
# * **BLEU** (0 to 100) and **CIDEr** compare a caption with the five of the picture. `bleu_4`
#   counts how many of its runs of up to four words occur in them. CIDEr is similar, but runs that
#   are rare in other captions count more.
# * `true_captions` is the share of captions of which every word is true of the scene.
# * `pointing_game` is the share of nouns at which attention is highest on the thing that the noun
#   names.
#
# On `scenes` the last two say more than any BLEU. A caption can be true and still differ from all
# five.

# %% tags=["train"]
model = build_captioner(data, settings)
compiled = tf.function(lambda pictures, captions: train_step(model, (pictures, captions)))
history = []
for epoch in range(EPOCHS):
    losses = [compiled(*batch)["loss"] for batch in data.train.batches(epoch)]
    history.append((epoch + 1, float(np.mean(losses)), held_out_loss(model)))
    scores = evaluate_split(model, data, data.validation)
    told = ", ".join(f"{name} {value:.2f}" for name, value in scores.items())
    print("epoch {}: loss {:.3f}, held out {:.3f}, ".format(*history[-1]) + told)

# %% tags=["train"]
figure = Figure(figsize=(5.5, 3.2), layout="constrained")
panel = figure.subplots()
epochs, training, held = zip(*history, strict=True)
panel.plot(epochs, training, marker="o", label="training")
panel.plot(epochs, held, marker="s", linestyle="--", label="held out")
panel.set(xlabel="epoch", ylabel="loss of a word, nats", xticks=epochs)
panel.legend()
show(figure, alt="The training loss and the held-out loss after each epoch, as two lines.")

# %% [markdown]
# In one of our runs (yours will differ) the training loss fell from 1.42 in the first epoch to 0.95
# and 0.79, and the held-out loss from 1.25 to 0.86 and 0.81. The captions improved much more than
# that: 4 % of them were true after the first epoch, 64 % after the second and 70 % after the third.
# Attention was right early: the pointing game had 86 % after the first epoch, and then 94 %. (Only
# nouns that name something in the picture count.) So the network looked at the right things before
# it could describe them correctly.
#
# Compare the two lines. The training loss is a mean over the whole epoch, in which the network
# still improves; the held-out loss is measured at the end of it. So in early epochs the held-out
# loss can be the lower one. Neither can reach 0, because nobody can know which of five ways to
# describe a picture comes next. As long as both lines fall, longer training helps.
#
# ## Where it looks
#
# Greedy search takes the likeliest word at each step and can never change its mind. **Beam search**
# keeps several beginnings of the caption, continues all of them, and chooses only at the end. The
# number of beginnings is the *width* of the beam. `write_captions` with `beam=4` keeps the four
# likeliest beginnings. (Exercise 4 builds the greedy search, and then improves on it.)
#
# In the figures, bright is where the network looked when it wrote the word. Nobody told it which
# word belongs to which place; it has only read captions. Find a noun: is the bright part on the
# thing? Then find "above" or "left". Where do *you* look, to see whether one thing is above
# another?

# %% tags=["train"]
described = []
for index in (3, 5, 0):
    shown = held_out(data, index % len(data.held_out))
    (written,) = write_captions(
        model, data.vocabulary, lambda places, s=shown: s.seen, 1, 20, beam=4
    )
    print(answer(shown, written))
    described.append((shown, written))
shown, written = described[0]
looked = shown.pixels, written.words, written.attention
show(
    attention_figure(*looked, shown.aspect, data.offset, shown.example.boxes(written.words)),
    alt=f"The picture once for each word of “{' '.join(written.words)}”, bright where it looked. "
    "A frame marks the thing that a word names, a cross the peak of the attention.",
)

# %% tags=["train"]
shown, written = described[1]
looked = shown.pixels, written.words, written.attention
show(
    attention_figure(*looked, shown.aspect, data.offset, shown.example.boxes(written.words)),
    alt=f"The picture once for each word of “{' '.join(written.words)}”, bright where it looked. "
    "A frame marks the thing that a word names, a cross the peak of the attention.",
)

# %% [markdown]
# In one of our runs the first caption was *there is a purple star above a blue triangle*, which is
# true, and no training caption says it of a purple star. At *there* both things were bright. At
# *star* only the star was, and at *triangle* only the triangle. At *above* the network already
# looked at the triangle and the space around it, not at the gap between the two things. Attention
# shows where information came from. It does not show what the network did with it.
#
# ## What goes wrong
#
# Scores hide how a captioner fails, so read its false captions. The next cell describes the
# validation pictures greedily. For each false caption it looks for a *single* word that, replaced
# by another of its kind, would make the caption true.

# %%
KINDS = {
    "colour": ("red", "orange", "yellow", "green", "blue", "purple"),
    "shape": ("circle", "square", "triangle", "star", "heart"),
    "shape, several": ("circles", "squares", "triangles", "stars", "hearts"),
    "texture": ("striped", "dotted", "hollow"),
    "size": ("small", "large"),
    "number": ("two", "three", "four"),
    "direction": ("above", "below", "left", "right"),
}


def mistake(scene: Any, words: list[str]) -> str:
    """Return which kind of word is wrong in a false caption."""
    for place, word in enumerate(words):
        for kind, members in KINDS.items():
            for other in members if word in members else ():
                if is_true(scene, [*words[:place], other, *words[place + 1 :]]):
                    return kind
    return "more than one word"


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
    line = f"{' '.join(written.words)}  (one said: {example.captions[0]})"
    false.setdefault(kind, []).append(line)
for kind, lines in sorted(false.items(), key=lambda item: -len(item[1])):
    print(f"{kind}: {len(lines)} of {len(found)}", *lines[:2], sep="\n   ")

# %% [markdown]
# The list is sorted: the first kind of mistake is the most frequent one in your run. ("To the left
# of" in place of "above" counts as more than one word.) In our run about 180 of the 600 captions
# were false after three epochs. Read a few. Nothing in the wording of such a caption shows that it
# is false: it could be true of some other picture.
#
# What happens if there is nothing to describe? Here the network gets a real picture first, then an
# all-black one, then pure noise.

# %% tags=["train"]
seen = held_out(data, 0).seen
noise = np.random.default_rng(0).uniform(0, 255 if data.shows_scenes else 1, seen.shape)
others = {"real": seen, "black": np.zeros_like(seen), "noise": noise.astype(seen.dtype)}
for name, other in others.items():
    (written,) = write_captions(model, data.vocabulary, lambda places, o=other: o, 1, 20, beam=4)
    print(f"{name}: {' '.join(written.words)}  (mean log probability {written.score:.2f})")

# %% [markdown]
# It writes a caption anyway, because it must: in training every picture showed something, no
# caption said "there is nothing", and the search does not allow an empty caption. A caption of
# something that is not in the picture is called a *hallucination*. Large models hallucinate too.
# Compare the mean log probabilities: is the network less certain where there is nothing to see? In
# our run it was not. It was more certain of the black picture (-0.38) than of the real one (-0.51).
#
# What helps:
#
# * **More training**: from the first epoch to the third the share of true captions rose from 4 % to
#   70 % in our run. `coursekit run captioning` trains for five epochs.
# * **A search that compares several captions**, and forbids saying the same thing twice (exercise
#   6).
# * **Examples of what is missing**: pictures of nothing, with captions that say so.
# * **Scores that ask for truth**, such as `true_captions`. BLEU hardly falls when one word of eight
#   is wrong.
#
# ## Experiments
#
# * Train for two more epochs (`EPOCHS = 5`, as `coursekit run captioning` does). Which mistakes
#   disappear first: colours, shapes, directions, or numbers?
# * Set the weights of `place` to zero before training. Which words suffer?
# * Give the attention the state alone (`Decoder.step`). What happens to "a red circle and a blue
#   square"?
# * `attend_everywhere=1.0` in `prepare(...)` asks the network to overlook no part of the picture
#   (equation 14 of the paper). Does attention spread? Does the pointing game change?
#
# ## Make it yours
#
# * Other data: `coursekit run captioning --data flickr8k`. Or use the path of a folder of
#   photographs as `DATASET`, with a file `captions.csv` (columns `image`, `caption`).
# * Another part: `build_captioner(data, settings, attention=YourAttention)` uses your class. You
#   can replace `encoder` and `decoder` in the same way.
# * A plugin of your own: copy the folder `coursekit_captioning`, keep its files, and change what is
#   in them.
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
# A convolution responds to a thing in the same way wherever it is. Without coordinates the network
# could not learn words such as "above" or "left".
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
# <details><summary>7. How do you recognize overfitting?</summary>
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
# * Hodosh, Young, Hockenmaier: [*Framing image description as a ranking
#   task*](https://doi.org/10.1613/jair.3994) (2013), for Flickr8k
# * Lin et al.: [*Microsoft COCO: common objects in context*](https://arxiv.org/abs/1405.0312)
#   (2014)
#
# **Next:** `coursekit start captioning` opens the exercises of this lesson. After them comes the
# lesson `dcgan`, which goes the other way: it draws pictures.
