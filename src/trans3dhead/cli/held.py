"""What a command has to itself until its end, such as the folder that it writes in the end."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar

_held: ContextVar[ExitStack] = ContextVar("held")


@contextmanager
def holding() -> Iterator[None]:
    """What is held in here is let go at the end."""
    with ExitStack() as stack:
        token = _held.set(stack)
        try:
            yield
        finally:
            _held.reset(token)


def hold(what: AbstractContextManager[None]) -> None:
    """Enter a context that is left when the command ends, however it ends."""
    _held.get().enter_context(what)
