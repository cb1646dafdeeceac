"""Starts, watches and stops the real programs for the end-to-end tests and the benchmarks. Python 3 standard library only.

    with Server(worlds=["ledger"]) as server:
        outcome = server.call("transfer", to=3, amount=1)
        server.kill_host("ledger")
        server.wait_for_world("ledger", "running")

Nothing here sleeps for luck: every wait names a condition and a deadline, and a failure says what was seen last.
"""

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import procfs

# Deadlines in seconds. Generous, because a shared machine may stand still for a while: they end a hopeless wait, they measure nothing.
READY_SECONDS = 60
STOP_SECONDS = 30
ANSWER_SECONDS = 30
POLL_SECONDS = 0.02
# The lines of output kept for the message of a failure.
KEPT_LINES = 200


class HarnessError(AssertionError):
    """A program did not do what the test needs before it can begin to look."""


def binary(name):
    """The path of a built product. The folder comes from ORGE_BIN, which `Tests/scripts/run --bin` sets."""
    folder = os.environ.get("ORGE_BIN", "")
    path = os.path.join(folder, name)
    if not folder or not os.access(path, os.X_OK):
        raise HarnessError(f"there is no program {name} in \"{folder}\": build it, and name the folder with --bin")
    return os.path.abspath(path)


def missing_programs(*names):
    """Why the tests of these programs cannot run here, or None: for `unittest.skipIf`."""
    try:
        for name in names:
            binary(name)
    except HarnessError as error:
        return str(error)
    return None


def release_binary(name):
    """The path of a product of the release build (`Tests/scripts/run --release-bin`), or None where there is none."""
    path = os.path.join(os.environ.get("ORGE_RELEASE_BIN", ""), name)
    return os.path.abspath(path) if os.environ.get("ORGE_RELEASE_BIN") and os.access(path, os.X_OK) else None


def crowd(count):
    """So many clients of a release build; a fifth for a debug build, which takes ten times the processor for each."""
    return max(1, count // 5) if os.path.basename(os.path.realpath(os.environ.get("ORGE_BIN", ""))) == "debug" else count


def has_crash_points():
    """Whether this is a debug build: a release build refuses to run when it is asked for crash points."""
    try:
        command = [binary("ledger"), "describe"]
    except HarnessError:
        return False
    return subprocess.run(command, env={**environment(), "WORLD_TEST_CRASHES": "/nowhere"}, capture_output=True, check=False).returncode == 0


def is_soak():
    """Whether the run is to be long and hard (`Tests/scripts/run --soak`)."""
    return bool(os.environ.get("ORGE_SOAK"))


def soaked(count):
    """What a soak does of something: `count`, or the share of it that the run was given, one at least."""
    return max(1, round(count * float(os.environ["ORGE_SOAK"])))


def repository(*parts):
    """A path inside the project."""
    return os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", *parts))


def wait_until(condition, what, seconds=ANSWER_SECONDS):
    """Waits until `condition()` is neither None nor false, and answers it; raises with the last value after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value is not None and value is not False:
            return value
        if time.monotonic() > deadline:
            raise HarnessError(f"waited {seconds} s for {what}; last seen: {value!r}")
        time.sleep(POLL_SECONDS)


@contextlib.contextmanager
def temporary_folder(prefix="orge-test-"):
    """An empty folder that is removed at the end; kept, and named, when ORGE_KEEP is set."""
    folder = tempfile.mkdtemp(prefix=prefix)
    try:
        yield folder
    finally:
        if os.environ.get("ORGE_KEEP"):
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


# Settings of programs by environment: what a test puts here, and nothing from outside.
settings = {}


def environment():
    """The environment of every program that a test starts: a trap ends a process at once, without the slow backtrace. Variables of Orge's own, which a
    shell may have set for the person who runs the tests, are left out."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("ORGE_")}
    return {**outside, **settings, "SWIFT_BACKTRACE": "enable=no"}


class Program:
    """A running program whose output lines are read by a thread, so that it never blocks on a full pipe."""

    def __init__(self, command, **options):
        self.command = [str(word) for word in command]
        self.lines = queue.Queue()
        self.output = []
        self.errors = []
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            env=environment(), **options)
        self.readers = [self.reader(self.process.stdout, self.output, self.lines), self.reader(self.process.stderr, self.errors, None)]

    @staticmethod
    def reader(stream, kept, lines):
        def read():
            for line in stream:
                kept.append(line.rstrip("\n"))
                del kept[:-KEPT_LINES]
                if lines is not None:
                    lines.put(line.rstrip("\n"))
            if lines is not None:
                lines.put(None)
        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread

    @property
    def pid(self):
        return self.process.pid

    def story(self):
        """What the program said last, for the message of a failure."""
        return "\n".join([" ".join(self.command), *self.output[-20:], *self.errors[-20:]])

    def line(self, seconds=ANSWER_SECONDS):
        """The next line of output; raises when the output ends or the deadline passes first."""
        try:
            line = self.lines.get(timeout=seconds)
        except queue.Empty:
            raise HarnessError(f"no line within {seconds} s from:\n{self.story()}") from None
        if line is None:
            raise HarnessError(f"the output ended (exit code {self.wait()}) of:\n{self.story()}")
        return line

    def event(self, seconds=ANSWER_SECONDS):
        """The next line of output, as JSON."""
        line = self.line(seconds)
        try:
            return json.loads(line)
        except ValueError:
            raise HarnessError(f"not a line of JSON: {line!r} from:\n{self.story()}") from None

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=STOP_SECONDS):
        """Waits for the end, and for the rest of the output; answers the exit code, negative for a signal."""
        try:
            code = self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise HarnessError(f"still running after {seconds} s:\n{self.story()}") from None
        for reader in self.readers:
            reader.join(timeout=seconds)
        return code

    def end(self):
        """Ends it whatever it does, with what it started."""
        if self.process.poll() is None:
            descendants = procfs.tree(self.pid)
            self.process.kill()
            self.process.wait()
            for pid in descendants[1:]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for reader in self.readers:
            reader.join(timeout=STOP_SECONDS)
        self.process.stdout.close()
        self.process.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def run(command, seconds=ANSWER_SECONDS):
    """Runs a program to its end: (exit code, output, errors)."""
    try:
        done = subprocess.run(
            [str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=seconds,
            env=environment(), check=False)
    except subprocess.TimeoutExpired as late:
        raise HarnessError(f"still running after {seconds} s: {' '.join(map(str, command))}\n{late.stdout}\n{late.stderr}") from None
    return done.returncode, done.stdout, done.stderr


def run_json(command, seconds=ANSWER_SECONDS):
    """Runs a program that must succeed, and answers its last line of output as JSON."""
    code, output, errors = run(command, seconds)
    lines = output.strip().splitlines()
    if code != 0 or not lines:
        raise HarnessError(f"exit code {code} from {' '.join(map(str, command))}\n{output}\n{errors}")
    return json.loads(lines[-1])


class Server:
    """`orge serve --json` on a free port and, unless `data` is given, on a folder of its own that goes away with it."""

    def __init__(self, worlds, data=None, port=0, options=()):
        self.worlds = list(worlds)
        self.port_wanted = port
        self.options = list(options)
        self.cleanup = contextlib.ExitStack()
        self.data = data or self.cleanup.enter_context(temporary_folder())
        self.program = None

    def start(self):
        """Starts it and waits until it is ready."""
        command = [binary("orge"), "serve", "--json", "--data", self.data, "--port", self.port_wanted, *self.options]
        for world in self.worlds:
            command += ["--world", world if os.sep in world else binary(world)]
        return self.run_program(command)

    def run_program(self, command):
        self.program = Program(command)
        try:
            ready = self.program.event(READY_SECONDS)
        except HarnessError:
            self.program.end()
            raise
        if ready.get("event") != "ready":
            self.program.end()
            raise HarnessError(f"expected the ready line, got {ready}")
        self.ready = ready
        self.address = ready["address"]
        self.web = ready["web"]
        self.host, _, port = self.address.rpartition(":")
        self.port = int(port)
        return self

    @property
    def pid(self):
        return self.program.pid

    def status(self):
        return run_json([binary("orge"), "status", "--data", self.data, "--json"])

    def world(self, name):
        """The status of one world."""
        return next(world for world in self.status()["worlds"] if world["name"] == name)

    def edge(self):
        """The status of the edge."""
        return self.status()["edges"][0]

    def client_count(self):
        """Clients that are logged in, through all edges."""
        return sum(edge["clients"] for edge in self.status()["edges"])

    def wait_for_world(self, name, condition, what, seconds=READY_SECONDS):
        """Waits until `condition(world's status)` holds; answers that status."""
        def look():
            world = self.world(name)
            return world if condition(world) else None
        return wait_until(look, f"world {name}: {what}", seconds)

    def kill_host(self, name):
        """SIGKILL to a world's process; answers its status before."""
        before = self.wait_for_world(name, lambda world: world["pid"] is not None, "has a process")
        os.kill(before["pid"], signal.SIGKILL)
        return before

    def processes(self):
        """{"supervisor": pid, "edges": [pid], "worlds": {name: pid}}: who to meter."""
        status = self.status()
        return {
            "supervisor": status["supervisor"]["pid"],
            "edges": [edge["pid"] for edge in status["edges"]],
            "worlds": {world["name"]: world["pid"] for world in status["worlds"]},
        }

    def call(self, command, world=None, seconds=ANSWER_SECONDS, name=None, **fields):
        """`orge call --json`: (exit code, outcome)."""
        words = [binary("orge"), "call", "--connect", self.address, "--json"]
        words += ["--world", world] if world else []
        words += ["--as", name] if name else []
        words += [command, *(f"{key}={value}" for key, value in fields.items())]
        code, output, errors = run(words, seconds)
        lines = output.strip().splitlines()
        if not lines:
            raise HarnessError(f"no outcome (exit code {code}) from {' '.join(words)}\n{errors}")
        return code, json.loads(lines[-1])

    def bots_command(self, count, rate, seconds, world=None, options=()):
        words = [binary("orge"), "bots", "--connect", self.address, "--count", count, "--rate", rate, "--seconds", seconds, "--json", *options]
        return words + (["--world", world] if world else [])

    def bots(self, count, rate, seconds, world=None, deadline=None, options=()):
        """`orge bots --json` to its end; answers its last line."""
        return run_json(self.bots_command(count, rate, seconds, world, options), deadline or seconds + READY_SECONDS)

    @contextlib.contextmanager
    def bots_meanwhile(self, count, rate, seconds, world=None, options=()):
        """Bots that act while the body runs, from the moment when all have joined. Gives a function that waits for their last line."""
        before = self.client_count()
        with Program(self.bots_command(count, rate, seconds, world, options)) as program:
            wait_until(lambda: self.client_count() >= before + count or program.process.poll() is not None, f"{count} bots", READY_SECONDS)
            yield lambda: program.event(seconds + READY_SECONDS)

    def stop(self, number=signal.SIGTERM):
        """An orderly stop; answers the exit code."""
        self.program.send(number)
        return self.program.wait()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.cleanup.close()
            raise

    def __exit__(self, *_):
        self.program.end()
        self.cleanup.close()
