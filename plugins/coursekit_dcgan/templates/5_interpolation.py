# %% [markdown]
# # A walk between two digits
#
# **Goal.** Walk from one drawing to another without leaving the shell on which the generator was
# trained.
#
# **Time.** 25 minutes
#
# **Before.** exercise 1; dot product, norm, sine and cosine
#
# **Kind.** predict, complete, measure
#
# A trained generator turns *every* vector into a picture. So you can start at the vector of a 3, go
# step by step to the vector of an 8, and see what is in between. ([Radford et al.
# 2016](https://arxiv.org/abs/1511.06434) did this with bedrooms. It shows that the network has
# learned more than a list of pictures.) The question is which way to go.

# %%
from typing import Any

import numpy as np

from coursekit_dcgan.load import Floats

random = np.random.default_rng(0)

# %% [markdown]
# ## Predict: how long is a latent vector?
#
# A latent vector contains $n$ numbers sampled from a standard normal distribution. Each has the
# mean 0, and its *square* has the mean 1. The norm, or length, is the square root of the sum of the
# squares. About how long is a vector of $n = 100$ numbers?

# %%
norm = 10  # exercise

# %% [markdown] tags=["why"]
# The expected sum of $n$ squares, each with the mean 1, is $n$. So the length is about $\sqrt n$,
# here 10. In many dimensions the random deviations of the squares nearly cancel, which is why
# almost all vectors have this length: they lie near a thin shell.

# %%
from coursekit.practice import assert_close, check, misconception, probe


@misconception(
    "norm",
    "0 is the mean of the vectors, but no single vector is near it. The 100 squares, of about 1 "
    "each, add up.",
)
def at_the_middle():
    return 0


@misconception(
    "norm", "1 is the size of each number. There are a hundred of them, and their squares add up."
)
def like_one_number():
    return 1


@misconception("norm", "That is the square of the norm. Take the square root.")
def square_of_it():
    return 100


@check(
    "You know how long the latent vectors are",
    points=1,
    hints=(
        "What is the mean of the square of one number, and what is the sum of 100 of them?",
        "The squares sum to about 100.",
        "The square root of 100.",
    ),
)
def length(student):
    assert 9 <= student["norm"] <= 11, (
        "add up a hundred squares with a mean of 1, then take the square root"
    )


# %% [markdown]
# Now take the point halfway along the *straight* line between two such vectors, $(a + b) / 2$. In
# so many dimensions, two random vectors are nearly at right angles. About how long is this point?

# %%
norm_halfway = 7.1  # exercise

# %% [markdown] tags=["why"]
# At right angles, the squared length of $a + b$ is 100 + 100 = 200, and half of $\sqrt{200}$ is
# about 7.1. Vectors of that length practically never occur in training. So halfway along the
# straight line the generator gets something that it has never seen.

# %%
from coursekit.practice import check, misconception, probe


@misconception(
    "norm_halfway",
    "It would be 10 if both pointed the same way. At right angles, the straight line between them "
    "cuts the corner.",
)
def stays():
    return 10


@misconception(
    "norm_halfway", "5 would be half of *one* of them, (a + 0) / 2. But b contributes too."
)
def half_of_one():
    return 5


@misconception(
    "norm_halfway",
    "That is the length of the sum, 10 times the square root of 2. Halfway is half of it.",
)
def not_halved():
    return 14.1


@misconception("norm_halfway", "0 is halfway between opposite vectors. These are at right angles.")
def opposite():
    return 0


@check(
    "You know how far the straight line leaves the shell",
    points=1,
    hints=(
        "Draw two arrows of length 10 at right angles. Where is the midpoint of their tips?",
        "By Pythagoras, their sum has the length 14.1.",
        "Half of 14.1.",
    ),
)
def halfway(student):
    assert 6.8 <= student["norm_halfway"] <= 7.4, "half the diagonal of a square with sides of 10"


# %% [markdown]
# Does this matter? Look at the vectors that the generator sees in training: here are the norms of
# 20,000 of them.

# %%
norms = np.linalg.norm(random.standard_normal((20_000, 100)), axis=1)
print(f"norms: mean {norms.mean():.2f}, from {norms.min():.2f} to {norms.max():.2f}")
print(f"shorter than your {norm_halfway}: {(norms < norm_halfway).sum()} of 20,000")

# %%
from coursekit.prepare import show
from coursekit_dcgan.practice import figures

show(
    figures.shell(100),
    alt="A thin ring, the shell near which nearly all latent vectors lie, with two points on it. "
    "An arc joins them along the ring; the straight chord between them leaves it.",
)

# %% [markdown]
# In many dimensions, nearly all vectors of a normal distribution lie near a thin *shell*. The
# straight line leaves it. There the generator gets vectors that it was never trained on.
#
# ## Write it
#
# To stay on the shell, walk along the *great circle* ([Shoemake
# 1985](https://doi.org/10.1145/325334.325242); [White 2016](https://arxiv.org/abs/1609.04468)). Let
# $\theta$ be the angle between $a$ and $b$, and let $t$ go from 0 to 1:
#
# $$z(t) = \frac{\sin((1 - t)\,\theta)}{\sin \theta}\, a + \frac{\sin(t\,\theta)}{\sin \theta}\, b,
# \qquad \cos\theta = \frac{a \cdot b}{|a|\,|b|}.$$
#
# If $a$ and $b$ point the same way, $\sin\theta$ is 0. Then walk along the straight line. Rounding
# can make the cosine slightly larger than 1, where arccos is not defined, so clip it. Fill in
# `walk`: six to nine lines.

# %%
from coursekit_dcgan.demo import walk  # exercise

# %% [markdown] tags=["why"]
# On the great circle the length stays the same, and equal steps of the angle are equally long
# steps. The straight line would be shorter than the shell in the middle. The cosine is clipped,
# because rounding can make it 1.0000001, for which `arccos` returns NaN. Where the two vectors
# point the same way (or exactly opposite ways), the sine of the angle is 0, and the formula divides
# 0 by 0. The straight line takes its place there.

# %%
print(walk(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 3).round(2))

# %%
import numpy as np


def angle_between(a, b):
    return np.arccos(np.clip(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)), -1, 1))


def circled(a, b, steps, angle=None, shares=None, sines=True):
    theta = angle_between(a, b) if angle is None else angle
    t = (np.linspace(0, 1, steps) if shares is None else shares)[:, None]
    if abs(np.sin(theta)) < 1e-6:
        return (1 - t) * a + t * b
    below = np.sin(theta) if sines else 1
    return (np.sin((1 - t) * theta) * a + np.sin(t * theta) * b) / below


@probe
def way(start, end, steps):
    given = np.array(start, np.float32), np.array(end, np.float32)
    found = walk(*given, steps)
    if not all(map(np.array_equal, given, (np.float32(start), np.float32(end)))):
        raise ValueError("`start` or `end` was changed. They belong to the caller: work on a copy")
    return found


@misconception(
    "way",
    "That is the straight line. Halfway it leaves the shell on which the generator was trained. "
    "(If you did use the formula, your angle was 0. Did you divide the dot product by both norms?)",
)
def straight(a, b, steps):
    t = np.linspace(0, 1, steps)[:, None]
    return (1 - t) * a + t * b


@misconception(
    "way",
    "The straight line was scaled to the right length. It stays on the shell, but it moves faster "
    "in the middle than at the ends: equal steps of t are not equal steps on the circle.",
)
def straight_then_scaled(a, b, steps):
    t = np.linspace(0, 1, steps)[:, None]
    line = (1 - t) * a + t * b
    size = (1 - t) * np.linalg.norm(a) + t * np.linalg.norm(b)
    return line / np.linalg.norm(line, axis=1, keepdims=True) * size


@misconception(
    "way",
    "The cosine was used as the angle: arccos is missing.",
)
def cosine_for_angle(a, b, steps):
    return circled(a, b, steps, a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


@misconception(
    "way",
    "The dot product was not divided by the norms before arccos. So it is not a cosine, and it was "
    "clipped to 1 or -1.",
)
def not_scaled(a, b, steps):
    return circled(a, b, steps, np.arccos(np.clip(a @ b, -1, 1)))


@misconception(
    "way",
    "These factors, a cosine and a sine, are right for a right angle. Use the angle between the "
    "two vectors.",
)
def right_angle(a, b, steps):
    return circled(a, b, steps, np.pi / 2)


@misconception(
    "way",
    "The division by the sine of the angle is missing, so the walk does not begin at `start`.",
)
def not_divided(a, b, steps):
    return circled(a, b, steps, sines=False)


@misconception("way", "The walk goes from `end` to `start`. At t = 0 the result should be `start`.")
def backwards(a, b, steps):
    return circled(a, b, steps)[::-1]


@misconception(
    "way",
    "The end is missing: `np.linspace(0, 1, steps)` includes both ends, `np.arange` does not.",
)
def without_the_end(a, b, steps):
    return circled(a, b, steps, shares=np.arange(steps) / steps)


@misconception(
    "way",
    "If both vectors point the same way, the angle is 0, and 0 / 0 is NaN.",
)
def zero_by_zero(a, b, steps):
    if np.sin(angle_between(a, b)) < 1e-6:
        return np.full((steps, len(a)), np.nan)
    return circled(a, b, steps)


A, B = np.array([3.0, 0.0, 0.0]), np.array([1.5, 1.5 * 3**0.5, 0.0])  # 60 degrees apart


@check(
    "The walk begins at one vector and ends at the other",
    points=1,
    hints=(
        "What are the two factors at t = 0, and at t = 1?",
        "`np.linspace(0, 1, steps)` includes both ends. Add an axis for the numbers of a vector.",
        "At t = 0 the first factor is sin(angle) / sin(angle), and the second is 0.",
    ),
)
def ends(student):
    found = np.asarray(student.way(A, B, 4))
    assert found.shape == (4, 3), f"expected 4 vectors of 3 numbers, got the shape {found.shape}"
    assert_close(found[0], A, "the first vector is `start`", atol=1e-4)
    assert_close(found[-1], B, "the last vector is `end`", atol=1e-4)


@check(
    "It stays on the circle",
    points=2,
    after="ends",
    hints=(
        "If both ends have the same length, how long should the vectors in between be?",
        "Use the sines of parts of the angle instead of the parts themselves.",
        "`np.sin((1 - t) * angle) * start + np.sin(t * angle) * end`, divided by `np.sin(angle)`.",
    ),
)
def on_the_shell(student):
    # Halfway, the arc and the scaled straight line are the same point.
    found = np.asarray(student.way(A, B, 3))[1]
    size = np.linalg.norm(found)
    assert abs(size - 3) < 1e-3, (
        f"both ends have the length 3, but the vector halfway has {size:.2f}"
    )


@check(
    "All steps are equally long",
    points=2,
    after="on_the_shell",
    hints=(
        "By what angle should the walk turn at each step?",
        "A third of the way is a third of the angle. A scaled straight line does not do this.",
        "With t = 1/3 and an angle of 60 degrees, the formula turns by 20 degrees.",
    ),
)
def evenly(student):
    far = 3 * np.array([np.cos(np.radians(174)), np.sin(np.radians(174)), 0.0])
    found = np.asarray(student.way(A, far, 4))
    turns = [np.degrees(angle_between(found[n], found[n + 1])) for n in range(3)]
    turned = ", ".join(f"{turn:.0f}" for turn in turns)
    said = f"174 degrees in three steps: it turned by {turned}"
    assert_close(found, circled(A, far, 4), said, atol=1e-3)


@check(
    "A walk from a vector to itself stays there",
    points=1,
    after="ends",
    hints=(
        "What is the angle between a vector and itself? What do you divide by then?",
        "Where the sine of the angle is nearly 0, use the straight line.",
        "`if np.sin(angle) < 1e-6:` use `(1 - t) * start + t * end`.",
    ),
)
def same_way(student):
    start = np.array([0.1, 0.7, -0.3])
    found = np.asarray(student.way(start, start, 3))
    assert np.isfinite(found).all(), "a walk from a vector to itself contains NaN"
    assert_close(found, [start] * 3, "a walk from a vector to itself", atol=1e-4)


# %% [markdown]
# ## What the great circle gains
#
# The lesson's networks are trained for half a minute with *100 normal numbers* as latents. Then 200
# pairs of vectors are joined by your walk and by the straight line. `sure` is the probability of
# the digit that the classifier finds most likely. It shows how much a drawing looks like a digit.

# %% tags=["train"]
from coursekit.prepare import prepare
from coursekit_dcgan import DcganLesson
from coursekit_dcgan.build import build_gan
from coursekit_dcgan.classifier import judge
from coursekit_dcgan.practice.compare import beside, fit
from coursekit_dcgan.evaluate import draw

STEPS = 500
settings, data = prepare(DcganLesson(), "mnist5k", latent=100, categories=0, average=0.98)
model = build_gan(settings)
losses = fit(model, data, STEPS)
print({name: round(loss, 2) for name, loss in losses[-1].items()})


# %%
def straight_line(start: Floats, end: Floats, steps: int) -> Any:
    """Walk along the straight line."""
    shares = np.linspace(0, 1, steps)[:, np.newaxis]
    return np.float32((1 - shares) * start + shares * end)


def line_on_the_shell(start: Floats, end: Floats, steps: int) -> Any:
    """Walk along the straight line, with each vector scaled to a length of 10."""
    line = straight_line(start, end, steps)
    return 10 * line / np.linalg.norm(line, axis=1, keepdims=True)


WALKS = {
    "great circle (yours)": walk,
    "straight line": straight_line,
    "line, scaled to 10": line_on_the_shell,
}

# %% tags=["train"]
starts, ends = model.latents.draw(200, 1), model.latents.draw(200, 2)
shown = {}
for name, path in WALKS.items():
    walks = np.stack([path(*pair, 9) for pair in zip(starts, ends, strict=True)])  # (200, 9, 100)
    pixels = draw(model, walks.reshape(-1, 100))
    sure = judge(data.classifier, pixels).probabilities.max(axis=1).reshape(200, 9).mean(axis=0)
    ink = pixels.reshape(200, 9, -1).mean(axis=(0, 2))
    print(f"{name:21} norm {np.linalg.norm(walks, axis=2).mean(axis=0).round(1)}")
    print(f"{'':21} sure {sure.round(2)}")
    print(f"{'':21} ink  {ink.round().astype(int)}")
    shown[name] = pixels[: 6 * 9]
show(
    beside({name: shown[name] for name in [*WALKS][:2]}, columns=9, count=54),
    alt="Six walks of nine drawings each along your great circle, beside the same six along the "
    "straight line, which are fainter in the middle.",
)

# %% [markdown]
# Compare the middles of the lines. Along the straight line the classifier is less sure halfway than
# along your walk (0.74 and 0.77 against 0.80 and 0.84 in two of our runs; yours will differ). The
# gain is small. Look at `ink` too, the mean brightness. On the straight line it falls, in our run
# from 32 to 24, and rises again, because shorter vectors give fainter strokes.
#
# Is it the direction of the straight line, or only its length? The third walk tells you: it is the
# straight line, scaled back to a length of 10. What is left of the difference there comes from the
# direction, and the rest from the length.
#
# **Next:** `coursekit check dcgan/interpolation`. That was the last exercise on drawing. The next
# lesson is `transformer`, which writes text without a recurrent network (`coursekit next`).
