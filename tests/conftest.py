"""What holds for every test: kernels never meet at a port, and no example of hypothesis has a deadline.

Each process that runs tests looks for free ports in a range of its own. How long an example takes depends on the machine.
"""

import itertools
import os
import socket

from hypothesis import HealthCheck, settings
from jupyter_client.connect import LocalPortCache

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

COUNT = 2000
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
FIRST = 12_000 + COUNT * (WORKER % 8)
"""Below the ports that the system hands out by itself (32768 and up on Linux)."""

_ports = itertools.cycle(range(FIRST, FIRST + COUNT))


def _own_port(self: LocalPortCache, ip: str) -> int:
    """A port that is free now and that nobody else asks for until its kernel has bound it.

    As jupyter_client does it, the system names one that is free, and names it to the next who asks, too, as long as the
    first kernel starts; of two that meet one never answers
    (https://github.com/jupyter/jupyter_client/issues/487).
    """
    for port in itertools.islice(_ports, COUNT):
        with socket.socket() as tried:
            try:
                tried.bind((ip, port))
            except OSError:
                continue
        self.currently_used_ports.add(port)
        return port
    raise RuntimeError(f"no port from {FIRST} to {FIRST + COUNT - 1} is free on {ip}: end what holds them")


LocalPortCache.find_available_port = _own_port  # type: ignore[method-assign]
