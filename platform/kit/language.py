"""The language in which problems are told: the caller's, by `Accept-Language`. English is spoken everywhere inside."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation.trans_real import parse_accept_lang_header

DEFAULT = "en"
_present: ContextVar[str] = ContextVar("language", default=DEFAULT)

type Problem = dict[str, Any]


@lru_cache(maxsize=1_000)
def _wanted(header: str) -> str:
    """Pick the language that a caller likes best of those that there are."""
    for name, _ in parse_accept_lang_header(header):
        language = name.partition("-")[0]
        if language == DEFAULT or language in settings.PROBLEM_LANGUAGES:
            return language
    return DEFAULT


def begin(meta: Mapping[str, Any]) -> None:
    """Tell problems of a request, given by its headers as WSGI has them, in its caller's language."""
    header = meta.get("HTTP_ACCEPT_LANGUAGE")
    _present.set(_wanted(header) if header else DEFAULT)


def present() -> str:
    """Name the caller's language."""
    return _present.get()


def told(problem: Problem) -> Problem:
    """Give a problem in the caller's language."""
    language = _present.get()
    if language == DEFAULT:
        return problem
    translate: Callable[[Problem], Problem] = import_string(f"{settings.PROBLEM_LANGUAGES[language]}.translated")
    return translate(problem)


def explained(code: str, title: str, text: str) -> tuple[str, str]:
    """Give a problem's title, and what its page says, in the caller's language."""
    language = _present.get()
    if language == DEFAULT:
        return title, text
    explain: Callable[[str], tuple[str, str]] = import_string(f"{settings.PROBLEM_LANGUAGES[language]}.explanation")
    return explain(code)
