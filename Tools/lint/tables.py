"""What the rules know about this project, as data: who may import whom, what is pure, which exceptions stand and why."""

# An arrow of docs/architecture.md: a module may import what stands here, and whatever those may import.
ARROWS = {
    "OrgeSchema": [],
    "OrgeWorld": ["OrgeSchema"],
    "OrgeWire": ["OrgeSchema"],
    "OrgeSession": ["OrgeWire"],
    "OrgeReplication": ["OrgeSchema", "OrgeWire"],
    "OrgeLink": ["OrgeSchema"],
    "OrgeJournal": ["OrgeSchema"],
    "OrgeControl": ["OrgeSchema"],
    "OrgeHost": ["OrgeWorld", "OrgeLink", "OrgeJournal"],
    "OrgeEdge": ["OrgeSession", "OrgeReplication", "OrgeLink"],
    "OrgeSupervisor": ["OrgeLink", "OrgeControl"],
    "OrgeClient": ["OrgeSession", "OrgeReplication", "OrgeSystem"],
    "COrgeSystem": [],
    "OrgeSystem": ["COrgeSystem"],
    "OrgeHostProcess": ["OrgeHost", "OrgeControl", "OrgeSystem"],
    "OrgeWebPage": [],
    "OrgeEdgeServer": ["OrgeEdge", "OrgeControl", "OrgeSystem", "OrgeWebPage"],
    "orge": ["OrgeSupervisor", "OrgeControl", "OrgeSystem", "OrgeClient", "OrgeEdgeServer"],
}

# A world's library (Worlds/NAME/…World) and its three-line executable.
WORLD_ARROWS = ["OrgeWorld"]
WORLD_MAIN_ARROWS = ["OrgeWorld", "OrgeHostProcess"]

# Pure: no clock, file, socket, thread or ambient randomness; the same inputs give the same bytes, always.
PURE = [
    "OrgeSchema", "OrgeWorld", "OrgeWire", "OrgeSession", "OrgeReplication", "OrgeLink", "OrgeJournal", "OrgeHost", "OrgeEdge",
    "OrgeSupervisor", "OrgeControl",
]

# Modules outside the project that a pure module or a world may import: the standard library alone.
PURE_IMPORTS = ["Swift"]

# … and what single modules may import besides.
MODULE_IMPORTS = {
    "OrgeJournal": ["Synchronization"],  # the mailbox between the tick's thread and the journal's is a Mutex; no clock is used
}

# Modules that stay small because every world's executable carries them: what they may not import.
HEAVY_IMPORTS = {
    "OrgeHostProcess": ("NIO", "Foundation"),
    "OrgeSystem": ("NIO", "Foundation"),
}

# Files of a pure module that are its shell: real files and threads behind the interface that the pure part names.
SHELL_FILES = [
    "Sources/OrgeJournal/FileStorage*.swift",
]

# Rule → files it leaves alone. Every line needs its reason.
EXCEPTIONS = {
    # The rules' own words, and the texts that the self-test feeds them.
    "leftover": ["Tools/lint/rules.py", "Tools/lint/test_lint.py"],
    "unsafe-pointer": ["Benchmarks/*"],  # the plain buffers that Orge's storage is measured against
    "machine-path": ["Tools/lint/rules.py", "Tools/lint/test_lint.py"],
}

# Folders that are not the project's text.
SKIPPED_FOLDERS = [".git", ".build", ".build-*", ".build_*", "node_modules", "__pycache__", "data", "fixtures", "corpus", ".swiftpm"]

LINE_COLUMNS = 160
