# %% [markdown]
# # From sentences to rows of numbers
#
# **Goal.** Normalise text, number its words, and pad the rows as little as possible.
#
# **Time.** 25 minutes
#
# **Before.** lists, dictionaries and numpy arrays
#
# **Kind.** predict, complete, measure, invent
#
# A network reads numbers, and it reads many sentences at once. That takes three steps. The text is
# brought into a *normal form*, with one spelling for each word. The words are looked up in a
# *vocabulary*. Rows of different lengths are filled up with *padding* to make an array. Each step
# is simple, and each is easy to get wrong.

# %%
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np

from coursekit_nmt.data import END, PAD, SPECIAL, START, UNKNOWN, Ids
from coursekit_nmt.text import normalize

print(normalize("¡Qué frío hace, Tomás!"))

# %% [markdown]
# ## Predict first
#
# What does `normalize` make of `¿Dónde está el niño?` The output above shows what it does; one
# letter is a trap. Write the text, with one space between tokens.

# %%
normal_form = "¿ donde esta el nino ?"  # exercise

# %% [markdown] tags=["why"]
# Everything becomes lower case, the accents are removed, and punctuation is set apart by spaces.
# The trap is `ñ`: Unicode writes it as an n with a tilde above it, so it loses its tilde like any
# other accent. Fewer different words mean more examples of each, at the price that *papá* (dad) and
# *papa* (potato) can no longer be told apart.

# %%
from coursekit.practice import assert_equal, check, misconception, probe


@misconception(
    "normal_form", "You kept the accents. Then dónde and donde would be two different words."
)
def accents_kept():
    return "¿ dónde está el niño ?"


@misconception(
    "normal_form",
    "You kept the ñ. In Unicode it is an n with a tilde, which is removed like any other accent.",
)
def tilde_kept():
    return "¿ donde esta el niño ?"


@misconception("normal_form", "You dropped the punctuation. It is kept: each mark becomes a token.")
def no_punctuation():
    return "donde esta el nino"


@misconception(
    "normal_form", "The punctuation sticks to its word, so nino? would be a word of its own."
)
def punctuation_sticks():
    return "¿donde esta el nino?"


@misconception(
    "normal_form",
    "You kept the capital, so a word would look different at the start of a sentence.",
)
def capital_kept():
    return "¿ Donde esta el nino ?"


@check(
    "You know the normal form",
    points=1,
    hints=(
        "What happened to the capitals, accents and punctuation of “¡Qué frío hace, Tomás!”?",
        "Lower case; no accents, not even on ñ; each punctuation mark is a token.",
        "There are six tokens. The first is ¿ and the fifth is nino.",
    ),
)
def normal(student):
    found, right = student["normal_form"], "¿ donde esta el nino ?"
    assert isinstance(found, str), "the answer should be a text in quotes"
    other = next((token for token in found.split() if token not in right.split()), "")
    words = f"“{other}” is not one of the six tokens" if other else "compare it token by token"
    assert found == right, words


# %% [markdown]
# ## Number the words
#
# A word's id is its place in the vocabulary. The first four places belong to `<pad>`, `<start>`,
# `<end>` and `<unk>`. Fill in `encode`. It adds neither `<start>` nor `<end>`; that is done later,
# and only for the targets. Decide first what an unknown word should become. It must not stop the
# translator with a `KeyError`, and the network should still know that a word stood there.

# %%
from coursekit_nmt.data import Vocabulary  # exercise: encode

# %% [markdown] tags=["why"]
# `get(word, UNKNOWN)` returns the id of `<unk>` for a word that was not in the training text. Such
# words come all the time, because no training text has every name. With `self._ids[word]` the first
# of them would end the program; if they were left out, the network would not even know that
# something stood there.

# %%
vocabulary = Vocabulary.of(["la casa es grande", "la mesa"], size=10)
print(vocabulary.words)
print(vocabulary.encode("la casa es grande"))

# %%
WORDS = ("<pad>", "<start>", "<end>", "<unk>", "el", "libro", "lee", "un")


@probe
def encode(words, sentence):
    return list(Vocabulary(tuple(words)).encode(sentence))


@misconception(
    "encode", "You added 4 for the special words, but they are in the vocabulary already."
)
def behind_special(words, sentence):
    return [words.index(word) + 4 if word in words else 3 for word in sentence.split()]


@misconception("encode", "Unknown words are left out, so the sentence silently loses words.")
def unknown_left_out(words, sentence):
    return [words.index(word) for word in sentence.split() if word in words]


@misconception("encode", "Unknown words become padding, which attention ignores.")
def unknown_is_padding(words, sentence):
    return [words.index(word) if word in words else 0 for word in sentence.split()]


@misconception("encode", "You numbered letters instead of words. Use split() to get the words.")
def letters(words, sentence):
    return [words.index(letter) if letter in words else 3 for letter in sentence]


@misconception(
    "encode", "A word that occurs twice is numbered only once, so the sentence loses words."
)
def each_once(words, sentence):
    different = dict.fromkeys(sentence.split())
    return [words.index(word) if word in words else 3 for word in different]


@misconception(
    "encode",
    "You changed the word to lower case before looking it up. `normalize` has already done that "
    "for all text. A word that is still capitalised is not in the vocabulary.",
)
def small_letters(words, sentence):
    return [words.index(word) if word in words else 3 for word in sentence.lower().split()]


@check(
    "Known words get their places",
    points=1,
    hints=(
        "How do you get from a text to its words, and from a word to its place?",
        "`self._ids` is a dictionary from word to place.",
        "Loop over `sentence.split()` and look up each word in `self._ids`.",
    ),
)
def known(student):
    found = student.encode(WORDS, "un libro")
    assert found == [7, 5], f"“un libro” became {found}, and should be [7, 5]"
    found = student.encode(WORDS, "el libro lee el libro")
    assert found == [4, 5, 6, 4, 5], f"“el libro lee el libro” became {found}, not [4, 5, 6, 4, 5]"


@check(
    "An unknown word becomes <unk>",
    points=2,
    after="known",
    hints=(
        "What should stand in for a word that the vocabulary does not have?",
        "A dictionary can return a default where a key is missing.",
        "Use `dictionary.get(key, default)`, with the id of `<unk>` as the default.",
    ),
)
def unknown(student):
    found = student.encode(WORDS, "el gato lee")
    assert found == [4, 3, 6], f"“el gato lee”, without gato, became {found}, not [4, 3, 6]"
    found = student.encode(WORDS, "El gato")
    assert found == [3, 3], f"“El gato”, of which only “el” is a word, became {found}, not [3, 3]"


# %% [markdown]
# ## Pad the rows
#
# Write `padded`. It returns one array of whole numbers with `length` columns. Every row is filled
# up *at its end*, and `empty` rows of padding follow at the bottom. (The lesson completes its last
# batch with such rows.)

# %%
from coursekit.prepare import show
from coursekit_nmt.practice import figures

show(
    figures.padded(["no me gusta el cafe", "¿ como estas ?", "gracias"]),
    alt="Three sentences of five, four and one words as rows of five; the shorter ones are filled "
    "up with padding. Beside them the mask, 1 where there is a word and 0 on padding.",
)

# %%
from coursekit_nmt.data import padded  # exercise

# %% [markdown] tags=["why"]
# The array is made full of `PAD`, and each row is written over its beginning. So the words stand at
# the front and the padding at the end, where a recurrent encoder reads it last and a mask can hide
# it. The additional rows consist of padding alone. They give the last batch the shape of all the
# others, so that the train step need not be compiled again.

# %%
print(padded([[5, 6, 7], [8]], length=4, empty=1))

# %%
import numpy as np


def filled(rows, length, empty=0, left=False):
    array = np.zeros((len(rows) + empty, length), int)
    for row, ids in enumerate(rows):
        array[row, length - len(ids) if left else 0 : length if left else len(ids)] = ids
    return array


@probe
def pad(rows, length, empty):
    return padded(rows, length, empty)


@probe
def left(rows, length, empty):
    padded(rows, length, empty)
    return rows


@misconception(
    "left",
    "You changed the caller's own lists: `row += ...` and `row.append` change the list itself. "
    "Code that counts its words later would count padding.",
)
def filled_in_place(rows, length, empty):
    return [row + [0] * (length - len(row)) for row in rows]


@misconception("left", "You added the empty rows to the caller's own list. Make a new one.")
def rows_added(rows, length, empty):
    return rows + [[0] * length] * empty


@misconception("pad", "The numbers are right, but they are not in an array of whole numbers.")
def wrong_kind(rows, length, empty):
    return filled(rows, length, empty).astype(float)


@misconception(
    "pad", "The padding is in front. The lesson's encoder expects a word in the first place."
)
def in_front(rows, length, empty):
    return filled(rows, length, empty, left=True)


@misconception("pad", "You ignored `length`, so almost every batch would need another compilation.")
def to_the_longest(rows, length, empty):
    return filled(rows, max(map(len, rows)), empty)


@misconception(
    "pad", "The empty rows are missing: the last batch would be smaller than the others."
)
def none_empty(rows, length, empty):
    return filled(rows, length)


@misconception("pad", "The empty rows are at the top, but row 0 must be the first sentence.")
def empty_on_top(rows, length, empty):
    return np.roll(filled(rows, length, empty), empty, axis=0)


@check(
    "Rows are filled up at their end",
    points=2,
    hints=(
        "What should the array hold before you write the first sentence into it?",
        "Start with an array full of `PAD` and write each sentence into its first columns.",
        "`np.full((rows, length), PAD, np.int32)`, then `array[row, : len(ids)] = ids`.",
    ),
)
def ends(student):
    found = student.pad([[5, 6, 7], [8]], 5, 0)
    assert_equal(found, [[5, 6, 7, 0, 0], [8, 0, 0, 0, 0]], "[5, 6, 7] and [8] in five columns")
    assert isinstance(found, np.ndarray), "a list of rows is not an array yet: np.array makes one"
    assert found.dtype.kind in "iu", (
        "the array holds floats, the default of np.zeros: pass dtype=int"
    )
    left = student.left([[5, 6, 7], [8]], 5, 0)
    assert left == [[5, 6, 7], [8]], f"the caller's rows [5, 6, 7] and [8] were changed to {left}"


@check(
    "Empty rows are at the bottom",
    points=1,
    after="ends",
    hints=(
        "How many rows does the array have in all?",
        "Include the empty rows when you make the array.",
        "Make `len(rows) + empty` rows. Those without a sentence stay padding.",
    ),
)
def empties(student):
    found = student.pad([[5, 6], [8]], 2, 2)
    assert_equal(found, [[5, 6], [8, 0], [0, 0], [0, 0]], "two sentences and two empty rows")
    left = student.left([[5, 6], [8]], 2, 2)
    assert left == [[5, 6], [8]], f"the caller's rows [5, 6] and [8] were changed to {left}"


# %% [markdown]
# ## Measure, then invent
#
# Padding costs as much computation as words. Below are the lengths of the phrasebook's 22,259
# training sentences, and the share of padding if every row is as long as the longest. There is less
# padding if the sentences are sorted into *buckets* by length, each padded to its own bound.

# %%
LENGTHS = {  # words in a sentence: how many sentences
    2: 9, 3: 619, 4: 1969, 5: 4429, 6: 4865, 7: 4365, 8: 3125, 9: 1763, 10: 735, 11: 259, 12: 89,
    13: 23, 14: 9,
}  # fmt: skip


def share(bounds: Sequence[int]) -> float:
    """Return the share of padding if each sentence goes into the first bucket that holds it."""
    places = sum(n * min(b for b in bounds if b >= length) for length, n in LENGTHS.items())
    return 1 - sum(n * length for length, n in LENGTHS.items()) / places


print(f"one bucket: {share((14,)):.1%} padding;  two, as in the lesson: {share((8, 14)):.1%}")

# %% [markdown]
# TensorFlow compiles the train step once for each shape, which takes seconds, so the lesson allows
# at most four bounds. Four evenly spaced ones, `(3, 7, 10, 14)`, leave 16.6 % padding. Think before
# you try: why are they poor, and which lengths should be bounds? Then choose four that leave **less
# than 12 %**. There are several solutions. The last bound must hold the longest sentence.

# %%
bounds = (5, 7, 9, 14)  # exercise

# %% [markdown] tags=["why"]
# Most sentences are short or of medium length, so bounds close together in that region leave few
# empty places. Evenly spaced bounds waste a bound where there are few sentences. The last bound has
# to hold the longest sentence. Every further bound would save a little more padding, but it is
# another shape for which the network has to be compiled.


# %%
COUNTS = (9, 619, 1969, 4429, 4865, 4365, 3125, 1763, 735, 259, 89, 23, 9)  # of 2 to 14 words


@misconception(
    "bounds", "Evenly spaced bounds ignore that most sentences have four to eight words."
)
def quarters():
    return (3, 7, 10, 14)


@misconception("bounds", "Evenly spaced bounds, rounded up, ignore which lengths are frequent.")
def quarters_up():
    return (4, 7, 11, 14)


@misconception("bounds", "A bucket for each length leaves no padding, but needs 13 compilations.")
def one_each():
    return tuple(range(2, 15))


@check(
    "Four buckets with less than 12 % padding",
    points=2,
    hints=(
        "For which lengths does one extra padded place cost most?",
        "Put bounds right at the most frequent lengths. The rare long sentences may waste places.",
        "Put three of the bounds between 5 and 10, and the last at 14.",
    ),
)
def buckets(student):
    chosen = tuple(student["bounds"])
    assert list(chosen) == sorted(set(chosen)), "the bounds must increase"
    assert 1 <= len(chosen) <= 4, (
        f"you have {len(chosen)} buckets, but only one to four are allowed"
    )
    assert chosen[-1] >= 14, "the longest sentence has 14 words and fits into no bucket"
    counts = dict(enumerate(COUNTS, 2))
    places = sum(n * min(b for b in chosen if b >= length) for length, n in counts.items())
    padding = 1 - sum(n * length for length, n in counts.items()) / places
    assert padding < 0.12, f"{padding:.1%} of the places are padding"


# %% [markdown]
# Compare your bounds with the others:

# %%
for name, chosen in (("one", (14,)), ("even quarters", (3, 7, 10, 14)), ("yours", bounds)):
    print(f"{name:14} {share(chosen):6.1%} {'█' * round(60 * share(chosen))}")

# %% [markdown]
# Better buckets save computation. Padding is not counted in the loss, so they do not change what
# the network learns from a sentence.
#
# **Next:** `coursekit check nmt/padding`, then exercise 2, *Attention that looks at words, never at
# padding* (`coursekit next`).
