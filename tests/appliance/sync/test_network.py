"""The kernel's own word about the network, in a network of the test's own."""

import shutil
import subprocess
import sys

import pytest

from tests.shared import ROOT

IN_A_NETWORK_OF_ITS_OWN = """
import fcntl, socket, struct
from appliance.sync.network import NetworkWatch

watch = NetworkWatch()
assert not watch.changed(), "nothing has happened yet"
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH14x", b"lo", 0x1))  # SIOCSIFFLAGS, IFF_UP
assert watch.changed(), "a link went up"
assert not watch.changed(), "it is told once"
watch.close()
print("seen")
"""


def test_a_link_that_goes_up_is_noticed_once() -> None:
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("unshare is not installed")
    apart = [unshare, "--user", "--map-root-user", "--net"]
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine gives no network of one's own")
    done = subprocess.run(
        [*apart, sys.executable, "-c", IN_A_NETWORK_OF_ITS_OWN], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == "seen\n", done.stderr
