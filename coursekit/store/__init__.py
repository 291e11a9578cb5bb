"""Data on this machine: choose a data set, download it, keep it in the cache, read it.

What a plugin may import is exported here. Importing it is cheap: what reads pictures and
texts is imported when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from coursekit.atomic import writing
from coursekit.paths import is_web_address, local_path
from coursekit.store.artefact import artefact_path, computed_once
from coursekit.store.cache import beside, require_space
from coursekit.store.download import fetch_file
from coursekit.store.progress import Meter, active_console
from coursekit.store.reading import DamagedError, reading
from coursekit.store.web import read_address
from coursekit.stored import read_bytes

if TYPE_CHECKING:
    from coursekit.store.folder import Listing, find_file, list_pictures, shown_name
    from coursekit.store.looks import (
        as_read,
        far_longer,
        few_repeats,
        look_at_pictures,
        refuse_numbers,
        thumbnails,
    )
    from coursekit.store.picture import (
        Pixels,
        Small,
        aspect_of,
        grey_picture,
        named,
        rgb_picture,
        small_pictures,
    )
    from coursekit.store.text import (
        TAG,
        WORD,
        has_tones,
        is_number,
        normal_letters,
        without_markup,
        words_of,
    )

_LATER = {
    "folder": ("Listing", "find_file", "list_pictures", "shown_name"),
    "looks": (
        "as_read",
        "far_longer",
        "few_repeats",
        "look_at_pictures",
        "refuse_numbers",
        "thumbnails",
    ),
    "picture": (
        "Pixels",
        "Small",
        "aspect_of",
        "grey_picture",
        "named",
        "rgb_picture",
        "small_pictures",
    ),
    "text": (
        "TAG",
        "WORD",
        "has_tones",
        "is_number",
        "normal_letters",
        "without_markup",
        "words_of",
    ),
}

__all__ = [
    "TAG",
    "WORD",
    "DamagedError",
    "Listing",
    "Meter",
    "Pixels",
    "Small",
    "active_console",
    "artefact_path",
    "as_read",
    "aspect_of",
    "beside",
    "computed_once",
    "far_longer",
    "fetch_file",
    "few_repeats",
    "find_file",
    "grey_picture",
    "has_tones",
    "is_number",
    "is_web_address",
    "list_pictures",
    "local_path",
    "look_at_pictures",
    "named",
    "normal_letters",
    "read_address",
    "read_bytes",
    "reading",
    "refuse_numbers",
    "require_space",
    "rgb_picture",
    "shown_name",
    "small_pictures",
    "thumbnails",
    "without_markup",
    "words_of",
    "writing",
]


def __getattr__(name: str) -> Any:
    """Import what reads pictures and texts when it is first asked for."""
    for module, names in _LATER.items():
        if name in names:
            return getattr(import_module(f"coursekit.store.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
