"""What libraries say of things that users can do nothing about."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def errors_alone(*names: str | None) -> Iterator[None]:
    """Keep back all but errors of the loggers of these names; None: of the root."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
