"""Durable transfers: Orge's whole server beside PostgreSQL and SQLite, in one run and on one disk."""

import os
import statistics
import struct
import time
from dataclasses import dataclass

from databases import PostgreSQL, SQLite, compiled
from figures import REPEATS, Figure, median, part
from load import built_load, closed_loop, command_frame, joined_connections
from orge_harness import Server
from through_server import framed, kill_and_wait_for_host
from wire import OUTCOME, Client

BANK_WORLD = "bank-world"
BANK_NAME = "bank"
ACCOUNTS = 100_000
ZIPF = 1.5
MOVE = 0
MOVE_BYTES = 20

# A Zipf run may be so much slower than a uniform one before it counts as a loss: runs of a kind differ by as much.
NO_LOSS = 0.95
# What one transfer may take beside its sync.
OVERHEAD_MS = 0.25

PROBES = 200
PROBE_BYTES = 1024


@dataclass
class Case:
    """One way of asking Orge for transfers."""
    name: str
    connections: int
    in_flight: int
    zipf: float = 0


MANY = Case("64 × 40", 64, 40)
SKEWED = Case(f"64 × 40, Zipf {ZIPF}", 64, 40, ZIPF)
FEW = Case("4 × 40", 4, 40)
SINGLE = Case("one at a time", 1, 1)
CASES = [MANY, SKEWED, FEW, SINGLE]
# Connections, in flight, exponent.
POSTGRES_CASES = {"64 clients": (64, 1, 0), "64 clients, pipelined × 40": (64, 40, 0), f"64 clients, Zipf {ZIPF}": (64, 1, ZIPF)}


def sync_times(folder):
    """Milliseconds of so many small appends to a file of its own room, each synced: what the disk asks of every server in this run."""
    path = os.path.join(folder, "probe")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, PROBES * PROBE_BYTES)
        os.fsync(descriptor)
        times = []
        for index in range(PROBES):
            os.pwrite(descriptor, b"x" * PROBE_BYTES, index * PROBE_BYTES)
            began = time.perf_counter()
            os.fdatasync(descriptor)
            times.append((time.perf_counter() - began) * 1000)
        return times
    finally:
        os.close(descriptor)
        os.unlink(path)


class Rows:
    """The runs of one row, each after a probe of the disk."""

    def __init__(self, name, folder):
        self.name = name
        self.folder = folder
        self.runs = []
        self.probes = []

    def add(self, run):
        self.probes.append(sync_times(self.folder))
        self.runs.append(run())

    def of(self, function):
        return [function(run) for run in self.runs]

    @property
    def rates(self):
        return self.of(lambda run: run["answered"] / run["seconds"])

    @property
    def p50s(self):
        return self.of(lambda run: run["p50_us"] / 1000)

    @property
    def sync_p50s(self):
        return [statistics.median(probe) for probe in self.probes]

    @property
    def sync_p99s(self):
        return [sorted(probe)[len(probe) * 99 // 100] for probe in self.probes]

    def figures(self, p50_at_most=None, **target):
        found = [
            median(f"{self.name}: transfers", self.rates, "1/s", **target),
            median(f"{self.name}: p50", self.p50s, "ms", at_most=p50_at_most),
            median(f"{self.name}: p99", self.of(lambda run: run["p99_us"] / 1000), "ms"),
            median(f"{self.name}: transfers for each sync", self.of(lambda run: run["answered"] / max(run["syncs"], 1)), "1"),
            median(f"{self.name}: sync of the disk beside it, p50", self.sync_p50s, "ms"),
            median(f"{self.name}: sync of the disk beside it, p99", self.sync_p99s, "ms"),
        ]
        for process in self.runs[0]["cpu"]:
            found.append(median(f"{self.name}: CPU of {process}", self.of(lambda run, process=process: run["cpu"][process] / run["seconds"]), "CPUs"))
        return found


class Orge:
    def __init__(self, load, server):
        self.load = load
        self.server = server
        # The first entities of the universe's only world, number 1: slots from 0 on, generation 1.
        self.first = 1 << 50 | 1 << 26
        self.connections = joined_connections(server, BANK_NAME, max(case.connections for case in CASES), "teller")

    def transfers(self, case):
        processes = {"edge": self.server.processes()["edges"], "host": [self.server.world(BANK_NAME)["pid"]], "supervisor": [self.server.pid]}
        syncs = self.server.world(BANK_NAME)["journal_syncs"]
        began = time.monotonic()
        run = closed_loop(self.load, f"transfer:{ACCOUNTS}:{self.first}:{case.zipf}", self.connections[:case.connections], case.in_flight,
                          command_frame(MOVE, bytes(MOVE_BYTES)), lambda: [], processes)
        elapsed = time.monotonic() - began
        self.connections[:case.connections] = run["connections"]
        if run["applied"] != run["answered"]:
            raise RuntimeError(f"{run['answered'] - run['applied']} of {run['answered']} transfers were not applied")
        # Syncs are those of the whole run with its warm-up, scaled to the measured time.
        return run | {"syncs": (self.synced() - syncs) * run["seconds"] / elapsed}

    def synced(self):
        """The report comes four times a second: the next one has all that this run did."""
        tick = self.server.world(BANK_NAME)["tick"]
        return self.server.wait_for_world(BANK_NAME, lambda world: world["tick"] >= tick, "reports")["journal_syncs"]


@part("transfers", f"durable transfers between {ACCOUNTS:,} accounts, uniform and Zipf {ZIPF}, beside PostgreSQL 15 and SQLite, in one run")
def transfers(context):
    load = built_load(context.folder)
    postgres_load = compiled(context.folder, "postgres-load", "Benchmarks/peers/postgresql/transfers.c", "-I/usr/include/postgresql", "-lpq")
    sqlite_load = compiled(context.folder, "sqlite-load", "Benchmarks/peers/sqlite/transfers.c", "-lsqlite3")
    ours = {case.name: Rows(f"Orge, {case.name}", context.folder) for case in CASES}
    theirs = {name: Rows(f"PostgreSQL, {name}", context.folder) for name in POSTGRES_CASES}
    lite = Rows("SQLite, one at a time", context.folder)
    with Server([BANK_WORLD], data=os.path.join(context.folder, "bank")) as server, PostgreSQL(ACCOUNTS) as postgres:
        orge = Orge(load, server)
        sqlite = SQLite(sqlite_load, context.folder, ACCOUNTS)
        for _ in range(1 if context.quick else REPEATS):
            for case in CASES:
                ours[case.name].add(lambda case=case: orge.transfers(case))
            for name, words in POSTGRES_CASES.items():
                theirs[name].add(lambda words=words: postgres.transfers(postgres_load, *words))
            lite.add(lambda: sqlite.transfers(0))
    return figures_of(ours, theirs, lite)


def figures_of(ours, theirs, lite):
    many, skewed, few, single = (ours[case.name] for case in CASES)
    clients = theirs["64 clients"]

    def ratio(name, above, below, **target):
        return median(name, [a / b for a, b in zip(above.rates, below.rates)], "ratio", **target)

    few_target = min(0.8 * FEW.connections * FEW.in_flight / (statistics.median(few.sync_p50s) + OVERHEAD_MS) * 1000, 0.8 * statistics.median(many.rates))
    found = [
        ratio("Orge 64 × 40 / PostgreSQL 64 clients", many, clients, at_least=20),
        ratio("Orge 64 × 40 / PostgreSQL 64 clients, pipelined × 40", many, theirs["64 clients, pipelined × 40"]),
        ratio("Orge 64 × 40 / SQLite", many, lite),
        ratio(f"Orge 64 × 40, Zipf {ZIPF} / uniform", skewed, many, at_least=NO_LOSS),
        ratio(f"PostgreSQL 64 clients, Zipf {ZIPF} / uniform", theirs[f"64 clients, Zipf {ZIPF}"], clients),
    ]
    found += many.figures(at_least=350_000) + skewed.figures() + few.figures(at_least=few_target)
    found += single.figures(p50_at_most=statistics.median(single.sync_p50s) + OVERHEAD_MS)
    for rows in [*theirs.values(), lite]:
        found += rows.figures()
    found.append(Figure("cores", os.cpu_count(), "cores"))
    return found


LOGGED = 1_000_000


@part("restart", f"from kill -9 of a host until the next one has answered a transfer, after {LOGGED:,} logged commands, among {ACCOUNTS:,} accounts")
def restart(context):
    load = built_load(context.folder)
    seconds, answered, probes = [], 0, sync_times(context.folder)
    with Server([BANK_WORLD], data=os.path.join(context.folder, "bank")) as server, Client(server.address).log_in("witness") as witness:
        sequence = witness.join(BANK_NAME).first_sequence
        orge = Orge(load, server)
        wanted = LOGGED // 10 if context.quick else LOGGED
        for _ in range(1 if context.quick else REPEATS):
            logged = 0
            while logged < wanted:
                logged += orge.transfers(MANY)["answered"]
            answered += logged
            began = kill_and_wait_for_host(server, BANK_NAME, witness)
            witness.send_raw(framed(command_frame(MOVE, struct.pack(">QQI", orge.first, orge.first + 1, 1)), sequence))
            witness.expect(OUTCOME)
            seconds.append(time.monotonic() - began)
            sequence += 1
    return [
        median(f"kill -9 to the first outcome after {wanted:,} more commands", seconds, "s", at_most=2),
        Figure("commands logged in all", answered, "commands"),
        Figure("sync of the disk beside it, p50", statistics.median(probes), "ms"),
        Figure("sync of the disk beside it, p99", sorted(probes)[len(probes) * 99 // 100], "ms"),
    ]
