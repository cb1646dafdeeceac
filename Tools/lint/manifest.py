"""The targets of Package.swift against the table of arrows. Read as text: the manifest is not run."""

import re

import tables
from arrows import allowed_imports
from source import blanked

TARGET = re.compile(r"(?<![\w.])(?:pure|shell|module|executable|world)\(|\.(?:target|executableTarget)\(")

# The helpers of Package.swift that fill in the folder themselves.
FLOOR_OF_HELPER = {"pure": "Sources/Pure/", "shell": "Sources/Shell/"}


def findings(source):
    """(line number, message) of every target that is unknown to the table or depends against it."""
    text = blanked(source.text, keep_strings=True)
    for start, helper, body in calls(text):
        name = re.match(r'\s*(?:name:\s*)?"([^"]+)"', body)
        if name is None:
            continue  # the helper's own definition: its name is a variable
        line = text.count("\n", 0, start) + 1
        for message in target_findings(name[1], body, FLOOR_OF_HELPER.get(helper)):
            yield line, message


def target_findings(name, body, floor):
    path = re.search(r'path:\s*"([^"]+)"', body)
    folder = path[1] if path else f"{floor or 'Sources/'}{name}"
    if folder.startswith("Sources/"):
        if not folder.startswith(tuple(tables.FLOORS)):
            yield f"{name} stands on no floor of Sources (Tools/lint/tables.py)"
            return
        if name not in tables.ARROWS:
            yield f"{name} is not in the table of arrows (Tools/lint/tables.py)"
            return
    allowed = allowed_imports(folder + "/", name)
    if allowed is None:
        return
    for dependency in dependencies(name, body):
        if dependency not in allowed:
            yield f"{name} may not depend on {dependency}: the arrows (Tools/lint/tables.py) do not lead there"


def dependencies(name, body):
    """The names of targets in the first list of a call; products of other packages are left out."""
    body = re.sub(r"(?:\.product|\bserver)\([^)]*\)", "", body)
    body = re.sub(r'\b(?:path|name):\s*"[^"]*"', "", body)
    bracket = re.search(r"\[(.*?)\]", body, re.S)
    if bracket is None:
        return []
    return [found for found in re.findall(r'"([^"]+)"', bracket[1]) if found != name]


def calls(text):
    """(offset, name of the function called, argument text) of every call that declares a target which is not a test."""
    for match in TARGET.finditer(text):
        depth = 1
        index = match.end()
        while index < len(text) and depth > 0:
            depth += {"(": 1, ")": -1}.get(text[index], 0)
            index += 1
        if not text[:match.start()].rstrip().endswith("func"):
            yield match.start(), match[0].strip(".("), text[match.end():index - 1]
