import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.virtual.printer import VirtualPrinter


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[VirtualPrinter]:
    printer = VirtualPrinter(tmp_path / "printer")
    printer.start()
    yield printer
    printer.close()


@pytest.fixture
def wire(twin: VirtualPrinter) -> Iterator[socket.socket]:
    """A bare connection to the twin."""
    with socket.create_connection(("127.0.0.1", twin.port), timeout=20) as connection:
        yield connection
