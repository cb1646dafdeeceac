"""The databases that durable transfers are compared with: PostgreSQL as a server of its own, SQLite in a process."""

import contextlib
import glob
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import procfs
from load import MEASURE_MS, WARM_UP_MS
from orge_harness import HarnessError, repository

START_SECONDS = 60

# Row locks in the order of the ids: no two transfers wait for each other.
SCHEMA = """
CREATE TABLE accounts (id int PRIMARY KEY, cents bigint NOT NULL CHECK (cents >= 0)) WITH (fillfactor = 50);
INSERT INTO accounts SELECT id, 1000000000000 FROM generate_series(0, {accounts} - 1) AS id;
CREATE FUNCTION transfer(payer int, payee int, amount int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE left_over bigint;
BEGIN
    IF payer < payee THEN
        UPDATE accounts SET cents = cents - amount WHERE id = payer RETURNING cents INTO left_over;
        UPDATE accounts SET cents = cents + amount WHERE id = payee;
    ELSE
        UPDATE accounts SET cents = cents + amount WHERE id = payee;
        UPDATE accounts SET cents = cents - amount WHERE id = payer RETURNING cents INTO left_over;
    END IF;
    RETURN left_over;
END $$;
VACUUM ANALYZE accounts;
CHECKPOINT;
"""


def compiled(folder, name, source, *flags):
    compiler = next((tool for tool in ("clang", "cc", "gcc") if shutil.which(tool)), None)
    if compiler is None:
        raise HarnessError("no C compiler: clang comes with Swift, gcc with the package gcc")
    path = os.path.join(folder, name)
    subprocess.run([compiler, "-O2", "-o", path, repository(source), *flags, "-lm"], check=True)
    return path


def program_of_15(name):
    found = glob.glob(f"/usr/lib/postgresql/15/bin/{name}") or [path for path in [shutil.which(name)] if path]
    if not found:
        raise HarnessError("PostgreSQL 15 is missing: make deps")
    return found[0]


class PostgreSQL:
    """A cluster of its own in a temporary folder, reached by a socket in it; everything is as durable as by default, and said so."""

    SETTINGS = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "listen_addresses": "", "max_connections": "100",
                "shared_buffers": "512MB", "max_wal_size": "4GB"}

    def __init__(self, accounts):
        self.accounts = accounts
        self.cleanup = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as guard:
            guard.callback(self.cleanup.close)
            self.start()
            guard.pop_all()
        return self

    def start(self):
        self.folder = tempfile.mkdtemp(prefix="orge-pg-")
        self.cleanup.callback(shutil.rmtree, self.folder, ignore_errors=True)
        # The server refuses to run as root.
        self.user = next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()}) if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(self.folder, self.user)
        data = os.path.join(self.folder, "data")
        self.run(program_of_15("initdb"), "--pgdata", data, "--auth", "trust", "--username", "bench", "--no-locale", "--encoding", "UTF8")
        words = [word for name, value in self.SETTINGS.items() for word in ("-c", f"{name}={value}")]
        self.log = self.cleanup.enter_context(open(os.path.join(self.folder, "log"), "wb"))
        self.server = subprocess.Popen([program_of_15("postgres"), "-D", data, "-k", self.folder, *words], stdin=subprocess.DEVNULL, stdout=self.log,
                                       stderr=self.log, cwd=self.folder, user=self.user)
        self.cleanup.callback(self.stop)
        self.run(program_of_15("pg_isready"), "--host", self.folder, "--timeout", START_SECONDS, tries=START_SECONDS * 2)
        self.ask(SCHEMA.format(accounts=self.accounts))

    def run(self, *words, tries=1):
        for left in range(tries, 0, -1):
            done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True, user=self.user, cwd=self.folder,
                                  check=False)
            if done.returncode == 0:
                return done.stdout
            if left == 1:
                raise HarnessError(f"{words[0]}: {done.stdout}{done.stderr}")
            time.sleep(0.5)
        return None

    def stop(self):
        """A fast stop, then a hard one: both by the id of the process that was started here."""
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self.server.poll() is None:
                self.server.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.server.wait(timeout=20)

    def __exit__(self, *_):
        self.cleanup.close()

    @property
    def connection(self):
        return f"host={self.folder} user=bench dbname=postgres"

    def ask(self, text):
        words = [program_of_15("psql"), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"]
        done = subprocess.run([*words, self.connection], input=text, capture_output=True, text=True, cwd=self.folder, user=self.user, check=False)
        if done.returncode != 0:
            raise HarnessError(f"psql: {done.stderr}")
        return done.stdout.strip()

    def syncs(self):
        return int(self.ask("SELECT wal_sync FROM pg_stat_wal"))

    def transfers(self, generator, connections, in_flight, exponent):
        """One run; the generator's figures with syncs and CPU seconds."""
        words = [generator, connections, in_flight, WARM_UP_MS, MEASURE_MS, self.accounts, exponent, self.connection]
        with begun(words) as process:
            syncs = self.syncs()
            with procfs.CPUMeter(procfs.tree(self.server.pid)) as meter, procfs.CPUMeter([process.pid]) as load:
                figures = json.loads(process.stdout.readline())
        return figures | {"cpu": {"postgres": meter.seconds, "load": load.seconds}, "syncs": self.syncs() - syncs}


class SQLite:
    def __init__(self, generator, folder, accounts):
        self.words = [generator, os.path.join(folder, "transfers.db")]
        self.accounts = accounts

    def transfers(self, exponent):
        for name in glob.glob(self.words[1] + "*"):
            os.unlink(name)
        with begun([*self.words, WARM_UP_MS, MEASURE_MS, self.accounts, exponent]) as process:
            figures = json.loads(process.stdout.readline())
        return figures | {"cpu": {"sqlite": figures["cpu_seconds"]}, "syncs": figures["answered"]}


@contextlib.contextmanager
def begun(words):
    """A generator that has begun to measure."""
    with subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        if "begin" not in process.stdout.readline():
            raise HarnessError(f"{words[0]} did not begin")
        yield process
    if process.returncode != 0:
        raise HarnessError(f"{words[0]} ended with {process.returncode}")
