# %% [markdown]
# # From a text to batches that go on where they stopped
#
# **Goal.** Number the characters of a text and cut it into rows that a memory can follow.
#
# **Time.** 25 minutes
#
# **Before.** slices and `reshape` of numpy arrays
#
# **Kind.** predict, complete, measure
#
# A text is one long line of characters, and a recurrent network reads it with a memory. Reading
# one character at a time is slow, so the text is cut into rows that are read side by side; and a
# row is far too long for one step of training, so it is read piece by piece.

# %%
from coursekit.prepare import show
from coursekit_textgen.practice import figures

show(
    figures.rows_and_pieces("to be or not to be, that is", batch_size=3, length=4),
    alt="A text of 27 characters is cut into three rows of nine. Batch 0 takes the first four "
    "characters of every row, batch 1 the next four; the last character is only a target.",
)

# %% [markdown]
# Row 0 of batch 1 goes on where row 0 of batch 0 stopped. That is what makes a memory worth having.

# %%
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from coursekit_textgen.data import UNKNOWN, Ids

# %% [markdown]
# ## Predict first
#
# A vocabulary is made of the text `hello`. Its characters, each once, stand in the order of the
# alphabet and are numbered **from 1**; 0 is kept for every character that the text did not have.
# What are the ids of `hole?` (a list of five, the question mark too)?

# %%
ids_of_hole = [2, 4, 3, 1, 0]  # exercise

# %%
from coursekit.practice import assert_equal, check, misconception, probe


@misconception("ids_of_hole", "These are places counted from 0, and 0 is taken: it means unknown.")
def places_from_zero():
    return [1, 3, 2, 0, 4]


@misconception(
    "ids_of_hole", "These are places counted from 0, and then e and the unknown ? are both 0."
)
def two_zeros():
    return [1, 3, 2, 0, 0]


@misconception("ids_of_hole", "The characters are numbered by the alphabet, not as they appear.")
def as_they_appear():
    return [1, 4, 3, 2, 0]


@misconception("ids_of_hole", "The l of hello was counted twice: a vocabulary has it once.")
def l_twice():
    return [2, 5, 3, 1, 0]


@misconception(
    "ids_of_hole", "The question mark got an id of its own; the text hello has no question mark."
)
def own_id():
    return [2, 4, 3, 1, 5]


@misconception("ids_of_hole", "The question mark is missing: each character has an id, even so.")
def without_it():
    return [2, 4, 3, 1]


@check(
    "You know how characters are numbered",
    points=1,
    hints=(
        "Which four different characters does hello have?",
        "In the order of the alphabet they are e, h, l, o.",
        "e is 1, h is 2, l is 3, o is 4, and what is not among them is 0.",
    ),
)
def numbered(student):
    assert list(student["ids_of_hole"]) == [2, 4, 3, 1, 0], "e is 1, h is 2, and so on"


# %% [markdown]
# ## Number the characters
#
# Fill in `of` and `encode`; one or two lines each. `self._ids` is a dictionary from character to
# id, and `encode` gives an array of whole numbers, one for *each* character of the text.

# %%
from coursekit_textgen.data import Vocabulary  # exercise: of, encode

# %%
vocabulary = Vocabulary.of("hello")
print(vocabulary, "has the size", len(vocabulary))
print(vocabulary.encode("hole?"), "→", vocabulary.decode(vocabulary.encode("hole?")))

# %%
from collections import Counter

import numpy as np


@probe
def made(text):
    vocabulary = Vocabulary.of(text)
    if not isinstance(vocabulary, Vocabulary):
        raise TypeError(
            f"`of` gives a {type(vocabulary).__name__}; it should make a Vocabulary: `cls(...)`"
        )
    return vocabulary.characters


@probe
def encode(characters, text):
    return Vocabulary(characters).encode(text)


@misconception(
    "made",
    "The characters stand in the order in which they appear. That works, until the text begins "
    "differently: then every id of a trained network means another character.",
)
def appearance(text):
    return "".join(dict.fromkeys(text))


@misconception("made", "A character that occurs twice is in it twice: it would have two ids.")
def with_repeats(text):
    return "".join(sorted(text))


@misconception("made", "The most frequent character comes first; they are asked for in order.")
def by_frequency(text):
    return "".join(character for character, _ in Counter(text).most_common())


@misconception(
    "made",
    "Capital letters are made small first: the network could then never write one, and a name "
    "begins like any other word. A character is taken as it stands.",
)
def small_letters(text):
    return "".join(sorted(set(text.lower())))


@misconception(
    "made",
    "White space is cut off or left out: a line break and a blank are characters like the others.",
)
def stripped(text):
    return "".join(sorted(set("".join(text.split()))))


@misconception(
    "encode",
    "Capital letters are made small before they are looked up: a capital that the vocabulary has "
    "would get the id of another character.",
)
def looked_up_small(characters, text):
    return np.array([characters.find(c) + 1 for c in text.lower()], np.int32)


@misconception(
    "encode",
    "The ids count from 0. Then the first character of the vocabulary, in a book the line break, "
    "has the same id as everything unknown.",
)
def from_zero(characters, text):
    return np.array([max(characters.find(c), 0) for c in text], np.int32)


@misconception(
    "encode", "Unknown characters are left out: text and ids are no longer of the same length."
)
def left_out(characters, text):
    return np.array([characters.index(c) + 1 for c in text if c in characters], np.int32)


@misconception(
    "encode",
    "Unknown characters become -1. As a place in a table that is the last row: a network would "
    "read them as its last character, without a warning.",
)
def minus_one(characters, text):
    return np.array([characters.index(c) + 1 if c in characters else -1 for c in text], np.int32)


@misconception(
    "encode", "Unknown characters get an id behind all others, where the network has no row."
)
def behind_all(characters, text):
    return np.array(
        [characters.index(c) + 1 if c in characters else len(characters) + 1 for c in text]
    )


@check(
    "The vocabulary has each character once, in order",
    points=1,
    hints=(
        "What do you have in Python for a collection without repeats?",
        "`set(text)` has no order: `sorted` gives it one, as a list.",
        '`cls("".join(sorted(set(text))))`.',
    ),
)
def in_order(student):
    expected = "\n Babdenr"
    found = student.made("Banana bread\n")
    unsorted = ": a `set` has no order, `sorted` makes one" if set(found) == set(expected) else ""
    said = f"'Banana bread\\n' made {found!r}, and should make {expected!r}{unsorted}"
    assert found == expected, said


@check(
    "Known characters get their ids",
    points=1,
    hints=(
        "How do you get from one character to its id, and then from a text to all?",
        "`self._ids` is a dictionary; go through the text, character by character.",
        "`np.array([... for character in text], np.int32)`, each looked up in `self._ids`.",
    ),
)
def known(student):
    found = student.encode("Nabn", "baNana")
    assert_equal(found, [3, 2, 1, 2, 4, 2], "baNana, of the letters N a b n")


@check(
    "An unknown character becomes UNKNOWN",
    points=1,
    after="known",
    hints=(
        "What does a reader of Shakespeare do with a € sign?",
        "A dictionary can answer with something else where a key is missing.",
        "`ids.get(character, UNKNOWN)`.",
    ),
)
def unknown(student):
    found = student.encode("abn", "ba€Nn")
    assert_equal(found, [2, 1, 0, 0, 3], "ba€Nn, of the letters a b n")
    assert isinstance(found, np.ndarray), f"an array is asked for: `np.array` of this {found}"
    assert found.dtype.kind == "i", f"ids are whole numbers, and these are {found.dtype}"


# %% [markdown]
# ## Rows that follow the text
#
# The 26 letters of the alphabet are laid out in 2 rows, and a batch takes 3 characters of each.
# The first batch reads `"abc"` in row 0 and `"nop"` in row 1. What does the **second** batch read
# in row 0?

# %%
second_batch = "def"  # exercise

# %%


@misconception(
    "second_batch",
    "ghi comes if a batch is filled row after row: abc, def, then ghi. But row 1 begins in the "
    "middle of the alphabet, at n.",
)
def row_after_row():
    return "ghi"


@misconception(
    "second_batch",
    "efg skips the d: it was only a target so far, and must still be read as an input.",
)
def skips_one():
    return "efg"


@misconception("second_batch", "bcd goes on by one character; a batch takes three at once.")
def on_by_one():
    return "bcd"


@misconception("second_batch", "These are the right characters; write them as one text, in quotes.")
def in_a_list():
    return ["d", "e", "f"]


@misconception("second_batch", "nop is row 1. Row 0 goes on where it stopped.")
def other_row():
    return "nop"


@check(
    "You see how a row goes on",
    points=1,
    hints=(
        "What does row 0 hold from its beginning to its end?",
        "Row 0 is the first half of the alphabet: abcdefghijklm.",
        "The first batch read its first three letters, the second reads the next three.",
    ),
)
def goes_on(student):
    assert str(student["second_batch"]).strip() == "def", "row 0 is abcdefghijklm, read by threes"


# %% [markdown]
# Write `side_by_side`. A text of `count` characters in `batch_size` rows: how long can a row be?

# %%
from coursekit_textgen.data import side_by_side  # exercise

# %% [markdown]
# And `next_piece`. Keep to plain slices: `rows` may be a numpy array or a tensor, and slices work
# on both. Remember what a network is asked at each character: *which one comes next?*

# %%
from coursekit_textgen.data import next_piece  # exercise

# %%
alphabet = "abcdefghijklmnopqrstuvwxyz"
letters = Vocabulary.of(alphabet)
laid_out = side_by_side(letters.encode(alphabet), 2)
for step in (0, 1):
    inputs, targets = next_piece(laid_out, step, 3)
    print("batch", step, "reads", [letters.decode(row) for row in inputs], end=" ")
    print("and is asked for", [letters.decode(row) for row in targets])

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
    "Neighbours in the text stand below each other: numpy fills row by row, so the shape "
    "`(width, batch_size)`, turned round, deals the characters out like cards.",
)
def dealt_out(ids, batch_size, first):
    kept, width = cut(ids, batch_size, first)
    return kept.reshape(width, batch_size).T


@misconception(
    "laid", "Rows and columns are exchanged: there are as many rows as a row should have places."
)
def turned(ids, batch_size, first):
    kept, width = cut(ids, batch_size, first)
    return kept.reshape(width, batch_size)


@misconception(
    "laid",
    "The last row is filled up with zeros. A zero is the unknown character: the network would "
    "learn a text that ends in nonsense. Drop the rest instead.",
)
def filled_up(ids, batch_size, first):
    rest = ids[first:]
    width = -(-len(rest) // batch_size)
    return np.pad(rest, (0, batch_size * width - len(rest))).reshape(batch_size, width)


@misconception(
    "laid", "`first` is not used: each epoch would cut the text at exactly the same places."
)
def first_ignored(ids, batch_size, first):
    kept, width = cut(ids, batch_size, 0)
    return kept.reshape(batch_size, width)


@misconception("laid", "`first` is taken off each row; it is where the text begins, once.")
def first_of_each(ids, batch_size, first):
    kept, width = cut(ids, batch_size, 0)
    return kept.reshape(batch_size, width)[:, first:]


@misconception(
    "piece",
    "The pieces are `length + 1` apart: between two of them one character is never read, and the "
    "memory that is carried over has a gap.",
)
def gap(rows, step, length):
    start = step * (length + 1)
    return rows[:, start : start + length], rows[:, start + 1 : start + length + 1]


@misconception(
    "piece", "Each batch moves on by a single character, and so an epoch reads all `length` times."
)
def by_one(rows, step, length):
    return rows[:, step : step + length], rows[:, step + 1 : step + length + 1]


@misconception(
    "piece",
    "The inputs are one too long: they hold the last target already, for which no target is left.",
)
def one_too_long(rows, step, length):
    start = step * length
    return rows[:, start : start + length + 1], rows[:, start + 1 : start + length + 1]


@misconception(
    "piece",
    "The piece is one too short: for `length` inputs and their targets, cut `length + 1` "
    "characters.",
)
def one_too_short(rows, step, length):
    start = step * length
    return rows[:, start : start + length - 1], rows[:, start + 1 : start + length]


@misconception(
    "piece", "The targets are one too few: the last input has one, too, just behind the inputs."
)
def last_unasked(rows, step, length):
    start = step * length
    return rows[:, start : start + length], rows[:, start + 1 : start + length]


@misconception(
    "piece", "Whole rows are cut out: the places in a row are the second axis, `rows[:, ...]`."
)
def whole_rows(rows, step, length):
    start = step * length
    return rows[start : start + length], rows[start + 1 : start + length + 1]


@misconception(
    "piece",
    "The rows change places from batch to batch. The memory that is carried belongs to a row: "
    "whichever takes its place reads with the memory of another place in the book.",
)
def rows_exchanged(rows, step, length):
    start = step * length
    piece = np.roll(rows, step, axis=0)[:, start : start + length + 1]
    return piece[:, :-1], piece[:, 1:]


@misconception(
    "piece", "The targets are the next piece; each should be the character just after its input."
)
def next_but_one(rows, step, length):
    start = step * length
    return rows[:, start : start + length], rows[:, start + length : start + 2 * length]


@misconception(
    "piece",
    "The targets are the inputs themselves. The network would be asked for the character that it "
    "has just read: it learns to copy, with a loss near zero.",
)
def unshifted(rows, step, length):
    start = step * length
    return rows[:, start : start + length], rows[:, start : start + length]


@misconception(
    "piece",
    "The last target of a row is the row's own first character: `roll` goes round in a circle, "
    "the text goes on.",
)
def rolled(rows, step, length):
    inputs = rows[:, step * length : (step + 1) * length]
    return inputs, np.roll(inputs, -1, axis=1)


@misconception(
    "piece",
    "The targets run the other way: each is the character *before* its input, which the network "
    "has read already.",
)
def backwards(rows, step, length):
    inputs = rows[:, step * length : (step + 1) * length]
    return inputs, np.roll(rows, 1, axis=1)[:, step * length : (step + 1) * length]


@misconception(
    "piece",
    "There is one target for each row. A recurrent network guesses after every character: that is "
    "`length` lessons from one piece instead of one.",
)
def only_the_last(rows, step, length):
    inputs = rows[:, step * length : (step + 1) * length]
    return inputs, rows[:, (step + 1) * length]


@check(
    "Each row is a piece of the text as it stands",
    points=2,
    hints=(
        "How long is a row if 12 characters fill 3 of them?",
        "Whole-number division gives the width; `reshape` lays the text out row by row.",
        "`ids[...].reshape(batch_size, width)` with `width = (len(ids) - first) // batch_size`.",
    ),
)
def rows(student):
    found = student.laid(np.arange(1, 13), 3, 0)
    expected = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]
    assert_equal(found, expected, "1 to 12 in three rows")


@check(
    "What does not fill a column is dropped",
    points=1,
    after="rows",
    hints=(
        "What becomes of the eleventh character in 2 rows?",
        "Cut the text to as many characters as the rows have places before you reshape it.",
        "`ids[: batch_size * width]`, and `first` is still to be added at both ends.",
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
        "How many characters are left to lay out if the first three are skipped?",
        "`first` shortens what is there, and moves both ends of the slice.",
        "`ids[first : first + batch_size * width]`.",
    ),
)
def begins(student):
    found = student.laid(np.arange(1, 16), 2, 3)
    expected = [[4, 5, 6, 7, 8, 9], [10, 11, 12, 13, 14, 15]]
    assert_equal(found, expected, "1 to 15 in two rows, from place 3 on")


@check(
    "A batch reads on where the one before stopped",
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
        said = f"the inputs of batch {step}, from a row of 1 to 20 by threes"
        assert_equal(found, expected, said)
    found, _ = student.piece(np.arange(1, 31).reshape(5, 6), 1, 2)
    said = "the inputs of batch 1, from 1 to 30 in five rows, by twos"
    assert_equal(found, [[3, 4], [9, 10], [15, 16], [21, 22], [27, 28]], said)


@check(
    "The targets are one character further on",
    points=2,
    after="inputs",
    hints=(
        "The network has read the last input of the piece. What is it asked now?",
        "Take the same slice again, moved on by one place.",
        "Cut a piece of `length + 1` and give `piece[:, :-1], piece[:, 1:]`.",
    ),
)
def shifted(student):
    _, found = student.piece(np.arange(1, 31).reshape(5, 6), 1, 2)
    expected = [[4, 5], [10, 11], [16, 17], [22, 23], [28, 29]]
    said = "the targets of batch 1, from 1 to 30 in five rows, by twos"
    assert_equal(found, expected, said)


# %% [markdown]
# ## What the shift is worth
#
# From here your code feeds the real lesson: your vocabulary, your rows, your pieces. The lesson
# puts them into a `tf.data` pipeline, which calls *your* `next_piece` for each batch. `fresh` says
# which rows begin anew: all of them in the first batch, none later.

# %%
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf

from coursekit_textgen.data import batches_of  # show

# %% [markdown]
# Two networks learn from the same rows for 400 steps. One gets your targets. The other is asked
# for the very characters that it reads. **Guess before you run it: which loss will look better?**

# %% tags=["train"]
from coursekit.prepare import prepare
from coursekit_textgen import TextgenLesson
from coursekit_textgen.build import build_model
from coursekit_textgen.practice.compare import continued, curves, learn
from coursekit_textgen.decode import Taste

STEPS = 400
settings, data = prepare(TextgenLesson(), epochs=1, batch_size=32, units=128)
text = data.vocabulary.decode(data.train.ids)
data.vocabulary = Vocabulary.of(text)  # from here on yours
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
    curves("What it is asked for decides what it learns", losses),
    alt="Two loss curves: that of the copying network falls to zero at once, the other falls "
    "slowly and stays well above it.",
)

# %% [markdown]
# The loss of the copying network falls to nothing within moments: it has the answer before its
# eyes. It has learnt *which character did I read last?*, and writes that, for ever. A loss says how
# well a question is answered, never whether it was the right question. So look at what a network
# does as well as at its curve.
#
# **Next:** `coursekit check textgen/batches`, then `coursekit next`.
