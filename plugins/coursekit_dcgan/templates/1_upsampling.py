# %% [markdown]
# # From 7 × 7 to 28 × 28
#
# **Goal.** Enlarge a map by transposed convolution, predict its size, and find out where
# checkerboards come from.
#
# **Time.** 30 minutes
#
# **Before.** what a convolution does; numpy slices
#
# **Kind.** predict, complete, measure
#
# A discriminator shrinks an image: 28 × 28, 14 × 14, 7 × 7. A generator does the opposite. It
# starts with a small map of 7 × 7 numbers, and its layers enlarge the map step by step until it is
# an image. The layer that does this is called a *transposed convolution*. It is simpler than its
# name. **Each number of the small map stamps a copy of the kernel, scaled by that number, onto the
# large map.** The stamp of the next number is placed `stride` places further to the right. Where
# stamps overlap, they are added.
#
#     row:    1  2          first stamp     a   b   c
#     kernel: a  b  c       second stamp            2a   2b  2c
#     stride: 2             sum             a   b  c+2a  2b  2c

# %%
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from coursekit.prepare import prepare
from coursekit_dcgan import DcganLesson
from coursekit_dcgan.build import build_gan
from coursekit_dcgan.practice.compare import beside, drawn, fit
from coursekit_dcgan.model import SLOPE, SMALL, spread

# %% [markdown]
# ## Predict first
#
# Take a row of 7 numbers, a kernel of 5 and a stride of 2, and cut nothing off. Where does the
# last stamp begin, and where does it end? How long is the result?

# %%
length = 17  # exercise

# %% [markdown] tags=["why"]
# Seven stamps begin at 0, 2, 4, ..., 12, each two places after the one before. The last one covers
# the places 12 to 16, because the kernel has 5 numbers. Places 0 to 16 are 17 places: (7 - 1) · 2 +
# 5.

# %%
from coursekit.practice import assert_close, check, misconception, probe


@misconception(
    "length",
    'Keras returns twice 7 with padding="same", because it cuts the edges off. The stamps '
    "themselves reach further.",
)
def edges_cut():
    return 14


@misconception(
    "length", "That is the length after a convolution, which shrinks the row: (7 - 5) // 2 + 1."
)
def shrunk():
    return 2


@misconception(
    "length", "11 is right for stride 1. Here each stamp begins two places after the one before."
)
def stride_one():
    return 11


@misconception(
    "length",
    "7 stamps have 6 steps between them, not 7. The first begins at place 0, the last at 12.",
)
def one_step_too_many():
    return 19


@misconception(
    "length", "16 is the index of the last place, counted from 0. From 0 to 16 there are 17 places."
)
def last_place():
    return 16


@check(
    "You know how far the stamps reach",
    points=1,
    hints=(
        "Where does the first stamp begin, and where does the seventh?",
        "The stamps begin at 0, 2, 4, ... Each is 5 long.",
        "(7 - 1) times the stride, plus the length of one kernel.",
    ),
)
def size(student):
    assert student["length"] == 17, (
        "draw seven stamps of five, each two places after the one before"
    )


# %% [markdown]
# ## Write it
#
# One row is enough to see how it works; an image is the same in two directions. Make the result
# exactly as long as the stamps need. Three to five lines.

# %%
from coursekit.prepare import show
from coursekit_dcgan.practice import figures

show(
    figures.stamps([[1, 2], [0, 3]], [[1, 0, 1], [0, 2, 0], [1, 0, 1]], stride=2),
    alt="A map of 2 by 2 numbers and a kernel of 3 by 3. Each number scales a copy of the kernel; "
    "the copies are laid down two places apart, and where they overlap they are added: 5 by 5.",
)


# %%
def enlarge(row: Any, kernel: Any, stride: int) -> Any:  # exercise
    """Enlarge a row of numbers with a transposed convolution.

    Args:
        row: The numbers, ``(length,)``, a numpy array.
        kernel: The stamp, ``(size,)``, a numpy array.
        stride: The distance from the beginning of one stamp to that of the next.

    Returns:
        The sum of all stamps, from the beginning of the first to the end of the last.
    """
    large = np.zeros((len(row) - 1) * stride + len(kernel))
    for number, value in enumerate(row):
        large[number * stride : number * stride + len(kernel)] += value * kernel
    return large


# %% [markdown] tags=["why"]
# Each number puts a copy of the kernel, scaled by that number, `stride` places after the previous
# copy. `+=` matters: where two stamps overlap, their numbers are added. With `=`, each stamp would
# erase a part of the one before it, and some numbers of the row would hardly show in the result.


# %%
print(enlarge(np.array([1.0, 2.0]), np.array([1.0, 10.0, 100.0]), stride=2))

# %%
import numpy as np


def stamped(row, kernel, stride, put=np.add):
    large = np.zeros((len(row) - 1) * stride + len(kernel))
    for number, value in enumerate(row):
        part = large[number * stride : number * stride + len(kernel)]
        part[:] = put(part, value * kernel)
    return large


@probe
def stamp(row, kernel, stride):
    kept = row.copy(), kernel.copy()
    found = enlarge(row, kernel, stride)
    if not all(map(np.array_equal, (row, kernel), kept)):
        raise ValueError("`row` or `kernel` was changed. They belong to the caller: work on a copy")
    return found


@misconception("stamp", "The stride is not used: the stamps are always one place apart.")
def always_one(row, kernel, stride):
    return stamped(row, kernel, 1)


@misconception(
    "stamp",
    "The kernel is reversed. The convolution of mathematics reverses it, but a stamp prints the "
    "kernel as it is.",
)
def back_to_front(row, kernel, stride):
    return stamped(row, kernel[::-1], stride)


@misconception(
    "stamp",
    "Each number is repeated. That enlarges the row too (nearest neighbour), but the kernel is not "
    "used, so there is nothing to learn.",
)
def repeated(row, kernel, stride):
    return np.repeat(row, stride)


@misconception(
    "stamp",
    "A later stamp overwrites the earlier one. Where stamps overlap, they must be added: only then "
    "is this the transpose of a convolution, and only then does every number get its gradient.",
)
def covered(row, kernel, stride):
    return stamped(row, kernel, stride, lambda there, new: new)


@misconception(
    "stamp",
    "Where stamps overlap, the larger number is kept. Add them instead: the layer is linear.",
)
def larger_kept(row, kernel, stride):
    return stamped(row, kernel, stride, np.maximum)


@misconception(
    "stamp",
    "There are zeros left at the end. From the beginning of the last stamp there must be room for "
    "one kernel, not for another stride.",
)
def room_left(row, kernel, stride):
    return np.pad(stamped(row, kernel, stride), (0, stride))


@misconception(
    "stamp",
    "The numbers were repeated before the kernel was used. Each number stamps only once, and no "
    "stamp begins in between.",
)
def repeated_first(row, kernel, stride):
    return np.convolve(np.repeat(row, stride), kernel)


@check(
    "Each number puts its stamp in the right place",
    points=2,
    hints=(
        "Where does the stamp of number 2 (the third) begin?",
        "At its index times the stride. The slice is as long as the kernel.",
        "Put `value * kernel` into `large[n * stride : n * stride + len(kernel)]`.",
    ),
)
def places(student):
    found = student.stamp(np.array([0.0, 3.0, -1.0]), np.array([1.0, 2.0, 5.0]), 4)
    assert_close(
        found,
        [0, 0, 0, 0, 3, 6, 15, 0, -1, -2, -5],
        "row 0 3 -1, kernel 1 2 5, stride 4: stamps that do not touch",
    )


@check(
    "Where stamps overlap, they are added",
    points=2,
    after="places",
    hints=(
        "What is already in a place when the second stamp reaches it?",
        "Add to the numbers there instead of replacing them.",
        "`+=` on the slice.",
    ),
)
def overlaps(student):
    found = student.stamp(np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0, 100.0]), 2)
    assert_close(found, [1, 10, 102, 20, 203, 30, 300], "row 1 2 3, kernel 1 10 100, stride 2")
    found = student.stamp(np.array([1.0, 2.0]), np.array([1.0, 10.0, 100.0, 1000.0]), 2)
    said = "row 1 2, kernel 1 10 100 1000, stride 2"
    assert_close(found, [1, 10, 102, 1020, 200, 2000], said)


# %% [markdown]
# ## The checkerboard
#
# Take seven ones and a kernel of ones. Now each place of the result *counts* the stamps that cover
# it. This is the result of your `enlarge` with a stride of 2 and a kernel of 2.

# %%
print(enlarge(np.ones(7), np.ones(2), stride=2).astype(int), "kernel 2")

# %% [markdown]
# The result is even, but no stamp overlaps the next: each 2 × 2 block of the image would be drawn
# independently. Which of the kernels of 3, 4 and 5 gives stamps that overlap *and* cover every
# place equally often (except at the edges)? Think first, then print.

# %%
even_kernel = 4  # exercise

# %% [markdown] tags=["why"]
# With a stride of 2, a kernel of 4 covers every place exactly twice. A kernel of 3 covers the
# places once and twice in turn, and one of 5 twice and three times, which draws a checkerboard
# before anything has been learned. The rule is that the kernel must be a multiple of the stride,
# and larger than it if the stamps are to overlap.

# %%
from coursekit.practice import check, misconception, probe


@misconception(
    "even_kernel",
    "With stride 2, a kernel of 3 covers every other place twice, and the places in between only "
    "once.",
)
def three():
    return 3


@misconception(
    "even_kernel",
    "A kernel of 5 covers one place three times and the next one twice. The network has to unlearn "
    "this checkerboard pattern.",
)
def five():
    return 5


@check(
    "You know where a checkerboard comes from",
    points=1,
    hints=(
        "How often do the stamps of `np.ones(3)`, `np.ones(4)` and `np.ones(5)` cover each place?",
        "With stride 2, one place gets the even entries of the kernel, the next the odd ones.",
        "Both get the same number if the length of the kernel is a multiple of the stride.",
    ),
)
def even(student):
    assert student["even_kernel"] == 4, "print enlarge(np.ones(7), np.ones(k), 2) for k = 3, 4, 5"


# %% [markdown]
# ## The generator
#
# You saw this `call` in the lesson. Now write it without looking back. `self.first` and
# `self.shape` turn the latent vector into a map of 7 × 7. Then, three times, the map is
# *normalised*, *rectified* (by a leaky ReLU, `tf.nn.leaky_relu` with the slope `SLOPE`) and
# *enlarged*, in this order. The sizes are 7 × 7, 14 × 14 and 28 × 28. (The first of the three has a
# stride of 1.) At the end `tanh` limits the numbers to between -1 (black) and 1 (white). Fill in
# `call`. Pass the mode to each norm: `norm(features, training=...)`. Three to six lines.

# %%
from coursekit_dcgan.model import Generator  # exercise: call

# %% [markdown] tags=["why"]
# The order is normalise, rectify, enlarge. The norm keeps the numbers at a size with which the next
# layer can learn, and its mode must be passed on: in training it uses the statistics of the batch,
# later the stored averages. With the wrong mode a drawing would depend on the other drawings of its
# batch. After the last enlargement there is neither norm nor rectifier, only `tanh`, because the
# pixels must cover the whole range from -1 to 1.

# %%
import numpy as np


def leaky(values):
    return np.where(values > 0, values, 0.2 * values)


def painted(latents, training, act=leaky, end=np.tanh, norm=True, order="nre", mode=True):
    """Return what stand-ins for the layers give, and with some of it done differently."""

    def normal(values, k):
        if not norm:
            return values
        return values - 0.1 * k if training and mode else 1.5 * values + 0.1 * k

    values = latents[:, None, None, :] - 0.5
    for k in (1, 2, 3):
        for part in order:  # normalise, rectify, enlarge
            if part == "n":
                values = normal(values, k)
            elif part == "r":
                values = act(values)
            else:
                values = np.repeat(np.repeat(values, 2, 1), 2, 2) * (-1) ** k
    return end(values)


@probe
def paint(latents, training, compiled=False):
    from functools import partial

    from coursekit.practice import compiles

    # Stand-ins for the layers, simple enough to be followed by hand.
    layers = SimpleNamespace(
        first=lambda values: values - 0.5,
        shape=lambda values: values[:, None, None, :],
        norms=[
            lambda values, training=False, k=k: (
                values - 0.1 * k if training else 1.5 * values + 0.1 * k
            )
            for k in (1, 2, 3)
        ],
        enlarging=[
            lambda values, k=k: tf.repeat(tf.repeat(values, 2, 1), 2, 2) * (-1.0) ** k
            for k in (1, 2, 3)
        ],
    )
    latents = tf.constant(latents, tf.float32)
    if compiled:
        return compiles(partial(Generator.call, layers, training=training), latents)
    return Generator.call(layers, latents, training=training)


@misconception(
    "paint", "The tanh is missing: the numbers from the last layer are not limited to -1 to 1."
)
def no_tanh(latents, training):
    return painted(latents, training, end=lambda values: values)


@misconception(
    "paint",
    "A sigmoid returns 0 to 1, but black is -1 here. Everything would be grey or white.",
)
def sigmoid(latents, training):
    return painted(latents, training, end=lambda values: 1 / (1 + np.exp(-values)))


@misconception(
    "paint",
    "A plain ReLU is used. Where a number is negative, its gradient is zero; a leaky ReLU lets a "
    "fifth of it through.",
)
def plain_relu(latents, training):
    return painted(latents, training, act=lambda values: np.maximum(values, 0))


@misconception(
    "paint",
    "Nothing is rectified between the layers. Three linear layers in a row are one linear layer.",
)
def linear(latents, training):
    return painted(latents, training, act=lambda values: values)


@misconception(
    "paint",
    "The map is enlarged first, then normalised and rectified. Then the rectifier is the last part "
    "before tanh, and it shrinks all negative numbers, the dark ones, to a fifth.",
)
def enlarged_first(latents, training):
    return painted(latents, training, order="enr")


@misconception(
    "paint",
    "The map is rectified first, then normalised. The normalisation shifts the rectified numbers, "
    "so the input of the convolution is no longer rectified.",
)
def rectified_first(latents, training):
    return painted(latents, training, order="rne")


@misconception("paint", "The normalisation is not used. Without it, this network hardly learns.")
def no_norm(latents, training):
    return painted(latents, training, norm=False)


@misconception(
    "paint",
    "`training` is not passed on. Then the normalisation uses its moving averages in training too, "
    "and never updates them.",
)
def mode_forgotten(latents, training):
    return painted(latents, training, mode=False)


@misconception(
    "paint",
    "The normalisation always gets `training=True`, whatever `call` gets. Then a drawing depends "
    "on the others in its batch, even after training.",
)
def always_in_training(latents, training):
    return painted(latents, True)


@misconception(
    "paint",
    "The images are numpy arrays. No gradient passes through them, and numpy code cannot be "
    "compiled. TensorFlow has the same functions.",
)
def in_numpy(latents, training, compiled=False):
    return "no: a result is no tensor" if compiled else painted(latents, training)


LATENTS = np.array([[0.1, 0.7, 1.0], [0.3, 0.45, -0.6]])


@check(
    "Normalise, rectify, enlarge, three times, then tanh",
    points=3,
    after="overlaps",
    hints=(
        "In which order are the three operations applied, and what is applied once at the end?",
        "`zip(self.enlarging, self.norms)` yields pairs of layers. Keep the map in one variable.",
        "In the loop: `enlarge(tf.nn.leaky_relu(..., SLOPE))`, with the norm's result inside.",
    ),
)
def chain(student):
    found = student.paint(LATENTS, False)
    assert np.shape(found) == (2, 8, 8, 3), (
        f"stand-ins that double three times made {np.shape(found)} of 1 x 1, not (2, 8, 8, 3)"
    )
    assert_close(
        found[0, 0, 0], painted(LATENTS, False)[0, 0, 0], "the first pixel, 3 channels", atol=1e-4
    )
    assert_close(found, painted(LATENTS, False), "the images", atol=1e-4)


@check(
    "The normalisation gets its mode",
    points=1,
    after="chain",
    hints=(
        "Which argument of `call` have you not used?",
        "Pass `training` on to each `norm`.",
        "`norm(features, training=training)`.",
    ),
)
def mode(student):
    latents = np.concatenate([LATENTS, LATENTS[:1]])
    found = student.paint(latents, True)
    assert_close(found, painted(latents, True), "three images with training=True", atol=1e-4)
    compiled = student.paint(latents, True, True)
    said = "the lesson compiles the layer with `tf.function`, so use only tensors"
    assert compiled == "yes", f"{said}: {compiled}"


# %% [markdown]
# ## What happens to the checkerboard
#
# Your generator now draws in the lesson, with kernels of 4 and of 5. At first all weights are
# *equal*, so the brightness of a pixel shows how many stamps cover it. Then both are trained
# briefly from the usual initial weights (about half a minute in all). `flicker` measures the
# pattern that changes its sign from each pixel to the next. **Predict:** which kernel flickers more
# after training?


# %%
def flicker(pixels: Any) -> float:
    """Return how strongly images alternate from pixel to pixel, in grey levels."""
    images = np.asarray(pixels, float)
    # (1, -2, 1) in both directions passes what alternates, and little else.
    for axis in (1, 2):
        images = np.diff(images, n=2, axis=axis) / 4
    return float(np.sqrt((images**2).mean()))


# %% tags=["train"]
STEPS = 250
settings, data = prepare(DcganLesson(), "mnist5k", average=0.95)
shown: dict[str, Any] = {}
for kernel in (4, 5):
    generator = Generator(settings.width, kernel, seed=0)
    generator(tf.ones((1, 4)))  # makes the weights
    for weights in generator.trainable_variables:
        if weights.name == "kernel":
            weights.assign(tf.fill(weights.shape, 0.007))
    even = generator(tf.ones((1, 4))).numpy()[..., 0]
    shown[f"kernel {kernel}: equal weights"] = np.uint8(255 * even / even.max())
for kernel in (4, 5):
    model = build_gan(settings.replace({"kernel": kernel}), generator=Generator)
    fit(model, data, STEPS)
    found = drawn(model, data)
    shown[f"kernel {kernel}: drawn"] = found.pixels
    print(
        f"kernel {kernel}: flicker {flicker(found.pixels):.1f} grey levels,"
        f" {found.recognised:.0%} recognised, Fréchet distance {found.distance:.0f}"
    )
print(f"real digits: flicker {flicker(data.parts.validation.pixels):.1f} grey levels")

# %% tags=["train"]
show(
    beside({name: part[:1] for name, part in shown.items() if "equal" in name}, 1, 1),
    alt="Two drawings with equal weights: even inside with a kernel of 4, a checkerboard with 5.",
)

# %% tags=["train"]
show(
    beside({name: part for name, part in shown.items() if "drawn" in name}),
    alt="Twenty drawings with a kernel of 4 beside twenty with a kernel of 5.",
)

# %% [markdown]
# With equal weights, the kernel of 5 draws a checkerboard. Training removes it. After 250 steps we
# measured, with three seeds, a flicker of 5.5 to 6.0 with the kernel of 4, and of 5.2 to 6.3 with
# the kernel of 5; real digits have 5.8. The kernel of 5 did not draw worse digits either (Fréchet
# distance 89 to 112, against 108 to 126). Yours will differ. So what is the advantage of the even
# kernel? It has nothing to unlearn, and it needs 16 weights instead of 25. (A checkerboard can also
# come from the weights themselves: the lesson shows one after fifty steps. See Odena, Dumoulin and
# Olah, [*Deconvolution and checkerboard
# artifacts*](https://distill.pub/2016/deconv-checkerboard/), 2016.)
#
# **Next:** `coursekit check dcgan/upsampling`, then `coursekit next`.
