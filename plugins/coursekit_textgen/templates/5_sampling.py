# %% [markdown]
# # Writing: temperature, top-k and top-p
#
# **Goal.** Sample the next character from a network's predictions, and control how adventurous the
# text is.
#
# **Time.** 35 minutes
#
# **Before.** the worked lesson, or exercises 1 to 4
#
# **Kind.** predict, debug, complete, invent
#
# A trained network predicts how likely each next character is. To write, we must choose one of
# them, again and again. If we always take the likeliest, the text becomes *the the the the*. If we
# choose each one as often as it is likely, sooner or later a character spoils the sentence. Here
# are three common ways to strike a balance:
#
# * **temperature** $T$ divides the logits: below 1 the text is tamer, above 1 wilder;
# * **top-k** samples from the $k$ likeliest characters only ([Fan et al.
#   2018](https://arxiv.org/abs/1805.04833));
# * **top-p** samples from the smallest set of likeliest characters whose probabilities add up to at
#   least $p$ (nucleus sampling, [Holtzman et al. 2020](https://arxiv.org/abs/1904.09751)).

# %%
import numpy as np
import tensorflow as tf

from coursekit.prepare import prepare, show
from coursekit_textgen import TextgenLesson
from coursekit_textgen.data import UNKNOWN
from coursekit_textgen.practice import figures
from coursekit_textgen.practice.ngram import Ngram
from coursekit_textgen.decode import IMPOSSIBLE, Taste

# %% [markdown]
# ## Predict first
#
# Three characters have the probabilities 0.5, 0.25 and 0.25. Their logits are divided by a
# temperature of **0.5**. What is the probability of the first one now? (A logit is the logarithm of
# a probability, up to a constant. What happens to a number if its logarithm is doubled?)

# %%
first_at_half = 0.67  # exercise

# %% [markdown] tags=["why"]
# Dividing the logits by 0.5 doubles them, and doubling a logarithm squares the number. So 0.5,
# 0.25, 0.25 become 0.25, 0.0625, 0.0625, and after division by their sum the first is 2/3. A
# temperature below 1 makes the likely characters more likely still.

# %%
from coursekit.practice import assert_close, assert_equal, check, misconception, probe


@probe
def share():
    return round(float(first_at_half), 2)


@misconception("share", "The temperature changes the probabilities. Below 1 the likeliest gains.")
def unchanged():
    return 0.5


@misconception(
    "share", "That is a temperature of 2, or multiplying by 0.5. It makes them more equal."
)
def multiplied():
    return 0.41


@misconception("share", "Only a temperature of 0 makes the likeliest certain.")
def certain():
    return 1


@misconception(
    "share", "This is the square. Divide it by the sum of the squares: probabilities sum to one."
)
def not_normalised():
    return 0.25


@check(
    "You know what a temperature does",
    points=1,
    hints=(
        "log p divided by 0.5 is 2 log p. Which number has that logarithm?",
        "p squared. Square all three, then divide by their sum.",
        "0.25 / (0.25 + 0.0625 + 0.0625).",
    ),
)
def halved(student):
    said = "square the three probabilities and divide by their sum"
    for found in (student["first_at_half"], student.share()):  # the dots are told by the first
        assert abs(found - 0.67) < 0.02, said


# %% [markdown]
# ## Find and fix
#
# `drawn` gets logits `(rows, characters)` and, for each row, a `chance`: a random number between 0
# and 1. It should sample like a wheel of fortune. Put the probabilities end to end as segments of a
# line. Draw the character whose segment contains `chance`.
#
# ```text
# probabilities      0.5              0.25      0.15   0.1
# segments       |─────────────────|─────────|──────|─────|
#                0                0.5      0.75    0.9    1
# chance                               ↑ 0.6: the second
# ```
#
# The version below runs, but *no temperature can change what it writes*. Find out why, and fix it.
# Use TensorFlow operations, because the function is compiled. A character whose probability is 0
# must never be drawn, not even if `chance` is exactly 0.


# %% tags=["fault"]
def drawn(logits: tf.Tensor, chance: tf.Tensor) -> tf.Tensor:
    """Sample a character in each row from ``softmax(logits)``, like spinning a wheel of fortune.

    The probabilities are segments of a line; draw the character whose segment contains `chance`.

    Args:
        logits: ``(rows, characters)``.
        chance: Uniformly distributed between 0 and 1, ``(rows,)``.
    """
    probabilities = tf.nn.softmax(logits)
    return tf.argmax(probabilities, axis=-1, output_type=tf.int32)


# %%
from coursekit_textgen.decode import drawn  # exercise

# %% [markdown] tags=["why"]
# Laid end to end, the probabilities are segments of a line, and `ends` says where each of them
# stops. The first end beyond `chance` belongs to the segment that contains it, so a character is
# drawn as often as its probability says. `argmax` ignores the chance: it always takes the longest
# segment, and dividing all logits by a temperature does not change which one that is. The condition
# `probabilities > 0` is for a chance of exactly 0, which would otherwise fall into an empty
# segment.

# %%
some_logits = tf.repeat(tf.math.log([[0.5, 0.25, 0.15, 0.1]]), 5, axis=0)
print(drawn(some_logits, tf.constant([0.1, 0.4, 0.6, 0.8, 0.95])).numpy(), "should be [0 0 1 2 3]")

# %%
import numpy as np


def softmax(scores):
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def spun(probabilities, chance):
    ends = np.cumsum(probabilities, -1)
    return (ends <= chance[:, None]).sum(-1)


@probe
def draw(logits, chance):
    compiled = tf.function(drawn, autograph=False)  # the network writes with it compiled
    return compiled(tf.constant(logits), tf.constant(chance))


@misconception(
    "draw",
    "argmax always takes the likeliest. Dividing all logits by a temperature never changes which "
    "one that is, so the text is the same at every temperature.",
)
def likeliest(logits, chance):
    return logits.argmax(-1)


@misconception(
    "draw",
    "With a chance of exactly 0, a character of probability 0 was drawn. Look for the first "
    "segment that ends *beyond* the chance: use >, not >=.",
)
def empty_part(logits, chance):
    ends = np.cumsum(softmax(logits), -1)
    return (ends >= chance[:, None]).argmax(-1)


@misconception(
    "draw",
    "exp(logits) is used as if it were logits, a common mistake. Softmax applies exp a "
    "second time, and what was likely becomes nearly certain.",
)
def exp_as_logits(logits, chance):
    return spun(softmax(np.exp(logits)), chance)


@misconception(
    "draw", "The logits themselves were laid end to end. Turn them into probabilities first."
)
def without_softmax(logits, chance):
    return spun(logits, chance)


@misconception(
    "draw",
    "The probabilities were added up across the rows. `tf.cumsum` uses the first axis by default; "
    "give it `axis=-1`.",
)
def down_the_rows(logits, chance):
    return (np.cumsum(softmax(logits), 0) <= chance[:, None]).sum(-1)


@misconception("draw", "Return one number for each row, not a column: `[:, 0]`.")
def as_a_column(logits, chance):
    return spun(softmax(logits), chance)[:, None]


@misconception(
    "draw", "The wheel turns backwards. A chance near 0 should draw the first character."
)
def backwards(logits, chance):
    return spun(softmax(logits), 1 - chance)


@misconception(
    "draw", "This is one character too far. Count the segments that end *before* the chance."
)
def one_too_far(logits, chance):
    return np.minimum(spun(softmax(logits), chance) + 1, logits.shape[-1] - 1)


@misconception("draw", "All rows use the chance of the first row. Each row has its own.")
def one_chance(logits, chance):
    return spun(softmax(logits), np.full_like(chance, chance[0]))


@check(
    "The chance decides which character is drawn",
    points=3,
    hints=(
        "Where does the segment of each character end?",
        "`tf.cumsum(probabilities, axis=-1)` gives the ends. Which is the first beyond the chance?",
        "Count the ends that are not beyond the chance, row by row: `tf.reduce_sum` of "
        "`tf.cast(ends <= chance[:, tf.newaxis], tf.int32)`.",
    ),
)
def falls(student):
    chances = np.array([0.6, 0.05, 0.45, 0.55, 0.78, 0.88, 0.97], "float32")
    rows = np.log([[0.5, 0.25, 0.15, 0.1]] * 7).astype("float32")
    found = student.draw(rows, chances)
    expected = [1, 0, 0, 1, 2, 2, 3]
    said = "drawn from 0.5, 0.25, 0.15, 0.1 with the chances 0.6, 0.05, 0.45, ..."
    assert_equal(found, expected, said)


@check(
    "An impossible character is never drawn",
    points=1,
    after="falls",
    hints=(
        "Which segments have no width?",
        "A segment without width ends where it begins. If it is the first one, it ends at 0.",
        "An end must be *greater* than the chance: `ends > chance[:, tf.newaxis]`.",
    ),
)
def impossible(student):
    logits = np.array([[-1e9, 0.2, -1e9, 0.3]] * 2, "float32")
    found = student.draw(logits, np.array([0, 0.999], "float32"))
    assert_equal(found, [1, 3], "only the second and the fourth are possible")


# %% [markdown]
# ## Narrow the choice
#
# `narrowed` changes the logits before a character is sampled. Characters that must not be drawn get
# the logit `IMPOSSIBLE`, -1e9. There are four gaps. You can fill and check them one at a time:
#
# 1. A temperature of 0: return logits that leave only the likeliest (0.0 for it, `IMPOSSIBLE` for
#    the others).
# 2. Otherwise, divide the logits by the temperature.
# 3. Top-k: all but the `taste.top_k` likeliest become impossible. `tf.math.top_k(...).values`
#    returns the k largest, in descending order. k may be larger than the vocabulary.
# 4. Top-p, on what is left: sort the probabilities in descending order and add them up until
#    `taste.top_p` is reached. The character that reaches it stays.

# %%
show(
    figures.cut({"e": 0.4, "a": 0.3, "i": 0.15, "o": 0.1, "z": 0.05}, top_k=2, top_p=0.8),
    alt="Bars of five probabilities: 40, 30, 15, 10 and 5 percent. Top-k 2 keeps the first two, "
    "which become 57 and 43 percent; top-p 0.8 keeps the first three, with which 0.8 is reached.",
)

# %%
from coursekit_textgen.decode import narrowed  # exercise

# %% [markdown] tags=["why"]
# The temperature comes first, because top-p must see the probabilities that are sampled from. A
# temperature of 0 would be a division by zero, so its limit is written down directly: only the
# likeliest is left. Top-p compares the sum *before* each character with p, so that the character
# that reaches p stays. With the sum after it, a likeliest character with a probability above p
# would be removed, and nothing could be written. k is limited to the size of the vocabulary,
# because `top_k` fails if it is asked for more.

# %%
chances = tf.math.log([[1e-9, 0.5, 0.25, 0.15, 0.1]])
for tried in (Taste(0.5), Taste(1.0, top_k=2), Taste(1.0, top_p=0.8)):
    print(tried, tf.nn.softmax(narrowed(chances, tried)).numpy().round(3)[0])

# %%


def known(logits):
    return np.where(np.arange(logits.shape[-1]) == 0, -1e9, logits)


def only_k(logits, k):
    least = np.sort(logits, -1)[:, -min(k, logits.shape[-1])][:, None] if k else -np.inf
    return np.where(logits < least, -1e9, logits)


def only_p(chances, p, inclusive=False):
    order = np.argsort(-chances, -1, kind="stable")
    ranked = np.take_along_axis(chances, order, -1)
    before = np.cumsum(ranked, -1) - (0 if inclusive else ranked)
    kept = np.zeros_like(chances)
    np.put_along_axis(kept, order, ranked * (before < p), -1)
    return kept if p < 1 else chances


def shares(chances):
    return chances / np.maximum(chances.sum(-1, keepdims=True), 1e-9)


def by_hand(logits, temperature, k, p):
    if temperature == 0:
        return np.eye(logits.shape[-1])[known(logits).argmax(-1)]
    return shares(only_p(softmax(only_k(known(logits) / temperature, k)), p))


def example(rows=2):
    draw = np.random.default_rng(8)
    return draw.normal(0, 1.5, (rows, 7)).astype("float32")


@probe
def chances_of(logits, temperature, k, p):
    """Return the probabilities that are drawn from."""
    left = narrowed(tf.constant(logits), Taste(temperature, k, p))
    if left.shape != logits.shape:
        raise TypeError(f"logits of shape {logits.shape} became {left.shape}: return logits")
    chances = tf.nn.softmax(left)
    return chances + 0 * tf.reduce_sum(chances, -1, keepdims=True)  # a row with one NaN is NaN


@misconception("chances_of", "The temperature is not used. At 0.5 and at 2 the result is the same.")
def no_temperature(logits, temperature, k, p):
    return by_hand(logits, temperature and 1, k, p)


@misconception(
    "chances_of",
    "The logits were multiplied by the temperature. Then high is tame and low is wild.",
)
def times_temperature(logits, temperature, k, p):
    return by_hand(logits, temperature and 1 / temperature, k, p)


@misconception(
    "chances_of",
    "The probabilities were divided by the temperature, not the logits. They are all between 0 and "
    "1, so softmax makes them nearly equal.",
)
def divided_probabilities(logits, temperature, k, p):
    if temperature == 0:
        return by_hand(logits, 0, k, p)
    scores = known(softmax(known(logits)) / temperature)
    return shares(only_p(softmax(only_k(scores, k)), p))


@misconception(
    "chances_of",
    "exp(logits) was divided by the temperature and used as logits. Divide the logits.",
)
def exp_of_logits(logits, temperature, k, p):
    if temperature == 0:
        return by_hand(logits, 0, k, p)
    return shares(only_p(softmax(only_k(known(np.exp(logits)) / temperature, k)), p))


@misconception(
    "chances_of", "Division by a temperature of 0 gives infinity, and softmax then gives NaN."
)
def divided_by_zero(logits, temperature, k, p):
    return np.full(logits.shape, np.nan) if temperature == 0 else by_hand(logits, temperature, k, p)


@misconception("chances_of", "A temperature of 0 acts like 1. It should leave only the likeliest.")
def zero_is_one(logits, temperature, k, p):
    return by_hand(logits, temperature or 1, k, p)


@misconception(
    "chances_of",
    "The likeliest got the logit 1 and the others 0. They are still possible: exp(0) is 1.",
)
def ones_and_zeros(logits, temperature, k, p):
    if temperature:
        return by_hand(logits, temperature, k, p)
    return softmax(by_hand(logits, 0, k, p))


@misconception(
    "chances_of",
    "Characters outside the k likeliest got the logit 0. They are still possible: exp(0) is 1, "
    "which is more than some of the permitted characters have.",
)
def zero_for_impossible(logits, temperature, k, p):
    if temperature == 0:
        return by_hand(logits, 0, k, p)
    scores = known(logits) / temperature
    least = np.sort(scores, -1)[:, -min(k, scores.shape[-1])][:, None] if k else -np.inf
    return shares(only_p(softmax(np.where(scores < least, 0, scores)), p))


@misconception("chances_of", "The k-th likeliest is removed, too. This leaves one too few.")
def one_too_few(logits, temperature, k, p):
    return by_hand(logits, temperature, k - 1 if k > 1 else k, p)


@misconception("chances_of", "The *first* k characters stay. The k likeliest should.")
def first_k(logits, temperature, k, p):
    if not k or temperature == 0:
        return by_hand(logits, temperature, k, p)
    scores = np.where(np.arange(logits.shape[-1]) < k, known(logits) / temperature, -1e9)
    return shares(only_p(softmax(scores), p))


@misconception("chances_of", "The k likeliest of all rows together stay. Each row has its own.")
def over_the_rows(logits, temperature, k, p):
    if not k or temperature == 0:
        return by_hand(logits, temperature, k, p)
    scores = known(logits) / temperature
    least = np.sort(scores, axis=None)[-min(k, scores.size)]
    return shares(only_p(softmax(np.where(scores < least, -1e9, scores)), p))


@misconception(
    "chances_of",
    "The character that reaches p is removed. If the likeliest alone has more than p, nothing is "
    "left to draw.",
)
def stops_before(logits, temperature, k, p):
    if temperature == 0:
        return by_hand(logits, 0, k, p)
    chances = softmax(only_k(known(logits) / temperature, k))
    kept = shares(only_p(chances, p, inclusive=True))
    return np.where(kept.sum(-1, keepdims=True) > 0, kept, 1 / kept.shape[-1])


@misconception("chances_of", "top_p removes nothing.")
def no_top_p(logits, temperature, k, p):
    return by_hand(logits, temperature, k, 1.0)


@misconception(
    "chances_of",
    "Each character needs a probability of p by itself to stay. What counts is the sum of the "
    "likeliest.",
)
def p_by_itself(logits, temperature, k, p):
    if temperature == 0 or p == 1:
        return by_hand(logits, temperature, k, p)
    scores = only_k(known(logits) / temperature, k)
    return softmax(np.where(softmax(scores) < p, -1e9, scores))


@misconception(
    "chances_of",
    "The probabilities were added up in the order of the vocabulary. Start with the likeliest.",
)
def by_alphabet(logits, temperature, k, p):
    if temperature == 0:
        return by_hand(logits, 0, k, p)
    chances = softmax(only_k(known(logits) / temperature, k))
    return shares(np.where(np.cumsum(chances, -1) - chances < p, chances, 0))


@misconception(
    "chances_of",
    "Each character with a probability below 1 - p is removed. What counts is the sum of the "
    "likelier ones.",
)
def each_by_itself(logits, temperature, k, p):
    if temperature == 0:
        return by_hand(logits, 0, k, p)
    chances = softmax(only_k(known(logits) / temperature, k))
    return shares(
        np.where((chances >= 1 - p) | (chances == chances.max(-1, keepdims=True)), chances, 0)
    )


@misconception(
    "chances_of",
    "top-p was applied before top-k. It comes last, with the probabilities of what is left.",
)
def p_before_k(logits, temperature, k, p):
    if temperature == 0:
        return by_hand(logits, 0, k, p)
    scores = known(logits) / temperature
    kept = only_p(softmax(scores), p)
    return shares(np.where(only_k(scores, k) > -1e8, kept, 0))


@misconception("chances_of", "top_k is not used. All characters stay.")
def no_top_k(logits, temperature, k, p):
    return by_hand(logits, temperature, 0, p)


@misconception(
    "chances_of", "The k-th likeliest of the first row is the limit in all rows. Each has its own."
)
def first_border(logits, temperature, k, p):
    if not k or temperature == 0:
        return by_hand(logits, temperature, k, p)
    scores = known(logits) / temperature
    least = np.sort(scores[0])[-min(k, scores.shape[-1])]
    return shares(only_p(softmax(np.where(scores < least, -1e9, scores)), p))


@check(
    "The temperature divides the logits",
    points=1,
    hints=(
        "What is divided by the temperature, logits or probabilities?",
        "Dividing the logits by 0.5 doubles them. Differences grow, and the likeliest gains.",
        "`logits = logits / taste.temperature`.",
    ),
)
def temperature(student):
    for degree in (0.5, 2.0):
        found = student.chances_of(example(), degree, 0, 1.0)
        expected = by_hand(example(), degree, 0, 1.0)
        said = f"the probabilities at a temperature of {degree}"
        assert_close(found, expected, said, atol=1e-4)


@check(
    "A temperature of 0 takes the likeliest",
    points=1,
    after="temperature",
    hints=(
        "What happens to the likeliest character as the temperature falls towards 0?",
        "Its probability approaches 1, and the others become impossible. `tf.argmax` finds it.",
        "`tf.where(ids == tf.argmax(logits, -1, tf.int32)[:, tf.newaxis], 0.0, IMPOSSIBLE)`.",
    ),
)
def freezing(student):
    found = student.chances_of(example(), 0, 0, 1.0)
    expected = by_hand(example(), 0, 0, 1.0)
    assert_close(found, expected, "the probabilities at a temperature of 0", atol=1e-4)


@check(
    "Top-k keeps the k likeliest of each row",
    points=2,
    after="temperature",
    hints=(
        "How large must a logit be to be among the k largest of its row?",
        "At least as large as the last of `tf.math.top_k(logits, k).values`, row by row.",
        "`least = tf.math.top_k(logits, count).values[:, -1:]`. Smaller logits become "
        "`IMPOSSIBLE`. `count` is at most the size of the vocabulary.",
    ),
)
def likeliest_k(student):
    for k in (3, 99):
        found = student.chances_of(example(), 1.0, k, 1.0)
        expected = by_hand(example(), 1.0, k, 1.0)
        assert_close(found, expected, f"the probabilities with top_k={k}", atol=1e-4)


@check(
    "Top-p keeps the smallest set that reaches p",
    points=2,
    after="temperature",
    hints=(
        "Going down from the likeliest, which is the last character that you need to reach p?",
        "It is the last one whose *predecessors* add up to less than p.",
        '`likeliest = tf.sort(tf.nn.softmax(logits), direction="DESCENDING")`. The sum before each '
        "is `tf.cumsum(likeliest, axis=-1, exclusive=True)`. Where it is below p, keep the "
        "character.",
    ),
)
def nucleus(student):
    shares_of = (0.9, 0.6, 0.2)
    found = [student.chances_of(example(3), 1.0, 0, p) for p in shares_of]  # together they tell
    for p, chances in zip(shares_of, found, strict=True):
        expected = by_hand(example(3), 1.0, 0, p)
        assert_close(chances, expected, f"the probabilities with top_p={p}", atol=1e-4)


@check(
    "All three work together, in the right order",
    points=1,
    after=("likeliest_k", "nucleus"),
    hints=(
        "In which order are the three applied?",
        "First temperature, then top-k, then top-p with the probabilities of what is left.",
        "For top-p, compute the softmax of the logits that top-k has left.",
    ),
)
def together(student):
    shares_of = (0.7, 0.85)
    found = [student.chances_of(example(3), 0.8, 4, p) for p in shares_of]
    for p, chances in zip(shares_of, found, strict=True):
        expected = by_hand(example(3), 0.8, 4, p)
        said = f"the probabilities with temperature=0.8, top_k=4, top_p={p}"
        assert_close(chances, expected, said, atol=1e-4)


# %% [markdown]
# ## Invent: a rich vocabulary
#
# Here is a small model without a network. It counted which character follows each sequence of four
# characters in Python's own library. A tenth of its prediction is noise, so it is never certain. It
# writes 64 texts of 100 characters with your two functions. Then we count *how many different real
# words* of five letters or more they contain. Always taking the likeliest gives 2 words. Sampling
# at temperature 1 gives about 95.
#
# Before you try: does a higher temperature give more different words, or fewer? Does a smaller
# `top_p`? What spoils a word, and what makes words repeat?
#
# **Get more than 115 different words.** There are many ways. `taste` is `(temperature, top_k,
# top_p)`. For all characters use `top_k` 0 and `top_p` 1.0. The same taste always writes the same
# texts. Run the cells below as often as you like.

# %%
_, library = prepare(TextgenLesson(), "stdlib")
ngram = Ngram(library.train.ids[:300_000], library.vocabulary)

# %%
taste = (1.0, 0, 0.9)  # exercise

# %% [markdown] tags=["why"]
# A tenth of this model's predictions is noise. Top-p with 0.9 cuts off the unlikely tail in which
# the noise is, and keeps several good choices, so the words become real and stay different. A low
# temperature also avoids the noise, but repeats the same few words. A high one draws more noise
# than words. This is one answer of many; the check counts words and does not ask how you found
# them.

# %%
tastes = {"likeliest": (0, 0, 1.0), "sampled": (1.0, 0, 1.0), "yours": taste}
for name, tried in tastes.items():
    texts = ngram.write(Taste(*tried), narrowed, drawn)
    print(f"{name:12} {ngram.different_words(texts):4} words   {texts[3][:58]!r}")

# %%


@probe
def words(taste):
    return ngram.different_words(ngram.write(Taste(*taste), narrowed, drawn))


@misconception("taste", "Always taking the likeliest gives a loop: the same words again and again.")
def frozen():
    return (0, 0, 1.0)


@misconception(
    "taste", "Nothing is cut off, so a tenth of all characters is noise that spoils words."
)
def as_it_comes():
    return (1.0, 0, 1.0)


@misconception("taste", "Wilder is not richer. At this temperature there is hardly a real word.")
def boiling():
    return (2.0, 0, 1.0)


@misconception(
    "taste", "This is so cold that it repeats itself. The words are real, but few are different."
)
def cold():
    return (0.2, 0, 1.0)


@misconception("taste", "Two candidates are too few. It keeps coming back to the same words.")
def two():
    return (1.0, 2, 1.0)


@check(
    "More than 115 different real words",
    points=2,
    after=("falls", "temperature", "likeliest_k", "nucleus"),
    hints=(
        "What spoils words? And what makes them repeat?",
        "Cut off the noise, which is the unlikely tail. Leave the likely characters as they are.",
        "At a temperature of 1, try top_p around 0.9, or top_k around 7.",
    ),
)
def richer(student):
    chosen = student["taste"]
    assert len(chosen) == 3, "taste is (temperature, top_k, top_p)"
    count = student.words(list(chosen))
    # 64 texts of 100 characters have room for 16 words of five letters and a space each.
    assert 115 < count <= 64 * 16, f"{count} different real words; write more than 115"


# %% [markdown]
# ## The network writes with your code
#
# The lesson's network, after a short training, now writes with your functions; with `argmax`, as in
# the faulty version above; and with the mistake of exercise 4, `exp(logits)` in place of logits.
# Look at the two texts of argmax: *can you tell the temperatures apart?*

# %% tags=["train"]
from matplotlib.figure import Figure

from coursekit_textgen.build import build_model
from coursekit_textgen.practice.compare import continued, learn

STEPS = 1_000
settings, data = prepare(TextgenLesson(), epochs=1, batch_size=32, units=128)
model = build_model(data, settings)
learn(model, data.train.batches(0).take(STEPS))
PROMPT = "The "


def wrote(name: str, taste: Taste, narrow=narrowed, draw=drawn) -> None:
    """Print what the network writes with one way of sampling."""
    text = continued(model, data.vocabulary, PROMPT, 160, taste, narrow=narrow, draw=draw)
    print(f"── {name} ──\n{PROMPT}{text}\n")


def always(logits: tf.Tensor, chance: tf.Tensor) -> tf.Tensor:
    """Take the likeliest."""
    return tf.argmax(logits, -1, tf.int32)


for degree in (0.5, 1.5):
    wrote(f"argmax, temperature {degree}", Taste(degree), draw=always)
wrote("exp(logits) as logits, temperature 1", Taste(1), lambda x, t: narrowed(tf.exp(x), t))
for degree in (0.5, 0.8, 1.5):
    wrote(f"sampled, temperature {degree}", Taste(degree))
wrote(f"your taste, {taste}", Taste(*taste))

# %% tags=["train"]
figure = Figure(figsize=(9, 4.8), layout="constrained")
tastes = (Taste(0.5), Taste(1.0), Taste(2.0), Taste(1.0, top_k=3), Taste(1.0, top_p=0.9))
contexts = ("The king s", "KING RICHAR")
panels = figure.subplots(len(contexts), len(tastes), sharey=True)
for context, row in zip(contexts, panels, strict=True):
    scores = model(tf.constant(data.vocabulary.encode(context)[np.newaxis]))[0][:, -1]
    best = np.argsort(-tf.nn.softmax(scores).numpy()[0])[:10]
    letters = [repr(data.vocabulary.decode([i]))[1:-1].replace(" ", "␣") for i in best]
    for axes, shown_taste in zip(row, tastes, strict=True):
        likely = tf.nn.softmax(narrowed(scores, shown_taste)).numpy()[0]
        axes.bar(range(len(best)), likely[best])
        axes.set_xticks(range(len(best)), letters, family="monospace")
        axes.set_title("T {}, k {}, p {}".format(*shown_taste), size=9)
    row[0].set_ylabel(f"after “{context}”")
show(
    figure,
    alt="Two rows of five bar charts of the ten likeliest next characters, for two beginnings. In "
    "each row: flatter the higher the temperature; cut off after three with top-k; cut off with "
    "top-p where the sum of the probabilities reaches 0.9.",
)

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# With argmax the temperature has no effect. Both texts are the same, and they end in a loop.
# `exp(logits)` is hardly better: what is likely becomes nearly certain. With sampling, the
# temperature works: low ones give correct and dull texts, high ones give wild texts. The bars show
# how the three methods differ. A temperature changes all probabilities. Top-k cuts after a fixed
# *number*. Top-p cuts after a fixed *share*, so it keeps few characters where the network is sure,
# as after `KING RICHAR`, and more where it is not.
# </details>
#
# **Next:** run `coursekit check textgen/sampling`. That was the last exercise on text
# generation. The next lesson is `nmt`, which translates with two networks like this one
# (`coursekit next`).
