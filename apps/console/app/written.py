"""Markdown that stands in our tree, as HTML: text panels and runbooks."""

import re

import markdown2

from .markup import Markup

EXTRAS = ["fenced-code-blocks", "tables", "header-ids", "cuddled-lists"]
HREF = re.compile(r'href="([^"]*)"')
OURS = re.compile(r"(https?:/|/|#|\.{0,2}/?[\w./-]+(#[\w-]*)?$)")


def html(text: str) -> Markup:
    """HTML in it becomes text, and a link leads to a page or nowhere."""
    made = markdown2.markdown(text, extras=EXTRAS, safe_mode="escape")
    safe = HREF.sub(
        lambda found: found[0] if OURS.match(found[1]) else 'href="#"', made
    )
    return Markup(safe)
