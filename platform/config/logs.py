"""Logs: one structured line an occurrence, on standard output, each with request id and tenant.

Ours go straight to the stream, past the standard library's records and handlers, which cost more than the line;
libraries' lines come by the standard library's way, and look the same.
"""

import logging
from typing import Any

import orjson
import structlog
from structlog.types import EventDict, Processor

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def _dumped(event: EventDict, **_: Any) -> bytes:
    return orjson.dumps(event, default=repr)


def configure(*, as_json: bool) -> dict[str, Any]:
    """Set structlog up, and give Django's LOGGING so that libraries' lines look the same."""
    console = structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[*_SHARED, structlog.processors.JSONRenderer(serializer=_dumped) if as_json else console],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory() if as_json else structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer() if as_json else console
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [structlog.stdlib.add_logger_name, *_SHARED],
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            }
        },
        "handlers": {
            "out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "structured"}
        },
        "root": {"handlers": ["out"], "level": "INFO"},
        "loggers": {
            # Our own line says the same and more.
            "django.request": {"level": "CRITICAL"},
            "django.server": {"handlers": [], "propagate": False},
        },
    }
