"""Kernels of the tests never meet at a port: each process that runs tests looks for free ones in a range of its own."""

import itertools
import os
import socket

from jupyter_client.connect import LocalPortCache

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
