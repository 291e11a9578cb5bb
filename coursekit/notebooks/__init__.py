"""Makes notebooks from the templates of plugins; imports no TensorFlow."""
