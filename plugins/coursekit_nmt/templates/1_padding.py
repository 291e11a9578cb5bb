# %% [markdown]
# # From sentences to rows of numbers
#
# **Goal.** Bring text into a normal form, number its words, and pad the rows as little as possible.
#
# **Time.** 25 minutes
#
# **Before.** lists, dictionaries and numpy arrays
#
# **Kind.** predict, complete, measure, invent
#
# A network reads numbers, and it reads many sentences at once. So a sentence is brought into a
# *normal form* (one spelling for each word), its words are looked up in a *vocabulary*, and rows of
# different lengths are filled up with *padding* to make an array. Each of these steps is simple,
# and each went wrong in well-known notebooks.

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
# What does `normalize` make of `¿Dónde está el niño?` The line above shows what it does; one letter
# is a trap. Write the text, with one space between two tokens.

# %%
normal_form = "¿ donde esta el nino ?"  # exercise

# %%
from coursekit.practice import assert_equal, check, misconception, probe


@misconception("normal_form", "The accents are kept: then dónde and donde would be two words.")
def accents_kept():
    return "¿ dónde está el niño ?"


@misconception(
    "normal_form",
    "The ñ is kept. To Unicode it is an n with a tilde, and the tilde goes like any other accent.",
)
def tilde_kept():
    return "¿ donde esta el niño ?"


@misconception("normal_form", "The punctuation is dropped: it is set apart and kept as a token.")
def no_punctuation():
    return "donde esta el nino"


@misconception(
    "normal_form", "The punctuation sticks to its word: nino? would be a word of its own."
)
def punctuation_sticks():
    return "¿donde esta el nino?"


@misconception("normal_form", "The capital is kept: a word would change at a sentence's start.")
def capital_kept():
    return "¿ Donde esta el nino ?"


@check(
    "You know the normal form",
    points=1,
    hints=(
        "What became of the capital, the accents and the signs of “¡Qué frío hace, Tomás!”?",
        "Lower case; no accents, not even on ñ; signs are tokens of their own.",
        "Six tokens, of which the first is ¿ and the fifth is nino.",
    ),
)
def normal(student):
    found, right = student["normal_form"], "¿ donde esta el nino ?"
    assert isinstance(found, str), "a text is asked for, in quotes"
    other = next((token for token in found.split() if token not in right.split()), "")
    words = f"“{other}” is none of the six tokens" if other else "compare it token by token"
    assert found == right, words


# %% [markdown]
# ## Number the words
#
# A word's id is its place in the vocabulary; the first four places belong to `<pad>`, `<start>`,
# `<end>` and `<unk>`. Fill in `encode`. A word that is not in the vocabulary must not stop the
# translator: the notebook of 2018 died of a `KeyError` there.

# %%
from coursekit_nmt.data import Vocabulary  # exercise: encode

# %%
vocabulary = Vocabulary.of(["el nino lee", "el libro"], size=10)
print(vocabulary.words)
print(vocabulary.encode("el nino lee"))

# %%
WORDS = ("<pad>", "<start>", "<end>", "<unk>", "el", "libro", "lee", "un")


@probe
def encode(words, sentence):
    return list(Vocabulary(tuple(words)).encode(sentence))


@misconception("encode", "The ids start behind the special words, which have places already.")
def behind_special(words, sentence):
    return [words.index(word) + 4 if word in words else 3 for word in sentence.split()]


@misconception("encode", "Unknown words are left out: the sentence silently loses a word.")
def unknown_left_out(words, sentence):
    return [words.index(word) for word in sentence.split() if word in words]


@misconception("encode", "Unknown words become padding, which attention will not look at.")
def unknown_is_padding(words, sentence):
    return [words.index(word) if word in words else 0 for word in sentence.split()]


@misconception("encode", "Letters are numbered instead of words: a text is split() into words.")
def letters(words, sentence):
    return [words.index(letter) if letter in words else 3 for letter in sentence]


@misconception("encode", "A word that comes twice is numbered once: the sentence loses words.")
def each_once(words, sentence):
    different = dict.fromkeys(sentence.split())
    return [words.index(word) if word in words else 3 for word in different]


@misconception(
    "encode",
    "Capitals are made small before a word is looked up. `normalize` has done that, once for all "
    "text; what it has not seen is not in the vocabulary.",
)
def small_letters(words, sentence):
    return [words.index(word) if word in words else 3 for word in sentence.lower().split()]


@check(
    "Known words get their places",
    points=1,
    hints=(
        "How do you get from a text to its words, and from a word to its place?",
        "`self._ids` is a dictionary from word to place.",
        "A list over `sentence.split()`, each word looked up in `self._ids`.",
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
        "What should a reader see in place of a word that the vocabulary lacks?",
        "A dictionary can answer with something else where a key is missing.",
        "`dictionary.get(key, default)`, and the default is the id of `<unk>`.",
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
# Write `padded`: one array of whole numbers, `length` columns, every row filled up *at its end*,
# and `empty` rows of padding below. (The lesson fills its last batch up with them.)

# %%
from coursekit.prepare import show
from coursekit_nmt.practice import figures

show(
    figures.padded(["no me gusta el café", "¿ dónde está ?", "gracias"]),
    alt="Three sentences of five, four and one words as rows of five; the shorter ones are filled "
    "up with padding. Beside them the mask, 1 where there is a word and 0 on padding.",
)

# %%
from coursekit_nmt.data import padded  # exercise

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
    "The caller's own lists are filled up: `row += ...` and `row.append` change the list itself, "
    "and whoever counts its words later counts padding.",
)
def filled_in_place(rows, length, empty):
    return [row + [0] * (length - len(row)) for row in rows]


@misconception("left", "Empty rows are put into the caller's own list: make a new one.")
def rows_added(rows, length, empty):
    return rows + [[0] * length] * empty


@misconception("pad", "The numbers are right, but they are not in an array of whole numbers.")
def wrong_kind(rows, length, empty):
    return filled(rows, length, empty).astype(float)


@misconception(
    "pad", "The padding stands in front. The lesson's encoder begins at the first place, a word."
)
def in_front(rows, length, empty):
    return filled(rows, length, empty, left=True)


@misconception("pad", "`length` is ignored: each batch would have a shape of its own to compile.")
def to_the_longest(rows, length, empty):
    return filled(rows, max(map(len, rows)), empty)


@misconception(
    "pad", "The empty rows are missing: the last batch would be smaller than the others."
)
def none_empty(rows, length, empty):
    return filled(rows, length)


@misconception("pad", "The empty rows stand on top: row 0 must still be the first sentence.")
def empty_on_top(rows, length, empty):
    return np.roll(filled(rows, length, empty), empty, axis=0)


@check(
    "Rows are filled up at their end",
    points=2,
    hints=(
        "What does an array hold before the first sentence is written into it?",
        "Begin with an array full of `PAD` and write each row into its first columns.",
        "`np.full((rows, length), PAD, np.int32)`, then `array[row, : len(ids)] = ids`.",
    ),
)
def ends(student):
    found = student.pad([[5, 6, 7], [8]], 5, 0)
    assert_equal(found, [[5, 6, 7, 0, 0], [8, 0, 0, 0, 0]], "[5, 6, 7] and [8] in five columns")
    assert isinstance(found, np.ndarray), "a list of rows is no array yet: np.array makes one"
    assert found.dtype.kind in "iu", "the array holds floats, as np.zeros makes them: say dtype=int"
    left = student.left([[5, 6, 7], [8]], 5, 0)
    assert left == [[5, 6, 7], [8]], f"afterwards the caller's rows [5, 6, 7] and [8] are {left}"


@check(
    "Empty rows stand below",
    points=1,
    after="ends",
    hints=(
        "How many rows does the array have in all?",
        "Count the empty rows in when you make the array.",
        "`len(rows) + empty` rows; those that no sentence is written into stay padding.",
    ),
)
def empties(student):
    found = student.pad([[5, 6], [8]], 2, 2)
    assert_equal(found, [[5, 6], [8, 0], [0, 0], [0, 0]], "two sentences and two empty rows")
    left = student.left([[5, 6], [8]], 2, 2)
    assert left == [[5, 6], [8]], f"afterwards the caller's rows [5, 6] and [8] are {left}"


# %% [markdown]
# ## Measure, then invent
#
# Padding is computed like words. These are the lengths of the phrasebook's 22,259 training
# sentences, and the share of padding if every row is as long as the longest. Sorted into *buckets*
# by length, each padded to a bound of its own, they need less.

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
# Each bound is another shape to compile, so the lesson allows four at most. Four even quarters,
# `(3, 7, 10, 14)`, leave 16.6 % padding. Choose four that leave **less than 12 %**. There are
# several ways; the last bound must hold the longest sentence.

# %%
bounds = (5, 7, 9, 14)  # exercise


# %%
COUNTS = (9, 619, 1969, 4429, 4865, 4365, 3125, 1763, 735, 259, 89, 23, 9)  # of 2 to 14 words


@misconception("bounds", "Even quarters ignore that most sentences have five to eight words.")
def quarters():
    return (3, 7, 10, 14)


@misconception("bounds", "Quarters of the longest, rounded up, ignore where the sentences are.")
def quarters_up():
    return (4, 7, 11, 14)


@misconception("bounds", "A bucket for each length leaves no padding, and compiles 13 shapes.")
def one_each():
    return tuple(range(2, 15))


@check(
    "Four buckets with less than 12 % padding",
    points=2,
    hints=(
        "Which lengths are so frequent that a place too many in them is dear?",
        "Put bounds right above the most frequent lengths; the rare long ones may waste places.",
        "Three of the bounds between 5 and 10, the last at 14.",
    ),
)
def buckets(student):
    chosen = tuple(student["bounds"])
    assert list(chosen) == sorted(set(chosen)), "the bounds must rise"
    assert 1 <= len(chosen) <= 4, f"{len(chosen)} buckets: one to four are allowed"
    assert chosen[-1] >= 14, "the longest sentence, of 14 words, has no bucket"
    counts = dict(enumerate(COUNTS, 2))
    places = sum(n * min(b for b in chosen if b >= length) for length, n in counts.items())
    padding = 1 - sum(n * length for length, n in counts.items()) / places
    assert padding < 0.12, f"{padding:.1%} of the places are padding"


# %% [markdown]
# What it is worth, side by side:

# %%
for name, chosen in (("one", (14,)), ("even quarters", (3, 7, 10, 14)), ("yours", bounds)):
    print(f"{name:14} {share(chosen):6.1%} {'█' * round(60 * share(chosen))}")

# %% [markdown]
# **Next:** `coursekit check nmt/padding`, then `coursekit next`.
