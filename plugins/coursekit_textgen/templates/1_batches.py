# %% [markdown]
# # From a text to batches that continue each other
#
# **Goal.** Number the characters of a text, and cut it into rows, so that each batch continues the
# one before.
#
# **Time.** 25 minutes
#
# **Before.** slices and `reshape` of numpy arrays
#
# **Kind.** predict, complete, measure
#
# A text is one long sequence of characters, and a recurrent network reads it with a memory. Reading
# one character at a time is slow, so the text is cut into rows that are read side by side. A whole
# row is far too long for one train step, so each row is read piece by piece.
#
# This is how an exercise works: write your answers where you see dots or `# YOUR CODE HERE`, then
# run the cell below, which checks them. If a check fails, `hint("textgen/batches")` helps. The
# worked lesson shows two functions of this exercise in full, `side_by_side` and `next_piece`. Close
# it, and write them from memory: the docstrings say all that you need.

# %%
from coursekit.prepare import show
from coursekit_textgen.practice import figures

show(
    figures.rows_and_pieces("to be or not to be, that is", batch_size=3, length=4),
    alt="A text of 27 characters is cut into three rows of nine. Batch 0 takes the first four "
    "characters of every row, batch 1 the next four; the last column, in white, is only a target.",
)

# %% [markdown]
# Row 0 of batch 1 continues where row 0 of batch 0 stopped. Without this, a memory would
# be useless.

# %%
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from coursekit_textgen.data import UNKNOWN, Ids

# %% [markdown]
# ## Predict first
#
# A vocabulary is made from the text `hello`. It contains each character once, in alphabetical
# order, numbered **from 1**. The number 0 is reserved for characters that are not in the text.
# What are the ids of `hole?` (a list of five numbers, one of them for the question mark)?

# %%
ids_of_hole = [2, 4, 3, 1, 0]  # exercise

# %% [markdown] tags=["why"]
# In alphabetical order the characters of `hello` are e, h, l and o, and counting starts at 1, so
# `hole` becomes 2, 4, 3, 1. The question mark does not occur in the text and gets 0. If 0 also
# stood for a known character, the network could not tell that character from one that it has never
# met.

# %%
from coursekit.practice import assert_equal, check, misconception, probe


@misconception(
    "ids_of_hole", "These positions are counted from 0, but 0 is reserved: it means unknown."
)
def places_from_zero():
    return [1, 3, 2, 0, 4]


@misconception(
    "ids_of_hole", "These positions are counted from 0. Then e and the unknown ? are both 0."
)
def two_zeros():
    return [1, 3, 2, 0, 0]


@misconception("ids_of_hole", "Number the characters in alphabetical order, not as they appear.")
def as_they_appear():
    return [1, 4, 3, 2, 0]


@misconception("ids_of_hole", "The l of hello was counted twice. A vocabulary contains it once.")
def l_twice():
    return [2, 5, 3, 1, 0]


@misconception(
    "ids_of_hole", "The question mark got its own id, but the text hello has no question mark."
)
def own_id():
    return [2, 4, 3, 1, 5]


@misconception("ids_of_hole", "The question mark is missing. Unknown characters have an id, too.")
def without_it():
    return [2, 4, 3, 1]


@check(
    "You know how characters are numbered",
    points=1,
    hints=(
        "Which four different characters are in hello?",
        "In alphabetical order they are e, h, l, o.",
        "e is 1, h is 2, l is 3, o is 4, and everything else is 0.",
    ),
)
def numbered(student):
    assert list(student["ids_of_hole"]) == [2, 4, 3, 1, 0], "e is 1, h is 2, and so on"


# %% [markdown]
# ## Number the characters
#
# Fill in `of` and `encode`, one or two lines each. `self._ids` is a dictionary from characters to
# ids. `encode` returns an array of integers, one for *each* character of the text.

# %%
from coursekit_textgen.data import Vocabulary  # exercise: of, encode

# %% [markdown] tags=["why"]
# `set` keeps each character once, and `sorted` fixes the order. A set alone has no order that you
# can rely on: the ids could differ at the next start, and a saved network would then read
# gibberish. `get(character, UNKNOWN)` gives every character an id, so the result is as long as the
# text. A plain `[character]` would stop with a `KeyError` at the first character that is not in the
# vocabulary, and leaving such characters out would move everything after them.

# %%
vocabulary = Vocabulary.of("hello")
print(vocabulary, "has size", len(vocabulary))
print(vocabulary.encode("hole?"), "→", vocabulary.decode(vocabulary.encode("hole?")))

# %%
from collections import Counter

import numpy as np


@probe
def made(text):
    vocabulary = Vocabulary.of(text)
    if not isinstance(vocabulary, Vocabulary):
        raise TypeError(
            f"`of` returns a {type(vocabulary).__name__}; it should make a Vocabulary: `cls(...)`"
        )
    return vocabulary.characters


@probe
def encode(characters, text):
    return Vocabulary(characters).encode(text)


@misconception(
    "made",
    "The characters are in the order in which they first appear. That works until the text begins "
    "differently. Then every id of a trained network means a different character.",
)
def appearance(text):
    return "".join(dict.fromkeys(text))


@misconception("made", "A character that occurs twice is listed twice. It would have two ids.")
def with_repeats(text):
    return "".join(sorted(text))


@misconception(
    "made", "The most frequent character comes first. Sort them by the alphabet instead."
)
def by_frequency(text):
    return "".join(character for character, _ in Counter(text).most_common())


@misconception(
    "made",
    "The text is converted to lower case first. The network could then never write a capital "
    "letter. Keep every character as it is.",
)
def small_letters(text):
    return "".join(sorted(set(text.lower())))


@misconception(
    "made",
    "White space is removed. But a line break and a space are characters like any other.",
)
def stripped(text):
    return "".join(sorted(set("".join(text.split()))))


@misconception(
    "encode",
    "The text is converted to lower case before the lookup. A capital letter would get the id of a "
    "different character.",
)
def looked_up_small(characters, text):
    return np.array([characters.find(c) + 1 for c in text.lower()], np.int32)


@misconception(
    "encode",
    "The ids are counted from 0. Then the first character of the vocabulary (usually the line "
    "break) has the same id as everything unknown.",
)
def from_zero(characters, text):
    return np.array([max(characters.find(c), 0) for c in text], np.int32)


@misconception(
    "encode", "Unknown characters are left out. Text and ids no longer have the same length."
)
def left_out(characters, text):
    return np.array([characters.index(c) + 1 for c in text if c in characters], np.int32)


@misconception(
    "encode",
    "Unknown characters become -1. As an index, -1 is the last row of a table. The network would "
    "read them as its last character, without any warning.",
)
def minus_one(characters, text):
    return np.array([characters.index(c) + 1 if c in characters else -1 for c in text], np.int32)


@misconception(
    "encode", "Unknown characters get an id beyond the last one, where the network has no row."
)
def behind_all(characters, text):
    return np.array(
        [characters.index(c) + 1 if c in characters else len(characters) + 1 for c in text]
    )


@check(
    "The vocabulary contains each character once, in order",
    points=1,
    hints=(
        "Which Python type is a collection without duplicates?",
        "`set(text)` has no order. `sorted` turns it into an ordered list.",
        '`cls("".join(sorted(set(text))))`.',
    ),
)
def in_order(student):
    expected = "\n Babdenr"
    found = student.made("Banana bread\n")
    unsorted = ": a `set` has no order, use `sorted`" if set(found) == set(expected) else ""
    said = f"'Banana bread\\n' gives {found!r}, and should give {expected!r}{unsorted}"
    assert found == expected, said


@check(
    "Known characters get their ids",
    points=1,
    hints=(
        "How do you get the id of one character? And then of all characters of a text?",
        "`self._ids` is a dictionary. Go through the text character by character.",
        "`np.array([... for character in text], np.int32)`, looking each one up in `self._ids`.",
    ),
)
def known(student):
    found = student.encode("Nabn", "baNana")
    assert_equal(found, [3, 2, 1, 2, 4, 2], "the ids of baNana, with the vocabulary N a b n")


@check(
    "An unknown character becomes UNKNOWN",
    points=1,
    after="known",
    hints=(
        "What should happen to a € sign, which Shakespeare never used?",
        "A dictionary can return a default value if a key is missing.",
        "`ids.get(character, UNKNOWN)`.",
    ),
)
def unknown(student):
    found = student.encode("abn", "ba€Nn")
    assert_equal(found, [2, 1, 0, 0, 3], "the ids of ba€Nn, with the vocabulary a b n")
    assert isinstance(found, np.ndarray), f"return an array: `np.array` of this {found}"
    assert found.dtype.kind == "i", f"ids must be whole numbers, but these are {found.dtype}"


# %% [markdown]
# ## Rows that follow the text
#
# The 26 letters of the alphabet are laid out in 2 rows, and each batch takes 3 characters of each
# row. The first batch reads `"abc"` in row 0 and `"nop"` in row 1. What does the **second** batch
# read in row 0?

# %%
second_batch = "def"  # exercise

# %% [markdown] tags=["why"]
# Row 0 continues where it stopped: after `abc` comes `def`. The network carries its state of row 0
# from batch to batch, so the state after `abc` must meet `def`. In an ordinary batch, row 0 might
# continue with `ghi` or with anything else, and the carried state would belong to another place in
# the text.

# %%


@misconception(
    "second_batch",
    "ghi would be right if a batch were filled row after row: abc, def, then ghi. But row 1 begins "
    "in the middle of the alphabet, at n.",
)
def row_after_row():
    return "ghi"


@misconception(
    "second_batch",
    "efg skips the d. So far d was only a target; it must still be read as an input.",
)
def skips_one():
    return "efg"


@misconception("second_batch", "bcd moves on by one character. A batch takes three at once.")
def on_by_one():
    return "bcd"


@misconception(
    "second_batch", "These are the right characters. Write them as one string, in quotes."
)
def in_a_list():
    return ["d", "e", "f"]


@misconception("second_batch", "nop is row 1. Row 0 continues where it stopped.")
def other_row():
    return "nop"


@check(
    "You see how a row continues",
    points=1,
    hints=(
        "Which letters are in row 0, from its beginning to its end?",
        "Row 0 is the first half of the alphabet: abcdefghijklm.",
        "The first batch read the first three letters. The second batch reads the next three.",
    ),
)
def goes_on(student):
    assert str(student["second_batch"]).strip() == "def", (
        "row 0 is abcdefghijklm, read three letters at a time"
    )


# %% [markdown]
# Write `side_by_side`. If a text has `count` characters, how long can each of `batch_size` rows be?

# %%
from coursekit_textgen.data import side_by_side  # exercise

# %% [markdown] tags=["why"]
# All rows must have the same length, so each gets `(len(ids) - first) // batch_size` characters and
# the few that are left over are dropped. `reshape` fills one row after another, so each row is a
# contiguous piece of the text. Reshaping to `(width, batch_size)` and transposing has the right
# shape, too, but then neighbouring characters of the text are in different rows and no row can be
# read.

# %% [markdown]
# Then write `next_piece`. Use plain slices: `rows` may be a numpy array or a tensor, and slices
# work on both. Remember the question that the network answers at each character: *which one comes
# next?*

# %%
from coursekit_textgen.data import next_piece  # exercise

# %% [markdown] tags=["why"]
# The targets are the inputs shifted by one character, because at each place the network has to
# predict the next one. So a piece needs `length + 1` characters: all but the last are inputs, all
# but the first are targets. The next piece starts only `length` later and repeats the one character
# that was a target but not yet an input. If it started `length + 1` later, one character in each
# piece would never be read.

# %%
alphabet = "abcdefghijklmnopqrstuvwxyz"
letters = Vocabulary.of(alphabet)
laid_out = side_by_side(letters.encode(alphabet), 2)
for step in (0, 1):
    inputs, targets = next_piece(laid_out, step, 3)
    print("batch", step, "inputs", [letters.decode(row) for row in inputs], end=" ")
    print("targets", [letters.decode(row) for row in targets])

# %%


@probe
def laid(ids, batch_size, first):
    return side_by_side(ids, batch_size, first)


@probe
def piece(rows, step, length):
    inputs, targets = next_piece(rows, step, length)
    return inputs, targets


def cut(ids, batch_size, first):
    width = (len(ids) - first) // batch_size
    return ids[first : first + batch_size * width], width


@misconception(
    "laid",
    "Neighbours in the text end up below each other. numpy fills an array row by row, so the shape "
    "`(width, batch_size)`, transposed, deals the characters out like cards.",
)
def dealt_out(ids, batch_size, first):
    kept, width = cut(ids, batch_size, first)
    return kept.reshape(width, batch_size).T


@misconception("laid", "Rows and columns are swapped. The shape should be `(batch_size, width)`.")
def turned(ids, batch_size, first):
    kept, width = cut(ids, batch_size, first)
    return kept.reshape(width, batch_size)


@misconception(
    "laid",
    "The last row is padded with zeros. A zero is the unknown character, so the network would "
    "learn a text that ends in nonsense. Drop the remaining characters instead.",
)
def filled_up(ids, batch_size, first):
    rest = ids[first:]
    width = -(-len(rest) // batch_size)
    return np.pad(rest, (0, batch_size * width - len(rest))).reshape(batch_size, width)


@misconception(
    "laid", "`first` is not used. Each epoch would cut the text at exactly the same places."
)
def first_ignored(ids, batch_size, first):
    kept, width = cut(ids, batch_size, 0)
    return kept.reshape(batch_size, width)


@misconception("laid", "`first` is cut from each row. Skip it once, at the beginning of the text.")
def first_of_each(ids, batch_size, first):
    kept, width = cut(ids, batch_size, 0)
    return kept.reshape(batch_size, width)[:, first:]


@misconception(
    "piece",
    "The pieces are `length + 1` apart. One character between two pieces is never read as an "
    "input, so the memory that is carried over has a gap.",
)
def gap(rows, step, length):
    start = step * (length + 1)
    return rows[:, start : start + length], rows[:, start + 1 : start + length + 1]


@misconception(
    "piece",
    "Each batch moves on by one character only, so an epoch reads everything `length` times.",
)
def by_one(rows, step, length):
    return rows[:, step : step + length], rows[:, step + 1 : step + length + 1]


@misconception(
    "piece",
    "The inputs are one too long. They include the last target, which has no target of its own.",
)
def one_too_long(rows, step, length):
    start = step * length
    return rows[:, start : start + length + 1], rows[:, start + 1 : start + length + 1]


@misconception(
    "piece",
    "The piece is one too short. For `length` inputs and their targets, cut out `length + 1` "
    "characters.",
)
def one_too_short(rows, step, length):
    start = step * length
    return rows[:, start : start + length - 1], rows[:, start + 1 : start + length]


@misconception(
    "piece", "One target is missing. The last input has a target, too: the character just after it."
)
def last_unasked(rows, step, length):
    start = step * length
    return rows[:, start : start + length], rows[:, start + 1 : start + length]


@misconception(
    "piece", "Whole rows are cut out. The places within a row are the second axis: `rows[:, ...]`."
)
def whole_rows(rows, step, length):
    start = step * length
    return rows[start : start + length], rows[start + 1 : start + length + 1]


@misconception(
    "piece",
    "The rows change places from batch to batch. The memory belongs to a row. A row that moves "
    "would be read with the memory of a different place in the book.",
)
def rows_exchanged(rows, step, length):
    start = step * length
    piece = np.roll(rows, step, axis=0)[:, start : start + length + 1]
    return piece[:, :-1], piece[:, 1:]


@misconception(
    "piece", "The targets are the next piece. Each should be the character just after its input."
)
def next_but_one(rows, step, length):
    start = step * length
    return rows[:, start : start + length], rows[:, start + length : start + 2 * length]


@misconception(
    "piece",
    "The targets are the inputs themselves. The network would have to predict the character that "
    "it has just read. It learns to copy, with a loss near zero.",
)
def unshifted(rows, step, length):
    start = step * length
    return rows[:, start : start + length], rows[:, start : start + length]


@misconception(
    "piece",
    "The last target of a row is the first character of that row. `roll` wraps around, but the "
    "text continues.",
)
def rolled(rows, step, length):
    inputs = rows[:, step * length : (step + 1) * length]
    return inputs, np.roll(inputs, -1, axis=1)


@misconception(
    "piece",
    "The targets are shifted the wrong way: each is the character *before* its input, which the "
    "network has already read.",
)
def backwards(rows, step, length):
    inputs = rows[:, step * length : (step + 1) * length]
    return inputs, np.roll(rows, 1, axis=1)[:, step * length : (step + 1) * length]


@misconception(
    "piece",
    "There is only one target for each row. A recurrent network predicts after every character, so "
    "it can learn `length` times from one piece.",
)
def only_the_last(rows, step, length):
    inputs = rows[:, step * length : (step + 1) * length]
    return inputs, rows[:, (step + 1) * length]


@check(
    "Each row is a piece of the text, in order",
    points=2,
    hints=(
        "How long is a row if 12 characters fill 3 of them?",
        "Integer division gives the width. `reshape` lays the text out row by row.",
        "`ids[...].reshape(batch_size, width)` with `width = (len(ids) - first) // batch_size`.",
    ),
)
def rows(student):
    found = student.laid(np.arange(1, 13), 3, 0)
    expected = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]
    assert_equal(found, expected, "1 to 12 in three rows")


@check(
    "Characters that do not fill a column are dropped",
    points=1,
    after="rows",
    hints=(
        "If 11 characters are laid out in 2 rows, what happens to the last one?",
        "Before you reshape the text, cut it to the number of places in all rows.",
        "`ids[: batch_size * width]`. Then add `first` at both ends of the slice.",
    ),
)
def rest(student):
    found = student.laid(np.arange(1, 12), 2, 0)
    expected = [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]
    assert_equal(found, expected, "1 to 11 in two rows")


@check(
    "The first row begins at `first`",
    points=1,
    after="rows",
    hints=(
        "How many characters are left if the first three are skipped?",
        "`first` makes the text shorter, and moves both ends of the slice.",
        "`ids[first : first + batch_size * width]`.",
    ),
)
def begins(student):
    found = student.laid(np.arange(1, 16), 2, 3)
    expected = [[4, 5, 6, 7, 8, 9], [10, 11, 12, 13, 14, 15]]
    assert_equal(found, expected, "1 to 15 in two rows, beginning at index 3")


@check(
    "A batch continues where the previous one stopped",
    points=2,
    hints=(
        "Where does batch number `step` begin, if each batch takes `length` characters?",
        "Batch 0 begins at 0, batch 1 at `length`, batch 2 at twice that.",
        "`start = step * length`, and the inputs are `rows[:, start : start + length]`.",
    ),
)
def inputs(student):
    for step, expected in ((0, [[1, 2, 3]]), (2, [[7, 8, 9]])):
        found, _ = student.piece(np.arange(1, 21)[np.newaxis], step, 3)
        said = f"the inputs of batch {step}, from one row of 1 to 20, with length 3"
        assert_equal(found, expected, said)
    found, _ = student.piece(np.arange(1, 31).reshape(5, 6), 1, 2)
    said = "the inputs of batch 1, from 1 to 30 in five rows, with length 2"
    assert_equal(found, [[3, 4], [9, 10], [15, 16], [21, 22], [27, 28]], said)


@check(
    "The targets are shifted by one character",
    points=2,
    after="inputs",
    hints=(
        "The network has read the last input of the piece. What must it predict now?",
        "Take the same slice again, shifted by one place.",
        "Cut out a piece of `length + 1` characters and return `piece[:, :-1], piece[:, 1:]`.",
    ),
)
def shifted(student):
    _, found = student.piece(np.arange(1, 31).reshape(5, 6), 1, 2)
    expected = [[4, 5], [10, 11], [16, 17], [22, 23], [28, 29]]
    said = "the targets of batch 1, from 1 to 30 in five rows, with length 2"
    assert_equal(found, expected, said)


# %% [markdown]
# ## What the shift is worth
#
# From here on your code supplies the real lesson with data: your vocabulary, your rows, your
# pieces. The lesson builds a `tf.data` pipeline, which calls *your* `next_piece` for each batch.
# `fresh` marks the rows that start with an empty memory: all rows in the first batch, none later.

# %% tags=["train"]
import tensorflow as tf

from coursekit_textgen.data import batches_of  # show

# %% [markdown]
# Two networks learn from the same rows for 400 steps. One gets your targets. The targets of the
# other are the very characters that it reads. **Predict before you run it: which loss will be
# lower, and what will each of the two write?**

# %% tags=["train"]
from coursekit.prepare import prepare
from coursekit_textgen import TextgenLesson
from coursekit_textgen.build import build_model
from coursekit_textgen.practice.compare import continued, curves, learn
from coursekit_textgen.decode import Taste

STEPS = 400
settings, data = prepare(TextgenLesson(), epochs=1, batch_size=32, units=128)
text = data.vocabulary.decode(data.train.ids)
data.vocabulary = Vocabulary.of(text)  # yours
book = side_by_side(data.vocabulary.encode(text), settings.batch_size)
batches = batches_of(book, settings.length, STEPS, carry_state=True)
copying = batches.map(lambda inputs, targets, fresh: (inputs, inputs, fresh))

losses = {}
for name, lessons in (("yours", batches), ("targets = inputs", copying)):
    model = build_model(data, settings)
    losses[name] = learn(model, lessons)
    print(f"── {name}: loss {losses[name][-20:].mean():.2f} ──")
    print("O Romeo" + continued(model, data.vocabulary, "O Romeo", 200, Taste(0.8)))
show(
    curves("The targets decide what a network learns", losses),
    alt="Two loss curves over the steps of training, one for each choice of the targets.",
)

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# The loss of the copying network falls almost to zero at once, because the answer is in its input.
# It has learned to repeat the character that it read last, and it writes that character forever. A
# loss says how well a question is answered. It does not say whether it was the right question. So
# look at what a network does, not only at its curve.
# </details>
#
# **Next:** run `coursekit check textgen/batches`. Then `coursekit next` opens exercise 2, where you
# build the network that reads these batches.
