"""The manual: pages written by hand, and pages made from the code (`generators`) whenever it is built.

sphinx-build -W --keep-going docs build/docs
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import polyrelu
from docs import generators

generators.write_all(HERE / "generated")

project, author = "polyrelu", "The polyrelu developers"
project_copyright = author
version = release = polyrelu.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "docs.extensions.docstrings", "docs.extensions.mathml"]
exclude_patterns = ["generators", "extensions"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True
root_doc = "index"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_use_unqualified_type_names = True
maximum_signature_line_length = 200
toc_object_entries = False
# A module that a page names must exist. Types in signatures are not all documented, and need not be.
suppress_warnings = ["ref.python"]  # of two things of one name, autodoc picks one by itself
nitpicky = True
nitpick_ignore_regex = [("py:(?!mod).*", ".*")]

html_theme = "furo"
html_title = f"polyrelu {release}"
html_static_path = ["_static"]
html_css_files = ["polyrelu.css"]
html_extra_path = ["generated/extra"]
html_math_renderer = "mathml"
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
pygments_style, pygments_dark_style = "tango", "monokai"
