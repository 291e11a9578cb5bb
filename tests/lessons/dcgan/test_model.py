"""The two networks, their losses, and a step that trains each on its own."""

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from coursekit_dcgan import DcganSettings
from coursekit_dcgan.build import build_gan
from coursekit_dcgan.data import dcgan_data
from coursekit_dcgan.load import Images, Parts
from coursekit_dcgan.model import Gan, unchanged
from coursekit_dcgan.practice.compare import fit
from coursekit_dcgan.train import cross_entropy, discriminator_loss, generator_loss, train_step

pytestmark = pytest.mark.tf

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.uniform(-1, 1, (6, 28, 28, 1)).astype(np.float32)
LATENTS = RANDOM.normal(size=(6, 7)).astype(np.float32)


def made(**changes: Any) -> Gan:
    values: dict[str, Any] = {
        "latent": 4, "categories": 3, "width": 3, "discriminator_width": 2, "dropout": 0.0,
        **changes,
    }  # fmt: skip
    return build_gan(DcganSettings(**values))


def values(variables: Any) -> list[Any]:
    return [variable.numpy() for variable in variables]


def changed(before: list[Any], variables: Any) -> list[bool]:
    pairs = zip(before, values(variables), strict=True)
    return [not np.array_equal(old, new) for old, new in pairs]


def test_cross_entropy_by_hand() -> None:
    # The logit of 3/4 is log 3: -log(3/4) for the target 1, -log(1/4) for 0.
    logits = tf.constant([math.log(3.0), 0.0])
    assert float(cross_entropy(logits, 1.0)) == pytest.approx((math.log(4 / 3) + math.log(2)) / 2)
    assert float(cross_entropy(logits, 0.0)) == pytest.approx((math.log(4) + math.log(2)) / 2)


def test_losses_by_hand() -> None:
    real, fake = tf.constant([math.log(3.0)]), tf.constant([0.0])
    assert float(generator_loss(fake)) == pytest.approx(math.log(2))
    assert float(discriminator_loss(real, fake)) == pytest.approx(math.log(4 / 3) + math.log(2))
    # Smoothed by 0.1: nine tenths for the target 1, one tenth for 0.
    smooth = 0.9 * math.log(4 / 3) + 0.1 * math.log(4) + math.log(2)
    assert float(discriminator_loss(real, fake, 0.1)) == pytest.approx(smooth)


def test_a_judge_that_cannot_tell_has_the_loss_of_a_coin() -> None:
    """At the equilibrium of Goodfellow et al. D is 1/2 everywhere: 2 log 2."""
    nothing = tf.zeros(5)
    assert float(discriminator_loss(nothing, nothing)) == pytest.approx(2 * math.log(2))


def test_the_generator_learns_most_where_it_is_seen_through() -> None:
    """The gradient of -log D is -(1 - D): near 1 where D is near 0."""
    logits = tf.Variable([-8.0, 0.0, 8.0])
    with tf.GradientTape() as tape:
        loss = 3 * generator_loss(logits)
    expected = [-1 / (1 + math.exp(-8)), -0.5, -1 / (1 + math.exp(8))]
    np.testing.assert_allclose(tape.gradient(loss, logits), expected, rtol=1e-5)


def test_shapes_and_ranges() -> None:
    model = made()
    drawn = model(LATENTS)
    assert drawn.shape == (6, 28, 28, 1)
    assert float(tf.reduce_max(tf.abs(drawn))) <= 1
    assert model.discriminator(drawn).shape == (6,)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_first_weights_are_the_papers(layers: int) -> None:
    model = made(width=24, discriminator_width=24, discriminator_layers=layers, latent=64)
    kernels = [v for v in model.trainable_variables if v.name == "kernel"]
    assert len(kernels) == 4 + layers + 1
    for kernel in kernels:
        assert kernel.numpy().std() == pytest.approx(0.02, rel=0.2)
        assert abs(kernel.numpy().mean()) < 0.004
    assert len({kernel.numpy().ravel()[:5].tobytes() for kernel in kernels}) == len(kernels)


def test_each_tape_touches_its_own_network_alone() -> None:
    """With one rate at zero, the other network still learns, and only that."""
    for still, moving in (("generator", "discriminator"), ("discriminator", "generator")):
        model = made(**{f"{still}_rate": 0.0})
        kept = values(getattr(model, still).trainable_variables)
        before = values(getattr(model, moving).trainable_variables)
        train_step(model, (tf.constant(IMAGES), tf.constant(LATENTS)))
        assert not any(changed(kept, getattr(model, still).trainable_variables))
        assert all(changed(before, getattr(model, moving).trainable_variables))


def test_the_gradients_are_those_of_each_loss() -> None:
    """One step of plain descent moves the weights by the gradient, worked out apart."""
    model = made()
    generator, judge = model.generator, model.discriminator

    class Descent:
        def __init__(self) -> None:
            self.seen: list[Any] = []

        def apply(self, gradients: Any, variables: Any) -> None:
            self.seen = [np.asarray(gradient) for gradient in gradients]

    model.generator_optimizer, model.discriminator_optimizer = Descent(), Descent()
    with tf.GradientTape() as tape:
        fooling = generator_loss(judge(generator(LATENTS, training=True), training=True))
    wanted = tape.gradient(fooling, generator.trainable_variables)
    drawn = generator(LATENTS, training=True)
    with tf.GradientTape() as tape:
        judging = discriminator_loss(
            judge(IMAGES, training=True), judge(drawn, training=True), model.smoothing
        )
    wanted_judge = tape.gradient(judging, judge.trainable_variables)
    found = train_step(model, (tf.constant(IMAGES), tf.constant(LATENTS)))
    assert float(found["generator_loss"]) == pytest.approx(float(fooling), rel=1e-5)
    assert float(found["discriminator_loss"]) == pytest.approx(float(judging), rel=1e-5)
    for optimizer, gradients in (
        (model.generator_optimizer, wanted),
        (model.discriminator_optimizer, wanted_judge),
    ):
        for mine, right in zip(optimizer.seen, gradients, strict=True):
            np.testing.assert_allclose(mine, right, rtol=1e-3, atol=1e-7)


def test_normalisation_uses_the_batch_in_training_and_memory_in_use() -> None:
    model = made()
    for _ in range(3):
        train_step(model, (tf.constant(IMAGES), tf.constant(LATENTS)))
    # In use an image does not depend on its company, in training it does.
    for network, inputs in ((model.generator, LATENTS), (model.discriminator, IMAGES)):
        alone, together = network(inputs[:2]), network(inputs)
        np.testing.assert_allclose(alone, together[:2], rtol=1e-4, atol=1e-6)
        alone, together = network(inputs[:2], training=True), network(inputs, training=True)
        assert np.abs(alone - together[:2]).max() > 1e-4


def test_drawing_leaves_the_memory_of_normalisation_alone() -> None:
    model = made()
    before = values(model.variables)
    model(LATENTS)
    model.discriminator(IMAGES)
    assert not any(changed(before, model.variables))


def test_real_and_drawn_images_are_normalised_apart() -> None:
    """The judge's opinion of real images is the same whatever the generator draws."""
    model = made()
    loss = train_step(model, (tf.constant(IMAGES), tf.constant(LATENTS)))["discriminator_loss"]
    model = made()
    real = model.discriminator(IMAGES, training=True)
    drawn = model.generator(LATENTS, training=True)
    expected = discriminator_loss(real, model.discriminator(drawn, training=True), model.smoothing)
    mixed = model.discriminator(tf.concat([IMAGES, drawn], 0), training=True)
    other = discriminator_loss(mixed[:6], mixed[6:], model.smoothing)
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)
    assert float(loss) != pytest.approx(float(other), rel=1e-4)


def test_the_average_by_hand() -> None:
    model = made(average=0.75)
    started = values(model.average.weights)
    for start, now in zip(started, values(model.generator.weights), strict=True):
        np.testing.assert_array_equal(start, now)
    train_step(model, (tf.constant(IMAGES), tf.constant(LATENTS)))
    for start, now, mean in zip(
        started, values(model.generator.weights), values(model.average.weights), strict=True
    ):
        np.testing.assert_allclose(mean, 0.75 * start + 0.25 * now, rtol=1e-5, atol=1e-7)
    # It is no third network that is trained.
    assert not {id(v) for v in model.average.weights} & {
        id(v) for v in model.generator_optimizer._trainable_variables
    }


def test_dropout_drops_in_training_alone() -> None:
    model = made(dropout=0.5)
    once, again = (model.discriminator(IMAGES, training=True) for _ in range(2))
    assert not np.allclose(once, again)
    np.testing.assert_array_equal(model.discriminator(IMAGES), model.discriminator(IMAGES))


def test_parts_can_be_handed_in() -> None:
    """A notebook trains with the reader's own networks."""
    from coursekit_dcgan.model import Discriminator, Generator

    class Mine(Generator):
        pass

    class Hers(Discriminator):
        pass

    model = build_gan(DcganSettings(width=2, discriminator_width=2), Mine, Hers)
    assert type(model.generator) is Mine
    assert type(model.average) is Mine
    assert type(model.discriminator) is Hers


def test_the_judge_can_compare_the_images_of_a_batch() -> None:
    def compare_batch(features: tf.Tensor) -> tf.Tensor:
        return tf.concat([features, 0 * features + tf.reduce_mean(features, 0)], 1)

    for part, told in ((unchanged, False), (compare_batch, True)):
        model = build_gan(DcganSettings(width=2, discriminator_width=2), compare_batch=part)
        together, apart = model.discriminator(IMAGES), model.discriminator(IMAGES[:1])
        assert (abs(float(together[0] - apart[0])) > 1e-6) == told


def test_losses_can_be_handed_in() -> None:
    model = made(smoothing=0.25)
    found = train_step(
        model,
        (tf.constant(IMAGES), tf.constant(LATENTS)),
        judging=lambda real, fake, smoothing: tf.reduce_mean(real + fake) * 0 + smoothing,
        fooling=lambda fake: tf.reduce_mean(fake) * 0 + 7,
    )
    assert {name: float(loss) for name, loss in found.items()} == {
        "generator_loss": 7.0,
        "discriminator_loss": 0.25,
    }


def test_a_variant_goes_on_where_it_stopped() -> None:
    images = Images(np.random.default_rng(1).integers(0, 255, (40, 28, 28), np.uint8), None)
    settings = DcganSettings(width=2, discriminator_width=2, steps=3, batch_size=8)
    data = dcgan_data("noise", Parts(images, images, images), settings)
    once, twice = build_gan(settings), build_gan(settings)
    losses = fit(once, data, 5)
    assert fit(twice, data, 2) + fit(twice, data, 3, first=2) == losses
    assert len(losses) == 5


def test_it_learns_what_there_is() -> None:
    """All real images are bright: soon the drawn ones are."""
    model = made(width=4, discriminator_width=4, average=0.9, generator_rate=5e-3)
    step = tf.function(train_step)
    bright = tf.fill((16, 28, 28, 1), 0.8)
    before = float(tf.reduce_mean(model(model.latents.draw(16, 1))))
    for number in range(60):
        step(model, (bright, tf.constant(model.latents.draw(16, 2, number))))
    after = float(tf.reduce_mean(model(model.latents.draw(16, 1))))
    assert abs(before) < 0.2
    assert after > 0.5
