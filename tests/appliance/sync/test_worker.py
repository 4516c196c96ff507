"""A background thread sleeps until it is woken, and does not end without its process."""

import subprocess
import sys
import threading

from appliance.sync.worker import EXIT_SOFTWARE, Worker


def test_a_wake_up_during_a_step_is_not_lost() -> None:
    steps: list[int] = []
    third = threading.Event()

    def step() -> float:
        steps.append(len(steps))
        if len(steps) == 1:
            worker.wake()  # while the step is under way
            worker.wake()
        else:
            third.set()
        return 3600.0

    ended = threading.Event()
    worker = Worker("test", step, ended.set)
    worker.start()
    assert third.wait(20)
    worker.stop(20)
    assert ended.is_set()
    assert steps == [0, 1]


def test_a_worker_that_fails_takes_its_process_down() -> None:
    program = """
import time
from appliance.sync.worker import Worker
def step(): raise ValueError("the disk is gone")
Worker("doomed", step, lambda: None).start()
time.sleep(60)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=False)
    assert ended.returncode == EXIT_SOFTWARE
    assert b"worker doomed ended" in ended.stderr
    assert b"the disk is gone" in ended.stderr
