# %% [markdown]
# # Numbers too good to be true: leaks, and a mean by the wrong count
#
# **Goal.** Write the loss of a caption, and fix two faults that made captioners look good.
#
# **Time.** 40 minutes
#
# **Before.** cross-entropy; why a test set is held out
#
# **Kind.** predict, complete, debug, measure
#
# A well-known captioning notebook of 2018 had five captions for each photograph. It averaged its
# loss over padding, held out a part of the *captions*, and divided the sum of its losses by a
# number that did not belong to it. All of that runs without a warning, and makes a figure prettier.
# First, a figure to hold on to.

# %%
from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit.prepare import prepare
from coursekit_captioning import CaptioningLesson
from coursekit_captioning.build import build_captioner
from coursekit_captioning.data import drawn_examples
from coursekit_captioning.model import Captioner
from coursekit_captioning.scores import bleu, cider
from coursekit_captioning.train import attention_penalty
from coursekit_captioning.vocabulary import PAD

# %% [markdown]
# ## Predict first
#
# A captioner has a vocabulary of 100 words and has learnt nothing: it finds each of them equally
# likely. What is its loss, the mean of $-\log p$ of the right word, in nats?

# %%
first_loss = 4.61  # exercise

# %%
from coursekit.practice import assert_close, check, misconception, probe


@misconception("first_loss", "0.01 is the probability of the right word, not yet its -log.")
def a_probability():
    return 0.01


@misconception("first_loss", "6.64 is in bits, log to the base 2; the loss is in nats.")
def in_bits():
    return 6.64


@misconception("first_loss", "2 is the log to the base 10; the loss is the natural logarithm.")
def base_ten():
    return 2.0


@misconception("first_loss", "0.99 is the share of wrong guesses, an error rate and no loss.")
def error_rate():
    return 0.99


@check(
    "You know what an untrained captioner costs",
    points=1,
    hints=(
        "What probability does the right word get?",
        "One in a hundred. Take the natural logarithm, and turn its sign.",
        "log 100, the logarithm of the size of the vocabulary.",
    ),
)
def prediction(student):
    assert abs(student["first_loss"] - 4.605) < 0.02, "-log(1 / 100), in nats"


# %% [markdown]
# A loss far below log(vocabulary) before any training is a sure sign that the number is wrong.
#
# ## The loss of a batch
#
# The right word's cross-entropy is $-\log p = \log \sum_w e^{z_w} - z_{right}$, where $z$ are the
# logits. The first term is given, `normaliser`. Captions differ in length and are filled up with
# `PAD`, which is no word: it counts neither above nor below the fraction bar. Fill in four lines of
# `token_loss`:
#
# * `real`, 1.0 where there is a word (or the end) and 0.0 where there is padding;
# * `tokens`, how many there are, a number, at least 1;
# * `right`, the logit of the right word at each place;
# * `plain`, the mean over the real tokens.
#
# Label smoothing, below them, then uses what you have made.

# %%
from coursekit_captioning.train import token_loss  # exercise

# %% [markdown]
# A tiny run: one picture, two captions of three and of one word, a vocabulary of five, no idea yet.
# Is it the logarithm of five?

# %%
some_targets = tf.constant([[[4, 4, 3], [4, 0, 0]]])
print(f"{float(token_loss(tf.zeros((1, 2, 3, 5)), some_targets)[0]):.4f}, log 5 = {np.log(5):.4f}")

# %%
import numpy as np


def some_batch(lengths):
    """Return logits (2, 2, 5, 6) and targets in which captions have these lengths."""
    draw = np.random.default_rng(11)
    targets = draw.integers(1, 6, size=(2, 2, 5))
    targets[np.arange(5) >= np.reshape(lengths, (2, 2, 1))] = 0
    return draw.normal(scale=2.0, size=(2, 2, 5, 6)).astype("float32"), targets


def crossed(logits, targets, smoothing, above="real", below="tokens", normalised=True, sign=1):
    """Return the plain and the smoothed loss."""
    logits, real = np.array(logits, float), np.asarray(targets) != 0
    normaliser = np.log(np.exp(logits).sum(-1))
    right = np.take_along_axis(logits, np.asarray(targets)[..., None], -1)[..., 0]
    each = sign * (normaliser * normalised - right)
    count = {
        "tokens": max(real.sum(), 1),
        "places": real.size,
        "captions": real.size / real.shape[-1],
        "one": 1,
    }
    plain = (each * (real if above == "real" else 1)).sum() / count[below]
    uniform = (real * (normaliser - logits.mean(-1))).sum() / count[below]
    return float(plain), float((1 - smoothing) * plain + smoothing * uniform)


@probe
def loss_of(logits, targets, smoothing):
    found = token_loss(tf.constant(logits), tf.constant(targets, tf.int32), smoothing)
    return tuple(float(value) for value in found)


@probe
def loss_compiles(logits, targets):
    from coursekit.practice import compiles

    return compiles(token_loss, tf.constant(logits), tf.constant(targets, tf.int32))


@misconception(
    "loss_of",
    "Padding is averaged in with the words. It is easy to guess, so a network that has learnt it "
    "looks better than it is, the more so the shorter its captions are.",
)
def padding_counts(logits, targets, smoothing):
    return crossed(logits, targets, smoothing, above="all", below="places")


@misconception(
    "loss_of",
    "Each caption has its own mean, and these are averaged: a word of a short caption counts more "
    "than one of a long caption.",
)
def captions_alike(logits, targets, smoothing):
    pairs = zip(np.concatenate(logits), np.concatenate(targets), strict=True)
    means = [crossed(*pair, smoothing) for pair in pairs]
    return tuple(np.mean(means, axis=0).tolist())


@misconception(
    "loss_of",
    "Padding counts below the fraction bar: its losses are zero, and the mean is over all places. "
    "A batch with much padding looks easy.",
)
def padding_below(logits, targets, smoothing):
    return crossed(logits, targets, smoothing, below="places")


@misconception(
    "loss_of",
    "The losses of padding are added with the others, and the sum is divided by the words alone. "
    "Multiply by `real` first.",
)
def padding_above(logits, targets, smoothing):
    return crossed(logits, targets, smoothing, above="all")


@misconception(
    "loss_of",
    "Of a batch of padding alone it is 0 / 0, not a number: `tokens` is to be at least 1.",
)
def nothing_by_nothing(logits, targets, smoothing):
    none = not np.any(targets)
    return (np.nan, np.nan) if none else crossed(logits, targets, smoothing)


@misconception("loss_of", "It is a sum: a batch of longer captions looks worse.")
def sum_of_words(logits, targets, smoothing):
    return crossed(logits, targets, smoothing, below="one")


@misconception(
    "loss_of",
    "The sum is divided by the captions: that is the loss of a caption. That of a word is asked "
    "for, which does not depend on how long captions are.",
)
def of_a_caption(logits, targets, smoothing):
    return crossed(logits, targets, smoothing, below="captions")


@misconception(
    "loss_compiles",
    "The loss is a number of Python or numpy: no gradient goes through it, and a compiled step has "
    "no numbers yet when it is built, only tensors.",
)
def python_number(logits, targets):
    return "no: a result is no tensor"


@misconception("loss_of", "A logit is no log probability: the normaliser is missing.")
def not_normalised(logits, targets, smoothing):
    return crossed(logits, targets, smoothing, normalised=False)


@misconception(
    "loss_of", "This is log p, which is never above zero, and training would make it smaller."
)
def sign_turned(logits, targets, smoothing):
    return crossed(logits, targets, smoothing, sign=-1)


@check(
    "It is the cross-entropy of the right word",
    points=2,
    hints=(
        "Which of the numbers of a place is the logit of its right word?",
        "`tf.gather` picks it; batch, captions and time go along in both: three batch dimensions.",
        "`right = tf.gather(logits, targets, batch_dims=3)`; sum `normaliser - right`, divide.",
    ),
)
def cross_entropy(student):
    for lengths in ([0, 0, 0, 0], [5, 2, 3, 1]):  # what is the same where nothing is padding
        student.loss_of(*some_batch(lengths), 0.0)
    logits, targets = some_batch([5, 5, 5, 5])
    found = student.loss_of(logits, targets, 0.0)
    assert np.shape(found) == (2,), "two numbers are asked for, the plain and the smoothed loss"
    right = crossed(logits, targets, 0.0)[0]
    assert abs(found[0] - right) < 1e-4, f"20 words, no padding: {found[0]:.4f}, not {right:.4f}"
    compiled = student.loss_compiles(logits, targets)
    said = "`tf.function` compiles the loss for the lesson; stay with tensors, so that it can"
    assert compiled == "yes", f"{said}: {compiled}"


@check(
    "Padding does not count",
    points=2,
    after="cross_entropy",
    hints=(
        "How many places are there in the batch, and how many hold a word or an end?",
        "Multiply each loss by 1 or 0, and divide by how many ones there are.",
        "`tf.reduce_sum(real * (normaliser - right)) / tokens`, `tokens` the sum of `real`.",
    ),
)
def without_padding(student):
    logits, targets = some_batch([5, 2, 3, 1])
    for smoothing in (0.0, 0.2):
        found = student.loss_of(logits, targets, smoothing)
        assert_close(
            found,
            crossed(logits, targets, smoothing),
            f"captions of 5, 2, 3 and 1 words, smoothing {smoothing}: plain, smoothed",
            atol=1e-4,
        )
    found = student.loss_of(*some_batch([0, 0, 0, 0]), 0.0)
    assert found[0] == 0, f"padding alone has the loss {found[0]:.4f}, not 0"


# %% [markdown]
# ## Find and fix: the split
#
# Captions stand in a long list; `owners` says of which picture each one is. About a tenth is to be
# held out. Fix `hold_out`, so that the captions that are held out tell something about pictures
# that were *not* seen.

# %%
from coursekit.prepare import show
from coursekit_captioning.practice import figures

show(
    figures.two_splits(5, 5),
    alt="Five pictures with five captions each. Split by caption, most pictures have captions in "
    "both training and test; split by picture, none has.",
)


# %% tags=["fault"]
def hold_out(owners: Any, seed: int) -> Any:
    """Choose what is held out.

    Args:
        owners: The number of the picture of each caption, an array ``(captions,)``, in any order.
        seed: Of the choice.

    Returns:
        For each caption whether it is held out, an array of bool ``(captions,)``.
    """
    draw = np.random.default_rng(seed)
    return draw.random(len(owners)) < 0.1


# %%
def hold_out(owners: Any, seed: int) -> Any:  # exercise
    """Choose what is held out.

    Args:
        owners: The number of the picture of each caption, an array ``(captions,)``, in any order.
        seed: Of the choice.

    Returns:
        For each caption whether it is held out, an array of bool ``(captions,)``.
    """
    pictures = np.random.default_rng(seed).permutation(np.unique(owners))
    return np.isin(owners, pictures[: round(len(pictures) / 10)])


# %% [markdown]
# ## Find and fix: the loss of an epoch
#
# The train step returns the mean loss of the *words* of a batch. At the end of an epoch one number
# is wanted: the mean loss of a word of the epoch. Batches differ in how many words they have; the
# last one may hold very few.


# %% tags=["fault"]
def epoch_loss(losses: Any, words: Any) -> float:
    """Return the mean loss of a word.

    Args:
        losses: The mean loss of a word in each batch, an array ``(batches,)``.
        words: How many words each batch has, an array ``(batches,)``.
    """
    return float(np.sum(losses) / np.sum(words))


# %%
def epoch_loss(losses: Any, words: Any) -> float:  # exercise
    """Return the mean loss of a word.

    Args:
        losses: The mean loss of a word in each batch, an array ``(batches,)``.
        words: How many words each batch has, an array ``(batches,)``.
    """
    return float(np.average(losses, weights=words))


# %%
import numpy as np

OWNERS = np.random.default_rng(2).permutation(np.repeat(np.arange(200), 5))


def by_picture(owners, seed, share=0.1):
    pictures = np.random.default_rng(seed).permutation(np.unique(owners))
    return np.isin(owners, pictures[: round(len(pictures) * share)])


@misconception(
    "hold_out",
    "Each caption is drawn by itself, as in the notebook of 2018: nearly every picture that is "
    "held out has other captions that are learnt.",
)
def by_caption(owners, seed):
    return np.random.default_rng(seed).random(len(owners)) < 0.1


@misconception(
    "hold_out",
    "The last tenth of the list is held out. The list is in any order: the five captions of a "
    "picture are not next to each other.",
)
def the_tail(owners, seed):
    return np.arange(len(owners)) >= round(0.9 * len(owners))


@misconception(
    "hold_out",
    "One caption of each picture is held out: every single picture leaks.",
)
def one_of_each(owners, seed):
    held = np.zeros(len(owners), bool)
    held[np.unique(owners, return_index=True)[1]] = True
    return held


@misconception("hold_out", "True marks what is *held out*; here it marks what is learnt.")
def the_wrong_way_round(owners, seed):
    return ~by_picture(owners, seed)


@misconception(
    "hold_out",
    "A tenth of the number of *captions* was taken as a number of pictures: half is held out.",
)
def tenth_of_captions(owners, seed):
    return by_picture(owners, seed, share=0.5)


@misconception(
    "epoch_loss",
    "The sum of the batches' losses is divided by the words. A batch's loss is a mean already: "
    "the sum has as many terms as there are batches, and the figure is far too small.",
)
def by_the_words(losses, words):
    return float(np.sum(losses) / np.sum(words))


@misconception(
    "epoch_loss",
    "Each batch counts the same, so a word of the small last batch counts more than the others.",
)
def mean_of_means(losses, words):
    return float(np.mean(losses))


@misconception("epoch_loss", "It is a sum: an epoch of more batches looks worse.")
def sum_of_means(losses, words):
    return float(np.sum(losses))


@misconception(
    "epoch_loss",
    "The losses of all words are added up, and the sum is divided by the batches.",
)
def by_the_batches(losses, words):
    return float(np.sum(np.multiply(losses, words)) / len(losses))


@check(
    "No picture is on both sides",
    points=3,
    hints=(
        "What is new in a caption that is held out, if its picture was learnt with four others?",
        "Draw pictures, not captions; a caption goes where its picture goes.",
        "`np.unique(owners)` are the pictures; `np.isin(owners, chosen)` finds their captions.",
    ),
)
def no_leak(student):
    found = np.asarray(student.hold_out(OWNERS, 3))
    assert found.size, "there is no answer"
    assert np.isin(found, [0, 1]).all(), "only True and False are asked for"
    held = found.astype(bool)
    assert held.shape == OWNERS.shape, f"{len(OWNERS)} captions gave the shape {held.shape}"
    assert held.any(), "nothing is held out"
    assert not held.all(), "everything is held out"
    both = np.intersect1d(OWNERS[held], OWNERS[~held])
    assert len(both) == 0, f"{len(both)} of 200 pictures are learnt and held out at once"


@check(
    "About a tenth is held out",
    points=1,
    after="no_leak",
    hints=(
        "How many of 200 pictures are a tenth?",
        "Count pictures, not captions, when you cut.",
        "`round(len(pictures) / 10)` of the shuffled pictures are held out.",
    ),
)
def a_tenth(student):
    held = np.asarray(student.hold_out(OWNERS, 3), bool)
    share = np.mean(held)
    assert 0.05 < share < 0.15, f"{share:.0%} of the captions are held out"
    other = np.asarray(student.hold_out(OWNERS, 4), bool)
    few = np.repeat(np.arange(1000, 1040), 3)
    share = np.mean(np.asarray(student.hold_out(few, 3), bool))
    assert 0.05 < share < 0.15, f"of 40 pictures with 3 captions each, {share:.0%} are held out"
    assert (held != other).any(), "seeds 3 and 4 hold out the same pictures: draw by the `seed`"


@check(
    "The loss of an epoch is of the size of a batch's",
    points=2,
    hints=(
        "What is the mean of ten batches that all have a loss of 2.0?",
        "The figure must not depend on how many batches there are, or how many words they have.",
        "Multiply each loss by its words, add up, and divide by all words.",
    ),
)
def same_size(student):
    found = student.epoch_loss(np.array([2.0, 2.5, 3.0]), np.array([100, 100, 100]))
    assert abs(found - 2.5) < 1e-6, f"batches of 2.0, 2.5 and 3.0 gave {found:.4f}"


@check(
    "Every word counts the same",
    points=2,
    after="same_size",
    hints=(
        "How much should a batch of one word count beside a batch of a thousand?",
        "Weigh the losses by the words.",
        "`np.average` takes `weights`.",
    ),
)
def each_word(student):
    found = student.epoch_loss(np.array([2.0, 6.0]), np.array([990, 10]))
    assert abs(found - 2.04) < 1e-6, f"990 words of 2.0 and 10 words of 6.0 gave {found:.4f}"


# %% [markdown]
# ## What the leak would have cost
#
# Here is a captioner that has learnt *nothing* about pictures: a parrot. If it has met a picture in
# training, it repeats a caption that it heard there; if not, it repeats any caption at all. It is
# scored as the lesson scores its captioners, on what was held out, split your way and the old way.


# %%
def leaky(owners: Any, seed: int) -> Any:
    """Choose captions, not pictures: the fault."""
    return np.random.default_rng(seed).random(len(owners)) < 0.1


def parrot(owners: Any, texts: list[list[str]], held: Any) -> tuple[float, float]:
    """Return CIDEr and BLEU-4 of a parrot."""
    heard: dict[int, list[list[str]]] = {}
    for place in np.flatnonzero(~held):
        heard.setdefault(int(owners[place]), []).append(texts[place])
    anything, draw = [text for known in heard.values() for text in known], np.random.default_rng(0)
    pictures = np.unique(owners[held]).tolist()
    said = [
        heard[picture][0] if picture in heard else anything[draw.integers(len(anything))]
        for picture in pictures
    ]
    wanted = [[texts[k] for k in np.flatnonzero(held & (owners == one))] for one in pictures]
    return cider(said, wanted), 100 * bleu(said, wanted)["bleu_4"]


# %% tags=["train"]
examples = drawn_examples("train", 1_000)
owners = np.array([number for number, example in enumerate(examples) for _ in example.captions])
texts = [caption.split() for example in examples for caption in example.captions]
figure = Figure(figsize=(7, 2.4), layout="constrained")
left, right = figure.subplots(1, 2)
for name, split in (("by caption", leaky), ("by picture (yours)", hold_out)):
    held = split(owners, 0)
    seen = np.isin(np.unique(owners[held]), owners[~held]).mean()
    found = parrot(owners, texts, held)
    print(
        f"{name:20} {seen:4.0%} of the pictures seen   CIDEr {found[0]:.2f}   BLEU-4 {found[1]:.1f}"
    )
    for panel, title, value in zip((left, right), ("CIDEr-D", "BLEU-4"), found, strict=True):
        panel.barh(name, value)
        panel.set_title(f"{title} of a parrot", fontsize=10)
show(
    figure,
    alt="Two bar charts, CIDEr and BLEU-4 of the parrot: both bars are far longer for the split by "
    "caption than for the split by picture.",
)

# %% [markdown]
# All that the parrot gains where captions were held out is memory. A real network that learns its
# pictures by heart gains in the same way, and nobody can tell it from one that sees.
#
# ## In the real lesson
#
# The train step of the lesson with your loss in it, for 60 steps: the loss before the first of them
# beside log(vocabulary) (a little above it: the first guesses are not quite equal), then the loss
# of these steps by your count and by the old one, and of the last batch with the padding below the
# fraction bar.

# %%
from coursekit_captioning.train import train_step  # show

# %% tags=["train"]
SCENES = 950
settings, data = prepare(
    CaptioningLesson(), "scenes", epochs=1, batch_size=16, scenes=SCENES, units=64, embedding=64
)
model = build_captioner(data, settings)
pictures, captions = next(iter(data.train.batches(0)))
logits, _ = model((pictures, captions[:, :, :-1]))
before = float(token_loss(logits, captions[:, :, 1:])[0])
step = tf.function(lambda pictures, captions: train_step(model, (pictures, captions)))
losses, words = [], []
for pictures, captions in data.train.batches(0):
    losses.append(float(step(pictures, captions)["loss"]))
    words.append(int(tf.reduce_sum(tf.cast(captions[:, :, 1:] != PAD, tf.int32))))
print(
    f"before: {before:.2f}, log of {len(data.vocabulary)} words: {np.log(len(data.vocabulary)):.2f}"
)
print(f"{len(losses)} steps, by your count: {epoch_loss(np.array(losses), np.array(words)):.3f}")
print(f"the sum of the losses by the words: {np.sum(losses) / np.sum(words):.5f}")
print(f"words of the largest and of the smallest batch: {max(words)}, {min(words)}")
share = words[-1] / tf.size(captions[:, :, 1:]).numpy()
print(f"the last batch: {losses[-1]:.3f}; its padding counted below: {losses[-1] * share:.3f}")

# %% [markdown]
# Half of the places of that batch are padding. Counted below the fraction bar they halve its loss,
# and nothing was learnt; divided by the words, the loss of an epoch is a number of no size at all.
# Both would have looked like progress.
#
# **Next:** `coursekit check captioning/leaks`, then `coursekit next`.
