"""The documentation site: Sphinx reads it, `python3 tasks.py docs` builds build/site.

The source folder is the repository itself, so the site shows the same files as the code host, model cards and
changes among them, and every relative link holds in both. Nothing is copied, and no page names its place: NAVIGATION
does.
"""

import inspect
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "src"))  # the reference is of this checkout, whatever is installed

# The bar at the side, from top to bottom. A page is called by its first heading, or as it is called here.
NAVIGATION = {
    "Start": {
        "docs/start": "In five minutes",
        "docs/using": "Using trans3dhead",
        "docs/faq": "Questions and answers",
        "examples/README": "Examples",
    },
    "Guides": {
        "docs/demo": "The page",
        "docs/video": None,
        "docs/avatars": None,
        "docs/measuring": None,
        "docs/training": "Training on your own data",
        "docs/synthetic-data": None,
        "docs/flame": None,
        "docs/benchmarks": "Running benchmarks",
        "docs/other-systems": None,
        "docs/export": "C++, browser, ONNX",
    },
    "How it works": {
        "docs/architecture": None,
        "docs/network": None,
        "docs/paper": None,
        "docs/head-model": None,
        "docs/detector": None,
    },
    "Figures": {"docs/speed": None, "docs/reliability": None, "docs/ablations": None, "docs/training-notes": None},
    "Reference": {
        "docs/reference": "Python",
        "docs/predictions-format": None,
        "docs/synthetic-format": None,
    },
    "Model cards": {
        "src/trans3dhead/weights/small": "small, the network",
        "src/trans3dhead/weights/face": "face, the closer look",
        "src/trans3dhead/weights/tiny": "tiny, the network for phones",
        "src/trans3dhead/weights/detector": "detector",
        "src/trans3dhead/weights/anny": "anny, the head model",
        "src/headsynth/weights/identity_prior": "The identity prior",
    },
    "Project": {
        "CHANGELOG": None,
        "CONTRIBUTING": None,
        "SECURITY": None,
        "docs/releasing": None,
        "docs/README": "All pages",
    },
}

project = "trans3dhead"
copyright = "The trans3dhead authors"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "README"
include_patterns = ["*.md", "docs/**.md", "docs/**.rst", "examples/*.md", "src/*/weights/*.md"]
exclude_patterns = [".*", "build", "data", "dist", "out", "runs"]  # folders that are not even looked into
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
myst_heading_anchors = 4  # as code hosts make them
default_role = "code"  # `name` in a docstring is code, as in Markdown

# Of a class what has a docstring of its own: fields have comments, which `add_lists` adds.
autodoc_default_options = {"members": True, "special-members": "__call__", "member-order": "bysource"}
autoclass_content = "both"  # what __init__ says of its arguments, too
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"
maximum_signature_line_length = 100

highlight_language = "none"  # of what names no language, such as commands
smartquotes = False  # they would turn the quotation marks of code

html_theme = "furo"
html_title = "trans3dhead"
html_static_path = ["docs/site.css"]
html_css_files = ["site.css"]
html_theme_options = {"top_of_page_buttons": []}
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False


def add_navigation(app, docname, source):
    """Append NAVIGATION to the front page, where Sphinx looks for it and no reader of README.md does."""
    if docname != root_doc:
        return
    for caption, pages in NAVIGATION.items():
        lines = [f"{title} <{page}>" if title else page for page, title in pages.items()]
        source[0] += "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *lines, "```", ""])


def add_lists(app, what, name, obj, options, lines):
    """Show as lists what docstrings say of arguments in running text, and the comments behind a class's fields."""
    if what not in ("class", "function", "method"):
        return
    own = what == "class" and lines[:1] == (inspect.getdoc(obj) or "").splitlines()[:1]  # not what __init__ says
    paragraphs = [arguments_listed(paragraph, obj) for paragraph in "\n".join(lines).split("\n\n")]
    lines[:] = "\n\n".join(paragraphs + (fields_listed(obj) if own else [])).splitlines()


def arguments_listed(paragraph, function):
    """Of running text, "Finds ... image: what it is; boxes: what they are. Raises ...", the arguments as a list."""
    one = "|".join(re.escape(name) for name in inspect.signature(function).parameters)
    names, begin = rf"(?:{one})(?:, (?:{one}))*", r"(?:^|(?<=[.;:] ))"
    text = paragraph.replace("\n", " ")
    if not one or not re.search(rf"{begin}{names}: ", text):
        return paragraph
    parts = re.split(rf"{begin}(?={names}: |Raises )", text)
    items = [re.sub(rf"^({names}): ", r"* ``\1``: ", part) for part in parts]
    return "\n".join(item if item.startswith("* ") else f"\n{item}\n" for item in items)


def fields_listed(owner):
    """The fields of a class, each with the comment behind it or else its type, in their order."""
    field = r"^    ([a-z]\w*): ([^=\n]*?)(?: = .*?)?(?:  # (.+))?$"
    found = re.findall(field, inspect.getsource(owner), re.MULTILINE)
    return ["\n".join(f"* ``{name}``: {comment or f'``{kind}``'}" for name, kind, comment in found)]


def add_index(app, exception):
    """Hosts open index.html; the front page lies beside it and all its links hold there as well."""
    if exception is None and app.builder.format == "html":
        shutil.copy(Path(app.outdir) / f"{root_doc}.html", Path(app.outdir) / "index.html")


def setup(app):
    app.connect("source-read", add_navigation)
    app.connect("autodoc-process-docstring", add_lists)
    app.connect("build-finished", add_index)
