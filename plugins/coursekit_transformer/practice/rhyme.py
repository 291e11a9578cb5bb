"""A nursery rhyme that repeats itself: text for attention without training."""

from __future__ import annotations

# The characters of "The House That Jack Built" and what they did, the first of them last.
PARTS = (
    "priest all shaven and shorn\nThat married the",
    "man all tattered and torn\nThat kissed the",
    "maiden all forlorn\nThat milked the",
    "cow with the crumpled horn\nThat tossed the",
    "dog\nThat worried the",
    "cat\nThat killed the",
    "rat\nThat ate the",
    "malt\nThat lay in the",
    "house that Jack built.\n\n",
)
RHYME = "".join("This is the " + " ".join(PARTS[first:]) for first in range(len(PARTS) - 1, -1, -1))
