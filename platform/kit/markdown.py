"""Markdown that people wrote, as HTML that is safe to show to others."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto"}
_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@lru_cache(maxsize=1_024)
def safe_html(text: str) -> str:
    """Render CommonMark with tables. No script, no style, no image, and links to the web or mail alone."""
    rendered: str = _parser.render(text)
    return nh3.clean(rendered, tags=_TAGS, attributes={"a": {"href", "title"}}, url_schemes=_SCHEMES)
