"""What the sweep looks for in each organization: a question in SQL, and what is done where the answer is yes.

Most organizations are idle most of the time. All that is asked of one is asked in one statement, because PostgreSQL
plans each anew in each schema, which takes longer than running it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kit.scope import connection


@dataclass(frozen=True, slots=True)
class Look:
    """One of the sweep's looks.

    `asks` is a condition, in SQL of constants: cheap to answer in any schema, and true wherever anything may be
    left behind. `then` looks closely, in a schema where it is true, and tells whether anything was.
    """

    asks: str
    then: Callable[[], bool]


def answered(questions: Sequence[str]) -> list[bool]:
    """Answer all questions in the present schema, in their order, with one statement."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(questions)}")
        return [bool(one) for one in cursor.fetchone()]
