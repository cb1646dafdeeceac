"""A pseudo-terminal with a program in it, and a screen that understands what that program may send, and nothing else. Python 3 standard library only.

    with Terminal([binary("orge"), "play", "--data", data]) as terminal:
        terminal.wait_for("connected")
        terminal.type("say text=hello\\r")

A sequence or a control character that is not known ends the test: so a text of another player that got through raw is found. Where the package pyte is
installed, its screen is compared too.
"""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
import unicodedata

from orge_harness import ANSWER_SECONDS, STOP_SECONDS, HarnessError, environment, wait_until

try:
    import pyte
except ImportError:
    pyte = None

SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")
MODES = {"?1049", "?7", "?2004", "?2026", "?25"}


class UnknownOutput(HarnessError):
    """The program sent what no drawing needs."""


class Screen:
    """Rows of characters, and the modes that are set."""

    def __init__(self, columns, rows):
        self.modes = {"?7"}
        self.resize(columns, rows)

    def resize(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.cells = [[" "] * columns for _ in range(rows)]
        self.row = self.column = 0

    def take(self, text):
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                self.put(text[at])
                at += 1
                continue
            found = SEQUENCE.match(text, at)
            if not found:
                raise UnknownOutput(f"no sequence of a drawing: {text[at:at + 20]!r}")
            self.obey(found[2], found[1])
            at = found.end()

    def obey(self, final, parameters):
        if final in "hl" and parameters in MODES:
            (self.modes.add if final == "h" else self.modes.discard)(parameters)
        elif (final, parameters) == ("J", "2"):
            self.cells = [[" "] * self.columns for _ in range(self.rows)]
        elif final == "H" and re.fullmatch(r"\d+;\d+", parameters):
            self.row, self.column = (int(number) - 1 for number in parameters.split(";"))
        elif final != "m" or not re.fullmatch(r"[0-9;]*", parameters):
            raise UnknownOutput(f"no sequence of a drawing: {parameters}{final}")

    def put(self, character):
        category = unicodedata.category(character)
        if category[0] == "C":
            raise UnknownOutput(f"a control character: {character!r}")
        if category in ("Mn", "Me"):
            self.cells[self.row][self.column - 1] += character
            return
        width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        # A screen that was drawn for a larger terminal, just before it heard of the new size.
        if self.row < self.rows and self.column + width <= self.columns:
            self.cells[self.row][self.column:self.column + width] = [character, ""][:width]
        self.column += width

    def lines(self):
        return ["".join(row).rstrip() for row in self.cells]


class Terminal:
    """A program whose terminal this is: keys go in, its screen is looked at."""

    def __init__(self, command, columns=80, rows=24, variables=()):
        self.screen = Screen(columns, rows)
        self.other = pyte and pyte.Screen(columns, rows)
        self.stream = pyte and pyte.Stream(self.other)
        self.raw = bytearray()
        self.text = ""
        self.fault = None
        self.changed = threading.Condition()
        # Cleared: the terminal takes nothing, as over a line that has stalled.
        self.takes = threading.Event()
        self.takes.set()
        self.master, self.slave = pty.openpty()
        self.set_size(columns, rows)
        self.before = termios.tcgetattr(self.slave)
        settings = {**environment(), "TERM": "xterm-256color", **dict(variables)}
        settings.pop("NO_COLOR", None) if "NO_COLOR" not in dict(variables) else None
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=self.slave, stdout=self.slave, stderr=self.slave, env=settings, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        """Everything that the program writes. What may end in the middle of a character or a sequence waits for its rest."""
        pending = b""
        while True:
            self.takes.wait()
            try:
                piece = os.read(self.master, 65_536)
            except OSError:
                piece = b""
            if not piece:
                return
            with self.changed:
                self.raw += piece
                pending = self.draw(pending + piece)
                self.changed.notify_all()

    def draw(self, data):
        whole = len(data)
        if (escape := data.rfind(b"\x1b")) >= 0 and not SEQUENCE.match(data[escape:].decode(errors="replace")) and len(data) - escape < 12:
            whole = escape
        while whole and data[:whole].decode(errors="ignore").encode() != data[:whole] and whole > len(data) - 4:
            whole -= 1
        text = data[:whole].decode(errors="replace")
        try:
            # What a program prints on a terminal that it has not taken, or has given back, is no drawing.
            for part in re.split(r"(\x1b\[\?1049[hl])", text):
                if part.startswith("\x1b[?1049") or "?1049" in self.screen.modes:
                    self.screen.take(part)
            self.text += text
            if self.stream:
                self.stream.feed(text)
        except UnknownOutput as fault:
            self.fault = self.fault or fault
        return data[whole:]

    def set_size(self, columns, rows):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        """As when a person pulls at the window: the kernel tells the program by SIGWINCH."""
        with self.changed:
            self.screen.resize(columns, rows)
            if self.other:
                self.other.resize(rows, columns)
                self.other.reset()
            self.set_size(columns, rows)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def lines(self):
        with self.changed:
            if self.fault:
                raise self.fault
            return self.screen.lines()

    def wait_for(self, wanted, seconds=ANSWER_SECONDS):
        """Waits until a line matches, or a function of all lines is true; answers the line or what the function gave."""
        found = wanted if callable(wanted) else lambda lines: next((line for line in lines if re.search(wanted, line)), None)
        deadline = time.monotonic() + seconds
        with self.changed:
            while True:
                if self.fault:
                    raise self.fault
                if value := found(self.screen.lines()):
                    return value
                if self.process.poll() is not None and not self.reader.is_alive() or time.monotonic() > deadline:
                    seen = "\n".join(self.screen.lines()) if "?1049" in self.screen.modes else self.text[-2_000:]
                    raise HarnessError(f"waited {seconds} s for {wanted}; the terminal shows:\n{seen}")
                self.changed.wait(0.1)

    def differences(self):
        """Rows that pyte draws otherwise; none where it is not installed."""
        with self.changed:
            if not self.other:
                return []
            pairs = zip(self.screen.lines(), (line.rstrip() for line in self.other.display))
            return [(ours, theirs) for ours, theirs in pairs if ours != theirs]

    def has_settings(self):
        return termios.tcgetattr(self.slave) == self.before

    def is_restored(self):
        """Whether the terminal is as it was before the program began."""
        return self.has_settings() and self.screen.modes & MODES == {"?7", "?25"}

    def wait(self, seconds=STOP_SECONDS):
        """Waits for the program's end, and answers its exit code."""
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise HarnessError(f"still running after {seconds} s; the terminal shows:\n" + "\n".join(self.screen.lines())) from None

    def wait_for_settings(self):
        """For a terminal that may not have got the end of what was written on it."""
        wait_until(self.has_settings, "the terminal's settings")

    def wait_for_restored(self):
        deadline = time.monotonic() + ANSWER_SECONDS
        while not self.is_restored():
            if time.monotonic() > deadline:
                raise HarnessError(f"the terminal was not given back: modes {self.screen.modes}, {termios.tcgetattr(self.slave)} was {self.before}")
            time.sleep(0.02)

    def send(self, number):
        os.kill(self.process.pid, number)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.takes.set()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self.slave)
        self.reader.join(timeout=STOP_SECONDS)
        os.close(self.master)
