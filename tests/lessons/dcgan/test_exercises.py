"""The exercises of dcgan: wrong code is named, right code by another method is accepted."""

from typing import Any

import numpy as np
import pytest

from coursekit.practice.checks import Result
from coursekit.practice.gather import exercise
from coursekit.practice.verify import faults_of
from coursekit_dcgan.practice import ring
from coursekit_dcgan.practice.compare import between
from tests import solving

pytestmark = pytest.mark.tf

SLOW = {"seven_clouds"}  # trains two networks


def results(topic: str, cell: str, code: str) -> dict[str, Result]:
    """Check the solution of an exercise with one cell's code changed."""
    return solving.results(f"dcgan/{topic}", cell, code, SLOW)


def solved(topic: str, cell: str) -> str:
    return solving.solved(f"dcgan/{topic}", cell)


STEP = ("step", "train_step")
JUDGED = "cross_entropy(real, 1.0 - smoothing) + cross_entropy(fake, 0.0)"
# Topic, cell, what of the solution is replaced, by what, the misconception that is named.
WRONG = [
    ("upsampling", "length", "17", "14", "edges_cut"),
    ("upsampling", "length", "17", "16", "last_place"),
    ("upsampling", "even_kernel", "4", "5", "five"),
    ("upsampling", "enlarge", "+=", "=", "covered"),
    ("upsampling", "enlarge", "value * kernel", "value * kernel[::-1]", "back_to_front"),
    ("upsampling", "enlarge", "large = np", "stride = 1; large = np", "always_one"),
    ("upsampling", "enlarge", "return large", "return np.repeat(row, stride)", "repeated"),
    ("upsampling", "enlarge", "(len(row) - 1) * stride", "len(row) * stride", "room_left"),
    ("upsampling", "enlarge", "return large",
     "return np.convolve(np.repeat(row, stride), kernel)", "repeated_first"),
    ("upsampling", "Generator", "tf.tanh(features)", "features", "no_tanh"),
    ("upsampling", "Generator", "tf.tanh(features)", "tf.sigmoid(features)", "sigmoid"),
    ("upsampling", "Generator", ", SLOPE)", ", 0.0)", "plain_relu"),
    ("upsampling", "Generator", ", SLOPE)", ", 1.0)", "linear"),
    ("upsampling", "Generator", "norm(features, training=training)", "features", "no_norm"),
    ("upsampling", "Generator", "norm(features, training=training)", "norm(features)",
     "mode_forgotten"),
    ("upsampling", "Generator",
     "enlarge(tf.nn.leaky_relu(norm(features, training=training), SLOPE))",
     "tf.nn.leaky_relu(norm(enlarge(features), training=training), SLOPE)", "enlarged_first"),
    ("upsampling", "Generator", "tf.nn.leaky_relu(norm(features, training=training), SLOPE)",
     "norm(tf.nn.leaky_relu(features, SLOPE), training=training)", "rectified_first"),
    ("upsampling", "Generator", "training=training", "training=True", "always_in_training"),
    ("upsampling", "Generator", "tf.tanh(features)", "np.tanh(features)", "in_numpy"),
    ("losses", "loss_of_good", "0.33", "0.105", "one_term"),
    ("losses", "cross_entropy", "logits(targets, logits)", "logits(logits, targets)", "exchanged"),
    ("losses", "cross_entropy",
     "tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(targets, logits))",
     "tf.keras.losses.BinaryCrossentropy()(targets, logits)", "taken_for_probabilities"),
    ("losses", "times_steeper", "99", "1 / 99", "other_way"),
    ("losses", "cross_entropy", "logits(targets, logits)", "logits(targets, tf.sigmoid(logits))",
     "sigmoid_twice"),
    ("losses", "cross_entropy", "tf.reduce_mean", "tf.reduce_sum", "summed"),
    ("losses", "cross_entropy", "tf.shape(logits), target", "tf.shape(logits), 1.0", "always_real"),
    ("losses", "cross_entropy", "return tf.reduce_mean(",
     "p = tf.sigmoid(logits); return -tf.reduce_mean("
     "target * tf.math.log(p) + (1 - target) * tf.math.log(1 - p)) + 0 * tf.reduce_mean(",
     "overflow"),
    ("losses", "cross_entropy", "return tf.reduce_mean(",
     "p = tf.clip_by_value(tf.sigmoid(logits), 1e-7, 1 - 1e-7); return -tf.reduce_mean("
     "target * tf.math.log(p) + (1 - target) * tf.math.log(1 - p)) + 0 * tf.reduce_mean(",
     "clipped"),
    ("losses", "discriminator_loss", "cross_entropy(fake, 0.0)", "cross_entropy(fake, 1.0)",
     "all_real"),
    ("losses", "discriminator_loss", "cross_entropy(fake, 0.0)", "cross_entropy(fake, smoothing)",
     "both_sides"),
    ("losses", "discriminator_loss", " + cross_entropy(fake, 0.0)", "", "real_alone"),
    ("losses", "discriminator_loss", "1.0 - smoothing", "1.0", "not_smoothed"),
    ("losses", "generator_loss", "cross_entropy(fake, 1.0)", "-cross_entropy(fake, 0.0)",
     "saturating"),
    ("losses", "generator_loss", "cross_entropy(fake, 1.0)", "cross_entropy(fake, 0.0)",
     "helps_the_judge"),
    (*STEP, "gradient(loss_g", "gradient(loss_d", "helps_the_judge"),
    (*STEP, "gradient(loss_d", "gradient(loss_g", "learns_to_be_fooled"),
    (*STEP, "fake = discriminator(drawn,", "fake = discriminator(tf.constant(drawn.numpy()),",
     "out_of_sight"),
    (*STEP, "judging(real, fake, model.smoothing)", "judging(real, fake)", "smoothing_forgotten"),
    (*STEP, "generator(latents, training=True)", "generator(latents)", "generator_untold"),
    (*STEP, ", training=True", "", "nobody_told"),
    (*STEP, "fake = discriminator(drawn, training=True)",
     "both = discriminator(tf.concat([images, drawn], 0), training=True); "
     "real, fake = both[: len(images)], both[len(images) :]", "one_batch"),
    (*STEP, "        loss_g = fooling(fake)\n        loss_d",
     "    loss_g = fooling(fake)\n    loss_d", "losses_outside"),
    (*STEP, "    gradients = generator_tape", """
    variables, still = discriminator.trainable_variables, tf.zeros_like
    gradients = discriminator_tape.gradient(loss_d, variables)
    model.discriminator_optimizer.apply(gradients, variables)
    with tf.GradientTape() as generator_tape:
        loss_g = fooling(discriminator(generator(latents, training=True), training=True))
    discriminator_tape = SimpleNamespace(gradient=lambda loss, those: [still(v) for v in those])
    gradients = generator_tape""", "one_after_the_other"),
    (*STEP, "judging(real, fake, model", "judging(fake, real, model", "exchanged"),
    (*STEP, "fooling(fake)", "generator_loss(fake); judging = discriminator_loss", "own_losses"),
    (*STEP, "fake = discriminator(drawn, training=True)", "fake = discriminator(drawn)",
     "judge_half_told"),
    (*STEP, "model.discriminator_optimizer.apply", "model.generator_optimizer.apply",
     "one_optimizer"),
    (*STEP, "    gradients = generator_tape",
     "    first, second = model.generator_optimizer, model.discriminator_optimizer\n"
     "    model.generator_optimizer, model.discriminator_optimizer = second, first\n"
     "    gradients = generator_tape", "optimizers_exchanged"),
    (*STEP, 'loss": loss_g,', 'loss": float(loss_g),', "python_number"),
    (*STEP, "loss_d}", "loss_d.numpy()}", "python_number"),
    ("step", "pairs", "len(some), epoch", "batch_size, epoch", "noise_of_a_full_batch"),
    ("step", "pairs", "range(0, len(places), batch_size)",
     "range(0, len(places) - batch_size + 1, batch_size)", "last_left_out"),
    ("step", "saves", " or epoch + 1 == epochs", "", "every_fifteenth"),
    ("step", "saves", "(epoch + 1) % 15 == 0 or epoch + 1 == epochs",
     "epoch % 15 == 0 or epoch == epochs", "counted_from_one"),
    ("step", "saves", "(epoch + 1) % 15 == 0 or ", "", "last_alone"),
    ("step", "saves", "(epoch + 1) % 15 == 0 or epoch + 1 == epochs", "True", "each_epoch"),
    ("step", "same_image", "training=False", "both", "in_both"),
    ("collapse", "effective", "np.exp(-(", "(-(", "no_exponential"),
    ("collapse", "effective", "shares[shares > 0]", "shares", "zero_log_zero"),
    ("collapse", "effective", "np.log(", "np.log2(", "mixed_bases"),
    ("collapse", "effective", "float(np.exp(-(there * np.log(there)).sum()))",
     "1 / float((shares**2).sum())", "simpson"),
    ("collapse", "compare_batch", "tf.repeat(spread, tf.shape(features)[0], axis=0)",
     "tf.roll(features, 1, 0)", "next_beside"),
    ("collapse", "compare_batch", "tf.repeat(spread, tf.shape(features)[0], axis=0)",
     "features - tf.reduce_mean(features, 0)", "signed"),
    ("collapse", "compare_batch", "return tf.concat", "return features; tf.concat", "judged_alone"),
    ("collapse", "compare_batch", "tf.repeat(spread, tf.shape(features)[0], axis=0)",
     "tf.math.reduce_std(features, axis=1, keepdims=True)", "spread_of_one_image"),
    ("collapse", "compare_batch", "tf.sqrt(variance + 1e-6)",
     "tf.reduce_mean(features, axis=0, keepdims=True)", "mean_alone"),
    ("collapse", "compare_batch", "variance + 1e-6", "variance", "root_of_zero"),
    ("interpolation", "norm_halfway", "7.1", "14.1", "not_halved"),
    ("interpolation", "walk", "np.arccos(np.clip(cosine, -1.0, 1.0))", "np.float64(0.0)",
     "straight"),
    ("interpolation", "walk", "np.arccos(np.clip(cosine, -1.0, 1.0))", "np.float64(cosine)",
     "cosine_for_angle"),
    ("interpolation", "walk", " / (np.linalg.norm(start) * np.linalg.norm(end))", "",
     "not_scaled"),
    ("interpolation", "walk", " / np.sin(angle)", "", "not_divided"),
    ("interpolation", "walk", "np.arccos(np.clip(cosine, -1.0, 1.0))", "np.float64(np.pi / 2)",
     "right_angle"),
    ("interpolation", "walk", "if np.sin(angle) < 1e-6", "if False", "zero_by_zero"),
    ("interpolation", "walk", "np.linspace(0.0, 1.0, steps)", "(np.arange(steps) / steps)",
     "without_the_end"),
]  # fmt: skip


@pytest.mark.parametrize(("topic", "cell", "old", "new", "named"), WRONG, ids=[w[4] for w in WRONG])
def test_wrong_code_is_named(topic: str, cell: str, old: str, new: str, named: str) -> None:
    right = solved(topic, cell)
    assert old in right
    found = results(topic, cell, right.replace(old, new))
    assert named in {result.misconception for result in found.values()}


# Topic, cell, what of the solution is replaced, by what, the check that rejects it, in these words.
NO_REASON = [
    ("losses", "cross_entropy",
     "tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(targets, logits))",
     "np.mean(np.logaddexp(0, logits) - target * np.asarray(logits))", "by_hand", "no gradient"),
    ("upsampling", "Generator", "tf.tanh(features)", "tf.tanh(features[:2])", "mode",
     "three images"),
    ("losses", "discriminator_loss", JUDGED, f"float({JUDGED})", "targets", "not a tensor"),
    ("losses", "generator_loss", "cross_entropy(fake, 1.0)", "float(cross_entropy(fake, 1.0))",
     "fooled", "not a tensor"),
    (*STEP, "    model.follow", "    print(loss_g.numpy())\n    model.follow", "own",
     "compiles the step with `tf.function`"),
    (*STEP, "generator(latents,", "generator(latents[:4],", "apart", "two normalised networks"),
    ("step", "pairs", "len(some), epoch, start", "len(some), epoch", "as_many", "same latents"),
    ("upsampling", "enlarge", "(len(row) - 1) * stride + len(kernel)",
     "(len(kernel) - 1) * stride + len(row)", "overlaps", "row 1 2, kernel"),
    ("upsampling", "enlarge", "return large", "row *= 2\n    return large", "places",
     "work on a copy"),
    ("collapse", "effective", "there = shares[shares > 0]",
     "shares[shares == 0] = 1e-30\n    there = shares", "never_drawn", "work on a copy"),
    ("interpolation", "walk", "return path", "start *= 2\n    return path", "ends",
     "work on a copy"),
    ("step", "pairs", "range(0, len(places), batch_size)", "(0, 4, 8)", "each_once",
     "seven images, batch size 3"),
    ("step", "pairs", "len(some), epoch, start", "len(some), start", "as_many", "same latents"),
    ("step", "saves", "epoch + 1 == epochs", "epoch == 49", "latest", "is that of epoch 30"),
]  # fmt: skip


@pytest.mark.parametrize(("topic", "cell", "old", "new", "check", "words"), NO_REASON)
def test_a_wrong_answer_is_rejected(
    topic: str, cell: str, old: str, new: str, check: str, words: str
) -> None:
    right = solved(topic, cell)
    assert old in right
    found = results(topic, cell, right.replace(old, new))[check]
    assert found.status == "wrong"
    assert words in found.words


CONVOLVED = """def enlarge(row, kernel, stride):
    apart = np.zeros((len(row) - 1) * stride + 1)
    apart[::stride] = row
    return np.convolve(apart, kernel)
"""
MATRIX = """def enlarge(row, kernel, stride):
    length = (len(row) - 1) * stride + len(kernel)
    rows = [np.pad(kernel, (n * stride, length - n * stride - len(kernel)))
            for n in range(len(row))]
    return np.array(row) @ np.array(rows)
"""
SOFTPLUS = """def cross_entropy(logits, target):
    return tf.reduce_mean(tf.math.softplus(logits) - target * logits)
"""
KERAS = """def cross_entropy(logits, target):
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return loss(target * tf.ones_like(logits), logits)
"""
JOINED = """def discriminator_loss(real, fake, smoothing=0.0):
    logits = tf.concat([real, fake], 0)
    targets = tf.concat([tf.ones_like(real) - smoothing, tf.zeros_like(fake)], 0)
    costs = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits)
    return tf.reduce_mean(costs[: len(real)]) + tf.reduce_mean(costs[len(real) :])
"""
DOWNHILL = """def generator_loss(fake):
    return tf.reduce_mean(tf.nn.softplus(-fake))
"""
PERSISTENT = """def train_step(model, batch, judging=discriminator_loss, fooling=generator_loss):
    images, latents = batch
    with tf.GradientTape(persistent=True) as tape:
        fake = model.discriminator(model.generator(latents, training=True), training=True)
        real = model.discriminator(images, training=True)
        ours, theirs = fooling(fake), judging(real, fake, model.smoothing)
    for name, loss in (("generator", ours), ("discriminator", theirs)):
        variables = getattr(model, name).trainable_variables
        getattr(model, name + "_optimizer").apply_gradients(
            zip(tape.gradient(loss, variables), variables))
    model.follow(model.decay)
    return {"generator_loss": ours, "discriminator_loss": theirs}
"""
SPLIT = """def pairs(places, batch_size, latents, epoch):
    pieces = np.array_split(places, -(-len(places) // batch_size))
    return [(piece, latents.draw(len(piece), epoch, n)) for n, piece in enumerate(pieces)]
"""
RULE = """def saves(epoch, epochs):
    return epoch in {*range(14, epochs, 15), epochs - 1}
"""
PRODUCT = """def effective(shares):
    return 1 / float(np.prod(np.power(shares, shares)))
"""
DISTANCES = """def compare_batch(features):
    apart = features[:, None] - features[None]
    far = tf.sqrt(tf.reduce_sum(apart**2, -1) + 1e-6)
    return tf.concat([features, tf.reduce_mean(far, 1, keepdims=True)], 1)
"""
SQUARED = """def compare_batch(features):
    return tf.concat([features, (features - tf.reduce_mean(features, 0)) ** 2], 1)
"""
ROTATED = """def walk(start, end, steps):
    a, b = np.linalg.norm(start), np.linalg.norm(end)
    u, v = start / a, end / b
    side = v - (u @ v) * u
    if np.linalg.norm(side) < 1e-6:
        return np.linspace(start, end, steps)
    side = side / np.linalg.norm(side)
    angle = np.arctan2(v @ side, u @ v)
    path = []
    for t in np.linspace(0, 1, steps):
        turned = np.cos(t * angle) * u + np.sin(t * angle) * side
        across = (np.sin((1 - t) * angle) * a * u + np.sin(t * angle) * b * v) / np.sin(angle)
        path.append(turned * a if abs(a - b) < 1e-9 else across)
    return np.array(path)
"""
OTHER = [
    ("upsampling", "enlarge", CONVOLVED),
    ("upsampling", "enlarge", MATRIX),
    ("losses", "cross_entropy", SOFTPLUS),
    ("losses", "cross_entropy", "import keras\n" + KERAS),
    ("losses", "discriminator_loss", JOINED),
    ("losses", "generator_loss", DOWNHILL),
    ("step", "train_step", PERSISTENT),
    ("step", "pairs", SPLIT),
    ("step", "saves", RULE),
    ("collapse", "effective", PRODUCT),
    ("collapse", "compare_batch", DISTANCES),
    ("collapse", "compare_batch", SQUARED),
    ("losses", "loss_of_good", "loss_of_good = 0.3285"),
    ("step", "same_image", "same_image = False"),
    ("interpolation", "walk", ROTATED),
]


# Topic, cell, what of the solution is replaced, by what: as right as the solution.
AS_RIGHT = [
    (*STEP, "trainable_variables", "trainable_weights"),
    (*STEP, "fooling(fake)", "fooling(fake=fake)"),
    (*STEP, "judging(real, fake, model.smoothing)",
     "judging(real=real, fake=fake, smoothing=model.smoothing)"),
    (*STEP, "generator(latents, training=True)", "generator(latents[: images.shape[0]], True)"),
]  # fmt: skip


@pytest.mark.parametrize(("topic", "cell", "old", "new"), AS_RIGHT)
def test_another_spelling_is_accepted(topic: str, cell: str, old: str, new: str) -> None:
    right = solved(topic, cell)
    assert old in right
    found = results(topic, cell, right.replace(old, new))
    assert {name: r.words for name, r in found.items() if r.status != "passed"} == {}


@pytest.mark.parametrize(("topic", "cell", "code"), OTHER)
def test_another_method_is_accepted(topic: str, cell: str, code: str) -> None:
    found = results(topic, cell, code)
    wrong: dict[str, Any] = {n: r.words for n, r in found.items() if r.status != "passed"}
    assert wrong == {}


def test_an_exercise_passes_the_gate() -> None:
    assert faults_of(exercise("dcgan/losses")) == []


def test_clouds_are_counted() -> None:
    middle = ring.centres()
    assert ring.hit(np.repeat(middle, 10, axis=0)) == (8, 1.0)
    assert ring.hit(np.repeat(middle[:3], 10, axis=0)) == (3, 1.0)
    # One point of a hundred is less than a fair share; two fifths are far from every cloud.
    few = np.concatenate([np.repeat(middle[:1], 59, 0), middle[1:2], np.zeros((40, 2))])
    assert ring.hit(few.astype(np.float32)) == (1, 0.6)


def test_the_clouds_of_several_seeds_are_told_as_a_range() -> None:
    three, far = np.repeat(ring.centres()[:3], 10, axis=0), np.zeros((10, 2), np.float32)
    all_near = "3 of 8 clouds are hit, 100% of the points are near a cloud"
    assert ring.hit_by_seeds([three, three]) == all_near
    spread = "0 to 3 of 8 clouds are hit, 0% to 100% of the points are near a cloud"
    assert ring.hit_by_seeds([three, far]) == spread


def test_a_range_has_one_figure_where_both_ends_read_the_same() -> None:
    assert between([8.36, 7.83, 8.04], ".1f") == "7.8 to 8.4"
    assert between([0.502, 0.498], ".0%") == "50%"
