# %% [markdown]
# # Two losses for two opponents
#
# **Goal.** Write the judge's loss and the generator's, and measure what the obvious one costs.
#
# **Time.** 25 minutes
#
# **Before.** exercise 1; what a sigmoid and a gradient are
#
# **Kind.** predict, complete, measure
#
# The discriminator is the judge. For each image it gives a *logit* $\ell$: the probability that the
# image is real is $D = \sigma(\ell) = 1 / (1 + e^{-\ell})$. It is asked to say 1 of real images and
# 0 of drawn ones, and pays the *cross-entropy*, in nats, where it is wrong:
#
# $$H(\ell, t) = -t \log \sigma(\ell) - (1 - t) \log (1 - \sigma(\ell)).$$
#
# $t$ is the *target*, what it should have said. The generator never sees a real image. All that it
# knows is what the judge says of its own.

# %%
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from coursekit.prepare import prepare, show
from coursekit_dcgan import DcganLesson
from coursekit_dcgan.build import build_gan
from coursekit_dcgan.practice.compare import beside, drawn, fit
from coursekit_dcgan.train import train_step

# %% [markdown]
# ## Predict first
#
# The judge cannot tell at all: it gives $D = 1/2$ to every image. Its loss is the cross-entropy on
# real images *plus* that on drawn ones. How many nats is that? ($\log 2 = 0.693$)

# %%
coin = 1.386  # exercise

# %%
from coursekit.practice import assert_close, check, misconception, probe


@misconception("coin", "That is one of the two terms: real images and drawn ones both cost log 2.")
def one_term():
    return 0.693


@misconception("coin", "Half right is not free: a probability of 1/2 costs -log(1/2) each time.")
def nothing_lost():
    return 0.0


@misconception("coin", "2 is the answer in bits; a nat is a natural logarithm, log 2 is 0.693.")
def bits():
    return 2.0


@misconception("coin", "1/2 and 1/2 are probabilities; what is paid is minus their logarithm.")
def not_a_logarithm():
    return 1.0


@misconception("coin", "The logarithm of 1/2 is negative; what is paid is *minus* it.")
def negative():
    return -1.386


@check(
    "You know the loss of a judge that cannot tell",
    points=1,
    hints=(
        "What is $-\\log D$ of a real image, and $-\\log(1 - D)$ of a drawn one?",
        "Both are minus the logarithm of a half.",
        "Twice 0.693.",
    ),
)
def prediction(student):
    assert abs(student["coin"] - 1.386) < 0.02, "-log(1/2) for real images and again for drawn ones"


# %% [markdown]
# ## Cross-entropy, from logits
#
# Fill in `cross_entropy`: the mean of $H$ over a batch of logits that all have the same target. A
# good judge is *very* sure, with logits of 50 or 200. A formula that takes the sigmoid and then
# the logarithm has lost everything by then. One to three lines.

# %%
from coursekit_dcgan.train import cross_entropy  # exercise

# %%
print(float(cross_entropy(tf.constant([0.0, 0.0]), 1.0)), "should be log 2")
print(float(cross_entropy(tf.constant([200.0]), 0.0)), "should be 200")

# %%
import numpy as np


def sigmoid(logits):
    return 1 / (1 + np.exp(-np.asarray(logits, float)))


def nats(logits, target):
    """Return the cross-entropy of each logit, as log(1 + e^l) - t l."""
    return np.logaddexp(0, np.asarray(logits, float)) - target * np.asarray(logits, float)


def naive(probabilities, target):
    with np.errstate(all="ignore"):
        costs = target * np.log(probabilities) + (1 - target) * np.log(1 - probabilities)
    return float(-costs.mean())


@probe
def entropy(logits, target):
    return cross_entropy(tf.constant(logits, tf.float32), target)


@probe
def pull(logits, target):
    variable = tf.Variable(logits, dtype=tf.float32)
    with tf.GradientTape() as tape:
        cost = cross_entropy(variable, target)
    return tape.gradient(tf.convert_to_tensor(cost), variable)


@misconception(
    "entropy",
    "A sigmoid was taken of the logits, and then a function for logits used, which takes another: "
    "the judge can never be sure, and its gradient fades.",
)
def sigmoid_twice(logits, target):
    return float(nats(sigmoid(logits), target).mean())


@misconception(
    "entropy", "The sum over the batch is returned: twice the batch, twice the gradient."
)
def summed(logits, target):
    return float(nats(logits, target).sum())


@misconception(
    "entropy",
    "Targets and logits are exchanged: `sigmoid_cross_entropy_with_logits(labels, logits)` wants "
    "what should be said first, and what was said second.",
)
def exchanged(logits, target):
    return float(nats(np.full(len(logits), target), np.asarray(logits)).mean())


@misconception(
    "entropy",
    "The logits were taken for probabilities, and cut off at 0 and 1. Keras wants to be told: "
    "`from_logits=True`.",
)
def taken_for_probabilities(logits, target):
    if np.abs(logits).max() > 100:  # a small number in the logarithm would give the same
        return float("nan")
    return naive(np.clip(logits, 1e-7, 1 - 1e-7), target)


@misconception("entropy", "The sign is lost: the better the judge, the higher this number.")
def sign_lost(logits, target):
    return -float(nats(logits, target).mean())


@misconception(
    "entropy", "The target is not used: real and drawn images would be asked for the same answer."
)
def always_real(logits, target):
    return float(nats(logits, 1.0).mean())


@misconception(
    "entropy",
    "First the sigmoid, then the logarithm: a sigmoid of 200 is exactly 1 in 32 bits, and log 0 "
    "is minus infinity. One very sure answer ends the training.",
)
def overflow(logits, target):
    return naive(sigmoid(logits).astype(np.float32), target)


@misconception(
    "entropy",
    "The probability is clipped before the logarithm is taken. The loss stays a number, but where "
    "it is clipped the gradient is zero: who is most wrong learns nothing.",
)
def clipped(logits, target):
    kept = np.clip(sigmoid(logits).astype(np.float32), np.float32(1e-7), np.float32(1 - 1e-7))
    return naive(kept, np.float32(target))


@check(
    "The cross-entropy is right",
    points=2,
    hints=(
        "What are the two terms, and what is done with the numbers of a batch?",
        "TensorFlow has a function with `sigmoid`, `cross_entropy` and `with_logits` in its name.",
        "It wants targets of the logits' shape, `tf.fill(tf.shape(logits), target)`. Mean.",
    ),
)
def by_hand(student):
    logits = np.array([np.log(3.0), 0.0, -1.0])
    for target in (1.0, 0.0):
        found = student.entropy(logits, target)
        expected = nats(logits, target).mean()
        assert np.shape(found) == (), f"one number is wanted, not the shape {np.shape(found)}"
        assert abs(found - expected) < 1e-4, (
            f"logits log 3, 0 and -1 with the target {target:.0f}: {found:.3f}, not {expected:.3f}"
        )
    slope = student.pull(logits, 1.0)
    assert slope is not None, (
        "the number is right, but no gradient comes back to the logits: what numpy computes is out "
        "of the tape's sight; use TensorFlow's functions"
    )
    assert_close(slope, (sigmoid(logits) - 1) / 3, "its gradient for these logits", atol=1e-4)


@check(
    "It stays right for a judge that is very sure",
    points=2,
    after="by_hand",
    hints=(
        "What is the sigmoid of 200 in 32 bits, and the logarithm of one minus that?",
        "Work with the logit: log(1 + exp(l)) is l itself where l is large.",
        "`tf.nn.sigmoid_cross_entropy_with_logits`, or `tf.math.softplus(l) - t * l`.",
    ),
)
def very_sure(student):
    found = student.entropy(np.array([200.0, -200.0]), 0.75)
    assert np.isfinite(found), f"logits of 200 and -200 give {found}"
    assert abs(found - 100) < 0.01, (
        f"logits of 200 and -200, target 0.75: {found:.2f}, not 100. A clip, or a small number in "
        "the logarithm, puts an end to what a mistake costs, and to its gradient"
    )


# %% [markdown]
# ## The judge's loss
#
# Real images should get 1, drawn ones 0; the two means are added. With *one-sided label smoothing*
# (Salimans et al., 2016) real images should only get `1 - smoothing`, so that the judge is never
# paid for being quite sure. One line.

# %%
from coursekit_dcgan.train import discriminator_loss  # exercise

# %%
import numpy as np


def judged(real, fake, smoothing=0.0, fake_target=0.0):
    return float(nats(real, 1 - smoothing).mean() + nats(fake, fake_target).mean())


@probe
def judging(real, fake, smoothing):
    found = discriminator_loss(tf.constant(real), tf.constant(fake), smoothing)
    if not tf.is_tensor(found):
        raise TypeError("the loss is no tensor: no gradient goes through a number of Python")
    return found


@misconception("judging", "The targets are swapped: this judge learns to take drawings for real.")
def swapped(real, fake, smoothing):
    return float(nats(real, 0).mean() + nats(fake, 1 - smoothing).mean())


@misconception(
    "judging",
    "Drawn images are asked to be real, too: a judge that says yes to everything would be perfect.",
)
def all_real(real, fake, smoothing):
    return judged(real, fake, smoothing, 1.0)


@misconception(
    "judging", "Drawn images are left out: a judge that says yes to everything would be perfect."
)
def real_alone(real, fake, smoothing):
    return float(nats(real, 1 - smoothing).mean())


@misconception(
    "judging",
    "The mean of the two is taken, not the sum: it learns, but its loss is not the 1.386 of a coin "
    "and cannot be compared with any other.",
)
def halved(real, fake, smoothing):
    return judged(real, fake, smoothing) / 2


@misconception(
    "judging",
    "Drawn images were smoothed too. Where there are only drawings, the best answer is then "
    "`smoothing` instead of 0, and the generator is kept where it is (Salimans et al., 2016).",
)
def both_sides(real, fake, smoothing):
    return judged(real, fake, smoothing, smoothing)


@misconception("judging", "`smoothing` is not used: the target of real images is still 1.")
def not_smoothed(real, fake, smoothing):
    return judged(real, fake)


@misconception("judging", "The target of real images is `smoothing` itself, not 1 less smoothing.")
def smoothing_as_target(real, fake, smoothing):
    return judged(real, fake, 1 - smoothing)


REAL = np.array([1.0, 2.0, -0.5, 3.0], "float32")
FAKE = np.array([-1.5, 0.5, 0.25, -3.0], "float32")


@check(
    "Real images should get 1, drawn ones 0",
    points=2,
    after="by_hand",
    hints=(
        "Which target have real images, and which have drawn ones?",
        "Two calls of `cross_entropy`, and their sum.",
        "`cross_entropy(real, ...) + cross_entropy(fake, ...)`.",
    ),
)
def targets(student):
    found, expected = student.judging(REAL, FAKE, 0.0), judged(REAL, FAKE)
    assert abs(found - expected) < 1e-4, f"without smoothing: {found:.3f}, not {expected:.3f}"


@check(
    "Smoothing is on one side",
    points=1,
    after="targets",
    hints=(
        "Which of the two targets does smoothing change?",
        "The target of drawn images stays 0; the other is a little below 1.",
        "`1.0 - smoothing` for real images.",
    ),
)
def one_sided(student):
    found, expected = student.judging(REAL, FAKE, 0.2), judged(REAL, FAKE, 0.2)
    assert abs(found - expected) < 1e-4, f"with smoothing 0.2: {found:.3f}, not {expected:.3f}"


# %% [markdown]
# ## The generator's loss
#
# The generator wants its drawings to be taken for real. Two losses say so:
#
# * *saturating*: $\log(1 - D)$, the judge's loss on drawings with its sign turned round. A game of
#   one number: what the one wins, the other loses.
# * *non-saturating*: $-\log D$, the cross-entropy with the target 1.
#
# Both are least at $D = 1$. But the generator starts at the other end, where the judge sees through
# everything. With respect to the judge's logit, the first has the slope $-D$, the second
# $-(1 - D)$. At $D = 0.01$, how many times steeper is the second?

# %%
times_steeper = 99  # exercise

# %%
from coursekit.practice import check, misconception, probe


@misconception(
    "times_steeper", "They have their lowest point in the same place, but not the same slope."
)
def the_same():
    return 1


@misconception("times_steeper", "That is the slope of the second, 1 - 0.01; divide it by 0.01.")
def slope_itself():
    return 0.99


@misconception("times_steeper", "That is the other way round: the saturating one is the flat one.")
def other_way():
    return 1 / 99


@check(
    "You see which loss is flat where the generator starts",
    points=1,
    hints=(
        "What are D and 1 - D at D = 0.01?",
        "Divide the second slope by the first.",
        "0.99 / 0.01.",
    ),
)
def slopes(student):
    assert 98 < student["times_steeper"] < 101, "divide 1 - D by D"


# %% [markdown]
# Fill in `generator_loss`, the non-saturating one. One line.

# %%
from coursekit_dcgan.train import generator_loss  # exercise

# %%
import numpy as np


@probe
def fooling(fake):
    found = generator_loss(tf.constant(fake))
    if not tf.is_tensor(found):
        raise TypeError("the loss is no tensor: no gradient goes through a number of Python")
    return found


@misconception(
    "fooling",
    "That is the saturating loss: right in theory, and flat just where the judge sees through "
    "everything, at the start.",
)
def saturating(fake):
    return -float(nats(fake, 0).mean())


@misconception(
    "fooling",
    "That is what the judge wants of drawings. With it the generator learns to be seen through.",
)
def helps_the_judge(fake):
    return float(nats(fake, 0).mean())


@misconception("fooling", "The sign is turned round: falling, this loss makes the drawings worse.")
def turned_round(fake):
    return -float(nats(fake, 1).mean())


@misconception(
    "fooling",
    "Minus the mean logit rises without end: once the judge is fooled there is nothing left to "
    "gain, but this loss goes on. (Wasserstein GANs use it, with another kind of judge.)",
)
def logit_alone(fake):
    return -float(np.mean(fake))


@check(
    "The generator wants its drawings to be taken for real",
    points=2,
    after="by_hand",
    hints=(
        "What would the generator like the judge to say of its drawings?",
        "The cross-entropy with the target that drawings do not have in the judge's loss.",
        "`cross_entropy(fake, ...)` with the target of real images, unsmoothed.",
    ),
)
def fooled(student):
    found, expected = student.fooling(FAKE), nats(FAKE, 1).mean()
    assert abs(found - expected) < 1e-4, f"the loss is {found:.3f}, not {expected:.3f}"


# %% [markdown]
# ## What the saturating loss costs, and whom
#
# Your losses train the lesson, and beside them the saturating one. The judge gets a head start, as
# it often has by itself. Then both learn; everything but the generator's loss is the same. (About
# 40 seconds.)


# %%
def log_of_one_less(fake: tf.Tensor) -> tf.Tensor:
    """Return log(1 - D), the saturating loss."""
    return -cross_entropy(fake, 0.0)


HEAD_START = 150
STEPS = 200


def learn(loss: Callable[[tf.Tensor], tf.Tensor], settings: Any, data: Any) -> Any:
    """Train with a generator's loss, after a head start of the judge; return what is drawn."""
    model = build_gan(settings)

    def step(model: Any, batch: Any) -> dict[str, tf.Tensor]:
        return train_step(model, batch, judging=discriminator_loss, fooling=loss)

    rate = float(model.generator_optimizer.learning_rate)
    model.generator_optimizer.learning_rate = 0.0
    fit(model, data, HEAD_START, step)
    latents = tf.constant(model.latents.draw(64, 0))
    with tf.GradientTape() as tape:
        logits = model.discriminator(model.generator(latents, training=True), training=True)
        lost = loss(logits)
    slope = tf.linalg.global_norm(tape.gradient(lost, model.generator.trainable_variables))
    print(f"  D of drawings {float(tf.reduce_mean(tf.sigmoid(logits))):.1e}, slope {slope:.1e}")
    model.generator_optimizer.learning_rate = rate
    fit(model, data, STEPS, step, first=HEAD_START)
    return drawn(model, data)


# %% tags=["train"]
settings, data = prepare(DcganLesson(), "mnist5k", average=0.98, smoothing=0.0)
shown = {}
for name, loss in (("yours", generator_loss), ("saturating", log_of_one_less)):
    print(name)
    found = learn(loss, settings, data)
    print(f"  {found.recognised:.0%} recognised, Fréchet distance {found.distance:.0f}")
    shown[name] = found.pixels
show(
    beside(shown),
    alt="Twenty drawings of the network with your loss beside twenty of the one with the "
    "saturating loss, which has hardly learned.",
)

# %% [markdown]
# Look at the *slope* first. In one of our runs the judge gave the drawings a $D$ of 0.00004, and
# the generator's gradient had a norm of 54 with your loss and of 0.0024 with the saturating one:
# 22,000 times less. A step of plain gradient descent is as much shorter: that generator would
# hardly move. Now look at the drawings. Both generators are trained by *Adam*, which divides each
# gradient by its own recent size, and so takes much of the flatness out: even the saturating one
# draws something. But not as well. With three seeds the Fréchet distance was 235, 202 and 169 with
# your loss, 399, 732 and 282 with the saturating one. (*Recognised* says less: 17, 29 and 34 %
# against 17, 5 and 19 %.)
#
# **Next:** `coursekit check dcgan/losses`, then `coursekit next`.
