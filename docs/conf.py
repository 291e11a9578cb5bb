"""Builds the documentation: ``python -m sphinx -W -b html docs docs/_build/html``."""

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))


project = "coursekit"
author = "The coursekit developers"
copyright = "The coursekit developers, MIT licence"
release = version = importlib.import_module("coursekit").__version__
language = "en"
smartquotes = False  # it would make a dash of the -- of an option

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "coursekit_docs.extension"]
# Included by generated pages, or built: neither is a page of its own.
exclude_patterns = ["_build", "learn/about", "**/_*.md", "**/.ipynb_checkpoints"]

# Notebooks are shown as they are in the repository; nothing is run.
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
default_role = "py:obj"  # `Lesson` in a docstring: a link if there is such an object

html_theme = "furo"
html_title = "coursekit"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_math_renderer = "mathml"  # by the extension: no script, no network
pygments_style = "friendly"
pygments_dark_style = "github-dark"
