"""Data on this machine: choose a data set, download it, keep it in the cache.

What a plugin may import is exported here.
"""

from coursekit.atomic import writing
from coursekit.store.artefact import artefact_path, computed_once
from coursekit.store.cache import beside, require_space
from coursekit.store.download import fetch_file
from coursekit.store.progress import Meter, active_console

__all__ = [
    "Meter",
    "active_console",
    "artefact_path",
    "beside",
    "computed_once",
    "fetch_file",
    "require_space",
    "writing",
]
