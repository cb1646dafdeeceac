"""What is measured from outside, through sockets and processes."""

import contextlib
import os
import signal
import struct
import subprocess
import threading
import time

import procfs
from figures import REPEATS, Figure, median, part
from load import MEASURE_MS, built_load, closed_loop, command_frame, echo_connections, erlang_echo, joined_connections
from orge_harness import Server, binary, temporary_folder, wait_until
from wire import HOST_BACK, NOTICE, OUTCOME, PING, PONG, UPDATE, Client

CONNECTIONS = 64
IN_FLIGHT = 16
# Echo's payload is one text: with its length and the command's head, the command frame is 32 bytes long.
ECHO_WORLD = "echo-world"
ECHO_NAME = "echo"
CROWD_NAME = "crowd"
COMMAND_BYTES = 32


def echo_frame():
    words = b"x" * (COMMAND_BYTES - 3 - 8 - 2 - 2)
    return command_frame(0, struct.pack(">H", len(words)) + words)


@part("echo", "64 connections × 16 in flight, commands of 32 bytes: Orge's whole server, journal included, beside Erlang's gen_tcp")
def echo(context):
    load = built_load(context.folder)
    ours, theirs, latency = [], [], []
    with erlang_echo(context.folder) as (port, erlang_pid), Server([ECHO_WORLD]) as server:
        plain = echo_connections(port, CONNECTIONS)
        joined = joined_connections(server, ECHO_NAME, CONNECTIONS, "load")
        for _ in range(REPEATS):
            peer = closed_loop(load, "raw", plain, IN_FLIGHT, b"x" * COMMAND_BYTES, lambda: [erlang_pid])
            theirs.append(peer["per_cpu_second"])
            round_of_ours = closed_loop(load, "orge", joined, IN_FLIGHT, echo_frame(), lambda: procfs.tree(server.pid))
            ours.append(round_of_ours["per_cpu_second"])
            latency.append(round_of_ours["p99_us"] / 1000)
            joined = round_of_ours["connections"]
    return [
        median("Orge", ours, "commands/CPU-s", at_least=300_000),
        median("Erlang gen_tcp", theirs, "frames/CPU-s"),
        median("Orge / Erlang", [mine / peer for mine, peer in zip(ours, theirs)], "ratio"),
        median("Orge latency p99 under full load", latency, "ms"),
    ]


@part("edges", "64 connections × 16 in flight through one edge and through two, in turns; load generator and servers share the cores")
def edges(context):
    load = built_load(context.folder)
    rates = {1: [], 2: []}
    per_cpu = {1: [], 2: []}
    latency = {1: [], 2: []}
    with Server([ECHO_WORLD]) as one, Server([ECHO_WORLD], options=["--edges", 2]) as two:
        servers = {1: one, 2: two}
        joined = {count: joined_connections(server, ECHO_NAME, CONNECTIONS, "load") for count, server in servers.items()}
        wait_until(lambda: two.client_count() == CONNECTIONS, "the count of all clients")
        shares = [edge["clients"] for edge in two.status()["edges"]]
        for _ in range(REPEATS):
            for count, server in servers.items():
                found = closed_loop(load, "orge", joined[count], IN_FLIGHT, echo_frame(), lambda server=server: procfs.tree(server.pid))
                joined[count] = found["connections"]
                rates[count].append(found["answered"] / (MEASURE_MS / 1000))
                per_cpu[count].append(found["per_cpu_second"])
                latency[count].append(found["p99_us"] / 1000)
    return [
        median("one edge", rates[1], "commands/s"),
        median("two edges", rates[2], "commands/s"),
        median("two edges / one", [two / one for one, two in zip(rates[1], rates[2])], "ratio"),
        median("one edge, for the processor", per_cpu[1], "commands/CPU-s"),
        median("two edges, for the processor", per_cpu[2], "commands/CPU-s"),
        median("one edge, latency p99", latency[1], "ms"),
        median("two edges, latency p99", latency[2], "ms"),
        Figure("clients of the edge with fewer", min(shares), "of 64"),
        Figure("cores", os.cpu_count(), "cores"),
    ]


@part("bots", "500 bots at 20 Hz among moving creatures, 5 commands/s each, bots on the same cores")
def bots(context):
    with Server(["meadow"], options=["--max-clients", 600]) as server:
        answer = server.bots(500, 5, context.seconds(60), world="meadow", deadline=600)
        world = server.world("meadow")
    return [
        Figure("tick p99", world["tick_ms"]["p99"], "ms", at_most=50),
        Figure("tick p50", world["tick_ms"]["p50"], "ms"),
        Figure("applied / sent", answer["applied"] / max(answer["sent"], 1), "share", at_least=0.99),
        Figure("updates / updates due", answer["updates"] / max(answer["updates_due"], 1), "share", at_least=0.95),
        Figure("rows seen by a bot", answer["view_rows"] / max(answer["clients"], 1), "rows", at_least=50),
        Figure("rows that differ from the world's", answer["view_mismatches"], "rows", at_most=0),
        Figure("command latency p99", answer["latency_ms"]["p99"], "ms"),
        Figure("bytes to a bot", answer["bytes_in"] / max(answer["clients"], 1) / context.seconds(60), "bytes/s"),
    ]


@contextlib.contextmanager
def history_read_again(server, world, bytes_per_second):
    """The side process that checks history, started again whenever it has got to the end: a young world's history is soon read."""
    ends = threading.Event()
    command = [binary("orge"), "check-history", "--bytes-per-second", str(bytes_per_second)]
    command += ["--world", f"{world}={os.path.join(server.data, 'worlds', world)}"]

    def read():
        while not ends.is_set():
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        ends.set()
        reader.join()


@part("check", "200 bots at 20 Hz in Meadow while its history is read again in the background at the pace of the default, and while it is not, in turns")
def check(context):
    p99 = {False: [], True: []}
    with temporary_folder() as data:
        for _ in range(REPEATS):
            for is_checked, values in p99.items():
                # A server of its own for each run: tick times are those of the last minute.
                with Server(["meadow"], data=data, options=["--max-clients", 300, "--history-check-bytes-per-second", 0]) as server:
                    with history_read_again(server, "meadow", 8 << 20) if is_checked else contextlib.nullcontext():
                        server.bots(200, 5, context.seconds(60), world="meadow", deadline=600)
                    values.append(server.world("meadow")["tick_ms"]["p99"])
                    server.stop()
    return [
        median("tick p99, history checked", p99[True], "ms"),
        median("tick p99, not checked", p99[False], "ms"),
        median("checked / not checked", [on / off for off, on in zip(p99[False], p99[True])], "ratio", at_most=1.1),
    ]


@part("idle", "private memory of the edge for each client that is joined and silent, 1,000 clients")
def idle(context):
    count = 1_000
    with Server(["ledger"], options=["--max-clients", count + 100]) as server:
        edges = server.processes()["edges"]
        warm = [joined_client(server, "ledger", f"warm-{index}") for index in range(50)]
        before = sum(procfs.private_bytes(pid) for pid in edges)
        clients = [joined_client(server, "ledger", f"idle-{index}") for index in range(count)]
        wait_until(lambda: server.edge()["clients"] >= count, f"{count} clients")
        after = sum(procfs.private_bytes(pid) for pid in edges)
        for client in warm + clients:
            client.close()
    return [Figure("edge memory of an idle client", (after - before) / count, "bytes")]


def joined_client(server, world, name):
    client = Client(server.address).log_in(name)
    client.join(world)
    return client


# World, entities, seconds that the first update may take.
CROWDS = [("crowd-world", 10_000, 0.5), ("crowd-100k-world", 100_000, 0.5), ("crowd-1m-world", 1_000_000, 2)]


@part("resume", "1,000 clients of an edge that is killed, 1 command/s each: from the lost connection until the session goes on")
def resume(context):
    count, away, answers = 1_000, [], []
    with Server(["ledger"], options=["--max-clients", count + 100]) as server:
        for _ in range(1 if context.quick else REPEATS):
            with server.bots_meanwhile(count, 1, 8, world="ledger") as result:
                # Long enough for commands to be under way: a wait for the clock.
                time.sleep(3)
                os.kill(server.processes()["edges"][0], signal.SIGKILL)
                answers.append(result())
            away.append(answers[-1]["away_ms"]["max"] / 1000)
            wait_until(lambda: server.client_count() == 0, "the end of all clients")
    return [
        median("the last of 1,000 clients plays again", away, "s", at_most=2),
        median("the client in the middle plays again", [answer["away_ms"]["p50"] / 1000 for answer in answers], "s"),
        Figure("sessions that did not go on", max(count - answer["resumed"] for answer in answers), "sessions", at_most=0),
        Figure("commands without an outcome", max(answer["unknown"] + answer["expired"] + answer["unanswered"] for answer in answers), "commands",
               at_most=0),
    ]


@part("recovery", "from kill -9 of a host until a client's first update by the next one; 10,000, 100,000 and 1,000,000 entities that move in every tick")
def recovery(context):
    found = []
    for world, entities, limit in CROWDS:
        seconds = [recovery_of(world, entities) for _ in range(1 if context.quick else REPEATS)]
        found.append(median(f"kill -9 to the first new update, {entities:,} entities", seconds, "s", at_most=limit))
    return found


def recovery_of(world, entities):
    # A server of its own each time: one that has just died is started again the later the more often it dies.
    with Server([world]) as server, Client(server.address).log_in("watcher") as client:
        client.join_patiently(CROWD_NAME)
        server.wait_for_world(CROWD_NAME, lambda world: world["tick"] > 200 and world["images"]["tick"] > 0, "ten seconds of history, and an image", 120)
        client.expect(UPDATE)
        seconds = kill_and_wait(server, client)
        assert server.world(CROWD_NAME)["entities"] >= entities
        return seconds


def kill_and_wait(server, client):
    """Kills the host; answers the seconds until the first update after the notice that a host is back."""
    began = kill_and_wait_for_host(server, CROWD_NAME, client)
    client.expect(UPDATE)
    return time.monotonic() - began


def kill_and_wait_for_host(server, world, client):
    """Kills the host, waits for the notice that one is back, and answers when it was killed."""
    pid = server.world(world)["pid"]
    # What came before is read first: a host that was silent for seconds, at its start or because the machine was busy, was away and back then.
    client.send(PING, struct.pack(">Q", 1))
    client.expect(PONG)
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    while client.expect(NOTICE)[1][0] != HOST_BACK:
        pass
    return began


@part("history", "from kill -9 of a host until the next one has answered a command, after a short and a long history")
def history(context):
    load = built_load(context.folder)
    with Server([ECHO_WORLD]) as server, Client(server.address).log_in("witness") as witness:
        sequence = witness.join(ECHO_NAME).first_sequence
        connections = joined_connections(server, ECHO_NAME, CONNECTIONS, "load")
        measured = []
        for megabytes in [10, 50] if context.quick else [50, 500]:
            while history_bytes(server, ECHO_NAME) < megabytes << 20:
                connections = closed_loop(load, "orge", connections, IN_FLIGHT, echo_frame(), lambda: procfs.tree(server.pid))["connections"]
                # A slow disk takes minutes for this, and a client that says nothing for one is let go.
                witness.send(PING, bytes(8))
            seconds = []
            for _ in range(REPEATS):
                began = kill_and_wait_for_host(server, ECHO_NAME, witness)
                witness.send_raw(framed(echo_frame(), sequence))
                witness.expect(OUTCOME)
                seconds.append(time.monotonic() - began)
                sequence += 1
                # More of a life between two deaths: who dies again at once is started again later.
                connections = closed_loop(load, "orge", connections, IN_FLIGHT, echo_frame(), lambda: procfs.tree(server.pid))["connections"]
            measured.append((megabytes, seconds))
    return [median(f"kill -9 to the first outcome after {megabytes} MB", seconds, "s") for megabytes, seconds in measured]


def history_bytes(server, world):
    """Bytes of the segments that are full: the last one has room that nothing has filled."""
    folder = os.path.join(server.data, "worlds", world, "journal")
    return sum(os.path.getsize(os.path.join(folder, name)) for name in sorted(os.listdir(folder))[:-1])


def framed(frame, sequence):
    """The generator's frame as it goes over the wire: its length before it, its sequence in it."""
    return struct.pack(">I", len(frame)) + frame[:3] + struct.pack(">Q", sequence) + frame[11:]
