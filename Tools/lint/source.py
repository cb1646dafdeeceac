"""A file as the rules see it: its text, its lines, where it belongs, and the Swift code without comments and strings."""

import re
from functools import cached_property
from pathlib import PurePosixPath

import tables

SUFFIX_LANGUAGES = {
    ".swift": "swift", ".c": "c", ".h": "c", ".js": "javascript", ".mjs": "javascript", ".html": "html", ".css": "css", ".erl": "erlang", ".hrl": "erlang",
    ".py": "python", ".sh": "shell", ".mk": "make", ".md": "text", ".yml": "text", ".yaml": "text",
}
SHEBANG_LANGUAGES = {"python3": "python", "escript": "erlang", "sh": "shell", "bash": "shell"}


def language(path, first_line):
    """The language of a file by name or by its first line; None for what the rules do not read (pictures, data)."""
    name = PurePosixPath(path)
    if name.name == "Makefile":
        return "make"
    if name.suffix in SUFFIX_LANGUAGES:
        return SUFFIX_LANGUAGES[name.suffix]
    if first_line.startswith("#!"):
        interpreter = re.split(r"[/\s]", first_line.strip())[-1]
        return SHEBANG_LANGUAGES.get(interpreter)
    return None


class Source:
    """One file. `path` is relative to the project's root, with forward slashes."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.lines = text.splitlines()
        self.language = language(path, self.lines[0] if self.lines else "")

    @cached_property
    def code(self):
        """The lines of Swift code, comments and strings blanked out; line numbers and columns stay."""
        return blanked(self.text).splitlines()

    @property
    def module(self):
        """The target that the file belongs to: the folder below a floor of Sources, or below Worlds/NAME."""
        parts = PurePosixPath(self.path).parts
        if parts[0] == "Sources" and len(parts) > 3:
            return parts[2]
        if parts[0] == "Worlds" and len(parts) > 3:
            return parts[2]
        return None

    @property
    def is_swift(self):
        return self.language == "swift"

    @property
    def is_world(self):
        return self.path.startswith(("Worlds/", tables.NEW_WORLD)) and self.is_swift

    @property
    def is_pure(self):
        return self.is_swift and self.path.startswith(tables.PURE_FLOOR)

    @property
    def is_deterministic(self):
        """Code that the same inputs must lead to the same bytes."""
        return self.is_pure or self.is_world


def blanked(text, keep_strings=False):
    """`text` with comments (and strings, unless kept) overwritten by spaces. Code inside an interpolation stays."""
    return _Blanker(text, keep_strings).run()


class _Blanker:
    """A small scanner of Swift: nested comments, plain, raw and multi-line strings, interpolations in any depth."""

    def __init__(self, text, keep_strings):
        self.text = text
        self.keep_strings = keep_strings
        self.out = []
        self.at = 0
        # What surrounds the current position: a string's closing delimiter, or the number of open parentheses of an interpolation.
        self.stack = []

    def run(self):
        while self.at < len(self.text):
            if self.stack and isinstance(self.stack[-1], str):
                self.step_in_string(self.stack[-1])
            else:
                self.step_in_code()
        return "".join(self.out)

    def take(self, length, keep):
        piece = self.text[self.at:self.at + length]
        self.out.append(piece if keep else re.sub(r"[^\n]", " ", piece))
        self.at += length

    def step_in_code(self):
        rest = self.text
        if rest.startswith("//", self.at):
            end = rest.find("\n", self.at)
            self.take((len(rest) if end < 0 else end) - self.at, keep=False)
        elif rest.startswith("/*", self.at):
            self.take(self.comment_length(), keep=False)
        elif opening := re.compile(r'(#*)("""|")').match(rest, self.at):
            self.stack.append(opening[2] + opening[1])
            self.take(len(opening[0]), self.keep_strings)
        else:
            self.count_parenthesis(rest[self.at])
            self.take(1, keep=True)

    def comment_length(self):
        depth = 0
        for mark in re.compile(r"/\*|\*/").finditer(self.text, self.at):
            depth += 1 if mark[0] == "/*" else -1
            if depth == 0:
                return mark.end() - self.at
        return len(self.text) - self.at

    def count_parenthesis(self, character):
        if self.stack and character in "()":
            self.stack[-1] += 1 if character == "(" else -1
            if self.stack[-1] == 0:
                self.stack.pop()

    def step_in_string(self, closing):
        escape = "\\" + closing.strip('"')
        if self.text.startswith(escape + "(", self.at):
            self.take(len(escape), self.keep_strings)
            self.stack.append(0)
            self.step_in_code()
        elif self.text.startswith(escape, self.at):
            self.take(len(escape) + 1, self.keep_strings)
        elif self.text.startswith(closing, self.at):
            self.stack.pop()
            self.take(len(closing), self.keep_strings)
        elif self.text[self.at] == "\n" and not closing.startswith('"""'):
            self.stack.pop()  # An unclosed string: the compiler will complain, the scanner goes on with the next line.
        else:
            self.take(1, self.keep_strings)
