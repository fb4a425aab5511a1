"""What people wrote is shown, and what they smuggled in is not."""

import pytest

from kit.markdown import safe_html
from tests.conftest import Callers


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**a** *b*", "<p><strong>a</strong> <em>b</em></p>\n"),
        ("[x](https://a.example)", '<p><a href="https://a.example" rel="noopener noreferrer">x</a></p>\n'),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("![x](https://a.example/p.png)", "<p></p>\n"),
        ("", ""),
    ],
)
def test_markdown_becomes_html(text: str, html: str) -> None:
    assert safe_html(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))", "[x](data:text/html,<script>)", "<a href='javascript:x'>",
        "<img src=x onerror=alert(1)>", "<iframe src=//evil>", "[x](vbscript:x)", "<svg/onload=alert(1)>",
        '<a href="https://a" onclick="x()">y</a>', "[a]: javascript:x\n\n[a]", "<style>*{}</style>", "`<script>`",
    ],
)  # fmt: skip
def test_nothing_in_it_runs(text: str) -> None:
    html = safe_html(text).lower()
    assert not any(f"<{tag}" in html for tag in ("script", "img", "iframe", "svg", "style"))
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert " onclick=" not in html.replace("&quot;", "").split("&lt;")[0]


def test_an_event_shows_both_what_was_written_and_what_is_safe(caller: Callers) -> None:
    api = caller("organizer")
    body = {
        "name": "x", "starts_at": "2047-01-01T09:00:00Z", "ends_at": "2047-01-01T10:00:00Z", "capacity": 1,
        "description": "**Hola** <script>alert(1)</script>",
    }  # fmt: skip
    shown = api.post("/events", body).json()
    assert shown["description"] == body["description"]
    assert shown["description_html"] == "<p><strong>Hola</strong> &lt;script&gt;alert(1)&lt;/script&gt;</p>\n"
