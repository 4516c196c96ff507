"""What a measurement was made on, for the report of every benchmark."""

import os
import platform


def machine() -> dict[str, str | int | None]:
    return {"cpus": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
