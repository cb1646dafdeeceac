"""The closed-loop load generator (load/load.c) and the two servers it is pointed at."""

import contextlib
import json
import os
import shutil
import socket
import subprocess

import procfs
from orge_harness import HarnessError, repository
from wire import COMMAND, Client, command, content

WARM_UP_MS = 500
MEASURE_MS = 2_000


def built_load(folder):
    """Compiles the generator into `folder`."""
    compiler = next((name for name in ("clang", "cc", "gcc") if shutil.which(name)), None)
    if compiler is None:
        raise HarnessError("no C compiler: clang comes with Swift, gcc with the package gcc")
    path = os.path.join(folder, "load")
    subprocess.run([compiler, "-O2", "-o", path, repository("Benchmarks/load/load.c"), "-lm"], check=True)
    return path


def closed_loop(load, mode, connections, in_flight, frame, server_pids, processes=None):
    """Drives `connections`, (socket, first sequence) pairs; answers the generator's figures, the CPU seconds
    that the server took meanwhile, and the connections as they are afterwards; of `processes` ({name: pids}) the CPU seconds of each."""
    descriptors = [connection.fileno() for connection, _ in connections]
    words = [f"{connection.fileno()}:{sequence}" for connection, sequence in connections]
    command_line = [load, len(connections), in_flight, WARM_UP_MS, MEASURE_MS, mode, frame.hex(), *words]
    with subprocess.Popen([str(word) for word in command_line], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          pass_fds=descriptors) as generator:
        if "begin" not in generator.stdout.readline():
            raise HarnessError("the load generator did not begin")
        meters = {name: procfs.CPUMeter(pids) for name, pids in {**(processes or {}), "load": [generator.pid]}.items()}
        with contextlib.ExitStack() as metered:
            meter = metered.enter_context(procfs.CPUMeter(server_pids()))
            for each in meters.values():
                metered.enter_context(each)
            figures = json.loads(generator.stdout.readline())
        after = json.loads(generator.stdout.readline())
    if generator.returncode != 0:
        raise HarnessError(f"the load generator ended with {generator.returncode}")
    figures["connections"] = [(connection, sequence) for (connection, _), sequence in zip(connections, after["next"])]
    figures["cpu"] = {name: each.seconds for name, each in meters.items()}
    return figures | {"cpu_seconds": meter.seconds, "per_cpu_second": figures["answered"] / max(meter.seconds, 0.01)}


@contextlib.contextmanager
def erlang_echo(folder):
    """Erlang's echo server, compiled into `folder`: answers (port, pid)."""
    if shutil.which("erlc") is None:
        raise HarnessError("Erlang is missing: make deps")
    subprocess.run(["erlc", "-o", folder, repository("Benchmarks/peers/erlang_echo/echo_server.erl")], check=True)
    words = ["erl", "-noshell", "-pa", folder, "-s", "echo_server", "main"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield int(server.stdout.readline()), server.pid
        finally:
            server.stdin.close()
            server.kill()


def echo_connections(port, count):
    """`count` plain connections, for the echo server without a protocol."""
    return [(socket.create_connection(("127.0.0.1", port), timeout=10), 0) for _ in range(count)]


def joined_connections(server, world, count, prefix):
    """`count` clients joined to a world, each with the sequence that its first command must bear."""
    clients = [Client(server.address).log_in(f"{prefix}-{index}") for index in range(count)]
    return [(client.socket, client.join(world).first_sequence) for client in clients]


def command_frame(kind, payload):
    """A command as the generator wants it: type and body; it writes the sequence."""
    return content(COMMAND, command(0, kind, payload))
