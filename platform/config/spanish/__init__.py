"""Problems in Spanish. Services refuse in English; what leaves is said in the caller's language, here and once."""

import re
from functools import lru_cache
from typing import Any

from config.spanish.details import DETAILS, WORDS
from config.spanish.problems import PROBLEMS

_HOLE = re.compile(r"\\\{\\\}")
# As many as are said often; what holds values of callers comes and goes.
MAX_REMEMBERED = 2_000


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(_HOLE.sub("(.+?)", re.escape(template)), re.DOTALL)


_EXACT = {english: spanish for english, spanish in DETAILS if "{}" not in english}
_TEMPLATES = [(_pattern(english), spanish) for english, spanish in DETAILS if "{}" in english]


@lru_cache(maxsize=MAX_REMEMBERED)
def said(text: str) -> str:
    """Say a detail in Spanish; one that is not known stays as it is."""
    known = _EXACT.get(text)
    if known is not None:
        return known
    for pattern, spanish in _TEMPLATES:
        found = pattern.fullmatch(text)
        if found:
            return spanish.format(*(WORDS.get(part, part) for part in found.groups()))
    return text


def explanation(code: str) -> tuple[str, str]:
    """Give the title of a problem, and what its page says."""
    return PROBLEMS[code]


def translated(problem: dict[str, Any]) -> dict[str, Any]:
    """Say the members of a problem that are for people in Spanish. Codes never change."""
    title = PROBLEMS[problem["code"]][0]
    errors = [{**one, "detail": said(one["detail"])} for one in problem["errors"]]
    summed = "; ".join(f"{one['pointer']}: {one['detail']}" for one in problem["errors"])
    if problem["detail"] == problem["title"]:
        detail = title
    elif errors and problem["detail"] == summed:
        detail = "; ".join(f"{one['pointer']}: {one['detail']}" for one in errors)
    else:
        detail = said(problem["detail"])
        if detail == problem["detail"]:
            detail = "; ".join(said(part) for part in detail.split("; "))
    more = {"next_step": said(problem["next_step"])} if "next_step" in problem else {}
    return {**problem, "title": title, "detail": detail, "errors": errors, **more}
