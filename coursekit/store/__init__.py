"""Data on this machine: choose a data set, download it, keep it in the cache.

What a plugin may import is exported here.
"""

from coursekit.atomic import writing
from coursekit.paths import is_web_address, local_path
from coursekit.store.artefact import artefact_path, computed_once
from coursekit.store.cache import beside, require_space
from coursekit.store.download import fetch_file
from coursekit.store.progress import Meter, active_console
from coursekit.store.reading import DamagedError, reading
from coursekit.store.web import read_address

__all__ = [
    "DamagedError",
    "Meter",
    "active_console",
    "artefact_path",
    "beside",
    "computed_once",
    "fetch_file",
    "is_web_address",
    "local_path",
    "read_address",
    "reading",
    "require_space",
    "writing",
]
