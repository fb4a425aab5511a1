"""Versions and tags: `ETag`, `If-Match` and `If-None-Match` (RFC 9110, section 13).

The tag of a single thing is `"<version>.<digest of the answer>"`. A reader is spared an answer that has not changed
by a byte; a writer is held to the version alone, so that a seat sold meanwhile does not refuse a new title.
"""

import re
from collections.abc import Collection
from hashlib import blake2b

from django.http import HttpRequest

from kit.errors import Malformed, PreconditionFailed, PreconditionRequired

# Versions that a writer accepts; `None` for any.
type Versions = Collection[int] | None

_TAGS = re.compile(r'\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"\s*(?:,\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"\s*)*')
# Only strong tags count for writing.
_VERSION = re.compile(r'(?<!W/)"(\d{1,9})(?:\.[0-9a-f]+)?"')


def etag(body: bytes, *, version: int | None = None) -> str:
    """Make the tag of an answer: strong for one thing of a version, weak for lists."""
    digest = blake2b(body, digest_size=8).hexdigest()
    return f'W/"{digest}"' if version is None else f'"{version}.{digest}"'


def expected(request: HttpRequest, *, is_required: bool = False) -> Versions:
    """Read the versions that the writer saw from `If-Match`.

    Raises:
        PreconditionRequired: it is left out where it must stand.
        Malformed: it is not a list of tags.
    """
    given = request.META.get("HTTP_IF_MATCH")
    if given is None:
        if is_required:
            raise PreconditionRequired('Send If-Match with the ETag of the version you saw, or "*" for any')
        return None
    if given.strip() in {"*", '"*"'}:
        return None
    if not _TAGS.fullmatch(given):
        raise Malformed('If-Match holds no tag; send the ETag as it came, such as "3.9f2c"')
    return {int(version) for version in _VERSION.findall(given)}


def check(version: int, seen: Versions) -> None:
    """Compare the present version with those that the writer saw. Call under the lock.

    Raises:
        PreconditionFailed: somebody else has written since.
    """
    if seen is not None and version not in seen:
        raise PreconditionFailed(f"The present version is {version}", extra={"version": version})
