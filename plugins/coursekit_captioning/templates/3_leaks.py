# %% [markdown]
# # Numbers too good to be true
#
# **Goal.** Write the loss of a caption, and find two bugs that make captioners look better than
# they are.
#
# **Time.** 40 minutes
#
# **Before.** cross-entropy; why a test set is held out
#
# **Kind.** predict, complete, debug, measure
#
# Some bugs never raise an error: they run without a warning and make the numbers look better. You
# find them only by asking of each number whether it *can* be true. So we start with a number that
# is known in advance: the loss of a network that knows nothing.

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
# A captioner has a vocabulary of 100 words and has learned nothing, so it finds all of them equally
# likely. What is its loss, the mean of $-\log p$ of the right word, in nats?

# %%
first_loss = 4.61  # exercise

# %% [markdown] tags=["why"]
# If all 100 words are equally likely, the right one has the probability 1/100, and $-\log(1/100) =
# \log 100$ is about 4.61. Compute this number before you train. A loss that starts far below it is
# measured wrongly or belongs to a network that sees the answer.

# %%
from coursekit.practice import assert_close, check, misconception, probe


@misconception(
    "first_loss", "0.01 is the probability of the right word. The loss is its negative logarithm."
)
def a_probability():
    return 0.01


@misconception("first_loss", "6.64 is the logarithm to base 2, in bits. The loss is in nats.")
def in_bits():
    return 6.64


@misconception("first_loss", "2 is the logarithm to base 10. The loss uses the natural logarithm.")
def base_ten():
    return 2.0


@misconception(
    "first_loss", "0.99 is the share of wrong guesses. That is an error rate, not a loss."
)
def error_rate():
    return 0.99


@check(
    "You know the loss of an untrained captioner",
    points=1,
    hints=(
        "What probability does the right word get?",
        "One in a hundred. Take the natural logarithm and change its sign.",
        "log 100, the logarithm of the size of the vocabulary.",
    ),
)
def prediction(student):
    assert abs(student["first_loss"] - 4.605) < 0.02, "-log(1 / 100), in nats"


# %% [markdown]
# If the loss is far below log(vocabulary) before any training, the number is wrong.
#
# ## The loss of a batch
#
# The right word's cross-entropy is $-\log p = \log \sum_w e^{z_w} - z_{right}$, where $z$ are the
# logits. The first term is the *log normaliser*; the code, where it is given, calls it
# `normaliser`. Captions differ in length and are filled up with
# `PAD`, which is not a word: leave it out of the sum *and* of the number that the sum is divided
# by. Fill in four lines of `token_loss`:
#
# * `real` is 1.0 where there is a word (or the end) and 0.0 where there is padding;
# * `tokens` is the number of real tokens, but at least 1;
# * `right` is the logit of the right word at each place;
# * `plain` is the mean over the real tokens.
#
# The lines after them use your results for label smoothing.

# %%
from coursekit_captioning.train import token_loss  # exercise

# %% [markdown] tags=["why"]
# `real` removes the padding from the sum, and `tokens` removes it from the divisor. Both are
# needed: with the mean over all places, a batch with more padding would look better. `batch_dims=3`
# lets `tf.gather` take one logit at each place; without it, it would return whole blocks of logits.
# `tokens` is at least 1, so that a batch of padding alone gives 0 and not NaN.

# %% [markdown]
# Try it on something tiny: one picture, two captions of three tokens and of one, and a vocabulary
# of five words. All logits are equal. Is the loss the logarithm of five?

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
    "Padding is averaged together with the words. It is easy to predict, so the network looks "
    "better than it is, especially on short captions.",
)
def padding_counts(logits, targets, smoothing):
    return crossed(logits, targets, smoothing, above="all", below="places")


@misconception(
    "loss_of",
    "This is the mean of the captions' means. A word of a short caption then counts more than one "
    "of a long caption.",
)
def captions_alike(logits, targets, smoothing):
    pairs = zip(np.concatenate(logits), np.concatenate(targets), strict=True)
    means = [crossed(*pair, smoothing) for pair in pairs]
    return tuple(np.mean(means, axis=0).tolist())


@misconception(
    "loss_of",
    "The losses of padding are zero, but the sum is divided by all places. So a batch with much "
    "padding looks easy.",
)
def padding_below(logits, targets, smoothing):
    return crossed(logits, targets, smoothing, below="places")


@misconception(
    "loss_of",
    "The losses of padding are in the sum, but the sum is divided by the number of words. Multiply "
    "by `real` before you sum.",
)
def padding_above(logits, targets, smoothing):
    return crossed(logits, targets, smoothing, above="all")


@misconception(
    "loss_of",
    "For a batch that is all padding this is 0 / 0, which is not a number. `tokens` must be at "
    "least 1.",
)
def nothing_by_nothing(logits, targets, smoothing):
    none = not np.any(targets)
    return (np.nan, np.nan) if none else crossed(logits, targets, smoothing)


@misconception(
    "loss_of", "This is a sum, so a batch of longer captions looks worse. Divide by the tokens."
)
def sum_of_words(logits, targets, smoothing):
    return crossed(logits, targets, smoothing, below="one")


@misconception(
    "loss_of",
    "The sum is divided by the number of captions, which gives the loss of a caption. Return the "
    "loss of a word, which does not depend on how long the captions are.",
)
def of_a_caption(logits, targets, smoothing):
    return crossed(logits, targets, smoothing, below="captions")


@misconception(
    "loss_compiles",
    "The loss is a Python or NumPy number. No gradient flows through it, and while a step is being "
    "compiled there are no numbers yet, only tensors.",
)
def python_number(logits, targets):
    return "no: a result is no tensor"


@misconception("loss_of", "A logit is not a log probability. The normaliser is missing.")
def not_normalised(logits, targets, smoothing):
    return crossed(logits, targets, smoothing, normalised=False)


@misconception(
    "loss_of",
    "This is log p, which is never above zero. Training would make p smaller. Change the sign.",
)
def sign_turned(logits, targets, smoothing):
    return crossed(logits, targets, smoothing, sign=-1)


@check(
    "It is the cross-entropy of the right word",
    points=2,
    hints=(
        "At each place, which of the logits belongs to the right word?",
        "`tf.gather` picks it. Both tensors start with batch, captions, time: three batch dims.",
        "`right = tf.gather(logits, targets, batch_dims=3)`. Sum `normaliser - right` and divide.",
    ),
)
def cross_entropy(student):
    for lengths in ([0, 0, 0, 0], [5, 2, 3, 1]):  # tells apart what is equal without padding
        student.loss_of(*some_batch(lengths), 0.0)
    logits, targets = some_batch([5, 5, 5, 5])
    found = student.loss_of(logits, targets, 0.0)
    assert np.shape(found) == (2,), "return two numbers, the plain and the smoothed loss"
    right = crossed(logits, targets, 0.0)[0]
    assert abs(found[0] - right) < 1e-4, f"20 words, no padding: {found[0]:.4f}, not {right:.4f}"
    compiled = student.loss_compiles(logits, targets)
    said = "the lesson compiles the loss with `tf.function`, so use tensors throughout"
    assert compiled == "yes", f"{said}: {compiled}"


@check(
    "Padding does not count",
    points=2,
    after="cross_entropy",
    hints=(
        "How many places does the batch have, and how many hold a word or the end?",
        "Multiply each loss by 1 or 0, and divide by the number of ones.",
        "`tf.reduce_sum(real * (normaliser - right)) / tokens`; `tokens` is the sum of `real`.",
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
# A picture of `scenes` has five captions. All captions are in one long list, and `owners` says
# which picture each of them belongs to. About a tenth should be held out, to measure how well a
# captioner describes pictures that are new to it.
#
# With the function below, every captioner looks too good. Even a program without a network, which
# has learned nothing about pictures, gets a high score (you will meet it further down). Why? Find
# the reason, then fix `hold_out`.


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


# %% [markdown] tags=["why"]
# The faulty version draws for each *caption*, and each picture has several. So almost every
# held-out picture is also a training picture, with another caption, and the network can recognise
# it. Here *pictures* are drawn, and all captions of a picture go to the same side. Held-out numbers
# then say what they should: how good the network is on pictures that it has never seen.


# %% [markdown]
# ## Find and fix: the loss of an epoch
#
# The train step returns the mean loss of the *words* of a batch. After an epoch we want one number:
# the mean loss over all words of the epoch. The function below reports losses far below those of
# any batch. Find the reason, then fix `epoch_loss`. (Batches have different numbers of words, and
# the last one may have very few.)


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


# %% [markdown] tags=["why"]
# The loss of a batch is a mean over its words. The mean of an epoch must weigh each batch by its
# number of words, so that every word counts the same. A plain mean of the batches would give the
# few words of the last batch as much weight as the hundreds of any other. The faulty version
# divides a sum of *means* by the number of words, which makes the loss far too small.


# %%
import numpy as np

OWNERS = np.random.default_rng(2).permutation(np.repeat(np.arange(200), 5))


def by_picture(owners, seed, share=0.1):
    pictures = np.random.default_rng(seed).permutation(np.unique(owners))
    return np.isin(owners, pictures[: round(len(pictures) * share)])


@misconception(
    "hold_out",
    "Captions are chosen one by one. Nearly every held-out picture has other captions in the "
    "training set.",
)
def by_caption(owners, seed):
    return np.random.default_rng(seed).random(len(owners)) < 0.1


@misconception(
    "hold_out",
    "The last tenth of the list is held out. But the list can be in any order: the captions of a "
    "picture need not be next to each other.",
)
def the_tail(owners, seed):
    return np.arange(len(owners)) >= round(0.9 * len(owners))


@misconception(
    "hold_out",
    "One caption of each picture is held out, so every picture leaks.",
)
def one_of_each(owners, seed):
    held = np.zeros(len(owners), bool)
    held[np.unique(owners, return_index=True)[1]] = True
    return held


@misconception(
    "hold_out", "True should mark what is *held out*. Here it marks the training captions."
)
def the_wrong_way_round(owners, seed):
    return ~by_picture(owners, seed)


@misconception(
    "hold_out",
    "A tenth of the number of *captions* was used as the number of pictures, so half of them are "
    "held out.",
)
def tenth_of_captions(owners, seed):
    return by_picture(owners, seed, share=0.5)


@misconception(
    "epoch_loss",
    "The sum of the batches' losses is divided by the number of words. But each loss is already a "
    "mean, and the sum has one term for each batch, so the result is far too small.",
)
def by_the_words(losses, words):
    return float(np.sum(losses) / np.sum(words))


@misconception(
    "epoch_loss",
    "Each batch counts the same, so a word in the small last batch counts more than other words.",
)
def mean_of_means(losses, words):
    return float(np.mean(losses))


@misconception("epoch_loss", "This is a sum, so an epoch with more batches looks worse.")
def sum_of_means(losses, words):
    return float(np.sum(losses))


@misconception(
    "epoch_loss",
    "The sum over all words is divided by the number of batches. Divide it by the number of words.",
)
def by_the_batches(losses, words):
    return float(np.sum(np.multiply(losses, words)) / len(losses))


@check(
    "No picture is on both sides",
    points=3,
    hints=(
        "What does a held-out caption test if the other four of its picture were trained on?",
        "Choose pictures, not captions. Each caption goes where its picture goes.",
        "`np.unique(owners)` gives the pictures; `np.isin(owners, chosen)` finds their captions.",
    ),
)
def no_leak(student):
    found = np.asarray(student.hold_out(OWNERS, 3))
    assert found.size, "the result is empty"
    assert np.isin(found, [0, 1]).all(), "the result should hold only True and False"
    held = found.astype(bool)
    assert held.shape == OWNERS.shape, f"{len(OWNERS)} captions gave the shape {held.shape}"
    assert held.any(), "nothing is held out"
    assert not held.all(), "everything is held out"
    both = np.intersect1d(OWNERS[held], OWNERS[~held])
    assert len(both) == 0, f"{len(both)} of 200 pictures are in training and held out at once"


@check(
    "About a tenth is held out",
    points=1,
    after="no_leak",
    hints=(
        "How many pictures are a tenth of 200?",
        "Take a tenth of the pictures, not of the captions.",
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
    assert (held != other).any(), (
        "seeds 3 and 4 hold out the same pictures; the choice should depend on `seed`"
    )


@check(
    "The loss of an epoch is as large as that of a batch",
    points=2,
    hints=(
        "What is the mean of ten batches that all have a loss of 2.0?",
        "The result must not depend on the number of batches, or on how many words they have.",
        "Multiply each loss by its number of words, add up, and divide by all words.",
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
        "How much should a batch of one word count, compared with one of a thousand?",
        "Weight the losses by the numbers of words.",
        "`np.average` has an argument `weights`.",
    ),
)
def each_word(student):
    found = student.epoch_loss(np.array([2.0, 6.0]), np.array([990, 10]))
    assert abs(found - 2.04) < 1e-6, f"990 words of 2.0 and 10 words of 6.0 gave {found:.4f}"


# %% [markdown]
# ## What the leak would have cost
#
# Each row of the figure is a picture, and each cell one of its captions.

# %%
from coursekit.prepare import show
from coursekit_captioning.practice import figures

show(
    figures.two_splits(5, 5),
    alt="Five pictures with five captions each. With a split by caption, most pictures have "
    "captions in both training and test. With a split by picture, none has.",
)

# %% [markdown]
# Here is a captioner that has learned *nothing* about pictures: a parrot. If it has met a picture
# in training, it repeats one of its captions. If not, it repeats a random caption. It is scored on
# the held-out captions, as the lesson scores its captioners, with the old split and with yours.
# Predict: how much does the parrot gain from the leak?


# %%
def leaky(owners: Any, seed: int) -> Any:
    """Choose captions, not pictures: the bug."""
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
    alt="Two bar charts, CIDEr and BLEU-4 of the parrot. Both bars are far longer for the split by "
    "caption than for the split by picture.",
)

# %% [markdown]
# Everything that the parrot gains with the split by caption is memory. A real network that
# memorises its pictures (*overfitting*) gains in the same way. With such a split, no one can tell
# it from a network that has learned to describe pictures.
#
# ## In the real lesson
#
# Here the lesson's train step runs for about 60 steps with your loss in it. The cell prints the
# loss before training beside log(vocabulary). (It is a little above, because the initial logits are
# not quite equal.) Then it prints the loss of the epoch by your function and by the old one, and
# the loss of the last batch if padding is counted in the divisor.

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
print(f"{len(losses)} steps, your epoch_loss: {epoch_loss(np.array(losses), np.array(words)):.3f}")
print(f"the sum of the losses, divided by the words: {np.sum(losses) / np.sum(words):.5f}")
print(f"words in the largest and in the smallest batch: {max(words)}, {min(words)}")
share = words[-1] / tf.size(captions[:, :, 1:]).numpy()
print(f"the last batch: {losses[-1]:.3f}; with padding in the divisor: {losses[-1] * share:.3f}")

# %% [markdown]
# Half of the places of that batch are padding. Counted in the divisor, they halve its loss, though
# nothing was learned. Divided by the words, the loss of the epoch becomes meaninglessly small. Both
# would have looked like progress.
#
# These three mistakes are common in captioning code: to average the loss over padding, to hold out
# captions instead of pictures, and to divide a sum of means by the number of words. All of them run
# without a warning, and all make the numbers look better.
#
# **Next:** `coursekit check captioning/leaks`, then exercise 4, *Does it look at what it names?*
# (`coursekit next`).
