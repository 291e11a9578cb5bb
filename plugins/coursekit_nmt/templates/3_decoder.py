# %% [markdown]
# # What the decoder is missing
#
# **Goal.** Find and fix a fault in a decoder that runs and learns, and measure what it costs.
#
# **Time.** 30 minutes
#
# **Before.** exercise 2; what a GRU does
#
# **Kind.** predict, debug, complete, measure
#
# The decoder writes one word at a time. At each step it has three things: the previous word, what
# attention finds in the source, and its own **state**, which carries everything written so far. The
# picture shows one such step.

# %%
from coursekit.prepare import show
from coursekit_nmt.practice import figures

show(
    figures.one_step(
        "no me gusta el cafe",
        (0.35, 0.05, 0.5, 0.05, 0.05),
        {"annotation": 384, "units": 192, "words": 1_000},
        ("i", "do"),
    ),
    alt="Below, the words of a Spanish sentence go through the encoder, which reads both ways, to "
    "one annotation each. The decoder's state is the query; the annotations, weighted, add up to "
    "the context. State, context and the word before go into the GRU. From its new state all "
    "words of the vocabulary get scores, and the next word is chosen by these.",
)

# %%
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from coursekit import LocalDataset
from coursekit_nmt import NmtLesson, NmtSettings
from coursekit_nmt.build import build_translator
from coursekit_nmt.data import PAD
from coursekit_nmt.decode import translate
from coursekit_nmt.evaluate import evaluate_split
from coursekit_nmt.layers import GRU
from coursekit_nmt.model import Decoder, Memory
from coursekit_nmt.train import full_choice, train_step

# %% [markdown]
# ## Predict first
#
# Suppose a decoder had no state at all. At each step it would read the previous word, and look at
# the source with this word as its query. Which of these could it **not** know? Answer `"a"`, `"b"`
# or `"c"`.
#
# * a: which word it wrote last
# * b: whether it has already translated the first half of the sentence
# * c: which words are in the source

# %%
cannot_know = "b"  # exercise

# %% [markdown] tags=["why"]
# The last word is an input of each step, and attention reads the source, so it knows a and c. What
# it has already translated is recorded nowhere but in the state. Without the state it can translate
# the same half twice, or skip one.

# %%
from coursekit.practice import assert_close, check, misconception, probe


@misconception(
    "cannot_know", "The last word that it wrote is its input at each step, so it knows that."
)
def last_word():
    return "a"


@misconception("cannot_know", "Attention shows it the source at each step, so it knows that.")
def the_source():
    return "c"


@check(
    "You know what the state is for",
    points=1,
    hints=(
        "What reaches the decoder at a step, besides its state?",
        "The previous word and the source do. What can it not learn from either of them?",
        "Only the state remembers what happened several words ago.",
    ),
)
def prediction(student):
    assert student["cannot_know"] == "b", 'answer "a", "b" or "c"'


# %% [markdown]
# ## Find and fix
#
# The lesson's GRU is wrapped here so that it can be called in the same ways as that of Keras.


# %%
class ForgivingGRU(GRU):
    """One step of a GRU; without a state it starts from zeros, as in Keras."""

    def call(self, projected: tf.Tensor, state: tf.Tensor | None = None) -> tf.Tensor:
        """Return the next state."""
        zeros = tf.zeros_like(projected[:, : self.units])
        return super().call(projected, zeros if state is None else state)


# %% [markdown]
# The decoder below runs, and its loss falls, but one line is wrong. Find and fix it. `projected` is
# the previous word, multiplied by the GRU's input weights. `self.context` brings the context to the
# same size. `self.attention` takes the query, the keys, the values and the mask.


# %% tags=["fault"]
class MyDecoder(Decoder):
    """The lesson's decoder, with a step of its own."""

    def __init__(self, words: int, embedding: int, units: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(words, embedding, units, *args, **kwargs)
        self.gru = ForgivingGRU(units)

    def step(
        self, projected: tf.Tensor, state: tf.Tensor, memory: Memory
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Return the next state, the context and the attention weights."""
        context, weights = self.attention(state, memory.keys, memory.annotations, memory.mask)
        inputs = projected + self.context(context)
        next_state = self.gru(inputs)
        return next_state, context, weights


# %%
class MyDecoder(Decoder):  # exercise
    """The lesson's decoder, with a step of its own."""

    def __init__(self, words: int, embedding: int, units: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(words, embedding, units, *args, **kwargs)
        self.gru = ForgivingGRU(units)

    def step(
        self, projected: tf.Tensor, state: tf.Tensor, memory: Memory
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Return the next state, the context and the attention weights."""
        context, weights = self.attention(state, memory.keys, memory.annotations, memory.mask)
        inputs = projected + self.context(context)
        next_state = self.gru(inputs, state)
        return next_state, context, weights


# %% [markdown] tags=["why"]
# `self.gru(inputs)` without a state starts from zeros at every word, without a warning; so does the
# GRU of Keras if `initial_state` is left out. The state has to be passed: `self.gru(inputs,
# state)`. Nothing fails without it, and the loss still falls, because the
# previous word and the source say a lot. Only long sentences show it, in words that are repeated or
# missing. The same state is the query of the attention, and the new one is returned for the next
# step.


# %% [markdown]
# Try it: the same word twice, with a source of five words. Even in the faulty decoder the second
# state differs a little. Why? (What is the query of the attention?)

# %%
keras.utils.set_random_seed(2)
some_memory = Memory(
    tf.random.normal((1, 5, 6)),
    tf.random.normal((1, 5, 4)),
    tf.fill((1, 5), True),
    tf.zeros((1, 4)),
)
decoder = MyDecoder(words=10, embedding=8, units=4, dropout=0.0, seed=0)
some_state = some_memory.state
for word in (7, 7):
    projected = decoder.gru.project(decoder.embed(tf.constant([word])))
    some_state, some_context, some_weights = decoder.step(projected, some_state, some_memory)
    print("state", some_state.numpy().round(2), "weights", some_weights.numpy().round(2))

# %%
import numpy as np


def example(zero=()):
    """Return a projected word, the state before, and the annotations of two sentences."""
    draw = np.random.default_rng(8)
    parts = [draw.normal(size=size).astype("float32") for size in ((2, 3), (2, 3), (2, 4, 3))]
    return [0 * part if place in zero else part for place, part in enumerate(parts)]


def looked(state, annotations):
    return (1 + state[:, :1]) * annotations.mean(1)


def weights_of(annotations):
    return np.full(annotations.shape[:2], 0.25, "float32")


@probe
def step(projected, state, annotations):
    # The parts are replaced by simple ones, so that the step can be worked out by hand.
    made = MyDecoder(words=5, embedding=4, units=3, dropout=0.0, seed=0)
    mask = tf.fill(annotations.shape[:2], True)
    made.attention = lambda query, keys, values, mask: (
        (1 + query[:, :1]) * tf.reduce_mean(values, 1),
        tf.fill(values.shape[:2], 0.25),
    )
    made.context = lambda context: 2 * context
    made.gru = lambda projected, state=None: projected + 10 * (0 if state is None else state)
    memory = Memory(*map(tf.constant, (annotations, 0 * annotations)), mask, tf.constant(1 + state))
    given = tf.constant(projected), tf.constant(state), memory
    made.step(given[0] + 3, given[1] - 2, memory)  # another hypothesis, at another word
    return made.step(*given)


@probe
def step_compiles(projected, state, annotations):
    from coursekit.practice import compiles

    made = MyDecoder(words=5, embedding=4, units=3, dropout=0.0, seed=0)
    mask = tf.fill(annotations.shape[:2], True)
    memory = Memory(*map(tf.constant, (annotations, annotations)), mask, tf.constant(state))
    return compiles(made.step, tf.constant([[*row] * 3 for row in projected]), *memory[3:], memory)


@misconception(
    "step",
    "The GRU does not get the state, so it starts each word from zeros. The decoder forgets "
    "everything that it has written except the last word.",
)
def state_forgotten(projected, state, annotations):
    context = looked(state, annotations)
    return projected + 2 * context, context, weights_of(annotations)


@misconception(
    "step", "The GRU starts each word from `memory.state`, the first state, so it still forgets."
)
def from_the_first(projected, state, annotations):
    context = looked(state, annotations)
    return projected + 2 * context + 10 * (1 + state), context, weights_of(annotations)


@misconception(
    "step",
    "The decoder stores the state in itself and ignores the state that it is given. A search that "
    "compares several beginnings would mix them up.",
)
def kept_inside(projected, state, annotations):
    before = projected + 3 + 2 * looked(state - 2, annotations) + 10 * (state - 2)
    context = looked(state, annotations)
    return projected + 2 * context + 10 * before, context, weights_of(annotations)


@misconception(
    "step_compiles",
    "A result is a numpy array. While a step is compiled there are only tensors without values, "
    "and no gradient flows through numpy.",
)
def turned_into_numpy(projected, state, annotations):
    return "no: a result is no tensor"


@misconception("step", "You returned the old state, so it would stay the same for all words.")
def state_unchanged(projected, state, annotations):
    return state, looked(state, annotations), weights_of(annotations)


@misconception(
    "step",
    "You added the state to the GRU's input. It should be the state that the GRU starts from.",
)
def state_among_inputs(projected, state, annotations):
    context = looked(state, annotations)
    return projected + 2 * context + state, context, weights_of(annotations)


@misconception(
    "step",
    "The query of the attention is zeros instead of the state, so it finds the same words at every "
    "step.",
)
def asked_with_zeros(projected, state, annotations):
    context = looked(0 * state, annotations)
    return projected + 2 * context + 10 * state, context, weights_of(annotations)


@misconception(
    "step",
    "The query is the next state. But the next state depends on the attention, so attention must "
    "come first, with the old state.",
)
def asked_too_late(projected, state, annotations):
    after = projected + 10 * state
    return after, looked(after, annotations), weights_of(annotations)


@misconception(
    "step", "You computed the context but did not use it, so the decoder ignores the source."
)
def context_unused(projected, state, annotations):
    return projected + 10 * state, looked(state, annotations), weights_of(annotations)


@misconception("step", "The previous word is lost. Add the context to it instead of replacing it.")
def word_lost(projected, state, annotations):
    context = looked(state, annotations)
    return 2 * context + 10 * state, context, weights_of(annotations)


@misconception("step", "The results are in the wrong order: the next state comes first.")
def context_first(projected, state, annotations):
    context = looked(state, annotations)
    return context, projected + 2 * context + 10 * state, weights_of(annotations)


@misconception("step", "The results are in the wrong order: the context comes before the weights.")
def weights_first(projected, state, annotations):
    context = looked(state, annotations)
    return projected + 2 * context + 10 * state, weights_of(annotations), context


@check(
    "The GRU continues from the previous state",
    points=3,
    hints=(
        "What does the decoder know about the words before the last one?",
        "The GRU takes two arguments. What happens if the second is left out?",
        "`self.gru(inputs, state)`.",
    ),
)
def carried(student):
    student.step(*example())  # tells apart what is the same where there is no context
    projected, state, annotations = example(zero=(2,))
    found, *_ = student.step(projected, state, annotations)
    expected = projected + 10 * state
    assert_close(found, expected, "the next state, without a context", rtol=1e-3)
    compiled = student.step_compiles(projected, state, annotations)
    said = "`tf.function` compiles the step for the lesson, so use only tensor operations"
    assert compiled == "yes", f"{said}: {compiled}"


@check(
    "The query is the previous state",
    points=1,
    after="carried",
    hints=(
        "Which argument says what the decoder is looking for?",
        "The query is the previous state. Keys, values and mask are in `memory`.",
        "`self.attention(state, memory.keys, memory.annotations, memory.mask)`.",
    ),
)
def query(student):
    projected, state, annotations = example()
    found = student.step(projected, state, annotations)
    expected = looked(state, annotations)
    context = next((part for part in found[1:] if np.shape(part) == expected.shape), None)
    assert context is not None, "the context is not among the results"
    assert_close(context, expected, "the context", rtol=1e-3)


@check(
    "The word and the context go into the GRU",
    points=1,
    after="carried",
    hints=(
        "Which two things does the GRU read at a step?",
        "A layer of its own brings the context to the size of the projected word.",
        "`projected + self.context(context)`.",
    ),
)
def inputs(student):
    projected, state, annotations = example(zero=(1,))
    found, *_ = student.step(projected, state, annotations)
    expected = projected + 2 * annotations.mean(1)
    assert_close(found, expected, "with a state of zeros", rtol=1e-3)


@check(
    "Next state, context, weights: in this order",
    points=1,
    after="carried",
    hints=(
        "What does the docstring say about the results and their order?",
        "The GRU returns the next state; attention returns the context and the weights.",
        "`return next_state, context, weights`.",
    ),
)
def order(student):
    projected, state, annotations = example(zero=(1,))
    found = student.step(projected, state, annotations)
    shapes = [np.shape(part) for part in found]
    right = [(2, 3), (2, 3), (2, 4)]
    assert shapes == right, f"the shapes are {shapes}, not {right}"
    assert_close(found[1], annotations.mean(1), "the second: the context, with a state of zeros")
    assert_close(found[2], weights_of(annotations), "the third: the weights")


# %% [markdown]
# ## Carry it through the sentence
#
# In training all the right words are known beforehand, and the decoder takes one step for each of
# them. Write this loop in three to six lines. The first step starts from `memory.state`, and each
# later step from the state that the previous step returned. `tf.unstack(projected, axis=1)` is a
# list with one entry for each place; `tf.stack([...], axis=1)` puts such a list together again.


# %%
def carry(decoder: Any, projected: tf.Tensor, memory: Memory) -> Any:  # exercise
    """Take one step for each place.

    Args:
        decoder: Its `step` takes a projected word, a state and the memory. It returns the next
            state, the context and the weights.
        projected: ``(batch, target, 3 * units)``.
        memory: The source sentences, and the first state.

    Returns:
        The states, the contexts and the weights after each step: ``(batch, target, ...)``.
    """
    state, steps = memory.state, []
    for word in tf.unstack(projected, axis=1):
        state, context, weights = decoder.step(word, state, memory)
        steps.append((state, context, weights))
    states, contexts, weights = (tf.stack(part, axis=1) for part in zip(*steps, strict=True))
    return states, contexts, weights


# %% [markdown] tags=["why"]
# Each step returns its state, and the next step has to start from that one. If every step started
# from `memory.state`, the decoder would believe each time that it was at the beginning of the
# sentence. The words are known in training, but the states are not, so this loop cannot be replaced
# by one large product. `axis=1` is the axis of time; stacking along axis 0 would swap the batch and
# the places.


# %%
def word_sums(projected, state, order=1, anew=False, before=False):
    """Walk through the places with a step that doubles the state and adds the word."""
    first, states = state, []
    for word in projected.transpose(1, 0, 2)[::order]:
        after = 2 * (first if anew else state) + word
        states.append(state if before else after)
        state = after
    states = np.stack(states, 1)
    return states, -states, states[:, :, :2]


@probe
def carrying(projected, state):
    class Doubling:
        def step(self, projected, state, memory):
            after = 2 * state + projected
            return after, -after, after[:, :2]

    memory = Memory(None, None, None, tf.constant(state))
    return tuple(carry(Doubling(), tf.constant(projected), memory))


@probe
def carry_compiles(projected, state):
    from functools import partial

    from coursekit.practice import compiles

    made = MyDecoder(words=5, embedding=4, units=2, dropout=0.0, seed=0)
    annotations = tf.ones((len(state), 4, 3))
    memory = Memory(annotations, annotations[..., :2], annotations[..., 0] > 0, tf.constant(state))
    return compiles(partial(carry, made), tf.constant(projected), memory)


@misconception(
    "carrying",
    "Each step starts from the first state. The GRU gets a state, but always the same one, so it "
    "knows nothing about what was written.",
)
def always_the_first(projected, state):
    return word_sums(projected, state, anew=True)


@misconception("carrying", "You kept the state before each step. Keep the state after it.")
def states_before(projected, state):
    states, _, _ = word_sums(projected, state, before=True)
    return states, *word_sums(projected, state)[1:]


@misconception(
    "carrying", "The steps run from the last word to the first. Start with the first word."
)
def backwards(projected, state):
    return word_sums(projected, state, order=-1)


@misconception("carrying", "Axis 0 is the places instead of the sentences. Stack along axis 1.")
def places_in_front(projected, state):
    return tuple(part.transpose(1, 0, 2) for part in word_sums(projected, state))


@misconception(
    "carrying", "The first state is zeros. It should be `memory.state`, from the encoder."
)
def from_zeros(projected, state):
    return word_sums(projected, 0 * state)


@misconception("carrying", "You returned only the last step. Training needs a state at each place.")
def last_alone(projected, state):
    return tuple(part[:, -1] for part in word_sums(projected, state))


@misconception(
    "carry_compiles",
    "The results are numpy arrays. No gradient flows through them, and a numpy loop cannot be "
    "compiled. `tf.stack` does the same with tensors.",
)
def stacked_in_numpy(projected, state):
    return "no: a result is no tensor"


@check(
    "One entry for each place",
    points=1,
    hints=(
        "How many steps are there, and what does each of them return?",
        "Keep the three results of each step in a list, and stack each of the three.",
        "`zip(*steps)` turns a list of triples into three lists for `tf.stack(part, axis=1)`.",
    ),
)
def places(student):
    draw = np.random.default_rng(2)
    projected, state = draw.normal(size=(2, 5, 3)), draw.normal(size=(2, 3))
    shapes = [np.shape(part) for part in student.carrying(projected, 0 * state)]
    right = [(2, 5, 3), (2, 5, 3), (2, 5, 2)]  # two sentences, five places
    assert shapes == right, f"the shapes are {shapes}, not {right}"
    firsts = [part[:, 0] for part in student.carrying(projected, 0 * state)]
    word = projected[:, 0]  # from zeros, the step leaves the word itself
    for part, right, name in zip(
        firsts, (word, -word, word[:, :2]), ("state", "context", "weights"), strict=True
    ):
        assert_close(part, right, f"the {name} after the first step, from a state of zeros")


@check(
    "Each step starts where the previous one ended",
    points=2,
    after="places",
    hints=(
        "Which state does the second step start from?",
        "Keep the state in one variable that each step reads and then replaces.",
        "`state, context, weights = decoder.step(word, state, memory)` inside the loop.",
    ),
)
def chain(student):
    projected, state = np.array([[[1.0, 0.0], [2.0, 1.0], [0.0, 3.0]]]), np.array([[1.0, -1.0]])
    found = student.carrying(projected, state)
    words = "starting at [1, -1], steps that double the state and add [1, 0], [2, 1], [0, 3]"
    for part, expected in zip(found, word_sums(projected, state), strict=True):
        assert_close(part, expected, words, rtol=1e-6)
    compiled = student.carry_compiles(np.ones((1, 3, 6), "float32"), np.ones((1, 2), "float32"))
    said = "`tf.function` compiles the loop for the lesson, so use only tensor operations"
    assert compiled == "yes", f"{said}: {compiled}"


# %% [markdown]
# ## What the state is worth
#
# Now your decoder is used in the translator, and next to it the faulty one. Both learn from the
# same initial parameters, for the same number of steps. Then both get held-out sentences. What is
# the loss of a word, by its place in the sentence? And what do they write?


# %%
class Carrying(MyDecoder):
    """Your decoder, with your loop."""

    def read(
        self, ids: tf.Tensor, memory: Memory, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Read the right words before each place."""
        words = self.embed(ids, training=training)
        states, contexts, weights = carry(self, self.gru.project(words), memory)
        return self.features(states, contexts, words, training=training), weights


class Forgetful(Carrying):
    """The same decoder without its state: the fault."""

    def step(
        self, projected: tf.Tensor, state: tf.Tensor, memory: Memory
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Use the state as the query, then forget it."""
        context, weights = self.attention(state, memory.keys, memory.annotations, memory.mask)
        return self.gru(projected + self.context(context)), context, weights


# %% [markdown]
# Both are trained in the same way. `loss_by_place` measures the loss on held-out sentences.

# %%
settings = NmtSettings(
    epochs=1,
    batch_size=32,
    jit=False,
    units=64,
    encoder_units=48,
    embedding=48,
    source_words=2_000,
    target_words=1_000,
    lengths=(12,),
    samples=0,
    learning_rate=5e-3,
    dropout=0.0,
    smoothing=0.0,
)


def learn(decoder: type[keras.layers.Layer], data: Any, steps: int) -> Any:
    """Train a translator with this decoder."""
    model = build_translator(data, settings, decoder=decoder)
    step = tf.function(lambda source, target: train_step(model, (source, target)))
    for source, target in data.train.batches(0).take(steps):
        step(source, target)
    return model


def loss_by_place(model: Any, data: Any, batches: int = 16) -> tuple[float, Any]:
    """Return the mean loss of a held-out word, and the loss at each place in the sentence."""
    total, count = 0.0, 0.0
    for source, target in data.validation.batches(0).take(batches):
        write = target[:, 1:]
        features, _ = model.decoder.read(target[:, :-1], model.encode(source))
        choice = full_choice(model.decoder, features, write)
        real = (write != PAD).numpy()
        total += ((choice.normaliser - choice.right).numpy() * real).sum(0)
        count += real.sum(0)
    return float(np.sum(total) / np.sum(count)), (total / np.maximum(count, 1))[:10]


# %% tags=["train"]
STEPS = 694  # an epoch
pairs = NmtLesson().data(LocalDataset("phrasebook"), settings)
asked = [sentence for sentence in pairs.validation.references if len(sentence.split()) > 8][:3]
figure = Figure(figsize=(6, 3), layout="constrained")
axes = figure.add_subplot(
    xlabel="place of the word", ylabel="loss per word (nats)", xticks=range(1, 11)
)
means = []
for shift, name, decoder in ((-0.2, "with its state", Carrying), (0.2, "forgetful", Forgetful)):
    translator = learn(decoder, pairs, STEPS)
    loss, by_place = loss_by_place(translator, pairs)
    axes.bar(np.arange(1, 1 + len(by_place)) + shift, by_place, width=0.4, label=name)
    score = evaluate_split(translator, pairs, pairs.validation, sources=300)["bleu"]
    print(f"{name}: loss {loss:.2f} (like choosing among {np.exp(loss):.1f}), BLEU {score:.1f}")
    found = translate(translator, pairs.source_vocabulary, pairs.target_vocabulary, asked)
    for sentence, translation in zip(asked, found, strict=True):
        print(f"   {sentence} → {translation.text}")
    means.append(f"{name} {loss:.2f}")
axes.legend()
show(
    figure,
    alt="Bars of the loss at each of the first ten places of a sentence, for the decoder with its "
    f"state and the forgetful one. The mean loss of a word: {', '.join(means)}.",
)

# %% [markdown]
# <details><summary>What we measured</summary>
#
# The loss was 2.09 with the state and 2.40 without it. BLEU was about 40 and 22 on 300 held-out
# sentences. The forgetful decoder learns too, and its loss falls. Only the comparison shows what is
# missing. At the first word nothing has been written yet, so there the two are nearly equal (1.72
# and 1.76); at each of the next nine words the forgetful one is worse.
#
# This is one seed and one setting, without dropout and label smoothing; yours will differ. With
# both, as in the lesson, the gap was smaller: a loss of 1.77 and 1.89, BLEU 50.4 and 47.1.
#
# The fault is not made up: a widely copied notebook of 2018 had it. Its decoder computed the state
# and never passed it to the GRU.
#
# </details>
#
# **Next:** `coursekit check nmt/decoder`, then exercise 4, *A loss that is too good to be true*
# (`coursekit next`).
