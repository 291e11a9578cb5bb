"""The image captioning lesson: "Can a machine describe a picture?"."""
