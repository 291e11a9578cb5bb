# %% [markdown]
# # One step, two tapes, and what is in the batch
#
# **Goal.** Write the step that trains both networks, find two bugs, and measure what
# `training=True` does.
#
# **Time.** 45 minutes
#
# **Before.** exercise 2; `tf.GradientTape`; what batch normalisation does
#
# **Kind.** predict, complete, debug, measure
#
# There are two networks, two losses and two optimizers. The networks have opposite goals, so each
# may only be trained by its *own* loss. Both use batch normalisation. So it matters which images
# are in a batch, and whether the networks are in training mode.

# %%
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import tensorflow as tf

from coursekit.prepare import prepare
from coursekit_dcgan import DcganLesson
from coursekit_dcgan.build import build_gan
from coursekit_dcgan.practice.compare import beside, drawn, fit, without_training_mode
from coursekit_dcgan.data import Latents
from coursekit_dcgan.load import unscaled
from coursekit_dcgan.model import Gan
from coursekit_dcgan.train import discriminator_loss, generator_loss

# %% [markdown]
# ## The step
#
# A `tf.GradientTape` records what is computed while it is open. Afterwards
# `tape.gradient(loss, variables)` returns the gradient of the loss for each variable, and
# `optimizer.apply(gradients, variables)` takes a step against it. Fill in the middle:
#
# 1. Inside both tapes, draw images. Pass the real ones and the drawn ones to the discriminator, in
#    two separate calls. Compute both losses with the arguments `fooling` and `judging`, and call
#    them `loss_g` and `loss_d`.
# 2. After the tapes, compute the gradients of each network with its own tape, and apply them.
#
# Pass `training=True` to both networks. About ten lines.

# %%
from coursekit.prepare import show
from coursekit_dcgan.practice import figures

show(
    figures.two_networks(114, (28, 28, 1)),
    alt="Random numbers go through the generator to a drawn image; drawn and real images go "
    "through the discriminator to two losses. The gradient of the generator's loss runs back "
    "through the discriminator to the generator; that of the discriminator's loss ends at the "
    "discriminator.",
)

# %%
from coursekit_dcgan.train import train_step  # exercise

# %% [markdown] tags=["why"]
# There is one tape for each network, because there are two losses, and each may move only the
# weights of its own network. If the generator's tape also moved the discriminator's weights, the
# discriminator would be trained to be fooled. Real and drawn images are judged in separate calls,
# so that the normalisation of each uses statistics of one kind only. The drawing has to happen
# inside the generator's tape. Otherwise no gradient would reach the generator.

# %%
import numpy as np

from coursekit.practice import assert_close, check, misconception, probe


class Scene:
    """A generator g * z and a discriminator d * x, one number each, computed in 64 bits."""

    def __init__(self, images, latents, g, d, smoothing, normal, compiled=False):
        self.images, self.latents = np.asarray(images, float), np.asarray(latents, float)
        self.start, self.smoothing, self.normal = (g, d), smoothing, normal
        self.compiled = compiled

    def draw(self, g, training=True):
        if not self.normal:
            return g * self.latents
        return g * (self.latents - self.latents.mean()) if training else g * self.latents / 2

    def judge(self, d, images, training=True):
        if not self.normal:
            return d * images
        return d * (images - images.mean()) + 0.3 if training else d * images / 2

    def logits(self, g, d, g_mode=True, d_mode=True, fake_mode=None, common=False):
        images = self.draw(g, g_mode)
        fake_mode = d_mode if fake_mode is None else fake_mode
        if common:
            both = self.judge(d, np.concatenate([self.images, images]), d_mode)
            return both[: len(self.images)], both[len(self.images) :]
        return self.judge(d, self.images, d_mode), self.judge(d, images, fake_mode)

    def fooling(self, g, d, **how):
        return ((self.logits(g, d, **how)[1] - 1) ** 2).mean()

    def judging(self, g, d, smoothed=True, exchanged=False, **how):
        real, fake = self.logits(g, d, **how)[:: -1 if exchanged else 1]
        target = 1 - self.smoothing * smoothed
        return ((real - target) ** 2).mean() + (fake**2).mean()


def slope(loss, g, d, which):
    h = 1e-5
    return (loss(g + h * (which == 0), d + h * (which == 1))
            - loss(g - h * (which == 0), d - h * (which == 1))) / (2 * h)  # fmt: skip


def step_of(
    scene, fooling=None, judging=None, g_of="fooling", d_of="judging", both=False, rates=(0.1, 0.2)
):
    """Return g, d and the two losses after a step of gradient descent, each at its own rate.

    For a compiled step, return that it can be compiled.
    """
    if scene.compiled:
        return "yes"
    losses = {"fooling": fooling or scene.fooling, "judging": judging or scene.judging}
    g, d = scene.start
    moved = [0.0, 0.0]
    for which, name in ((0, g_of), (1, d_of)):
        if name:
            moved[which] += rates[which] * slope(losses[name], g, d, which)
        if name and both:
            moved[1 - which] += rates[which] * slope(losses[name], g, d, 1 - which)
    return g - moved[0], d - moved[1], losses["fooling"](g, d), losses["judging"](g, d)


def move_of(changed):
    """Return a function of a step's arguments that does one thing differently."""
    return lambda *args: changed(Scene(*args))


@probe
def step(images, latents, g, d, smoothing, normal, compiled=False):
    from functools import partial

    from coursekit.practice import compiles

    def mean(values):
        return tf.reduce_mean(values)

    def network(start, drawing):
        variable = tf.Variable(start, dtype=tf.float32)

        def call(values, training=False):
            if not normal:
                return variable * values
            if not training:
                return variable * values / 2
            return variable * (values - mean(values)) + (0.0 if drawing else 0.3)

        call.trainable_variables = call.trainable_weights = [variable]
        return call

    def optimizer(rate):
        def apply(gradients, variables=None):
            pairs = zip(gradients, variables, strict=True) if variables is not None else gradients
            for gradient, variable in pairs:
                if gradient is not None:
                    variable.assign_sub(rate * gradient)

        return SimpleNamespace(apply=apply, apply_gradients=apply)

    model = SimpleNamespace(
        generator=network(g, True),
        discriminator=network(d, False),
        generator_optimizer=optimizer(0.1),
        discriminator_optimizer=optimizer(0.2),
        smoothing=smoothing,
        decay=0.5,
        follow=lambda decay: None,
    )

    def judging(real, fake, smoothing=0.0):
        return mean((real - (1 - smoothing)) ** 2) + mean(fake**2)

    own = {"judging": judging, "fooling": lambda fake: mean((fake - 1) ** 2)}
    batch = tf.constant(images, tf.float32), tf.constant(latents, tf.float32)
    if compiled:
        return compiles(partial(train_step, model, **own), batch)
    found = train_step(model, batch, **own)
    weights = [*model.generator.trainable_variables, *model.discriminator.trainable_variables]
    return *weights, found["generator_loss"], found["discriminator_loss"]


@misconception(
    "step",
    "The generator is trained with the discriminator's loss. It learns to be recognised.",
)
def helps_the_judge(*args):
    return step_of(Scene(*args), g_of="judging")


@misconception(
    "step",
    "The discriminator is trained with the generator's loss. It learns to be fooled.",
)
def learns_to_be_fooled(*args):
    return step_of(Scene(*args), d_of="fooling")


@misconception(
    "step",
    "Each loss trains both networks, as with one list of all variables. The discriminator is "
    "trained to lose by one loss and to win by the other.",
)
def moves_both(*args):
    return step_of(Scene(*args), both=True)


@misconception(
    "step",
    "The generator does not change: its gradient is None. Its images were drawn outside the tape, "
    "or turned into numpy arrays on the way.",
)
def out_of_sight(*args):
    return step_of(Scene(*args), g_of="")


@misconception(
    "step",
    "Nothing changes: both gradients are None. A tape records only what is computed while it is "
    "open, and the losses were computed after it had closed.",
)
def losses_outside(*args):
    return step_of(Scene(*args), g_of="", d_of="")


@misconception(
    "step",
    "`judging` got the logits of drawn images first, but it takes those of the real ones first. "
    "This discriminator learns to take drawings for real images.",
)
def exchanged(*args):
    scene = Scene(*args)
    return step_of(scene, judging=lambda g, d: scene.judging(g, d, exchanged=True))


@misconception(
    "step",
    "`generator_loss` and `discriminator_loss` are called by name. They are only the defaults of "
    "`fooling` and `judging`. If the caller passes other losses, they are not used.",
)
def own_losses(*args):
    scene = Scene(*args)

    def fooled(g, d):
        return np.log1p(np.exp(-scene.logits(g, d)[1])).mean()

    def judged(g, d):
        real, fake = scene.logits(g, d)
        costs = np.log1p(np.exp(real)) - (1 - scene.smoothing) * real
        return costs.mean() + np.log1p(np.exp(fake)).mean()

    return step_of(scene, fooled, judged)


@misconception(
    "step",
    "The discriminator is updated first, and the drawings are then judged again by the updated "
    "discriminator. That works too, but here both steps use the same forward pass.",
)
def one_after_the_other(*args):
    scene = Scene(*args)
    moved = step_of(scene, g_of="")[1]
    g, _, lost, _ = step_of(scene, lambda g, d: scene.fooling(g, moved))
    return g, moved, lost, step_of(scene)[3]


@misconception(
    "step", "The discriminator does not change: its gradients were not computed, or not applied."
)
def judge_stands_still(*args):
    return step_of(Scene(*args), d_of="")


@misconception(
    "step", "`model.smoothing` is not passed to the discriminator's loss, so it uses 0 instead."
)
def smoothing_forgotten(*args):
    scene = Scene(*args)
    return step_of(scene, judging=lambda g, d: scene.judging(g, d, smoothed=False))


@misconception(
    "step",
    "The generator does not get `training=True`. It is normalised with moving averages that are "
    "never updated.",
)
def generator_untold(*args):
    scene = Scene(*args)
    return step_of(
        scene,
        lambda g, d: scene.fooling(g, d, g_mode=False),
        lambda g, d: scene.judging(g, d, g_mode=False),
    )


@misconception(
    "step",
    "The discriminator does not get `training=True`. It is normalised with moving averages that "
    "are never updated.",
)
def judge_untold(*args):
    scene = Scene(*args)
    return step_of(
        scene,
        lambda g, d: scene.fooling(g, d, d_mode=False),
        lambda g, d: scene.judging(g, d, d_mode=False),
    )


@misconception(
    "step",
    "The discriminator gets `training=True` for real images, but not for drawn ones. It normalises "
    "the two differently, and can tell them apart by that alone.",
)
def judge_half_told(*args):
    scene = Scene(*args)
    return step_of(
        scene,
        lambda g, d: scene.fooling(g, d, fake_mode=False),
        lambda g, d: scene.judging(g, d, fake_mode=False),
    )


@misconception(
    "step",
    "Neither network gets `training=True`. Both are normalised with moving averages that are never "
    "updated.",
)
def nobody_told(*args):
    scene = Scene(*args)
    return step_of(
        scene,
        lambda g, d: scene.fooling(g, d, g_mode=False, d_mode=False),
        lambda g, d: scene.judging(g, d, g_mode=False, d_mode=False),
    )


@misconception(
    "step",
    "Real and drawn images are judged in one batch. Each is then normalised with the statistics of "
    "both, so one kind influences the logits of the other.",
)
def one_batch(*args):
    scene = Scene(*args)
    return step_of(
        scene,
        lambda g, d: scene.fooling(g, d, common=True),
        lambda g, d: scene.judging(g, d, common=True),
    )


@misconception(
    "step",
    "One optimizer updates both networks. Each network has its own optimizer, with its own "
    "learning rate and its own averages of past gradients.",
)
def one_optimizer(*args):
    return step_of(Scene(*args), rates=(0.1, 0.1))


@misconception(
    "step", "The optimizers are swapped: each network is updated by the optimizer of the other."
)
def optimizers_exchanged(*args):
    return step_of(Scene(*args), rates=(0.2, 0.1))


@misconception(
    "step",
    "A loss is turned into a Python or numpy number, by `float()` or `.numpy()`. That works "
    "eagerly, but while a step is compiled there are no numbers yet, only tensors.",
)
def python_number(*args):
    scene = Scene(*args)
    return "no: a result is no tensor" if scene.compiled else step_of(scene)


IMAGES, NOISE = [1.0, 2.0, -0.5, 1.5], [0.5, -1.0, 2.0, 1.0]


@check(
    "Each network is trained by its own loss",
    points=3,
    hints=(
        "Which loss does each `tape.gradient` take, and whose variables?",
        "Draw, judge and compute the losses while both tapes are open. Gradients come afterwards.",
        "`generator_tape.gradient(loss_g, generator.trainable_variables)`, then "
        "`model.generator_optimizer.apply(gradients, generator.trainable_variables)`. Do the same "
        "for the discriminator.",
    ),
)
def own(student):
    args = (IMAGES, NOISE, 0.8, 0.4, 0.0, False)
    found, expected = student.step(*args), step_of(Scene(*args))
    for number, name in enumerate(("the generator", "the discriminator")):
        start = args[2 + number]
        assert abs(found[number] - expected[number]) < 1e-4, (
            f"the single weight of {name} went from {start} to {found[number]:.4f}, "
            f"but should go to {expected[number]:.4f}"
        )
    assert_close(found[2:], expected[2:], "the two losses", atol=1e-4)
    compiled = student.step(*args, True)
    said = "the lesson compiles the step with `tf.function`, so use only tensors"
    assert compiled == "yes", f"{said}: {compiled}"


@check(
    "The discriminator's loss is smoothed",
    points=1,
    after="own",
    hints=(
        "Which setting of the model have you not used?",
        "The discriminator's loss takes it as its third argument.",
        "`judging(real, fake, model.smoothing)`.",
    ),
)
def smoothed(student):
    args = (IMAGES, NOISE, 0.8, 0.4, 0.2, False)
    found, expected = student.step(*args), step_of(Scene(*args))
    said = "weights and losses with a smoothing of 0.2"
    assert_close(found, expected, said, atol=1e-4)


@check(
    "Both are in training mode, and real and drawn images are judged separately",
    points=2,
    after="own",
    hints=(
        "Which batch is used for the normalisation in each of the three calls?",
        "Three calls, with `training=True` in each. The discriminator is called twice.",
        "`generator(latents, training=True)`, `discriminator(images, training=True)`, and the "
        "same for the drawn images.",
    ),
)
def apart(student):
    args = ([*IMAGES, 0.5, -2.0], [*NOISE, -0.5, 1.5], 0.8, 0.4, 0.0, True)
    found, expected = student.step(*args), step_of(Scene(*args))
    said = "weights and losses of two normalised networks"
    assert_close(found, expected, said, atol=1e-4)


# %% [markdown]
# ## Predict: the last batch
#
# The lesson follows [TensorFlow's article of
# 2018](https://medium.com/tensorflow/complete-code-examples-for-machine-translation-with-attention-image-captioning-text-generation-51663d07a63d),
# but without its bugs. The article divides its 60,000 images into batches of 256. How many images
# are in the last one?

# %%
last_batch = 96  # exercise

# %% [markdown] tags=["why"]
# 60,000 divided by 256 is 234, with a remainder of 96. The last batch of an epoch is almost never
# full unless one takes care of it, and code that assumes a fixed size of the batch fails or is
# silently wrong there.

# %%
from coursekit.practice import check, misconception, probe


@misconception(
    "last_batch", "60,000 is not a multiple of 256. The last batch contains what is left over."
)
def all_full():
    return 256


@misconception(
    "last_batch", "That is the number of batches. The question is how large the last one is."
)
def how_many_batches():
    return 235


@misconception("last_batch", "That is how many images are missing from the last batch.")
def how_many_missing():
    return 160


@check(
    "You know how large the last batch is",
    points=1,
    hints=(
        "How many full batches are there, and how many images do they use?",
        "234 full batches use 59,904 images.",
        "60,000 minus 59,904.",
    ),
)
def leftover(student):
    assert student["last_batch"] == 96, "divide 60,000 by 256: what is the remainder?"


# %% [markdown]
# ## Find and fix: the batches of an epoch
#
# Training as in the article raises no error. But the last step of each epoch is different: a real
# image weighs 2.7 times as much as a drawn one in it, and the compiled step is compiled a second
# time.
#
# `pairs` has the bug that causes this. Print what it returns for 10 images and a batch size of 4,
# and fix it. Each image must be in exactly one batch of the epoch, in the order of `places`, and
# each batch must have latents of its own.


# %% tags=["fault"]
def pairs(places: Any, batch_size: int, latents: Latents, epoch: int) -> list[tuple[Any, Any]]:
    """Return the batches of an epoch.

    Args:
        places: The indices of the images in the order of this epoch, a numpy array.
        batch_size: The largest number of images in a batch.
        latents: `latents.draw(count, *seed)` returns `count` vectors; each seed gives others.
        epoch: The number of the epoch.

    Returns:
        For each batch, the indices of its images and its latents ``(images, size)``.
    """
    found = []
    for start in range(0, len(places), batch_size):
        some = places[start : start + batch_size]
        found.append((some, latents.draw(batch_size, epoch, start)))
    return found


# %%
def pairs(places: Any, batch_size: int, latents: Latents, epoch: int) -> Any:  # exercise
    """Return the batches of an epoch.

    Args:
        places: The indices of the images in the order of this epoch, a numpy array.
        batch_size: The largest number of images in a batch.
        latents: `latents.draw(count, *seed)` returns `count` vectors; each seed gives others.
        epoch: The number of the epoch.

    Returns:
        For each batch, the indices of its images and its latents ``(images, size)``.
    """
    found = []
    for start in range(0, len(places), batch_size):
        some = places[start : start + batch_size]
        found.append((some, latents.draw(len(some), epoch, start)))
    return found


# %% [markdown] tags=["why"]
# `some` is shorter at the end of the epoch, so the latents are counted by `len(some)` and not by
# `batch_size`. Now each loss is a mean over equally many images, and no image weighs more than
# another. `start` is a part of the seed, so each batch gets its own latents; with the epoch alone
# as a seed, all batches of an epoch would draw from the same vectors.


# %%
for some, noise in pairs(np.arange(10), 4, Latents(3, 0), epoch=0):
    print(some, "and latents", noise.shape)

# %%
import numpy as np


def normal(count, *seed):
    return np.random.default_rng(seed).standard_normal((count, 3), np.float32)


def cut(places, size, epoch, count=len, last=True, seed=True):
    starts = [s for s in range(0, len(places), size) if last or s + size <= len(places)]
    pieces = [(start, places[start : start + size]) for start in starts]
    return [
        (p, normal(count(p), epoch, start) if seed else normal(count(p))) for start, p in pieces
    ]


@probe
def batches(places, batch_size, epoch):
    made = pairs(places, batch_size, Latents(3, 0), epoch)
    return [(np.asarray(some), np.asarray(noise)) for some, noise in made]


@misconception(
    "batches",
    "There are always as many latents as in a full batch. In the last batch there are "
    "more drawn images than real ones.",
)
def noise_of_a_full_batch(places, size, epoch):
    return cut(places, size, epoch, count=lambda piece: size)


@misconception(
    "batches",
    "The last, smaller batch is left out. The networks do not see its images in this epoch.",
)
def last_left_out(places, size, epoch):
    return cut(places, size, epoch, last=False)


@check(
    "As many latents as images",
    points=2,
    hints=(
        "How many images are in the last batch, and how many latents?",
        "Count the images of the batch itself.",
        "`latents.draw(len(some), epoch, start)`.",
    ),
)
def as_many(student):
    found = student.batches(np.arange(10), 4, 0)
    assert len(found), "there are no batches"
    seen = [place for some, _ in found for place in some.tolist()]
    assert seen == list(range(len(seen))), f"`places` is 0 to 9, but the batches contain {seen}"
    for number, (some, noise) in enumerate(found):
        assert len(some) == len(noise), (
            f"ten images, batch size 4: batch {number} has {len(some)} images, {len(noise)} latents"
        )
        assert np.shape(noise) == (len(some), 3), "here each latent vector has three numbers"
        assert np.isfinite(noise).all(), "some latents are NaN or infinite"
        assert np.abs(noise).sum() > 0, "all latents are zero"
    firsts = [
        tuple(noise[0]) for epoch in (0, 1) for _, noise in student.batches(np.arange(10), 4, epoch)
    ]
    assert len(set(firsts)) == len(firsts), (
        "two batches of the same epoch, or of two epochs, have the same latents: the seed of "
        "`latents.draw` must depend on both the epoch and the batch"
    )


@check(
    "Each image is in exactly one batch",
    points=1,
    after="as_many",
    hints=(
        "In which batch are images 8 and 9, with ten images and a batch size of four?",
        "The last batch may be smaller.",
        "Go from 0 to the number of images in steps of `batch_size`, as in the faulty version.",
    ),
)
def each_once(student):
    places = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]
    found = student.batches(np.array(places), 4, 1)
    seen = [place for some, _ in found for place in some.tolist()]
    assert max(len(some) for some, _ in found) <= 4, "a batch has more than batch_size images"
    assert sorted(seen) == list(range(10)), (
        f"the images are 0 to 9, but the batches contain {sorted(seen)}"
    )
    assert seen == places, f"the order of the images is {seen}, but in `places` it is {places}"
    found = student.batches(np.arange(7), 3, 1)
    seen = [place for some, _ in found for place in some.tolist()]
    assert seen == list(range(7)), f"seven images, batch size 3: the batches contain {seen}"
    sizes = [len(noise) for _, noise in found]
    assert sizes == [len(some) for some, _ in found], f"seven images, batch size 3: {sizes} latents"
    assert max(sizes) <= 3, f"seven images, batch size 3: the batches have {sizes} images"


# %% [markdown]
# (The lesson solves this in another way. Its batches are cut from an endless stream of images, so
# every batch is full. Then there is only one shape to compile, and no image is left out.)
#
# ## Find and fix: the latest checkpoint
#
# The article trains for 50 epochs, saves a checkpoint every few epochs, and draws its pictures from
# the latest one. Epochs are counted from 0. After which epoch was the latest checkpoint saved? Fix
# the rule: save as often as before, *and* lose none of the training.


# %% tags=["fault"]
def saves(epoch: int, epochs: int) -> bool:
    """Return whether to save after an epoch (counted from 0) of `epochs` in total."""
    return (epoch + 1) % 15 == 0


# %%
def saves(epoch: int, epochs: int) -> bool:  # exercise
    """Return whether to save after an epoch (counted from 0) of `epochs` in total."""
    return (epoch + 1) % 15 == 0 or epoch + 1 == epochs


# %% [markdown] tags=["why"]
# After 50 epochs, the article's latest checkpoint is from epoch 44, and the last five epochs are
# lost. The second condition, `epoch + 1 == epochs`, saves the last epoch as well, whatever the
# number of epochs is. The `+ 1` is there because epochs are counted from 0.


# %%
print("saved after the epochs", [epoch + 1 for epoch in range(50) if saves(epoch, 50)])


# %%
@probe
def saved(epochs):
    return [epoch + 1 for epoch in range(epochs) if saves(epoch, epochs)]


@misconception(
    "saved",
    "The last checkpoint of 50 epochs is that of epoch 45. The work of five epochs is "
    "lost, and nobody notices.",
)
def every_fifteenth(epochs):
    return list(range(15, epochs + 1, 15))


@misconception(
    "saved",
    "Epochs are counted from 0, so `epoch == epochs` is never true. The last one is not saved.",
)
def counted_from_one(epochs):
    return [epoch + 1 for epoch in range(epochs) if epoch % 15 == 0 or epoch == epochs]


@misconception(
    "saved",
    "Every epoch is saved, 15 times as often as before. Nothing is lost, but the disk fills up.",
)
def each_epoch(epochs):
    return list(range(1, epochs + 1))


@misconception(
    "saved", "Only the last epoch is saved. If the machine stops in epoch 49, everything is lost."
)
def last_alone(epochs):
    return [epochs]


@check(
    "The last epoch is saved",
    points=1,
    hints=(
        "What is the number of the last of 50 epochs, counted from 0?",
        "Also save when the epoch is the last one.",
        "`... or epoch + 1 == epochs`.",
    ),
)
def latest(student):
    for epochs in (50, 40):
        found = student.saved(epochs)
        assert found, "nothing was saved"
        assert found == sorted(set(found)), f"an epoch is saved twice: {found}"
        assert found[-1] == epochs, (
            f"after {epochs} epochs, the latest checkpoint is that of epoch {found[-1]}"
        )


@check(
    "It still saves during training",
    points=1,
    after="latest",
    hints=(
        "What if the machine stops before the end?",
        "Keep the old rule and add to it.",
        "`(epoch + 1) % 15 == 0 or ...`.",
    ),
)
def on_the_way(student):
    found = student.saved(40)
    missing = {15, 30} - set(found)
    assert not missing, f"with 40 epochs, {sorted(missing)} should be saved too, not only {found}"
    assert len(found) == 3, f"{len(found)} of 40 epochs are saved; 15, 30 and 40 are enough"


# %% [markdown]
# ## Predict: the mode for drawing
#
# After training, an image is drawn twice from the same latent vector: once alone, and once in a
# batch with 63 others. In which mode are the two images the same? Answer `"training=True"`,
# `"training=False"` or `"both"`.

# %%
same_image = "training=False"  # exercise

# %% [markdown] tags=["why"]
# With `training=True` batch normalisation uses the mean and the variance of the batch, so an image
# depends on the 63 others that are drawn with it. With `training=False` it uses the averages that
# were collected in training, and an image depends on its latent vector only. That is what you want
# whenever you draw.

# %%
from coursekit.practice import check, misconception, probe


@misconception(
    "same_image",
    "With training=True an image is normalised with the mean and variance of its batch. In another "
    "batch, it is another image.",
)
def in_training():
    return "training=True"


@misconception(
    "same_image",
    "The weights are the same in both modes, but the normalisation is not. With training=True it "
    "uses the statistics of the batch.",
)
def in_both():
    return "both"


@check(
    "You know in which mode an image does not depend on its batch",
    points=1,
    hints=(
        "Which mean does batch normalisation subtract in each of the two modes?",
        "One mode uses the statistics of this batch, the other the moving averages from training.",
        "The moving averages do not depend on the other images in the batch.",
    ),
)
def drawing_mode(student):
    answer = str(student["same_image"]).replace(" ", "").removeprefix("training=")
    assert answer == "False", "which mean does not depend on the batch?"


# %% [markdown]
# ## Measure
#
# Your step trains the lesson's networks (about 15 seconds). Then images are drawn from the same
# latents in a batch of 64 (top) and one at a time (bottom), in both modes. The difference is
# measured in grey levels, from 0 to 255.

# %% tags=["train"]
STEPS = 300
settings, data = prepare(DcganLesson(), "mnist5k", average=0.98)
with_mode = build_gan(settings)
fit(with_mode, data, STEPS, train_step)
noise = tf.constant(with_mode.latents.draw(64, 1))
shown = {}
for mode in (True, False):
    in_batch = unscaled(with_mode.generator(noise, training=mode).numpy())[:5]
    alone = np.concatenate(
        [unscaled(with_mode.generator(noise[n : n + 1], training=mode).numpy()) for n in range(5)]
    )
    apart_by = np.abs(in_batch.astype(float) - alone).mean()
    print(f"training={mode!s:5}: alone and in a batch differ by {apart_by:.1f} grey levels")
    shown[f"training={mode}"] = np.concatenate([in_batch, alone])
show(
    beside(shown, count=10),
    alt="Ten drawings in each mode, five drawn in a batch above the same five drawn alone.",
)

# %% [markdown]
# With `training=False` an image does not depend on its batch, so this is the mode for drawing. But
# what if the networks are trained in this mode? Here your step trains two networks that ignore
# `training=True`, for the same number of steps.

# %% tags=["train"]
without_mode = build_gan(settings)
fit(without_mode, data, STEPS, without_training_mode(train_step))
shown = {}
for name, model in (("yours", with_mode), ("without training mode", without_mode)):
    found = drawn(model, data)
    print(f"{name:21} {found.recognised:4.0%} recognised, Fréchet distance {found.distance:.0f}")
    shown[name] = found.pixels
show(
    beside(shown),
    alt="Twenty drawings of the network that you trained beside twenty of the one that was never "
    "in training mode.",
)

# %% [markdown]
# Compare the Fréchet distances first. With three seeds ours were 80 to 112 with your step, and 148
# to 192 without training mode. Yours will differ. `recognised` hardly shows the
# difference: 35 to 38 % with your step, 27 to 37 % without training mode. Single drawings may look
# like digits about as often, but as a whole they are much further from real digits. There was no
# warning, which makes a forgotten `training=True` hard to find.
#
# **Next:** `coursekit check dcgan/step`, then `coursekit next`.
