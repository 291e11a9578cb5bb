# %% [markdown]
# # Does it look at what it names?
#
# **Goal.** Compare attention with the boxes of things, and find out what this score is worth.
#
# **Time.** 30 minutes
#
# **Before.** exercises 1 and 2
#
# **Kind.** predict, complete, measure
#
# An overlay of attention is convincing, but it proves nothing: perhaps someone chose the best of a
# hundred pictures. The *pointing game* ([Zhang and others, 2016](https://arxiv.org/abs/1608.00507))
# looks at all of them. When the network writes "star", is the place that it looks at most in the
# box of a star? The pictures of this lesson are drawn by a program, so the box of every thing is
# known exactly.

# %%
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit.prepare import prepare, show
from coursekit_captioning import CaptioningLesson
from coursekit_captioning.build import build_captioner
from coursekit_captioning.evaluate import peak, true_captions
from coursekit_captioning.examples import Example
from coursekit_captioning.scenes import Box
from coursekit_captioning.decode import Written, write_captions
from coursekit_captioning.train import train_step

# %% [markdown]
# ## Predict first
#
# Suppose that the boxes of the named things cover a fifth of the picture, and that a network's
# peaks fall at random places. What is its score, from 0 to 1?

# %%
by_chance = 0.2  # exercise

# %% [markdown] tags=["why"]
# A random point falls into the boxes as often as they cover the picture: a fifth. So 0.2 is what
# this score is worth without any attention at all. Large things make it high, and a score means
# nothing until you know this number.

# %%
from coursekit.practice import check, misconception, probe


@misconception("by_chance", "A random point hits a box now and then, so the score is above zero.")
def never():
    return 0.0


@misconception(
    "by_chance", "A half would mean that inside and outside are equally likely. They are not."
)
def heads_or_tails():
    return 0.5


@misconception("by_chance", "1 / 64 is the chance of hitting one cell. The boxes cover several.")
def one_cell():
    return 1 / 64


@check(
    "You know the score of random peaks",
    points=1,
    hints=(
        "Where can a random point fall?",
        "The chance of hitting an area is its share of the whole.",
        "A fifth.",
    ),
)
def prediction(student):
    assert abs(student["by_chance"] - 0.2) < 0.01, (
        "it is the share of the picture that the boxes cover"
    )


# %% [markdown]
# ## Write it
#
# First decide whether a point is in a box, `Box(left, top, right, bottom)`. All numbers are
# fractions of the picture. A point is *across, down*. The border belongs to the box.

# %%
from coursekit_captioning.evaluate import is_inside  # exercise

# %% [markdown] tags=["why"]
# The point is given across first, then down, so its first number is compared with left and right
# and its second with top and bottom. The comparison includes the border. If the two numbers are
# swapped, the result is still right for things on the diagonal of the picture, which makes the
# mistake hard to notice.

# %% [markdown]
# Then write the game. For each word of a caption, `example.boxes(words)` gives the boxes of what
# the word names: none for "a", three for "stars" if there are three. `written.words` is the
# caption, `written.attention` holds the weights of each word, and `peak(weights, offset)` is the
# point where the weights are highest. Which words should count? And what is the score if none of
# them counts?

# %%
from coursekit_captioning.evaluate import pointing_game  # exercise

# %% [markdown] tags=["why"]
# Only words that name something can be right or wrong, so the others are left out of the count.
# Words such as *a* and *of* would otherwise count as misses. If a word names three stars, looking
# at any of them is a hit. That is what `any` is for. If no word counts, there is nothing to divide
# by, and the score is 0.

# %%
import numpy as np

HERE, ASIDE, THERE = (0.0, 0.0, 0.5, 0.5), (0.5, 0.0, 1.0, 0.5), (0.5, 0.5, 1.0, 1.0)


def looking(*cells):
    """Return weights of a grid of 2 x 2 that look at these cells, one for each word."""
    return 0.1 + 0.6 * np.eye(4)[list(cells)]


def inside_of(point, box):
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def hits_of(weights, boxes, offset, rule=any):
    for row, known in zip(weights, boxes, strict=True):
        down, across = divmod(int(np.argmax(row)), 2)
        place = (across + 0.5 + offset) / 2, (down + 0.5 + offset) / 2
        yield known, rule([inside_of(place, box) for box in known])


@probe
def contains(point, box):
    return bool(is_inside(tuple(point), Box(*box)))


@probe
def game(captions, offset):
    class Pictured:
        def __init__(self, boxes):
            self.known = tuple(tuple(Box(*box) for box in some) for some in boxes)

        def boxes(self, words):
            return tuple(self.known[int(word)] for word in words)

    found = [Written([*map(str, range(len(row)))], np.float32(row), 0.0) for row, _ in captions]
    return float(pointing_game([Pictured(boxes) for _, boxes in captions], found, offset))


@misconception("contains", "The point is read as down, across. It is across, down.")
def point_turned(point, box):
    return inside_of(point[::-1], box)


@misconception("contains", "The border belongs to the box: use `<=`, not `<`.")
def border_outside(point, box):
    return box[0] < point[0] < box[2] and box[1] < point[1] < box[3]


@misconception("contains", "Only the left and the upper border are checked.")
def two_borders(point, box):
    return box[0] <= point[0] and box[1] <= point[1]


@misconception(
    "contains", "A point must be inside in both directions, across *and* down. One is not enough."
)
def either_way(point, box):
    return box[0] <= point[0] <= box[2] or box[1] <= point[1] <= box[3]


@misconception(
    "game",
    'Words that name nothing are counted as misses. A caption with many words such as "there is a" '
    "would be punished for its grammar.",
)
def grammar_misses(captions, offset):
    return float(np.mean([hit for c in captions for known, hit in hits_of(*c, offset)] or [0]))


@misconception(
    "game",
    "This asks for a point in all boxes at once. Of three stars, one that is hit is enough.",
)
def all_of_them(captions, offset):
    hits = [hit for c in captions for known, hit in hits_of(*c, offset, rule=all) if known]
    return float(np.mean(hits or [0]))


@misconception(
    "game",
    "Every box is counted, so looking at one of three stars means two misses. Count words, not "
    "boxes.",
)
def boxes_counted(captions, offset):
    hits = [hit for c in captions for _, some in hits_of(*c, offset, rule=list) for hit in some]
    return float(np.mean(hits or [0]))


@misconception("game", "`offset` is not passed to `peak`. It says where a cell looks.")
def offset_left_out(captions, offset):
    return float(np.mean([h for c in captions for known, h in hits_of(*c, 0) if known] or [0]))


@misconception("game", "The point is read as down, across. `peak` and the boxes give across first.")
def peak_turned(captions, offset):
    grids = [(np.reshape(w, (-1, 2, 2)).transpose(0, 2, 1).reshape(-1, 4), b) for w, b in captions]
    return float(np.mean([h for c in grids for known, h in hits_of(*c, offset) if known] or [0]))


@misconception(
    "game",
    "This averages the captions' shares, so words of short captions count more. Count all words "
    "together.",
)
def share_of_shares(captions, offset):
    shares = [[hit for known, hit in hits_of(*c, offset) if known] for c in captions]
    return float(np.mean([np.mean(some) for some in shares if some] or [0]))


@misconception("game", "This is the number of hits. Divide it by the number of words that count.")
def count_of_hits(captions, offset):
    return float(sum(hit for c in captions for known, hit in hits_of(*c, offset) if known))


@misconception(
    "game",
    "If no word names anything, this is 0 / 0, which is not a number. Untrained networks write "
    "such captions.",
)
def nothing_by_nothing(captions, offset):
    hits = [hit for c in captions for known, hit in hits_of(*c, offset) if known]
    return float(np.mean(hits)) if hits else float("nan")


@check(
    "The point is found inside or outside the box",
    points=1,
    hints=(
        "How many borders does a box have?",
        "Across must be between left and right, and down between top and bottom.",
        "`box.left <= point[0] <= box.right and ...`.",
    ),
)
def borders(student):
    box = [0.1, 0.6, 0.4, 0.9]
    for point, expected in (
        ((0.2, 0.7), True),
        ((0.7, 0.2), False),
        ((0.2, 0.3), False),
        ((0.5, 0.7), False),
        ((0.2, 0.95), False),
        ((0.05, 0.7), False),
        ((0.1, 0.6), True),
        ((0.4, 0.9), True),
    ):
        found = student.contains(point, box)
        assert found in (True, False), f"{found} is neither True nor False"
        assert found == expected, (
            f"across {point[0]}, down {point[1]} is {'outside' if found else 'inside'} the box"
        )


@check(
    "The score is a share of the words that name something",
    points=3,
    hints=(
        'What should the word "a" look at?',
        "Leave out words without boxes. One box that is hit is enough. Divide once, at the end.",
        "`any(is_inside(peak(weights, offset), box) for box in boxes)`, if there are boxes.",
    ),
)
def share(student):
    first = (looking(0, 0, 3, 1), [[], [HERE], [HERE, THERE], [HERE]])
    second = (looking(2, 1, 1), [[], [ASIDE], [ASIDE]])
    found = student.game([first, second], 0)
    assert found is not None, "there is no result"
    assert abs(found - 4 / 5) < 1e-6, (
        f"four of five words that name something look at it: the score is {found:.4g}, not 0.8"
    )
    found = student.game([(looking(0), [[THERE]])], 0.75)
    assert found == 1, (
        f"with an offset of 0.75 the cell looks at the thing: the score is {found:.4g}, not 1"
    )


@check(
    "If nothing counts, the score is zero",
    points=1,
    after="share",
    hints=(
        "What is the mean of no numbers?",
        "First check whether there was any word that names something.",
        "`sum(hits) / len(hits) if hits else 0.0`.",
    ),
)
def nothing(student):
    found = student.game([(looking(0, 1), [[], []])], 0)
    assert found == 0, f"a caption that names nothing should score 0, not {found}"


# %% [markdown]
# ## What is the score worth?
#
# The lesson's captioner is trained for some seconds and describes 600 scenes. Then your game scores
# its attention four times:
#
# * as it is;
# * moved by a cell, as if by a mistake in exercise 1;
# * with the attention of another word of the same caption, which shows how much depends on the
#   *word* and how much only on the picture;
# * with the attention of another picture, which shows what chance gives to a network with these
#   habits.
#
# Predict the order of the four scores.


# %%
def moved(weights: Any) -> Any:
    """Return the weights of a grid of 8 x 8 one cell further up and left."""
    return np.roll(weights.reshape(8, 8), (-1, -1), (0, 1)).ravel()


def changed(found: Sequence[Written], change: Callable[[int, int], Any]) -> list[Written]:
    """Return the captions with weights replaced by `change(caption number, word number)`."""
    return [
        Written(one.words, np.stack([change(n, k) for k in range(len(one.words))]), one.score)
        for n, one in enumerate(found)
    ]


def ways(found: Sequence[Written]) -> dict[str, list[Written]]:
    """Return the captions with each kind of attention."""

    def elsewhere(number: int, word: int) -> Any:
        other = found[(number + 1) % len(found)].attention
        return other[word % len(other)]

    return {
        "as it is": list(found),
        "a cell off": changed(found, lambda n, k: moved(found[n].attention[k])),
        "of another word": changed(found, lambda n, k: found[n].attention[k - 1]),
        "of another picture": changed(found, elsewhere),
    }


# %% tags=["train"]
STEPS = 300
PICTURES = 600
settings, data = prepare(
    CaptioningLesson(),
    "scenes",
    epochs=1,
    batch_size=16,
    scenes=16 * STEPS,
    units=96,
    embedding=64,
    learning_rate=4e-3,
)
model = build_captioner(data, settings)
step = tf.function(lambda pictures, captions: train_step(model, (pictures, captions)))
for batch in data.train.batches(0):
    step(*batch)
judged: list[Example] = list(data.validation.examples[:PICTURES])
captions = write_captions(model, data.vocabulary, data.validation.rows, len(judged), 14)
counted = [boxes for e, w in zip(judged, captions, strict=True) for boxes in e.boxes(w.words)]
print(f"{sum(map(bool, counted))} words name something that is there")
figure = Figure(figsize=(7, 2.4), layout="constrained")
panel = figure.subplots()
for name, compared in ways(captions).items():
    score = pointing_game(judged, compared)
    print(f"{name:20}{score:6.1%}")
    panel.barh(name, score)
panel.invert_yaxis()
panel.set(title="pointing game", xlim=(0, 1))
show(
    figure,
    alt="The scores of the pointing game as bars from 0 to 1, one for each kind of attention.",
)

# %% [markdown]
# After so little training the network is mostly wrong, so few words of the 600 captions name
# something that is there: 102 to 115 in three of our runs (yours will differ). At 34 to 46 % of
# these words, attention was on the thing. The attention of another picture is the baseline, with 10
# to 15 %. An error of a single cell lowered the score in every run, to 10 to 26 %.
#
# But look at the third row. Its score was 33 to 44 %, and in two of the three runs it was even
# higher than the first. At this stage the network looks at *some* thing, but hardly yet at the
# thing that the word names. One number alone would have hidden this. With a third of the scenes,
# the first row varied from 24 to 45 %. Always ask how many cases a number is based on.
#
# Two more scores judge the words themselves: the share of captions that are *true* of the scene,
# and the share of captions that equal one of the five exactly.

# %% tags=["train"]
equal = [" ".join(w.words) in e.captions for e, w in zip(judged, captions, strict=True)]
print(
    f"true of the scene {true_captions(judged, captions):.1%}, one of the five {np.mean(equal):.1%}"
)

# %% [markdown]
# Each of the five is true, so the second share can never be the larger one. The difference between
# the two are captions that are true although nobody wrote them: many captions are true of a scene,
# not only the five that we have. A score that asks for an exact match punishes them.
#
# **Next:** `coursekit check captioning/pointing`, then exercise 5, *From probabilities to a
# caption: greedy search* (`coursekit next`).
