"""Two dense layers with dropout, whose seed generator a checkpoint must keep."""

import keras
import tensorflow as tf


def make(settings):
    model = keras.Sequential(
        [
            keras.layers.Dense(settings.units, activation="tanh"),
            keras.layers.Dropout(0.2, seed=settings.seed),
            keras.layers.Dense(1),
            keras.layers.Flatten(),
            keras.layers.Reshape(()),
        ]
    )
    model.build((None, 2))
    model.optimizer = keras.optimizers.Adam(settings.learning_rate)
    model.optimizer.build(model.trainable_variables)
    return model


def train_step(model, batch):
    dots, sides = batch
    with tf.GradientTape() as tape:
        logits = model(dots, training=True)
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(sides, logits))
    gradients = tape.gradient(loss, model.trainable_variables)
    model.optimizer.apply(gradients, model.trainable_variables)
    return {"loss": loss}
