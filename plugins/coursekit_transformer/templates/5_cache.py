# %% [markdown]
# # Remembering what was read
#
# **Goal.** Write with a key-value cache: the same text, many times as fast.
#
# **Time.** 30 minutes
#
# **Before.** exercises 1 and 2
#
# **Kind.** predict, complete, measure
#
# In training the whole window is read at once. When the network writes, it must read each new
# character before it can predict the next. The simple way is to read the whole text again for
# every character. But the keys and values of earlier characters do not change: no position looks
# ahead, so nothing that follows can affect them. We can keep them. Then only the *new* character
# is read, and its query looks at the stored keys and at its own.
#
# This is the **key-value cache**. Practically every large language model writes with one.

# %%
import math
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from coursekit_transformer.model import Attend, KeysValues, Transformer, causal_mask, linear
from coursekit_transformer.model import merge_heads, rotated, scaled_dot_product, split_heads

# %% [markdown]
# ## Predict first
#
# A network writes a text of 100 characters. Without a cache it reads 1 character, then 2, then 3,
# ..., then 100. How many characters does it read in total?

# %%
read_without = 5050  # exercise

# %% [markdown] tags=["why"]
# 1 + 2 + ... + 100 = 100 · 101 / 2 = 5050. All but 100 of these are characters that have been read
# before. The work grows with the square of the length of the text.

# %% [markdown]
# And with a cache?

# %%
read_with = 100  # exercise

# %% [markdown] tags=["why"]
# Each character is read once, when it is new: 100. What earlier positions have to say to later ones
# is in their keys and values, and those are stored.

# %% [markdown]
# A network has 4 layers with 8 heads each. A key has 16 numbers, and so does a value. The cache
# holds 64 positions. How many numbers are in it?

# %%
numbers_kept = 65_536  # exercise

# %% [markdown] tags=["why"]
# 4 layers · 8 heads · 64 positions · (16 + 16) numbers = 65,536. A cache exchanges computation for
# memory, and this memory grows with the length of the text. In large models it is often what limits
# how much text fits.

# %%
from coursekit.practice import assert_close, assert_equal, check, misconception, probe


@misconception("read_without", "That is 100 times the whole text. At first there is less to read.")
def whole_each_time():
    return 10_000


@misconception("read_without", "The last pass, over all 100 characters, counts as well.")
def one_reading_less():
    return 4_950


@misconception("read_without", "That is only the last pass. Add the passes before it.")
def last_reading():
    return 100


@misconception(
    "read_with", "What is in the cache need not be read again. Only new characters are read."
)
def no_gain():
    return 5050


@misconception("read_with", "Each of the 100 characters is read once.")
def only_one():
    return 1


@misconception("numbers_kept", "These are only the keys. The values are kept as well.")
def keys_alone():
    return 32_768


@misconception("numbers_kept", "This is one layer. Each of the four has keys and values.")
def one_layer():
    return 16_384


@misconception("numbers_kept", "This is one head of each layer. All eight have keys and values.")
def one_head():
    return 8_192


@check(
    "You know the cost of reading everything again",
    points=1,
    hints=(
        "What is 1 + 2 + 3 + ... + 100?",
        "It is fifty pairs, each with the sum 101.",
        "100 * 101 / 2.",
    ),
)
def again(student):
    assert student["read_without"] == 5050, "add up 1, 2, 3 ... 100"


@check(
    "You know what a cache saves",
    points=1,
    hints=(
        "How many characters are new at each step?",
        "One character, and there are 100 steps.",
        "100.",
    ),
)
def saved(student):
    assert student["read_with"] == 100, "one new character at each step"


@check(
    "You know what a cache keeps",
    points=1,
    hints=(
        "What is kept for each position: features, queries, keys, values?",
        "Keys and values, in each head of each layer.",
        "2 * 4 * 8 * 64 * 16.",
    ),
)
def kept(student):
    assert student["numbers_kept"] == 65_536, (
        "multiply: keys and values, layers, heads, positions, numbers"
    )


# %% [markdown]
# ## Attention that remembers
#
# Here is the lesson's attention without the lines that use the memory. `memory` holds the keys and
# the values of earlier positions, `(batch, heads, past, size)` each, in the order of the text.
# There are queries only for the new positions.
#
# Fill the gap: append the new keys and values to the stored ones. And set `past` to the number of
# stored positions, so that the queries are rotated as what they are: the *latest* positions. (Keys
# are stored before their rotation, and then all of them are rotated, starting at position 0. Only
# distances count, so it does not matter where counting starts.)

# %%
from coursekit.prepare import show
from coursekit_transformer.practice import figures

show(
    figures.cache("the king", 4),
    alt="Four steps of writing. At each step the keys and values of all earlier characters come "
    "from memory, and only the new character is read: one new key, and one row of scores instead "
    "of the whole triangle.",
)

# %%
from coursekit_transformer.model import SelfAttention  # exercise: call

# %% [markdown] tags=["why"]
# The new keys and values are appended *behind* the stored ones, because the order of the text
# decides which angle a key is rotated by. `past` is the number of stored positions, so that the
# queries are rotated as the latest ones and the mask lets them see everything before them. With
# `past` left at 0, the new position would count as the first one, and it would see nothing of what
# was read before it. The axis is 2, the positions; along axis 1 there would be more heads instead.

# %%
layer = SelfAttention(units=8, heads=2)
text = tf.random.stateless_normal((1, 5, 8), seed=(1, 2))
whole, _, _ = layer(text, causal_mask(5))
_, known, _ = layer(text[:, :4], causal_mask(4))
last, _, _ = layer(text[:, 4:], causal_mask(1, past=4), known)
print("read at once   ", whole[0, 4, :4].numpy().round(3))
print("with the memory", last[0, 0, :4].numpy().round(3))

# %%
import numpy as np


def softmax(scores):
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def turned(vectors, first=0):
    """Turn by multiplying with complex numbers: an independent way."""
    time, size = vectors.shape[-2:]
    half = size // 2
    pairs = vectors[..., :half] + 1j * vectors[..., half:]
    rates = 10_000.0 ** (-np.arange(half) / half)
    pairs = pairs * np.exp(1j * (first + np.arange(time))[:, None] * rates)
    return np.concatenate([pairs.real, pairs.imag], axis=-1)


def parts_of(features, weights):
    """Return queries, keys and values by head, ``(heads, time, size)`` each."""
    columns = np.split(features[0] @ weights[0], 3, axis=-1)
    return [np.stack(np.split(part, 2, axis=-1)) for part in columns]


def received(queries, keys, values, weights, first):
    """Mix values for the latest positions, and lay the heads side by side."""
    time, places = queries.shape[1], keys.shape[1]
    looks = np.arange(places) <= np.arange(places - time, places)[:, None]
    scores = np.einsum("hid,hjd->hij", turned(queries, first), turned(keys))
    scores = scores / np.sqrt(queries.shape[-1])
    mixed = np.einsum("hij,hjd->hid", softmax(np.where(looks, scores, -1e9)), values)
    return np.concatenate(list(mixed), axis=-1) @ weights[1]


def example(new=2):
    """A text of six positions of which the last `new` are new, and the weights of a layer."""
    draw = np.random.default_rng(4)
    weights = [draw.normal(0, 0.6, size).astype("float32") for size in ((8, 24), (8, 8))]
    return draw.normal(size=(1, 6, 8)).astype("float32"), new, weights


def read_on(features, new, weights, change=None):
    """Return what the new positions receive, and the resulting keys, ``(heads, 6, size)``."""
    queries, keys, values = parts_of(features, weights)
    past = 6 - new
    first = past
    if change == "behind":
        keys, values = (np.roll(part, new, axis=1) for part in (keys, values))
    elif change == "from zero":
        first = 0
    elif change == "values alone":
        values = np.roll(values, new, axis=1)
    found = received(queries[:, past:], keys, values, weights, first)
    return found, keys


@probe
def remembering(features, new, weights):
    """Read a text in two pieces: what the new positions receive, and the keys that come out."""
    made = SelfAttention(8, 2)
    read, past = tf.constant(features), features.shape[1] - new
    made(read, causal_mask(past + new))
    made.project.kernel.assign(weights[0])
    made.merge.kernel.assign(weights[1])
    _, known, _ = made(read[:, :past], causal_mask(past))
    mask = causal_mask(new, past)
    out, after, looks = made(read[:, past:], mask, tuple(known))
    if looks.shape[-1] != past + new:
        raise ValueError(
            f"new positions look at {looks.shape[-1]} positions; {past} were stored, {new} are new"
        )
    return out[0], after[0][0]


@misconception(
    "remembering",
    "`past` stays 0, so the new queries are rotated as if they were at the beginning of "
    "the text. Every distance is wrong. The network still writes, but much worse than it "
    "could. Such a bug is hard to notice.",
)
def from_zero(features, new, weights):
    return read_on(features, new, weights, "from zero")


@misconception(
    "remembering",
    "The new keys and values were put *before* the stored ones, so the text is out of order.",
)
def put_before(features, new, weights):
    return read_on(features, new, weights, "behind")


@misconception(
    "remembering",
    "The values are in a different order from the keys: a matching key leads to the value "
    "of a different position.",
)
def values_elsewhere(features, new, weights):
    return read_on(features, new, weights, "values alone")


@check(
    "New positions receive the same as when everything is read at once",
    points=3,
    hints=(
        "Which axis of (batch, heads, positions, size) runs along the text?",
        "Use `tf.concat([stored, new], axis=2)` for the keys and for the values. And how many "
        "positions were stored?",
        "`past = memory[0].shape[2]`, `keys = tf.concat([memory[0], keys], axis=2)`, and the "
        "same for the values.",
    ),
)
def same(student):
    for new in (1, 2):
        found, keys = student.remembering(*example(new))
        expected, right = read_on(*example(new))
        assert np.shape(keys) == (2, 6, 4), (
            f"the keys that come out have the shape {np.shape(keys)} for six positions"
        )
        said = f"what the last {new} of six positions receive"
        assert_close(found, expected, said, atol=1e-3)
        assert_close(keys, right, "the keys that come out", atol=1e-4)


# %% [markdown]
# ## Writing with it
#
# The call `model(ids, memory)` returns the logits of every position that it read, `(1, time,
# characters)`, and the memory of everything read since `model.empty_memory(1)`. Write
# `write_likeliest`: read the prompt once, take the most likely character, read *only that
# character*, and so on. Return the ids of what was written, `(count,)`, without the prompt. Read
# no character twice, and do not read the last one that you write, because nothing depends on it.


# %%
def write_likeliest(model, ids: np.ndarray, count: int) -> np.ndarray:  # exercise
    """Continue a text, always with the most likely character.

    Args:
        model: Takes ids ``(1, time)`` and a memory; returns logits and the new memory.
        ids: The prompt, ``(time,)``.
        count: How many characters to write.

    Returns:
        Their ids, ``(count,)``.
    """
    memory, written = model.empty_memory(1), []
    piece = np.asarray(ids)[np.newaxis]
    for _ in range(count):
        logits, memory = model(piece, memory)
        piece = np.argmax(logits[:, -1:], axis=-1)
        written.append(int(piece[0, 0]))
    return np.array(written)


# %% [markdown] tags=["why"]
# The prompt is read once. From then on, each call reads only the newest character, and everything
# earlier comes from the memory. The prediction for the next character is in the logits of the
# *last* position. The slice `-1:` keeps the axis of time, so the chosen character has the shape of
# an input. The loop reads before it chooses, so the last character that is written is never read.


# %%


class Adder:
    """A toy with a memory: it predicts the sum of everything it has read, modulo 10."""

    def empty_memory(self, rows: int) -> int:
        """Return the sum before anything is read."""
        return 0

    def __call__(self, ids, memory):
        """Return logits ``(1, time, 10)``, and the sum so far."""
        sums = (memory + np.cumsum(np.asarray(ids)[0])) % 10
        return np.eye(10)[sums][np.newaxis], int(sums[-1])


print(write_likeliest(Adder(), np.array([3, 4]), 5), "should be [7 4 8 6 2]")

# %%


def adding(ids, count):
    """Return what the adding toy writes, and how many characters it reads at each step."""
    total, written = sum(ids) % 10, []
    for _ in range(count):
        written.append(total)
        total = 2 * total % 10
    return np.array(written), [len(ids)] + [1] * (count - 1)


@probe
def writing(ids, count):
    """Write with a toy that adds up; return the ids, and what was read at each step."""
    lengths = []

    class Toy:
        def empty_memory(self, rows):
            return 0

        def __call__(self, ids, memory):
            read = np.asarray(ids)
            if read.ndim != 2 or len(read) != 1:
                raise ValueError(f"the model takes ids (1, time); these have shape {read.shape}")
            lengths.append(read.shape[1])
            sums = (memory + np.cumsum(read[0])) % 10
            return tf.one_hot(sums[np.newaxis], 10), int(sums[-1])

    found = np.asarray(write_likeliest(Toy(), np.array(ids), count))
    return found, lengths


@misconception(
    "writing",
    "The whole text is read again for every character, *and* the memory is passed in. So "
    "each character is read many times over.",
)
def all_again(ids, count):
    text, total, lengths, written = list(ids), 0, [], []
    for _ in range(count):
        total = (total + sum(text)) % 10
        lengths.append(len(text))
        written.append(total)
        text.append(total)
    return np.array(written), lengths


@misconception(
    "writing",
    "The text is right, but the memory is empty each time and everything is read again. "
    "That is writing without a cache.",
)
def without_cache(ids, count):
    written, _ = adding(ids, count)
    return written, [len(ids) + step for step in range(count)]


@misconception(
    "writing",
    "The memory that the model returns is not passed in the next time, so each character "
    "is predicted only from the one before it.",
)
def memory_lost(ids, count):
    total = sum(ids) % 10
    return np.full(count, total), [len(ids)] + [1] * (count - 1)


@misconception("writing", "The prompt is returned as well. Return only what was written.")
def with_prompt(ids, count):
    written, lengths = adding(ids, count)
    return np.concatenate([ids, written]), lengths


@misconception(
    "writing",
    "One character is missing: the prediction after the prompt is the first one to return.",
)
def one_short(ids, count):
    written, lengths = adding(ids, count)
    return written[1:], lengths


@misconception(
    "writing", "One character too many is read: nothing uses the prediction after the last one."
)
def one_reading_more(ids, count):
    written, lengths = adding(ids, count)
    return written, [*lengths, 1]


@misconception(
    "writing",
    "The prompt is read one character at a time. All of it is known, so read it in one call.",
)
def prompt_by_piece(ids, count):
    written, _ = adding(ids, count)
    return written, [1] * (len(ids) + count - 1)


@misconception(
    "writing",
    "The prompt's last character is read twice: once with the prompt, and again by itself.",
)
def last_twice(ids, count):
    total, written = (sum(ids) + ids[-1]) % 10, []
    for _ in range(count):
        written.append(total)
        total = 2 * total % 10
    return np.array(written), [len(ids)] + [1] * count


@check(
    "The most likely characters are written",
    points=2,
    hints=(
        "Which logits predict what follows the last character?",
        "Those of the last position. Write the most likely character there, and read it next.",
        "In a loop: `logits, memory = model(piece, memory)`, then `piece` becomes the `argmax` of "
        "`logits[:, -1:]`.",
    ),
)
def likeliest(student):
    for ids, count in (([3, 4, 1], 6), ([2, 5, 9, 1], 3)):
        found, _ = student.writing(ids, count)
        expected, _ = adding(ids, count)
        assert np.shape(found) == (count,), (
            f"{count} ids are expected, not the shape {np.shape(found)}"
        )
        said = f"{count} characters after {ids}, with the toy that adds up"
        assert_equal(found, expected, said)


@check(
    "No character is read twice",
    points=2,
    after="likeliest",
    hints=(
        "How many characters are new at each step after the prompt?",
        "Exactly one: the one that was just written. And the last one is never read.",
        "The first call reads the whole prompt, each later call a single character. That "
        "makes `count` calls.",
    ),
)
def once(student):
    _, lengths = student.writing([3, 4, 1], 6)
    expected = [3, 1, 1, 1, 1, 1]
    said = "characters read at each call, for a prompt of 3 and 6 to write"
    assert list(lengths) == expected, f"{said}: {list(lengths)}, not {expected}"


# %% [markdown]
# ## How much faster?
#
# A network of the lesson's size, with *your* attention in it, writes longer and longer texts, with
# the cache and without it. Both versions are compiled. The network is untrained, which changes
# what it writes but not how long that takes. Without the cache it reads the last window of text
# for every character. **Predict:** how many times as fast is the cache for 1,000 characters and a
# window of 64 positions?

# %%
from coursekit_transformer import TransformerSettings
from coursekit_transformer.build import build_model
from coursekit_transformer.data import TransformerData, Vocabulary
from coursekit_transformer.decode import Cached, Taste, Uncached, texts
from coursekit_transformer.model import Block
from coursekit_transformer.practice.compare import lines, seconds

signs = TransformerData(vocabulary=Vocabulary("abcdefghijklmnopqrstuvwxyz \n"))


def network_of(window: int) -> Transformer:
    """Return an untrained network of the lesson's size."""
    settings = TransformerSettings(length=window)
    block = partial(Block, attention=SelfAttention)
    return build_model(signs, settings, block=block)


def time_to_write(model: Transformer, length: int, reader) -> float:
    """Return the seconds that writing a text takes."""
    return seconds(
        lambda: list(texts(model, signs.vocabulary, "a", length, 1, Taste(), reader=reader)), 2
    )


# %% [markdown]
# First: is it the same text?

# %% tags=["train"]
network = network_of(64)
for name, reader in (("with", Cached.after), ("without", Uncached.after)):
    pieces = texts(network, signs.vocabulary, "a", 50, 1, Taste(), reader=reader)
    print(f"{name:8}", repr("".join(piece[0] for piece in pieces)))

# %% tags=["train"]
LENGTHS = (100, 300, 1_000)
for length in LENGTHS:
    taken = [time_to_write(network, length, reader) for reader in (Cached.after, Uncached.after)]
    print(
        f"{length:5} characters: {taken[0]:.2f} s with the cache, {taken[1]:.2f} s without: "
        f"{taken[1] / taken[0]:.0f} times as fast"
    )

# %% [markdown]
# What if the network sees further back? The next plot shows the time per character for three sizes
# of the window. **Predict:** which of the two lines rises, and why?

# %% tags=["train"]
WINDOWS = (16, 64, 256)
costs = {"with the cache": [], "without": []}
for window in WINDOWS:
    wide = network_of(window)
    for name, reader in (("with the cache", Cached.after), ("without", Uncached.after)):
        costs[name].append(1000 * time_to_write(wide, 100, reader) / 100)
show(
    lines(
        "Time per character",
        WINDOWS,
        costs,
        ("window, in characters", "milliseconds per character"),
        logarithmic=True,
    ),
    alt="Two lines on logarithmic axes: the time per character for three sizes of the window, with "
    "the cache and without.",
)

# %% [markdown]
# Without the cache, the time per character grows with the window. With it, it hardly grows. The
# price is memory: keys and values of every position, in every layer. For a large model and a long
# text that takes gigabytes, and much research goes into making the cache smaller.
#
# **Next:** `coursekit check transformer/cache`, then `coursekit next`.
