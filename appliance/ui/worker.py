"""A thread beside the screen, such as the one that writes: the outcome of its work comes back to Kivy's thread."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from appliance.service.errors import ServiceError

T = TypeVar("T")
REFUSALS = (ValueError, ServiceError)  # domain errors are ValueErrors


class Worker:
    """Work runs piece by piece, in the order handed over. `post` brings a call to the Kivy thread."""

    def __init__(self, post: Callable[[Callable[[], None]], None], *, name: str) -> None:
        self._post = post
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    def do(self, work: Callable[[], T], then: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Start at once. Refusals go to `failed`; any other error is raised on the Kivy thread and ends the process."""

        def run() -> None:
            try:
                outcome = work()
            except REFUSALS as refusal:
                self._post(lambda error=refusal: failed(error))
            except BaseException as error:  # noqa: BLE001 -- carried over to the thread that dies of it
                self._post(lambda error=error: _raise(error))
            else:
                self._post(lambda: then(outcome))

        self._pool.submit(run)

    def close(self) -> None:
        """Wait for the writes handed over so far."""
        self._pool.shutdown(wait=True)


def _raise(error: BaseException) -> None:
    raise error
