"""Follows a page word for word: writes the files that its listings show, runs its commands and compares what they print.

The page's convention, which its readers are told:
- A listing (```swift) is a whole file; its first line, `// PATH` or `// swift-tools-version…` with the path in the line of text above, names it. A later
  listing of the same file replaces it.
- A session (```console) has commands, `$ ` before each, and what they print. `…` stands for any text within a line, and alone in a line for any lines.
- A command whose output is left out as a whole must succeed.
- A session of another terminal says which: ```console second, and *Second terminal:* in the line above. Its command goes on while the page does, and a later
  session of that terminal without a command shows what has come since. `^C` ends it.
- A block ```sh is not run: what a reader does once and a test has done already.
- Each section (`## `) ends with a package that builds: where a listing came after the section's last build, it is built once more.
"""

import os
import re
import signal
import subprocess
import threading
import time

import orge_harness

FENCE = re.compile(r"^```(\S*) ?(\S*)\n(.*?)^```$", re.M | re.S)
FIRST_LINE = re.compile(r"// (\S+\.swift)\n")
HEADING = re.compile(r"^## (.*)$", re.M)
# What builds the package, in a page and at the end of its sections.
BUILD = re.compile(r"swift (build|test)\b")
NAMED_ABOVE = re.compile(r"`([\w./-]+)`[^`\n]*:\s*$")
# A build on a busy machine; everything else ends within seconds.
COMMAND_SECONDS = 900
OUTPUT_SECONDS = 60
# What ends a command's output in the first terminal: its exit code and the folder that the shell is in.
MARK = "\x1e"
# Colours, which a page does not show.
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Listing:
    def __init__(self, path, text, line):
        self.path, self.text, self.line = path, text, line


class SectionEnd:
    """The line of the next section's heading, or the page's last."""

    def __init__(self, title, line):
        self.title, self.line = title, line


class Session:
    def __init__(self, terminal, text, line):
        self.terminal, self.line = terminal, line
        self.steps = []  # (command or None, expected lines)
        for row in text.splitlines():
            if row.startswith("$ ") or row == "^C":
                self.steps.append((row.removeprefix("$ "), []))
            else:
                if not self.steps:
                    self.steps.append((None, []))
                self.steps[-1][1].append(row)


def blocks(page, section=None):
    """The listings, sessions and ends of sections of a page, or of one section of it, in order."""
    with open(page, encoding="utf-8") as file:
        text = file.read()
    start = text.index(f"\n## {section}\n") + 1 if section else 0
    end = text.find("\n## ", start + 1) if section else -1
    end = end if end >= 0 else len(text)
    headings = [match for match in HEADING.finditer(text, start, end)]
    ends = [(following.start(), heading[1]) for heading, following in zip(headings, headings[1:])] + [(end, headings[-1][1])]
    for match in FENCE.finditer(text, start, end):
        while match.start() > ends[0][0]:
            yield section_end(text, ends.pop(0))
        language, word, body = match.groups()
        line = text.count("\n", 0, match.start()) + 2
        if language == "console":
            above = text[:match.start()].rstrip("\n").rpartition("\n")[2]
            assert not word or above == f"*{word.capitalize()} terminal:*", f"{page}:{line}: the line above does not name the {word} terminal"
            yield Session(word or "first", body, line)
        elif language in ("swift", "make"):
            named = FIRST_LINE.match(body) or NAMED_ABOVE.search(text[:match.start()].rstrip("\n"))
            assert named, f"{page}:{line}: the listing does not say which file it is"
            yield Listing(named[1], body, line)
        else:
            assert language == "sh", f"{page}:{line}: a block of the kind \"{language}\""
    yield from (section_end(text, place) for place in ends)


def section_end(text, place):
    return SectionEnd(place[1], text.count("\n", 0, place[0]) + 1)


def pattern(lines):
    """What the lines of a page stand for, as a regular expression for whole lines of output."""
    parts = []
    for line in lines:
        parts.append(r"(?:.*\n)*?" if line == "…" else "[^\n]*".join(re.escape(part.rstrip()) for part in line.split("…")) + r"[ \t]*\n")
    return "".join(parts)


class Terminal:
    """A program that runs while the page goes on."""

    def __init__(self, command, folder, environment):
        self.output = ""
        self.process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.output += line.decode(errors="replace")

    def expect(self, lines):
        """Waits until these lines have come, and takes them from the output; lines that come between are an error, unless the page has `…` there."""
        wanted = re.compile(pattern(lines))
        deadline = time.monotonic() + OUTPUT_SECONDS
        while not (found := wanted.match(self.output)):
            if time.monotonic() > deadline:
                raise AssertionError("expected:\n" + "\n".join(lines) + "\nand got:\n" + self.output)
            time.sleep(orge_harness.POLL_SECONDS)
        self.output = self.output[found.end():]

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=OUTPUT_SECONDS)
        self.reader.join(timeout=OUTPUT_SECONDS)

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=orge_harness.STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()


class Reader:
    """Somebody who follows a page from its first line to its last, in a folder of its own."""

    def __init__(self, page, folder, environment, section=None):
        self.page, self.folder, self.environment, self.section = page, folder, environment, section
        self.terminals = {}
        self.is_built = True  # no listing came after the last build
        self.log = []  # (line, command, seconds)

    def follow(self):
        try:
            for block in blocks(self.page, self.section):
                try:
                    self.follow_block(block)
                except AssertionError as failure:
                    raise AssertionError(f"{os.path.basename(self.page)}:{block.line}: {failure}\n{self.story()}") from None
            for name, terminal in self.terminals.items():
                assert terminal.process.poll() is not None, f"the terminal {name} still runs at the end of the page"
        finally:
            for terminal in self.terminals.values():
                terminal.end()

    def follow_block(self, block):
        if isinstance(block, Listing):
            self.write(block)
            self.is_built = False
        elif isinstance(block, Session):
            self.run(block)
        elif not self.is_built:
            self.run(Session("first", "$ swift build\n…", block.line))

    def story(self):
        others = [f"-- terminal {name}, not yet shown:\n{terminal.output[-4000:]}" for name, terminal in self.terminals.items()]
        return "\n".join(f"line {line}: {command} ({seconds:.1f} s)" for line, command, seconds in self.log[-8:]) + "\n" + "\n".join(others)

    def write(self, listing):
        path = os.path.join(self.folder, listing.path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(listing.text)

    def run(self, session):
        for command, lines in session.steps:
            began = time.monotonic()
            if session.terminal == "first":
                output, code = self.command(command)
                assert code == 0 or any(line != "…" for line in lines), f"{command}: exit code {code}\n{output}"
                wanted = pattern(lines)
                assert re.fullmatch(wanted, output), f"{command}\nexpected:\n" + "\n".join(lines) + f"\nand got:\n{output}"
            elif command == "^C":
                self.terminals[session.terminal].interrupt()
                self.terminals[session.terminal].expect(lines)
            else:
                if command:
                    self.terminals[session.terminal] = Terminal(command, self.folder, self.environment)
                self.terminals[session.terminal].expect(lines)
            self.is_built = self.is_built or bool(command and BUILD.match(command))
            self.log.append((session.line, f"{session.terminal}: {command}", time.monotonic() - began))

    def command(self, command):
        """Runs a command in the first terminal: its output, both streams as they come, and its exit code."""
        script = f"{command}\nprintf '%s%s%s%s' '{MARK}' $? '{MARK}' \"$PWD\""
        try:
            done = subprocess.run(
                ["bash", "-c", script], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, errors="replace", timeout=COMMAND_SECONDS, check=False)
        except subprocess.TimeoutExpired as late:
            raise AssertionError(f"still running after {COMMAND_SECONDS} s: {command}\n{late.stdout}") from None
        output, code, self.folder = COLOUR.sub("", done.stdout).rsplit(MARK, 2)
        return (output if output.endswith("\n") or not output else output + "\n"), int(code)
