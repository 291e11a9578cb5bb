# %% [markdown]
# # One step, two tapes, and who is in the batch
#
# **Goal.** Write the step that trains both networks, fix two old faults, and measure a mode.
#
# **Time.** 35 minutes
#
# **Before.** exercise 2; `tf.GradientTape`; what batch normalisation does
#
# **Kind.** predict, complete, debug, measure
#
# Two networks, two losses, two optimizers. What is good for the one is bad for the other, so each
# may only be moved by its *own* loss. And both are normalised by the batch that they are in, so it
# matters who is in it, and whether they know that they are being trained.

# %%
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import tensorflow as tf

from coursekit.prepare import prepare
from coursekit_dcgan import DcganLesson
from coursekit_dcgan.build import build_gan
from coursekit_dcgan.practice.compare import beside, drawn, fit
from coursekit_dcgan.data import Latents
from coursekit_dcgan.load import unscaled
from coursekit_dcgan.model import Gan
from coursekit_dcgan.train import discriminator_loss, generator_loss

# %% [markdown]
# ## The step
#
# A `tf.GradientTape` remembers what is computed while it is open. Afterwards
# `tape.gradient(loss, variables)` says how each variable moved the loss, and
# `optimizer.apply(gradients, variables)` takes a step against it. Fill in the middle:
#
# 1. in sight of two tapes, draw images, let the judge see the real ones and the drawn ones (each in
#    a batch of their own), and take both losses, which come as the arguments `fooling` and
#    `judging`; call them `generator_lost` and `discriminator_lost`;
# 2. outside, ask each tape for its own network's gradients, and apply them.
#
# Both networks must be told `training=True`. About ten lines.

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

# %%
import numpy as np

from coursekit.practice import assert_close, check, misconception, probe


class Scene:
    """A generator g * z and a judge d * x of one number each, worked out in 64 bits."""

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
    """Return g, d and the two losses after a step of plain descent, each at its own rate.

    Asked of a compiled step, say that it can be compiled.
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
    """Return a function of a step's arguments that does something differently."""
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
    "The generator is moved by the judge's loss: it learns to draw what is easily seen through.",
)
def helps_the_judge(*args):
    return step_of(Scene(*args), g_of="judging")


@misconception(
    "step",
    "The judge is moved by the generator's loss: it learns to be fooled.",
)
def learns_to_be_fooled(*args):
    return step_of(Scene(*args), d_of="fooling")


@misconception(
    "step",
    "Each loss moves both networks, as with one list of all variables: the judge is trained to "
    "lose by the one loss and to win by the other.",
)
def moves_both(*args):
    return step_of(Scene(*args), both=True)


@misconception(
    "step",
    "The generator does not move: its gradient is None. What it drew was drawn out of the tape's "
    "sight, or turned into numpy on the way.",
)
def out_of_sight(*args):
    return step_of(Scene(*args), g_of="")


@misconception(
    "step",
    "Nothing moves: both gradients are None. A tape knows only what is computed while it is open, "
    "and the losses were taken after it had closed.",
)
def losses_outside(*args):
    return step_of(Scene(*args), g_of="", d_of="")


@misconception(
    "step",
    "`judging` got the logits of drawn images first: it takes those of the real ones first. This "
    "judge learns to take drawings for real.",
)
def exchanged(*args):
    scene = Scene(*args)
    return step_of(scene, judging=lambda g, d: scene.judging(g, d, exchanged=True))


@misconception(
    "step",
    "`generator_loss` and `discriminator_loss` are called by name. They are only the defaults of "
    "`fooling` and `judging`: whoever hands in other losses would not get them.",
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
    "The judge steps first, and the generator is then judged anew by the judge that has moved. "
    "That trains, too; asked is one forward pass for both.",
)
def one_after_the_other(*args):
    scene = Scene(*args)
    moved = step_of(scene, g_of="")[1]
    g, _, lost, _ = step_of(scene, lambda g, d: scene.fooling(g, moved))
    return g, moved, lost, step_of(scene)[3]


@misconception("step", "The judge does not move: its gradients were not taken, or not applied.")
def judge_stands_still(*args):
    return step_of(Scene(*args), d_of="")


@misconception(
    "step", "`model.smoothing` is not handed to the judge's loss, which then takes it for 0."
)
def smoothing_forgotten(*args):
    scene = Scene(*args)
    return step_of(scene, judging=lambda g, d: scene.judging(g, d, smoothed=False))


@misconception(
    "step",
    "The generator is not told `training=True`: it is normalised by remembered averages that "
    "training never renews.",
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
    "The judge is not told `training=True`: it is normalised by remembered averages that training "
    "never renews.",
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
    "The judge is told `training=True` of real images, and not of drawn ones: it normalises the "
    "two in different ways, and can tell them apart by that alone.",
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
    "Neither network is told `training=True`: both are normalised by remembered averages that "
    "training never renews.",
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
    "Real and drawn images are judged in one batch: its mean tells the judge of the one kind "
    "something about the other, and each is normalised by both.",
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
    "One optimizer moves both networks. Each has its own, with a rate of its own and a memory of "
    "the gradients that it has seen.",
)
def one_optimizer(*args):
    return step_of(Scene(*args), rates=(0.1, 0.1))


@misconception(
    "step", "The optimizers are exchanged: each network is moved by the one that is the other's."
)
def optimizers_exchanged(*args):
    return step_of(Scene(*args), rates=(0.2, 0.1))


@misconception(
    "step",
    "A loss is turned into a number of Python or numpy, by `float()` or `.numpy()`. That works "
    "step by step; a compiled step has no numbers yet when it is built, only tensors.",
)
def python_number(*args):
    scene = Scene(*args)
    return "no: a result is no tensor" if scene.compiled else step_of(scene)


IMAGES, NOISE = [1.0, 2.0, -0.5, 1.5], [0.5, -1.0, 2.0, 1.0]


@check(
    "Each network is moved by its own loss",
    points=3,
    hints=(
        "Whose variables does each `tape.gradient` ask for, and of which loss?",
        "Draw, judge and take the losses while both tapes are open; gradients come afterwards.",
        "`generator_tape.gradient(generator_lost, generator.trainable_variables)`, then "
        "`model.generator_optimizer.apply(gradients, generator.trainable_variables)`; the same "
        "for the judge.",
    ),
)
def own(student):
    args = (IMAGES, NOISE, 0.8, 0.4, 0.0, False)
    found, expected = student.step(*args), step_of(Scene(*args))
    for number, name in enumerate(("the generator", "the judge")):
        start = args[2 + number]
        assert abs(found[number] - expected[number]) < 1e-4, (
            f"{name}, of one weight, went from {start} to {found[number]:.4f}, "
            f"and should go to {expected[number]:.4f}"
        )
    assert_close(found[2:], expected[2:], "the two losses", atol=1e-4)
    compiled = student.step(*args, True)
    said = "`tf.function` compiles the step for the lesson; stay with tensors, so that it can"
    assert compiled == "yes", f"{said}: {compiled}"


@check(
    "The judge's loss is smoothed",
    points=1,
    after="own",
    hints=(
        "Which setting of the model have you not used?",
        "The judge's loss takes it as its third argument.",
        "`judging(real, fake, model.smoothing)`.",
    ),
)
def smoothed(student):
    args = (IMAGES, NOISE, 0.8, 0.4, 0.2, False)
    found, expected = student.step(*args), step_of(Scene(*args))
    said = "weights and losses with a smoothing of 0.2"
    assert_close(found, expected, said, atol=1e-4)


@check(
    "Both know that they train, and real and drawn images stay apart",
    points=2,
    after="own",
    hints=(
        "By which batch is each of the three calls normalised?",
        "Three calls, `training=True` in each; the judge is called twice.",
        "`generator(latents, training=True)`, `discriminator(images, training=True)`, and the "
        "same for what was drawn.",
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
# The lesson has the layout of TensorFlow's article of 2018, and not its faults. The article cut its
# 60,000 images into batches of 256. How many are in the last one?

# %%
last_batch = 96  # exercise

# %%
from coursekit.practice import check, misconception, probe


@misconception("last_batch", "256 does not divide 60,000: the last batch is what is left over.")
def all_full():
    return 256


@misconception("last_batch", "That is how many batches there are; asked is the size of the last.")
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
        "60,000 less 59,904.",
    ),
)
def leftover(student):
    assert student["last_batch"] == 96, "take 256 from 60,000 as often as possible: what is left?"


# %% [markdown]
# ## Find and fix: an epoch's batches
#
# The article's step always drew from 256 latents, whatever came as images. In the last step 96 real
# images stood against 256 drawn ones. Nothing stops: each loss is a mean, so each of the 96 simply
# weighed 2.7 times as much as any other image, and a compiled step was compiled once more.
#
# `pairs` has the same fault. Fix it so that each image is in exactly one batch of the epoch, in
# the order of `places`, and each batch has as many latents as images, and latents of its own.


# %% tags=["fault"]
def pairs(places: Any, batch_size: int, latents: Latents, epoch: int) -> list[tuple[Any, Any]]:
    """Return the batches of an epoch.

    Args:
        places: Of the images, in the order of this epoch, a numpy array.
        batch_size: The most images in a batch.
        latents: `latents.draw(count, *seed)` returns so many vectors; another seed, others.
        epoch: Its number.

    Returns:
        For each batch the places of its images, and its latents ``(images, size)``.
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
        places: Of the images, in the order of this epoch, a numpy array.
        batch_size: The most images in a batch.
        latents: `latents.draw(count, *seed)` returns so many vectors; another seed, others.
        epoch: Its number.

    Returns:
        For each batch the places of its images, and its latents ``(images, size)``.
    """
    found = []
    for start in range(0, len(places), batch_size):
        some = places[start : start + batch_size]
        found.append((some, latents.draw(len(some), epoch, start)))
    return found


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
    "Always as many latents as a full batch has, as in 2018: the last few images stand against "
    "more drawn ones than there are of them.",
)
def noise_of_a_full_batch(places, size, epoch):
    return cut(places, size, epoch, count=lambda piece: size)


@misconception(
    "batches",
    "The last, smaller batch is left out: its images are not learnt from in this epoch.",
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
    assert seen == list(range(len(seen))), f"of `places`, 0 to 9, these came: {seen}"
    for number, (some, noise) in enumerate(found):
        assert len(some) == len(noise), (
            f"batch {number} of ten images in fours: {len(some)} images, {len(noise)} latents"
        )
        assert np.shape(noise) == (len(some), 3), "each latent vector has three numbers here"
        assert np.isfinite(noise).all(), "the latents are not numbers"
        assert np.abs(noise).sum() > 0, "the latents are zeros"
    firsts = [
        tuple(noise[0]) for epoch in (0, 1) for _, noise in student.batches(np.arange(10), 4, epoch)
    ]
    assert len(set(firsts)) == len(firsts), (
        "two batches of an epoch, or of two epochs, have the same latents: the seed of "
        "`latents.draw` has to name both the epoch and the batch"
    )


@check(
    "Each image is in exactly one batch",
    points=1,
    after="as_many",
    hints=(
        "Where are images 8 and 9 of ten, in batches of four?",
        "The last batch may be smaller.",
        "Go from 0 to the number of images in steps of `batch_size`, as in the faulty version.",
    ),
)
def each_once(student):
    places = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]
    found = student.batches(np.array(places), 4, 1)
    seen = [place for some, _ in found for place in some.tolist()]
    assert max(len(some) for some, _ in found) <= 4, "a batch of more than batch_size images"
    assert sorted(seen) == list(range(10)), f"of the images 0 to 9 these came: {sorted(seen)}"
    assert seen == places, f"the images came in the order {seen}, and in `places` it is {places}"
    found = student.batches(np.arange(7), 3, 1)
    seen = [place for some, _ in found for place in some.tolist()]
    assert seen == list(range(7)), f"of seven images in threes these came: {seen}"
    sizes = [len(noise) for _, noise in found]
    assert sizes == [len(some) for some, _ in found], f"seven images in threes: {sizes} latents"
    assert max(sizes) <= 3, f"seven images in threes came in batches of {sizes}"


# %% [markdown]
# (The lesson does it in yet another way: its batches are cut from an endless stream of images, so
# that each is full. Then there is one shape to compile, and no image is left out.)
#
# ## Find and fix: the latest checkpoint
#
# The article trained for 50 epochs, saved now and then, and drew its pictures from the "latest"
# checkpoint. Epochs are counted from 0. Which was it? Fix the rule: save as often as before, *and*
# lose nothing of what was trained.


# %% tags=["fault"]
def saves(epoch: int, epochs: int) -> bool:
    """Say whether to save after this epoch (from 0) of so many."""
    return (epoch + 1) % 15 == 0


# %%
def saves(epoch: int, epochs: int) -> bool:  # exercise
    """Say whether to save after this epoch (from 0) of so many."""
    return (epoch + 1) % 15 == 0 or epoch + 1 == epochs


# %%
print("saved after the epochs", [epoch + 1 for epoch in range(50) if saves(epoch, 50)])


# %%
@probe
def saved(epochs):
    return [epoch + 1 for epoch in range(epochs) if saves(epoch, epochs)]


@misconception(
    "saved",
    "The last checkpoint of 50 epochs is that of epoch 45, as in 2018: the work of five epochs is "
    "lost, and nobody notices.",
)
def every_fifteenth(epochs):
    return list(range(15, epochs + 1, 15))


@misconception(
    "saved",
    "Epochs are counted from 0: `epoch == epochs` never happens, and the last is not saved.",
)
def counted_from_one(epochs):
    return [epoch + 1 for epoch in range(epochs) if epoch % 15 == 0 or epoch == epochs]


@misconception(
    "saved",
    "Every epoch is saved, fifteen times as often as before: nothing is lost, and the disk fills.",
)
def each_epoch(epochs):
    return list(range(1, epochs + 1))


@misconception(
    "saved", "Only the last epoch is saved: if the machine stops in epoch 49, all is lost."
)
def last_alone(epochs):
    return [epochs]


@check(
    "The last epoch is saved",
    points=1,
    hints=(
        "Which number has the last of 50 epochs, counted from 0?",
        "Save also when the epoch is the last one.",
        "`... or epoch + 1 == epochs`.",
    ),
)
def latest(student):
    for epochs in (50, 40):
        found = student.saved(epochs)
        assert found, "nothing was saved"
        assert found == sorted(set(found)), f"an epoch is saved twice: {found}"
        assert found[-1] == epochs, (
            f"the latest checkpoint of {epochs} epochs is of epoch {found[-1]}"
        )


@check(
    "It still saves on the way",
    points=1,
    after="latest",
    hints=(
        "What if the machine stops before the end?",
        "Keep the old rule, and add to it.",
        "`(epoch + 1) % 15 == 0 or ...`.",
    ),
)
def on_the_way(student):
    found = student.saved(40)
    missing = {15, 30} - set(found)
    assert not missing, f"of 40 epochs, {sorted(missing)} should be saved and were not: {found}"
    assert len(found) == 3, f"{len(found)} of 40 epochs are saved; 15, 30 and 40 will do"


# %% [markdown]
# ## Predict: a mode for drawing
#
# After training, the same latent vector is drawn twice: alone, and in a batch with 63 others. In
# which mode are the two images the same? Answer `"training=True"`, `"training=False"` or `"both"`.

# %%
same_image = "training=False"  # exercise

# %%
from coursekit.practice import check, misconception, probe


@misconception(
    "same_image",
    "With training=True an image is normalised by the mean and the spread of its own batch: other "
    "company, another image.",
)
def in_training():
    return "training=True"


@misconception(
    "same_image",
    "The weights are the same in both modes, the normalisation is not: with training=True it takes "
    "the statistics of the batch.",
)
def in_both():
    return "both"


@check(
    "You know which mode does not look at the company",
    points=1,
    hints=(
        "Which mean does batch normalisation subtract in each mode?",
        "One mode uses this batch's own statistics, the other those remembered from training.",
        "Remembered numbers do not depend on who is in the batch.",
    ),
)
def drawing_mode(student):
    answer = str(student["same_image"]).replace(" ", "").removeprefix("training=")
    assert answer == "False", "which mean does not depend on the batch?"


# %% [markdown]
# ## Measure
#
# Your step trains the lesson (about 15 seconds). Then one latent is drawn alone and in company, in
# both modes: above in company, below alone. The difference is in grey levels, of 255.

# %% tags=["train"]
STEPS = 300
settings, data = prepare(DcganLesson(), "mnist5k", average=0.98)
told = build_gan(settings)
fit(told, data, STEPS, train_step)
noise = tf.constant(told.latents.draw(64, 1))
shown = {}
for mode in (True, False):
    company = unscaled(told.generator(noise, training=mode).numpy())[:5]
    alone = np.concatenate(
        [unscaled(told.generator(noise[n : n + 1], training=mode).numpy()) for n in range(5)]
    )
    apart_by = np.abs(company.astype(float) - alone).mean()
    print(f"training={mode!s:5}: alone and in company differ by {apart_by:.1f} grey levels")
    shown[f"training={mode}"] = np.concatenate([company, alone])
show(
    beside(shown, count=10),
    alt="Ten drawings in each mode, five made in company above the same five made alone: they "
    "differ with training=True and are equal with training=False.",
)

# %% [markdown]
# That is drawing. And training without being told? The same step, for the same time, with
# `training=True` left out.


# %%
class Untold:
    """A network that is never told that it is being trained."""

    def __init__(self, network: Any) -> None:
        self.network = network
        self.trainable_variables = network.trainable_variables

    def __call__(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Ignore the mode."""
        return self.network(inputs, training=False)


def untold_step(model: Any, batch: Any) -> dict[str, tf.Tensor]:
    """Take your step with networks that are not told."""
    parts = {name: getattr(model, name) for name in ("smoothing", "decay", "follow")}
    parts |= {f"{name}_optimizer": getattr(model, f"{name}_optimizer") for name in NETWORKS}
    parts |= {name: Untold(getattr(model, name)) for name in NETWORKS}
    return train_step(SimpleNamespace(**parts), batch)


NETWORKS = ("generator", "discriminator")

# %% tags=["train"]
untold = build_gan(settings)
fit(untold, data, STEPS, untold_step)
shown = {}
for name, model in (("yours", told), ("never told", untold)):
    found = drawn(model, data)
    print(f"{name:10} {found.recognised:4.0%} recognised, Fréchet distance {found.distance:.0f}")
    shown[name] = found.pixels
show(
    beside(shown),
    alt="Twenty drawings of the network that you trained beside twenty of the one that was never "
    "told that it is being trained.",
)

# %% [markdown]
# Compare the Fréchet distances first. With three seeds ours were 80 to 112 with your step and 148
# to 192 never told; yours will differ. *Recognised* hardly shows it: 35 to 38 % with your step, 27
# to 37 % never told. Single drawings may pass as digits about as often in both, but as a whole the
# untold ones are much farther from real digits. And nothing warned: that is what makes a forgotten
# `training=True` hard to find.
#
# **Next:** `coursekit check dcgan/step`, then `coursekit next`.
