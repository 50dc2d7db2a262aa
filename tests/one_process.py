"""The generator without processes of its own."""

from collections.abc import Generator, Sequence

from headsynth.worker import Order, Sample


class OneProcess:
    """An engine that renders where it is called: what a set is does not depend on who renders it."""

    def render(self, order: Order, chunks: Sequence[range]) -> Generator[list[Sample], None, None]:
        for chunk in chunks:
            yield order.samples(chunk)
