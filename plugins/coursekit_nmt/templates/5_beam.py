# %% [markdown]
# # Beam search
#
# **Goal.** Find likelier sentences with the same network, by a better search.
#
# **Time.** 45 minutes
#
# **Before.** exercise 3; logarithms; sorting with numpy
#
# **Kind.** predict, complete, measure, invent
#
# A translator gives each next word a probability. The probability of a sentence is the product of
# those of its words. *Greedy search* takes the likeliest word each time. It may miss the likeliest
# sentence, because a good beginning may have no good end. *Beam search* keeps several beginnings,
# called *hypotheses*, at the same time.

# %%
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit import LocalDataset
from coursekit_nmt import NmtLesson, NmtSettings
from coursekit_nmt.build import build_translator
from coursekit_nmt.data import END, PAD, START, UNKNOWN, padded
from coursekit_nmt.evaluate import bleu, exact_match
from coursekit_nmt.model import Memory
from coursekit_nmt.train import train_step

# %% [markdown]
# ## Predict first
#
# The first word is *a* with probability 0.6, or *b* with 0.4. After *a* comes one of three words,
# with probabilities 0.4, 0.3 and 0.3. After *b* comes one of two words, with 0.9 and 0.1. Then the
# sentence ends. What is the probability of the sentence that a beam of **two** hypotheses finds?

# %%
likeliest = 0.36  # exercise

# %% [markdown] tags=["why"]
# Greedy search takes *a* first, because 0.6 is more than 0.4, and then reaches at most 0.6 · 0.4 =
# 0.24. A beam of two keeps *b* as well and finds 0.4 · 0.9 = 0.36. A good beginning does not
# guarantee a good sentence, and a beam postpones the decision by one step.

# %%
from coursekit.practice import assert_close, assert_equal, check, misconception, probe


@misconception("likeliest", "0.24 is the greedy sentence. A beam of two also keeps b.")
def greedy_sentence():
    return 0.24


@misconception(
    "likeliest", "You added the probabilities. For one word after another, multiply them."
)
def added():
    return 1.3


@misconception("likeliest", "0.9 is the last word alone. The sentence needs its first word, too.")
def last_word():
    return 0.9


@check(
    "You see what greedy search misses",
    points=1,
    hints=(
        "Which sentences are there, and what is the probability of each?",
        "For each sentence, multiply the probability of the first word by that of the second.",
        "The likeliest sentence begins with b: 0.4 times 0.9.",
    ),
)
def prediction(student):
    assert abs(student["likeliest"] - 0.36) < 0.005, (
        "multiply the probabilities of each sentence, and take the highest product"
    )


# %% [markdown]
# ## One step of the beam
#
# In the picture a beam of two is searched. At each step all continuations of the kept beginnings
# compete, and the two likeliest stay.

# %%
from coursekit.prepare import show
from coursekit_nmt.practice import figures

show(
    figures.beam_tree(2),
    alt="A tree of words with the probability of each beginning. Of two first words both are kept. "
    "Of their five continuations two are kept, and the best of them comes after the less likely "
    "first word.",
)

# %% [markdown]
# In floating point, the product of many probabilities underflows to 0, so their logarithms are
# **added** instead. Write `grow`. Each of the `beam` hypotheses can be continued by every word of
# the vocabulary. Out of all these continuations *together*, keep the `beam` best. One hypothesis
# may have several children, another none. There are two more rules:
#
# * `<pad>`, `<start>` and `<unk>` are never written, because they are not words.
# * A finished hypothesis stays in the beam unchanged. Only `<pad>` can follow it, at no cost.
#
# `IMPOSSIBLE` is a log probability so low that nothing can make up for it. `np.argsort(-numbers,
# axis=None)` sorts all the numbers of an array and returns their places. Place `i` is in row `i //
# columns` and column `i % columns`.

# %%
IMPOSSIBLE = -1e9
Array = np.ndarray


# %%
def grow(scores: Array, log_p: Array, finished: Array) -> tuple[Array, Array, Array]:  # exercise
    """Choose the best continuations of all hypotheses together.

    Args:
        scores: The log probability of each hypothesis, ``(beam,)``.
        log_p: The log probability of each next word, ``(beam, words)``; do not change it.
        finished: Whether a hypothesis has ended, ``(beam,)``.

    Returns:
        The best `beam` continuations, the best first: their scores, the number of the
        hypothesis that each one continues (its parent), and their words, ``(beam,)`` each.
    """
    log_p = log_p.copy()
    log_p[:, [PAD, START, UNKNOWN]] = IMPOSSIBLE
    log_p[finished] = IMPOSSIBLE
    log_p[finished, PAD] = 0.0
    total = scores[:, np.newaxis] + log_p  # (beam, words)
    best = np.argsort(-total, axis=None, kind="stable")[: len(scores)]
    return total.ravel()[best], best // total.shape[1], best % total.shape[1]


# %% [markdown] tags=["why"]
# All continuations compete in one table, so a strong hypothesis may have several children and a
# weak one none. If each hypothesis kept its own best child, the beam would only be several greedy
# searches side by side. A finished hypothesis can be followed by `<pad>` alone, at a cost of 0, so
# that its score stays as it is. Dividing the flat place by the number of columns gives the parent,
# and the remainder gives the word.


# %% [markdown]
# Try it with two hypotheses, and a vocabulary of two words after the four special ones. The second
# hypothesis is finished.

# %%
some_log_p = np.log([[0.1, 0.1, 0.2, 0.1, 0.4, 0.1], [0.1, 0.1, 0.2, 0.1, 0.2, 0.3]])
print(*grow(np.array([-1.0, -2.2]), some_log_p, np.array([False, True])), sep="\n")

# %%
import numpy as np


def continued(scores, log_p, finished, unreadable=(0, 1, 3), ended="stays"):
    """Return the totals (beam, words) that the best are chosen from."""
    log_p = np.array(log_p)
    log_p[:, list(unreadable)] = -1e9
    if ended in ("stays", "dropped"):
        log_p[finished] = -1e9
    if ended in ("stays", "both"):
        log_p[finished, 0] = 0
    return scores[:, None] + log_p


def chosen(total, beam):
    best = np.argsort(-total, axis=None, kind="stable")[:beam]
    return total.ravel()[best], best // total.shape[1], best % total.shape[1]


def hypotheses(finished=(), beam=3, words=8):
    """Return some hypotheses of which one is far ahead, or the second has ended."""
    draw = np.random.default_rng(4)
    # The special words are the likeliest of all where they may not be written.
    log_p = np.log(draw.dirichlet([4, 3, 1, 4] + [2] * (words - 4), size=beam))
    scores = np.array([-1.0, -1.2, -2.4, -1.1, -1.3][:beam])
    return scores, log_p, np.isin(np.arange(beam), finished)


@probe
def grown(scores, log_p, finished):
    for part in (scores, log_p, finished):  # they are the caller's
        part.setflags(write=False)
    return tuple(grow(scores, log_p, finished))


@misconception(
    "grown",
    "Each hypothesis keeps its own best word. A bad one is never dropped, and a good one has only "
    "one child. Choose the best among the continuations of all hypotheses.",
)
def each_its_own(scores, log_p, finished):
    total = continued(scores, log_p, finished)
    words = total.argmax(1)
    return total.max(1), np.arange(len(scores)), words


@misconception(
    "grown",
    "Only the first hypothesis is continued. All hypotheses must compete.",
)
def first_alone(scores, log_p, finished):
    return chosen(continued(scores, log_p, finished)[:1], len(scores))


@misconception(
    "grown",
    "You multiplied log probabilities. Logarithms are added.",
)
def multiplied(scores, log_p, finished):
    return chosen(scores[:, None] * continued(0 * scores, log_p, finished), len(scores))


@misconception("grown", "You left out the previous score, so only the last word counts.")
def last_word_decides(scores, log_p, finished):
    return chosen(continued(0 * scores, log_p, finished), len(scores))


@misconception("grown", "You kept the worst: argsort starts with the lowest number.")
def worst_kept(scores, log_p, finished):
    total = continued(scores, log_p, finished)
    best = np.argsort(total, axis=None, kind="stable")[: len(scores)]
    return total.ravel()[best], best // total.shape[1], best % total.shape[1]


@misconception(
    "grown", "You swapped parent and word. The row is the quotient, the column the remainder."
)
def parent_and_word_swapped(scores, log_p, finished):
    score, parents, words = chosen(continued(scores, log_p, finished), len(scores))
    return score, words, parents


@misconception(
    "grown",
    "<unk> is written, which nobody can read. Use the next best word instead.",
)
def unknown_written(scores, log_p, finished):
    return chosen(continued(scores, log_p, finished, unreadable=(0, 1)), len(scores))


@misconception("grown", "A hypothesis that is not finished writes padding.")
def padding_written(scores, log_p, finished):
    return chosen(continued(scores, log_p, finished, unreadable=(1, 3)), len(scores))


@misconception("grown", "The special words are written like ordinary words.")
def special_written(scores, log_p, finished):
    return chosen(continued(scores, log_p, finished, unreadable=()), len(scores))


@misconception(
    "grown", "You ruled out <end> along with the other special words, so no sentence ever ends."
)
def never_ends(scores, log_p, finished):
    return chosen(continued(scores, log_p, finished, unreadable=(0, 1, 2, 3)), len(scores))


@misconception(
    "grown",
    "A finished hypothesis is continued with words, so there is an end inside its sentence.",
)
def finished_extended(scores, log_p, finished):
    return chosen(continued(scores, log_p, finished, ended="goes on"), len(scores))


@misconception(
    "grown", "A finished hypothesis stays, but it is also continued with words. Rule those out."
)
def finished_both(scores, log_p, finished):
    return chosen(continued(scores, log_p, finished, ended="both"), len(scores))


@misconception("grown", "A finished hypothesis lost its score. No cost means: add 0 to its score.")
def finished_certain(scores, log_p, finished):
    return chosen(continued(np.where(finished, 0, scores), log_p, finished), len(scores))


@misconception(
    "grown", "A finished hypothesis is dropped, so short translations are never compared."
)
def finished_dropped(scores, log_p, finished):
    return chosen(continued(scores, log_p, finished, ended="dropped"), len(scores))


@misconception(
    "grown", "A finished hypothesis pays for its padding, so its score falls while it waits."
)
def finished_pays(scores, log_p, finished):
    total = continued(scores, log_p, finished)
    total[finished, 0] += log_p[finished, 0]
    return chosen(total, len(scores))


def compare(found, expected):
    for part, right, name in zip(found, expected, ("scores", "parents", "words"), strict=True):
        assert np.shape(part) == np.shape(right), f"the {name} have shape {np.shape(part)}"
        assert_close(part, right, f"the {name}", rtol=1e-5)


@check(
    "The best of all continuations are kept",
    points=3,
    hints=(
        "How many continuations are there in total, and which of them does the beam keep?",
        "Add the score of each hypothesis to its row of log_p, and sort all numbers at once.",
        "`total = scores[:, np.newaxis] + log_p`, then `np.argsort(-total, axis=None)[:beam]`.",
    ),
)
def of_all(student):
    for beam, words in ((3, 8), (5, 11)):
        scores, log_p, finished = hypotheses(beam=beam, words=words)
        log_p[:, [0, 1, 3]] = -30.0
        scores[0] += 1.0
        right = chosen(continued(scores, log_p, finished), beam)
        compare(student.grown(scores, log_p, finished), right)


@check(
    "Only words and <end> are written",
    points=2,
    after="of_all",
    hints=(
        "Which of the four special words may a reader see?",
        "Make the others impossible before you choose the best. <end> is allowed.",
        "`log_p[:, [PAD, START, UNKNOWN]] = IMPOSSIBLE`, on a copy.",
    ),
)
def readable(student):
    scores, log_p, finished = hypotheses()
    compare(student.grown(scores, log_p, finished), chosen(continued(scores, log_p, finished), 3))
    log_p[:, 2] = -0.1  # the end is the likeliest of all
    compare(student.grown(scores, log_p, finished), chosen(continued(scores, log_p, finished), 3))


@check(
    "A finished hypothesis stays unchanged",
    points=2,
    after="readable",
    hints=(
        "What may follow <end>, and what does it cost?",
        "Only padding may follow, with probability 1. What is its log probability?",
        "`log_p[finished] = IMPOSSIBLE`, then `log_p[finished, PAD] = 0.0`.",
    ),
)
def ended(student):
    scores, log_p, finished = hypotheses(finished=(1,))
    scores[2] = -1.1
    compare(student.grown(scores, log_p, finished), chosen(continued(scores, log_p, finished), 3))
    scores[[0, 2]] -= 5.0  # what has ended is far ahead: a word behind its end would win
    compare(student.grown(scores, log_p, finished), chosen(continued(scores, log_p, finished), 3))


# %% [markdown]
# ## The whole search
#
# A hypothesis consists of its score, its words so far and the decoder's state. When the new beam
# has been chosen, all of these must **follow their parents**. Fill in the three lines that update
# `rows` (which get the new words as one more column), `state` and `finished`. (At first all
# hypotheses are the same empty sentence, so only one of them counts.)

# %%
Step = Callable[[Array, Any], tuple[Array, Any]]


# %%
def search(step: Step, state: Array, beam: int, limit: int) -> tuple[Array, Array]:  # exercise
    """Keep the `beam` likeliest hypotheses until all are finished.

    Args:
        step: Takes the previous words ``(beam,)`` and the state. It returns the log probabilities
            of the next words, ``(beam, words)``, and the next state.
        state: The first state of each hypothesis, ``(beam, ...)``.
        beam: How many hypotheses to keep.
        limit: How many words a sentence may have.

    Returns:
        The words of each hypothesis, ``(beam, length)``, and its log probability, ``(beam,)``.
    """
    scores = np.array([0.0] + [IMPOSSIBLE] * (beam - 1))
    words, finished = np.full(beam, START), np.full(beam, False)
    rows = np.zeros((beam, 0), int)
    for _ in range(limit):
        log_p, state = step(words, state)
        scores, parents, words = grow(scores, log_p, finished)
        # BEGIN SOLUTION
        rows = np.column_stack([rows[parents], words])
        state = state[parents]
        finished = (words == END) | (words == PAD)
        # END SOLUTION
        if finished.all():
            break
    return rows, scores


# %% [markdown] tags=["why"]
# After a step, row `i` of the beam may be a child of any row `j`. Its words and its state have to
# be those of *that* parent. If the state stays in place, the decoder continues with the words of
# one hypothesis and the memory of another. Nothing fails, and the sentences are wrong in a way that
# is hard to see. A hypothesis that wrote `<pad>` was finished before and remains so.


# %%
def table(seed, words=9):
    """Return log probabilities of a word after the two before it: (before, word, next)."""
    draw = np.random.default_rng(seed)
    p = draw.dirichlet([0.05, 0.05, 0.3, 0.05] + [0.35] * (words - 4), size=(words, words))
    return np.log(np.maximum(p, 1e-12))


def ending(words, parents, finished):
    return (words == 2) | finished[parents]


def searched(log_table, beam, limit, rows_follow=True, state_follows=True, ends=ending, last=0):
    """Search in a table; the state is the word before the last. At `last` all must end."""
    scores, state = np.array([0.0] + [-1e9] * (beam - 1)), np.full(beam, 1)
    words, rows, finished = np.full(beam, 1), np.zeros((beam, 0), int), np.full(beam, False)
    for time in range(limit):
        log_p, state = log_table[state, words], words
        if time + 1 == last:
            log_p = np.where(np.arange(log_p.shape[1]) == 2, log_p, -1e9)
        total = continued(scores, log_p, finished)
        scores, parents, words = chosen(total, beam)
        rows = np.column_stack([rows[parents] if rows_follow else rows, words])
        state = state[parents] if state_follows else state
        finished = ends(words, parents, finished)
        if finished.all():
            break
    return rows, scores


@probe
def run_search(log_table, beam, limit):
    first = np.full((beam, 3), START)  # two numbers more, as a state has many
    first.setflags(write=False)

    def step(words, state):
        if state.shape != first.shape:
            raise ValueError(f"the shape of the state is {state.shape}, not {first.shape}")
        return log_table[state[:, 0], words], np.stack([words, words, words], axis=1)

    return search(step, first, beam, limit)


@misconception(
    "run_search",
    "The words do not follow their parents, so a new word is added to the wrong sentence.",
)
def rows_stay(log_table, beam, limit):
    return searched(log_table, beam, limit, rows_follow=False)


@misconception(
    "run_search",
    "The states do not follow their parents, so a hypothesis continues with the state of another.",
)
def states_stay(log_table, beam, limit):
    return searched(log_table, beam, limit, state_follows=False)


@misconception(
    "run_search",
    "`finished` does not follow the parents, so the wrong hypothesis counts as finished.",
)
def ends_stay(log_table, beam, limit):
    return searched(
        log_table, beam, limit, ends=lambda words, parents, finished: finished | (words == 2)
    )


@misconception(
    "run_search",
    "A hypothesis counts as finished only at the step of its end. One step later it continues.",
)
def wakes_up(log_table, beam, limit):
    return searched(log_table, beam, limit, ends=lambda words, parents, finished: words == 2)


@misconception("run_search", "A hypothesis that ends in this step is not marked as finished.")
def end_missed(log_table, beam, limit):
    return searched(log_table, beam, limit, ends=lambda words, parents, finished: finished[parents])


TABLES = (3, 5, 8, 13)


@check(
    "The words follow their parents",
    points=2,
    after="ended",
    hints=(
        "Which sentence does the new word of hypothesis 0 continue?",
        "An array of parents selects rows: `rows[parents]` are the sentences to continue.",
        "`rows = np.column_stack([rows[parents], words])`. A hypothesis is finished if its parent "
        "was, or if it ends now.",
    ),
)
def words_follow(student):
    # The next word depends on the last alone: the state does not matter here.
    for log_table in (np.broadcast_to(table(seed)[4], (9, 9, 9)) for seed in TABLES):
        rows, scores = searched(log_table, 3, 3)
        found, found_scores = student.run_search(log_table, 3, 3)
        assert_close(found_scores, scores, "the scores", rtol=1e-5)
        assert_equal(found, rows, "the words of three hypotheses")


@check(
    "The state follows its parent, too",
    points=2,
    after="words_follow",
    hints=(
        "Where is what the decoder remembers of the sentence that it continues?",
        "`state` has one entry for each hypothesis, still in the old order.",
        "`state = state[parents]`.",
    ),
)
def states_follow(student):
    for log_table in map(table, TABLES):
        rows, scores = searched(log_table, 3, 8)
        found, found_scores = student.run_search(log_table, 3, 8)
        assert_equal(found, rows, "the words of three hypotheses")
        assert_close(found_scores, scores, "the scores", rtol=1e-5)


# %% [markdown]
# ## Which one is returned?
#
# Each additional word makes a sentence less likely, so sums of log probabilities favour short
# sentences. So we choose the sentence with the highest **mean** log probability per word, counting
# `<end>` as a word. This is called *length normalisation*; [Wu et al.
# 2016](https://arxiv.org/abs/1609.08144) use a softer form. Write `best`.


# %%
def best(rows: Array, scores: Array) -> Array:  # exercise
    """Return the hypothesis with the highest mean log probability of its words and its end.

    Args:
        rows: The words of each hypothesis, with padding after its end, ``(beam, length)``.
        scores: The log probability of each, ``(beam,)``.

    Returns:
        One of the rows, unchanged.
    """
    lengths = (rows != PAD).sum(axis=1)
    return rows[np.argmax(scores / lengths)]


# %% [markdown] tags=["why"]
# Each further word adds a negative number, so the sum prefers short sentences, and in the extreme
# the empty one. The mean per word makes sentences of different lengths comparable. The end counts
# as a word here, because it was chosen like one. Dividing by the number of columns would be wrong:
# it is the same for all rows, so the shortest would still win.


# %%
def picked(rows, scores, lengths):
    return rows[np.argmax(scores / lengths)]


@probe
def returned(rows, scores):
    return best(rows, scores)


@misconception(
    "returned",
    "You took the highest sum and ignored the length, so short translations win.",
)
def no_normalisation(rows, scores):
    return picked(rows, scores, 1)


@misconception("returned", "You did not count the end, but its log probability is in the sum.")
def end_uncounted(rows, scores):
    return picked(rows, scores, (rows != 0).sum(1) - 1)


@misconception(
    "returned",
    "You counted the length up to the end. A hypothesis that was cut off at the limit has no end.",
)
def end_sought(rows, scores):
    return picked(rows, scores, (rows == 2).argmax(1) + 1)


@misconception("returned", "You counted each distinct word once. Count every occurrence.")
def words_counted_once(rows, scores):
    return picked(rows, scores, np.array([len(set(row.tolist()) - {0}) for row in rows]))


@misconception("returned", "You took the longest hypothesis, however unlikely it is.")
def longest(rows, scores):
    return rows[np.argmax((rows != 0).sum(1))]


@check(
    "The best mean wins",
    points=2,
    hints=(
        "Which usually has the higher sum, a short sentence or a long one?",
        "Count the places of each row that are not padding, and divide by that number.",
        "Take the row at the `np.argmax` of `scores / (rows != PAD).sum(axis=1)`.",
    ),
)
def mean_wins(student):
    rows = np.array([[5, 2, 0, 0, 0], [4, 5, 6, 7, 2], [4, 5, 6, 2, 0]])
    sums = [-1.8, -3.0, -3.2], [-1.0, -6.0, -2.4], [-2.0, -4.0, -2.4], [-3.0, -2.9, -3.3]
    for scores, right in zip(sums, (1, 0, 2, 1), strict=True):
        found = student.returned(rows, np.array(scores))
        assert_equal(found, rows[right], f"sums {scores}, lengths 2, 5 and 4")
    rows = np.array([[5, 2, 0, 0], [4, 5, 6, 7], [4, 4, 4, 2]])
    for scores, right in (([-1.6, -3.0, -4.0], 1), ([-1.6, -4.0, -3.0], 2)):
        found = student.returned(rows, np.array(scores))
        assert_equal(found, rows[right], f"sums {scores}, lengths 2, 4 (no end) and 4")


# %% [markdown]
# ## Invent: beat greedy search, cheaply
#
# The check uses 60 made-up languages, in which the next word depends on the two words before it.
# There greedy search reaches a mean log probability per word of −0.84, and a beam of two with your
# `best` reaches −0.78. Reach **more than −0.72** by search alone. You may call `step` as often as
# you like, but with at most **8 rows at a time**. A wider beam is one way. You could also keep
# finished sentences apart and continue to search, search several times and compare, or choose by
# another rule.


# %%
def my_search(step: Step, state: Array, limit: int) -> Array:  # exercise
    """Return the words of one sentence with its end; padding after it does no harm.

    Args:
        step: As in `search`; it takes 1 to 8 rows at a time.
        state: The first state of one hypothesis, ``(1, ...)``.
        limit: How many words a sentence may have, its end included.
    """
    beam = 8
    return best(*search(step, np.repeat(state, beam, axis=0), beam, limit))


# %% [markdown] tags=["why"]
# A beam of eight uses all the rows that are allowed at once, and it needs only the two functions
# that you have written. It keeps beginnings that look poor for two or three words and pay off
# later, which a beam of two has already thrown away. More is not always better: with real
# translators, very wide beams find sentences that are likely and too short.


# %%
def mean_log_p(log_table, row):
    """Return the mean log probability of a sentence up to its end; of none, or no end, -9."""
    before, last, total = 1, 1, 0.0
    for number, word in enumerate(np.ravel(row), 1):
        if word in (0, 1, 3):
            return -9.0
        total += log_table[before, last, word]
        before, last = last, word
        if last == 2:
            return total / number
    return -9.0


@probe
def sentences(tables, limit):
    asked, made = 8, []
    for log_table in tables:

        def step(words, state, log_table=log_table):
            nonlocal asked
            asked = max(asked, len(words))
            before, time = np.transpose(state)
            log_p = log_table[before, words].copy()
            log_p[np.ix_(time == limit - 1, np.arange(log_p.shape[1]) != END)] = IMPOSSIBLE
            return log_p, np.stack([words, time + 1], axis=1)

        row = [int(word) for word in np.ravel(my_search(step, np.array([[START, 0]]), limit))]
        made.append((row + [PAD] * limit)[:limit])
    return np.array(made), asked - 8


def all_of(tables, limit, beam, rule):
    found = [rule(*searched(log_table, beam, limit, last=limit)) for log_table in tables]
    return np.array([(list(row) + [0] * limit)[:limit] for row in found]), max(beam - 8, 0)


def by_mean(rows, scores):
    return picked(rows, scores, (rows != 0).sum(1))


@misconception(
    "sentences", "This is greedy search. It has one hypothesis and can never change its mind."
)
def greedy(tables, limit):
    return all_of(tables, limit, 1, by_mean)


@misconception("sentences", "This is a beam of two. Eight rows are allowed.")
def two(tables, limit):
    return all_of(tables, limit, 2, by_mean)


@misconception(
    "sentences", "You used a wide beam without the mean. Wider beams then find shorter sentences."
)
def wide_and_short(tables, limit):
    return all_of(tables, limit, 8, lambda rows, scores: picked(rows, scores, 1))


@misconception("sentences", "The beam is wider than the eight rows that are allowed here.")
def too_wide(tables, limit):
    return all_of(tables, limit, 32, by_mean)


@check(
    "Better than greedy by search alone",
    points=3,
    hints=(
        "Which of your functions searches, and which one chooses?",
        "Repeat the first state to get a wider beam, and choose by the mean.",
        "`best(*search(step, np.repeat(state, 8, axis=0), 8, limit))`.",
    ),
)
def invented(student):
    tables = np.array([table(seed) for seed in range(100, 160)])
    found, too_many = student.sentences(tables, 10)
    words = f"step was called with {8 + too_many} rows at a time, but 8 are allowed"
    assert too_many == 0, words
    assert all(2 in row for row in found), "a sentence was returned without its `END`"
    mean = np.mean([mean_log_p(t, row) for t, row in zip(tables, found, strict=True)])
    assert mean > -0.72, f"the mean log probability of a word is {mean:.2f}, not above -0.72"


# %% [markdown]
# ## What search is worth in the translator
#
# Now your `search` is used with the lesson's network, after a short training. Each width of the
# beam is tried twice, with your `best` and with the plain sum. What do you expect? Does a wider
# beam find sentences that the network considers likelier? And are they better translations?

# %%
LONGEST = 12
settings = NmtSettings(
    epochs=1,
    batch_size=32,
    jit=False,
    units=64,
    encoder_units=48,
    embedding=48,
    source_words=2_000,
    target_words=1_000,
    lengths=(LONGEST,),
    samples=0,
    learning_rate=5e-3,
    dropout=0.0,
    smoothing=0.0,
)


def learn(data: Any, steps: int) -> Any:
    """Train a translator."""
    model = build_translator(data, settings)
    step = tf.function(lambda source, target: train_step(model, (source, target)))
    for source, target in data.train.batches(0).take(steps):
        step(source, target)
    return model


# %%
def reader(model: Any, data: Any) -> Callable[[str], tuple[Step, Array]]:
    """Return a function from a sentence to its `step` and first state."""
    encode = tf.function(model.encode)

    @tf.function(reduce_retracing=True)
    def ask(words: tf.Tensor, state: tf.Tensor, memory: Memory) -> tuple[tf.Tensor, tf.Tensor]:
        rows = Memory(*(tf.repeat(part, tf.size(words), axis=0) for part in memory))
        logits, state, _ = model.next_word(words, state, rows)
        return tf.nn.log_softmax(logits), state

    def read(sentence: str) -> tuple[Step, Array]:
        memory = encode(padded([data.source_vocabulary.encode(sentence)], LONGEST))

        def step(words: Array, state: Any) -> tuple[Array, Array]:
            log_p, state = ask(tf.constant(words, tf.int32), tf.constant(state), memory)
            return log_p.numpy(), state.numpy()

        return step, memory.state.numpy()

    return read


# %% tags=["train"]
STEPS = 600
SENTENCES = 100
pairs = NmtLesson().data(LocalDataset("phrasebook"), settings)
translator = learn(pairs, STEPS)
read = reader(translator, pairs)
asked = [s for s in pairs.validation.references if len(s.split()) <= LONGEST][:SENTENCES]
references = [pairs.validation.references[sentence] for sentence in asked]
own = []
for sentence in asked:
    step, state = read(sentence)
    own.append(pairs.target_vocabulary.decode(my_search(step, state, 16)))


# %% [markdown]
# `translations` searches once for each sentence and chooses by both rules. Then each rule and each
# width of the beam gets its scores.


# %%
RULES = {"best mean": best, "highest sum": lambda rows, scores: rows[0]}
BEAMS = (1, 2, 4, 8)


def translations(beam: int) -> dict[str, list[tuple[str, float]]]:
    """Return for each rule the translations, each with its mean log probability per word."""
    found: dict[str, list[tuple[str, float]]] = {rule: [] for rule in RULES}
    for sentence in asked:
        step, state = read(sentence)
        rows, scores = search(step, np.repeat(state, beam, axis=0), beam, limit=16)
        for rule, choose in RULES.items():
            row = choose(rows, scores)
            score = scores[(rows == row).all(axis=1)][0] / (row != PAD).sum()
            found[rule].append((pairs.target_vocabulary.decode(row), score))
    return found


# %% tags=["train"]
by_beam = [translations(beam) for beam in BEAMS]
figure = Figure(figsize=(10, 3), layout="constrained")
left, right = figure.subplots(1, 2)
for rule in RULES:
    log_p, bleus = [], []
    for beam, found in zip(BEAMS, by_beam, strict=True):
        texts, scores = zip(*found[rule], strict=True)
        log_p.append(float(np.mean(scores)))
        bleus.append(bleu(texts, references))
        words = np.mean([len(text.split()) for text in texts])
        print(
            f"{rule:12} beam {beam}: log p {log_p[-1]:.3f}, BLEU {bleus[-1]:.1f}, "
            f"{exact_match(texts, references):.0%} right, {words:.2f} words"
        )
    for panel, numbers in ((left, log_p), (right, bleus)):
        panel.plot([str(beam) for beam in BEAMS], numbers, marker="o", label=rule)
print(f"my_search: BLEU {bleu(own, references):.1f}, {exact_match(own, references):.0%} right")
left.set(xlabel="width of the beam", ylabel="mean log probability of a word")
right.set(xlabel="width of the beam", ylabel="BLEU, held-out sentences")
left.legend()
show(
    figure,
    alt="Two line charts over the width of the beam, with a line for each rule: the mean log "
    "probability of a word, and BLEU. The numbers are printed above.",
)

# %% [markdown]
# <details><summary>What we measured</summary>
#
# (In one run on 100 sentences after 600 steps; yours will differ.) The wider the beam, the
# likelier the network considers what is found: −0.95 with greedy search, −0.88 with a beam of
# eight. With the plain sum the sentences get shorter, from 7.27 to 6.96 words. But BLEU does not
# follow. It was 35.1 with greedy search, 35.2 with a beam of four and your `best`, and 33.2 with
# eight. Here the plain sum was even ahead (35.9 with a beam of four). [Koehn and Knowles
# 2017](https://arxiv.org/abs/1706.03872) found in large systems, too, that very wide beams make
# translations worse.
#
# </details>
#
# Search can only find what the network considers likely, and a small network after a short training
# is often wrong. Also, differences of one or two BLEU on 100 sentences may be chance. Train longer
# (`STEPS`), translate more sentences (`SENTENCES`), and look again.
#
# **Next:** `coursekit check nmt/beam`. That was the last exercise on translation. The next lesson
# is `captioning`, which uses the same attention on pictures (`coursekit next`).
