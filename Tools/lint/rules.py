"""The rules. Each is a function from a Source to (line number, message) pairs; `RULES` names them all."""

import fnmatch
import os
import re

import manifest
import tables
from arrows import allowed_imports

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|typealias|func|var|let)\s+)?(\w+)")


def imports(source):
    """The imports of a Swift file: (line number, module)."""
    for number, line in enumerate(source.code, 1):
        if match := IMPORT.match(line):
            yield number, match[1]


def is_ours(module):
    return module in tables.ARROWS or module.startswith(("Orge", "COrge"))


def matches(lines, pattern, message):
    """Every match of `pattern`, as (line number, message with the word found)."""
    for number, line in enumerate(lines, 1):
        for match in pattern.finditer(line):
            yield number, message.format(match[0].strip())


def forbidden_import(source):
    if not source.is_swift:
        return
    heavy = tables.HEAVY_IMPORTS.get(source.module, ()) if source.path.startswith("Sources/") else ()
    for number, module in imports(source):
        allowed = tables.PURE_IMPORTS + tables.PURE_FILE_IMPORTS.get(source.path, [])
        foreign = not is_ours(module) and not module.endswith("World") and module not in allowed
        if source.is_deterministic and foreign:
            yield number, f"{module} may not be imported here: a pure module and a world know the standard library and Orge alone"
        elif heavy and module.startswith(heavy):
            yield number, f"{module} may not be imported by {source.module}: every world's executable would carry it"


CLOCK = re.compile(
    r"\b(?:ContinuousClock|SuspendingClock|DispatchTime|DispatchWallTime|NIODeadline|Date|clock_gettime|gettimeofday|timespec_get|"
    r"Task\.sleep|usleep|nanosleep)\b|(?<![\w.])time\(\s*(?:nil|NULL|&)")


def clock(source):
    if source.is_deterministic:
        yield from matches(source.code, CLOCK, "{} reads a clock: time comes in as a value")


UNORDERED = re.compile(r"(?<![\w.])(?:Dictionary|Set|NSDictionary|NSSet)\b(?!\s*:)|\.init\(\s*(?:grouping|uniqueKeysWithValues)\b")


def unordered(source):
    if not source.is_deterministic:
        return
    yield from matches(source.code, UNORDERED, "{} has no order that is the same in every run: use an array, SortedMap or IDTable")
    for number in dictionary_brackets("\n".join(source.code)):
        yield number, "[key: value] has no order that is the same in every run: use an array, SortedMap or IDTable"


def dictionary_brackets(code):
    """The lines of brackets that hold `key: value`: a colon at the bracket's own depth, in an element without a question mark before it."""
    stack = []  # per open bracket: [character, line, could be a dictionary, questions in this element]
    line = 1
    for index, character in enumerate(code):
        line += character == "\n"
        if character in "([{":
            subscript = index > 0 and (code[index - 1].isalnum() or code[index - 1] in "_)]?!}`")
            stack.append([character, line, character == "[" and not subscript, 0])
        elif character in ")]}" and stack:
            stack.pop()
        elif stack and character == "?" and code[index - 1].isspace():
            stack[-1][3] += 1
        elif stack and character == ",":
            stack[-1][3] = 0
        elif stack and character == ":" and stack[-1][2]:
            if stack[-1][3] > 0:
                stack[-1][3] -= 1
            else:
                stack[-1][2] = False
                yield stack[-1][1]


RANDOM = re.compile(
    r"\bSystemRandomNumberGenerator\b|(?:(?<![\w)\]}>?!])|\b[A-Z]\w*)\.random\(|\.randomElement\(|\.shuffled\(|\.shuffle\(|\bhashValue\b|\bHasher\s*\(|"
    r"\b(?:arc4random|getrandom|drand48)\w*\b|\bUUID\b")


def randomness(source):
    if source.is_deterministic:
        yield from matches(source.code, RANDOM, "{} is not the same in every run: draw from the turn or from a RandomSource")


def arrows(source):
    if source.path == "Package.swift":
        yield from manifest.findings(source)
    allowed = allowed_imports(source.path, source.module)
    if not source.is_swift or allowed is None:
        return
    for number, module in imports(source):
        ours = is_ours(module) or (source.is_world and module.endswith("World"))
        if ours and module != source.module and module not in allowed:
            yield number, f"{source.module} may not import {module}: the arrows (Tools/lint/tables.py) do not lead there"


LEFTOVER = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")


def leftover(source):
    if source.language not in (None, "text"):
        yield from matches(source.lines, LEFTOVER, "leftover mark {}: finish it, or open an issue")


def long_line(source):
    if source.language in (None, "text"):
        return
    for number, line in enumerate(source.lines, 1):
        if len(line) > tables.LINE_COLUMNS:
            yield number, f"{len(line)} columns; the limit is {tables.LINE_COLUMNS}"


UNCHECKED = re.compile(r"@unchecked\s+Sendable|nonisolated\(unsafe\)")


def safety_note(source):
    if not source.is_swift:
        return
    for number, line in enumerate(source.code, 1):
        if (match := UNCHECKED.search(line)) and not has_safety_note(source.lines, number - 1):
            yield number, f"{match[0]} without a line \"// SAFETY:\" on it or right above it"


def has_safety_note(lines, index):
    """Whether the line, or the comments and attributes right above it, say why it is safe."""
    if "// SAFETY:" in lines[index]:
        return True
    while index > 0 and lines[index - 1].lstrip().startswith(("//", "@")):
        index -= 1
        if "// SAFETY:" in lines[index]:
            return True
    return False


POINTER = re.compile(r"\bUnsafe(?:Mutable)?(?:Raw)?(?:Buffer)?Pointer\b|\bOpaquePointer\b|\bunsafeBitCast\b|\bUnmanaged\b")


def unsafe_pointer(source):
    if source.is_swift and not source.path.startswith("Tests/") and not source.path.endswith("+Unsafe.swift"):
        yield from matches(source.code, POINTER, "{} outside a file named …+Unsafe.swift")


MACHINE_PATH = re.compile(r"(?<![\w.$}~/])/(?:home/\w+|root/\w+|tmp/wt\b|work/\w+|Users/\w+)")


def machine_path(source):
    if source.language is not None:
        yield from matches(source.lines, MACHINE_PATH, "{} is a path of one machine")


ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = "Benchmarks|Clients|Fuzz|Sources|Templates|Tests|Tools|Worlds|docs"
NAMED_PATH = re.compile(rf"(?<![\w./$}}~-])(?:{FOLDERS})/[\w./+-]*[\w+]")
PLACEHOLDER = re.compile(r"/[A-Z]{3,}\b(?!\.)")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)\s]*)?\)")


def missing_path(source):
    """Paths of the project that pages and comments name, and what links of pages lead to."""
    folder = os.path.dirname(source.path)
    for number, line in enumerate(source.lines, 1):
        if source.language == "text":
            named = [match[0] for match in NAMED_PATH.finditer(line) if line[match.end():match.end() + 1] not in ("*", "{", "<", "…")]
            for target in LINK.findall(line):
                if not os.path.exists(os.path.join(ROOT, folder, target)):
                    yield number, f"the link leads to {target}, which does not exist"
        else:
            comment = COMMENT.get(source.language)
            named = NAMED_PATH.findall(line) if comment and line.lstrip().startswith(comment) else []
        for path in named:
            if path == source.path or path.startswith(tuple(tables.PATHS_ELSEWHERE)) or PLACEHOLDER.search(path):
                continue
            if not any(os.path.exists(os.path.join(ROOT, path.rstrip(".") + suffix)) for suffix in ("", ".swift")):
                yield number, f"{path} does not exist"


COMMENT = {"swift": "//", "c": ("//", "*", "/*"), "javascript": ("//", "*", "/*"), "python": "#", "shell": "#", "make": "#", "erlang": "%"}

RULES = {
    "forbidden-import": forbidden_import,
    "clock": clock,
    "unordered": unordered,
    "randomness": randomness,
    "arrows": arrows,
    "leftover": leftover,
    "long-line": long_line,
    "safety-note": safety_note,
    "unsafe-pointer": unsafe_pointer,
    "machine-path": machine_path,
    "missing-path": missing_path,
}


def findings(source):
    """Everything that the rules refuse in a file: (line number, rule, message), in the order of lines."""
    found = []
    for name, rule in RULES.items():
        if any(fnmatch.fnmatch(source.path, pattern) for pattern in tables.EXCEPTIONS.get(name, [])):
            continue
        found += [(number, name, message) for number, message in rule(source)]
    return sorted(found)
