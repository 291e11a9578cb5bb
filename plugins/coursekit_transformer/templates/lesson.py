# %% [markdown]
# # A transformer: text by attention alone
#
# **Goal.** Build a transformer from its parts, train it, and see what every head looks at.
#
# **Time.** 75 minutes
#
# **Before.** the lesson textgen, or: tensors, layers, gradients, a character model
#
# *Can a machine see the whole text at once?* A recurrent network reads a text as we read it, one
# character after another, and all that it knows must fit in one row of numbers that it carries
# along. In 2017 eight people at Google left that out. Their network carries nothing. At every place
# it looks back at all the places before it, and takes what it needs. They called the paper
# *Attention is all you need*, and the network a **transformer**. Every large language model of
# today is one.
#
# Ours has 800,000 weights instead of hundreds of billions, and reads characters instead of pieces
# of words. The parts are the same. It learns from the same split of the same text as the lesson
# `textgen`, so that the two can be compared number by number. It takes a bit over an hour to read,
# about five minutes of which the machine computes.

# %%
import math
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit.prepare import has_xla, prepare, show
from coursekit_transformer import TransformerLesson
from coursekit_transformer.build import build_model
from coursekit_transformer.decode import Cached, Taste, Uncached
from coursekit_transformer.demo import attention_plot, weights_of
from coursekit_transformer.evaluate import evaluate, losses_of_windows
from coursekit_transformer.model import NEVER, ROTATION
from coursekit_transformer.practice import figures
from coursekit_transformer.practice.compare import continued, lines, seconds

# %% [markdown]
# ## The text
#
# One line names the data set. `shakespeare` is 1.1 MB of his plays; `stdlib`, the source of
# Python's own library, needs no download; the path of any text file will do as well.

# %%
DATASET = "shakespeare"

# %%
settings, data = prepare(TransformerLesson(), DATASET)
print("\n".join(data.notes))
print("─" * 40)
print(data.vocabulary.decode(data.train.ids[:160]))

# %% [markdown]
# The text is cut into **windows** of 64 characters. The network reads a window and guesses, at
# *every* place of it, the next character. So a window is not one question but 64, from one with a
# single character before it to one with 64. Nothing is carried from window to window, so they may
# be shuffled.

# %%
show(
    figures.questions("to be or"),
    alt="A triangle of characters. Each row shows one more character of the window, and beside it "
    "the character that comes next: seven questions from a window of seven places.",
)

# %%
inputs, targets = next(iter(data.train.batches(0)))
print("a batch: inputs", inputs.shape, "targets", targets.shape)
print("   reads         ", repr(data.vocabulary.decode(inputs[0].numpy())))
print("   is asked for  ", repr(data.vocabulary.decode(targets[0].numpy())))

# %% [markdown]
# ## A place looks around
#
# Suppose that every character of a window has a row of numbers, its **features**. A place now wants
# to know something of the other places: who speaks, which word has begun. It makes three vectors of
# its features, by three matrices that are learnt:
#
# * a **query**: what do I look for?
# * a **key**: by what can I be found?
# * a **value**: what do I have to say?
#
# The product of a query and a key says how well they fit. A softmax makes weights of these scores,
# and by the weights the values are mixed:
#
# $$\mathrm{attention}(Q, K, V) = \mathrm{softmax}\!\Big(\frac{Q K^\top}{\sqrt d}\Big)\, V .$$
#
# It is a dictionary in which you find not one entry, but a mixture of all entries, those that fit
# best the most. The root of $d$, the size of a query, keeps the scores small: the product of two
# long vectors is large, and a softmax of large scores has chosen before it has learnt.

# %%
show(
    figures.attention(settings.length, settings.units // settings.heads),
    alt="Three learned matrices make queries, keys and values of the features. Queries times keys "
    "give a table of scores, one row for each place; a softmax makes weights of each row, and by "
    "the weights the values are mixed.",
)

# %%
from coursekit_transformer.model import scaled_dot_product  # show

# %% [markdown]
# The `mask` is the most important line. At every place the network is asked for the next character,
# and the next character stands right there in the window, one place further on. No place may look
# at a later one.

# %%
from coursekit_transformer.model import causal_mask  # show

# %%
show(
    figures.mask("to be", causal_mask(5).numpy()),
    alt="A table of five by five cells: rows are the places that look, columns the places looked "
    "at. The diagonal and all below it is blue, all above it is white.",
)

# %% [markdown]
# **Predict, then run.** Five places have random queries and keys. What are the weights of the
# *first* place? To what does every row sum? Where are zeros?

# %%
queries, keys, values = tf.unstack(tf.random.stateless_normal((3, 5, 8), seed=(1, 2)))
mixed, weights = scaled_dot_product(queries, keys, values, causal_mask(5))
print(weights.numpy().round(2))
print("rows sum to", tf.reduce_sum(weights, axis=1).numpy().round(3), " mixture", mixed.shape)

# %% [markdown]
# The first place sees itself alone, so it takes all of itself: 1. Every row sums to one, and above
# the diagonal all is zero. With that single triangle of zeros a whole window can be learnt from at
# once: 64 questions for one reading, none of which gives another's answer away.
#
# ## Many heads
#
# One attention brings one mixture. A character may need several: so the features are shared out
# among **heads**, each of which looks by itself, and what they found is laid side by side again.
# There is no loop: two reshapes, and one product does it for all heads.

# %%
show(
    figures.heads((settings.batch_size, settings.length, settings.units), settings.heads),
    alt="A row of features is split into equal parts, one for each head. The heads stand behind "
    "each other while each attends by itself; then their parts are laid side by side again.",
)

# %%
from coursekit_transformer.model import split_heads  # show

# %%
from coursekit_transformer.model import merge_heads  # show

# %%
features = tf.random.stateless_normal((16, 64, 128), seed=(3, 4))
print("features", features.shape, "→ heads", split_heads(features, 4).shape, end=" ")
print("→ merged", merge_heads(split_heads(features, 4)).shape)

# %% [markdown]
# ## Where am I?
#
# A sum does not care in which order it is added up. Shuffle the places before it, and a place gets
# the very same mixture: *tea* and *eat* would be one word. The places must be told apart. In 2017 a
# vector for each place was added to the features. We do what most models do today: **turn** the
# queries and the keys (Su et al. 2021). Their numbers are taken in pairs; a pair is a point in the
# plane, and is turned by an angle that grows with the place. Two points turned by the same angle
# keep their product. So what counts in a product is only **how far apart** two places are.

# %%
show(
    figures.turns(range(6), (0, 4, 8, 15), size=32, base=ROTATION),
    alt="Four rows of clocks, one for each pair of numbers, at places 0 to 5. The hand of pair 0 "
    "turns by one radian at every place, that of pair 4 by a tenth; the last two hardly move.",
)

# %%
from coursekit_transformer.model import rotated  # show

# %% [markdown]
# The pairs turn at different rates, fast ones and slow ones, like the hands of a clock. Together
# they tell near from far. Here the same vector stands at 64 places. **Predict:** how does its
# product with itself change as the two places move apart?

# %%
same = tf.ones((1, 64, 32)) / math.sqrt(32)
products = tf.matmul(rotated(same), rotated(same, first=0), transpose_b=True)[0].numpy()
moved = tf.matmul(rotated(same, first=500), rotated(same, first=500), transpose_b=True)[0].numpy()
print("the largest change when all stands 500 places later:", f"{abs(products - moved).max():.0e}")
show(
    lines(
        "The product of a vector with itself, further and further away",
        range(64),
        {"place 63 looks back": products[63, ::-1].tolist()},
        ("places apart", "product"),
    ),
    alt="A curve that begins at 1, falls quickly within ten places, then swings around lower "
    "values.",
)

# %% [markdown]
# Near places fit best, before anything is learnt. Nothing forbids a head to learn the opposite: its
# matrices may turn queries against keys as they like.
#
# Now the attention is complete. One product makes the queries, keys and values of all heads; they
# look; a last matrix mixes what they found. (`memory` will be explained when the network writes.)

# %%
from coursekit_transformer.model import SelfAttention  # show: call

# %% [markdown]
# ## Adding up
#
# Attention moves information between places. What is made of it happens at each place by itself, in
# a small network: widen to four times as many numbers, bend them, narrow again. The two parts
# together are a **block**, and the blocks stand on each other.
#
# What goes wrong if one simply stacks them? In the step of a deep stack the gradient must pass
# through all blocks on its way down, and each makes it smaller. So nothing is replaced here: each
# part *adds* to the features. They run straight through all blocks, as a stream to which everything
# is added, and so does the gradient, backwards. And each part reads the features **normalised**, so
# that it does not matter how much has been added before.

# %%
show(
    figures.stream((settings.batch_size, settings.length, settings.units), 4 * settings.units),
    alt="A straight line carries the features through the block. At two points a branch leaves it: "
    "a norm and the attention, then a norm and the small network; what each computes is added to "
    "the line.",
)

# %%
from coursekit_transformer.model import layer_norm  # show

# %%
from coursekit_transformer.model import Block  # show: call

# %% [markdown]
# (Exercise 4 takes the stream away, then the norms, and measures both.)
#
# ## The whole network
#
# A table of vectors, one for each character; four blocks; a norm; and a matrix that turns features
# into **logits**, a score for every character that may come. That is all. `read` is also asked
# where the heads looked; `call`, which the training uses, leaves that out.

# %%
show(
    figures.network(inputs.shape, settings.units, settings.layers, len(data.vocabulary)),
    alt="From left to right: the characters, the table of vectors, the blocks one after another, a "
    "norm and a matrix, and the logits, a score for every character at every place.",
)

# %%
from coursekit_transformer.model import Transformer  # show: read

# %%
model = build_model(data, settings)
logits, _ = model(inputs)
print("characters", inputs.shape, "→ logits", logits.shape)
print(f"{model.count_params():,} weights; of these, in one block:")
for name in ("attention", "widen", "narrow"):
    print(f"   {name:10} {getattr(model.blocks[0], name).count_params():,}")

# %% [markdown]
# **Predict, then run.** The loss is $-\log p$ of the character that came. What is it for a network
# that has not learnt anything, with 66 signs?

# %%
from coursekit_transformer.train import character_loss  # show

# %%
loss = tf.reduce_mean(character_loss(logits, targets))
size = len(data.vocabulary)
print(f"loss {float(loss):.3f};  log of {size} is {math.log(size):.3f}")

# %% [markdown]
# A second test, and the more important one. Change the *last* character of a window. **Predict:**
# which guesses change?

# %%
changed = inputs.numpy()
changed[:, -1] = 1
after, _ = model(changed)
differs = tf.reduce_max(tf.abs(after - logits), axis=(0, 2)).numpy() > 0
print("guesses that changed:", np.flatnonzero(differs), f"of {len(differs)}")

# %% [markdown]
# Only the last one, number 63. If an earlier guess changed, the network could see the answer. It
# would learn wonderfully, be wonderful on held-out text as well (which goes through the same hole),
# and write rubbish. Exercise 3 is about that mistake.
#
# ## One step, eagerly
#
# Forward, loss, gradient, apply. No state, no loop over time: 16 windows of 64 places are 1,024
# questions, answered in one go.

# %%
from coursekit_transformer.train import train_step  # show

# %% [markdown]
# The same function, compiled, in one visible line. Predict: how many times faster?

# %%
compiled = tf.function(train_step, jit_compile=has_xla())
eager = seconds(lambda: train_step(model, (inputs, targets)), 2)
fast = seconds(lambda: compiled(model, (inputs, targets)), 10)
print(f"eager {1000 * eager:.0f} ms, compiled {1000 * fast:.0f} ms: {eager / fast:.1f} times")

# %% [markdown]
# ## Train
#
# A fresh network reads the text three times. The learning rate rises for the first twentieth of the
# steps, then falls in half a cosine to zero. (Begin at the full rate, and the first steps throw the
# small first weights about; end at a high one, and it never settles.) After each pass it is asked
# about text that it has never read, and writes a few lines.

# %% tags=["train"]
model = build_model(data, settings)
compiled = tf.function(train_step, jit_compile=has_xla())
losses, held_out = [], [evaluate(model, data, "validation")["loss"]]
for epoch in range(settings.epochs):
    for batch in data.train.batches(epoch):
        losses.append(float(compiled(model, batch)["loss"]))
        if len(losses) in (1, 100):
            said = continued(model, data.vocabulary, data.opening, 60, Taste(0.8))
            print(f"── after {len(losses)} steps: {said!r}")
    held_out.append(evaluate(model, data, "validation")["loss"])
    print(f"── epoch {epoch + 1}: held-out loss {held_out[-1]:.3f} ──")
    print(continued(model, data.vocabulary, data.opening, 180, Taste(0.8)), "\n")

# %% tags=["train"]
figure = Figure(figsize=(7, 3.2), layout="constrained")
axes = figure.subplots()
smooth = np.convolve(losses, np.ones(40) / 40, mode="valid")
axes.plot(np.arange(40, len(losses) + 1), smooth, label="training")
steps = np.arange(settings.epochs + 1) * data.steps_per_epoch
axes.plot(steps, held_out, "o-", label="held out")
axes.set(title="Nats a character, while it learns", xlabel="step", ylabel="loss (nats)")
axes.grid(alpha=0.3)
axes.legend()
show(
    figure,
    alt="Two falling curves: the training loss, and four points of the held-out loss beside it.",
)

# %% [markdown]
# The two run close together: three readings are too few to learn the text by heart. Note that the
# curves are not measured alike. In training a window begins in the dark, its first places have
# hardly anything before them. Held-out text is read as it is when it writes, every place with a
# full window before it. That makes a difference worth knowing when you read published figures:

# %% tags=["train"]
by_place = losses_of_windows(model, data.validation.ids).mean(axis=0)
print(f"every window begins in the dark: {by_place.mean():.3f} nats   (so does nanoGPT measure)")
print(f"every place sees a full window:  {held_out[-1]:.3f} nats   (so does textgen)")
show(
    lines(
        "What it is worth to see more",
        range(1, len(by_place) + 1),
        {"held out": by_place.tolist()},
        ("characters seen", "loss (nats)"),
    ),
    alt="A curve that falls steeply over the first ten characters seen, then slowly.",
)

# %% [markdown]
# The first ten characters are worth most, and then each further one less and less. Here is what
# others have reached on this split, in nats a character:
#
# | network | time | held-out loss |
# | --- | --- | --- |
# | nanoGPT, settings for a CPU (windows in the dark) | about 3 minutes | 1.88 |
# | `textgen`, quick: one recurrent layer of 256 units | 2 minutes | 1.50 |
# | `textgen`, full | 25 minutes | 1.46 |
# | nanoGPT, "baby GPT" of 10 million weights, on an A100 (windows in the dark) | 3 minutes | 1.47 |
#
# So on this small text, in a few minutes, the old recurrent network is ahead! A transformer must
# learn what a recurrent one is built with: that near things matter more than far ones, that the
# text goes on from left to right. It pays that back with more text, longer texts and machines that
# do thousands of things at once. There nothing has to wait for the character before.
#
# ## Let it write, and do not read twice
#
# To write, the network guesses a character, reads it, guesses the next. The plain way reads the
# whole window again each time. But the keys and values of what has been read do not change: no
# place looks ahead, so nothing that follows can change what it found. They are kept, in `memory`,
# and only the new character is read. This is the **key-value cache**. **Predict:** how many times
# faster are 1,000 characters with it, if a window has 64?

# %%
show(
    figures.cache("the king", 4),
    alt="Four steps of writing. At each step the keys and values of all earlier characters come "
    "from memory, and only the new character is read: one new key, and one row of scores instead "
    "of the whole triangle.",
)

# %% tags=["train"]
written = {}
for name, reader in (("with the cache", Cached.after), ("without", Uncached.after)):
    taken = seconds(
        lambda reader=reader: continued(
            model, data.vocabulary, data.opening, 1_000, Taste(0.8), reader=reader
        ),
        times=2,
    )
    written[name] = taken
    print(f"{name:15} {taken:.2f} s, {1_000 / taken:,.0f} characters a second")
print(f"{written['without'] / written['with the cache']:.0f} times as fast")

# %% tags=["train"]
for taste in (Taste(0.3), Taste(0.8), Taste(1.3)):
    print(f"── temperature {taste.temperature} ──")
    print(data.opening + continued(model, data.vocabulary, data.opening, 250, taste), "\n")

# %% [markdown]
# ## Where does it look?
#
# Here is every head of the network over a passage that it has never seen. A row is the place that
# looks, a column the place that is looked at. Before you read on: which heads look at the character
# just before? Which at the beginning of the word, which at the beginning of the line?

# %% tags=["train"]
passage = data.passage[:40]
show(
    attention_plot(passage, weights_of(model, data.vocabulary.encode(passage))),
    alt="Sixteen maps of attention, four heads in each of four layers; some show a line beside the "
    "diagonal, some vertical stripes, some a soft cloud.",
)

# %% [markdown]
# The maps of one passage may deceive, so let us measure over many. For each head: how far back
# does it look on average, and how much of its weight lies on the character itself, on the one
# before, and on spaces and line breaks?

# %% tags=["train"]
held_out = data.validation.ids[: 64 * 64]
windows = held_out[: len(held_out) // 64 * 64].reshape(-1, 64)
_, _, looks = model.read(tf.constant(windows))
distance = np.arange(64)[:, np.newaxis] - np.arange(64)
blank = np.isin(windows, data.vocabulary.encode(" \n"))[:, np.newaxis, np.newaxis]
print("head   looks back   itself   the one before   blanks")
for layer, weights in enumerate(looks, 1):
    late = weights.numpy()[:, :, 32:]  # places that see at least 32 others
    for head in range(late.shape[1]):
        shares = late[:, head].mean(axis=0)
        back = (shares * distance[32:]).sum(axis=1).mean()
        itself, before = (np.trace(shares, 32 - offset) / 32 for offset in (0, 1))
        blanks = (late[:, head] * blank[:, 0]).sum(axis=-1).mean()
        print(f" {layer}.{head + 1}  {back:9.1f} {itself:10.0%} {before:13.0%} {blanks:13.0%}")

# %% [markdown]
# In our run the first layer is busy with the neighbourhood: heads that look one or two characters
# back, which is how letters become pieces of words. Higher up the heads look further, and one or
# another is fond of blanks: there a word begins, and what was gathered up to there can be fetched.
# Nobody asked for that division of labour.
#
# ## What attention costs
#
# Every place looks at every earlier one. Twice as long a text is twice as much work for the small
# networks, and **four times** as much for the attention. Here are both parts of one block, measured
# at ever longer texts. **Predict:** at which length does attention become the dearer one?

# %%
show(
    figures.squares((4, 8, 16)),
    alt="Three square tables for texts of 4, 8 and 16 characters, of 16, 64 and 256 cells; the "
    "lower triangle of each is blue.",
)

# %% tags=["train"]
LENGTHS = (64, 128, 256, 512, 1024, 2048)
block = model.blocks[0]


def cost(part: Callable[[tf.Tensor], object], length: int) -> float:
    """Return the milliseconds that a part takes for a text of some length."""
    read = tf.random.stateless_normal((1, length, settings.units), seed=(5, 6))
    run = tf.function(part, jit_compile=has_xla())
    return 1000 * seconds(lambda: run(read), times=5)


costs: dict[str, list[float]] = {"attention": [], "small network": []}
for length in LENGTHS:
    mask = causal_mask(length)
    costs["attention"].append(cost(lambda read, mask=mask: block.attention(read, mask)[0], length))
    costs["small network"].append(cost(lambda read: block.narrow(block.widen(read)), length))
    print(f"{length:5} characters: attention {costs['attention'][-1]:7.2f} ms", end=", ")
    print(f"small network {costs['small network'][-1]:6.2f} ms")

# %% tags=["train"]
show(
    lines(
        "What one block costs",
        LENGTHS,
        costs,
        ("characters", "milliseconds"),
        logarithmic=True,
    ),
    alt="On two logarithmic axes the attention rises twice as steeply as the small network and "
    "crosses its line.",
)

# %% [markdown]
# On axes like these a straight line is a power of the length, and its slope is the exponent: about
# 1 for the small network, near 2 for the attention once it is long. This square is the price of
# seeing everything at once, and the reason why so much thought goes into cheaper attention. Ours
# pays it only within a window: when it writes, it never looks back more than 64 places, and so
# `memory` never grows.
#
# ## When it goes wrong
#
# * *The loss falls to nearly nothing within minutes.* It sees the answer: change a later character
#   and see which guesses change (exercise 3).
# * *The loss stays at 3.3.* It guesses letters by their frequency alone, and finds nothing by
#   looking. A learning rate that is far too high does that; so does a softmax along the wrong axis.
# * *It learns, but hardly better than from the last two characters.* The places are not told apart.
# * *In training it is fine, and it writes rubbish.* A leak; or the cache forgets to tell the new
#   query its place (exercise 5).
#
# ## Experiments
#
# * `learning_rate=4e-2` in `prepare(...)`, then `warmup=0.0`: what does the loss curve look like?
# * One head instead of four, `heads=1`; one layer that is twice as wide, `layers=1, units=256`.
# * `length=16` and `length=128`: how much better is it to see more, and what does it cost?
# * Ten epochs instead of three, once with `dropout=0.0` and once with `dropout=0.2`. When do the
#   two curves part?
#
# ## Make it yours
#
# * Other data: `coursekit run transformer --data book.txt`, any text in UTF-8, the longer the
#   better.
# * Another part: `build_model(data, settings, attend=yours)` takes your attention,
#   `block=YourBlock` your block.
# * A plugin of your own: copy the folder `coursekit_transformer`, keep its files, change what is in
#   them. Pieces of words instead of characters would be a start.
#
# ## Sources
#
# Vaswani et al.: *Attention is all you need* (2017). Radford et al.: *Language models are
# unsupervised multitask learners* (2019). Ba, Kiros, Hinton: *Layer normalization* (2016). He et
# al.: *Identity mappings in deep residual networks* (2016). Su et al.: *RoFormer: enhanced
# transformer with rotary position embedding* (2021). Loshchilov, Hutter: *Decoupled weight decay
# regularization* (2019). Olsson et al.: *In-context learning and induction heads* (2022).
# Karpathy: *nanoGPT* (2022).
#
# **Next:** `coursekit start transformer`.
