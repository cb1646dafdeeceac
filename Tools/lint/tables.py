"""What the rules know about this project, as data: who may import whom, what is pure, which exceptions stand and why."""

# An arrow of docs/architecture.md: a module may import what stands here, and whatever those may import.
ARROWS = {
    "OrgeBase": [],
    "OrgeSchema": ["OrgeBase"],
    "OrgeImage": ["OrgeSchema"],
    "OrgeWorld": ["OrgeImage"],
    "OrgeWire": ["OrgeSchema"],
    "OrgeSession": ["OrgeWire"],
    "OrgeReplication": ["OrgeSchema", "OrgeWire"],
    "OrgeLink": ["OrgeSchema"],
    "OrgeJournal": ["OrgeImage"],
    "OrgeControl": ["OrgeSchema"],
    "OrgeHost": ["OrgeWorld", "OrgeLink", "OrgeJournal", "OrgeControl"],
    "OrgeEdge": ["OrgeSession", "OrgeReplication", "OrgeLink"],
    "OrgeSupervisor": ["OrgeControl"],
    "OrgeTerminal": ["OrgeSession"],
    "OrgeClient": ["OrgeSession"],
    "COrgeSystem": [],
    "OrgeSystem": ["COrgeSystem", "OrgeBase"],
    "OrgeJournalFiles": ["OrgeJournal", "OrgeSystem"],
    "OrgeHostProcess": ["OrgeHost", "OrgeJournalFiles", "OrgeControl", "OrgeSystem"],
    "OrgeWorldTesting": ["OrgeHost", "OrgeReplication", "OrgeSystem"],
    "OrgeWebPage": [],
    "OrgeTemplates": [],
    "OrgeEdgeServer": ["OrgeEdge", "OrgeControl", "OrgeSystem", "OrgeWebPage"],
    "CZstd": [],
    "orge": ["CZstd", "OrgeImage", "OrgeJournalFiles", "OrgeSupervisor", "OrgeControl", "OrgeSystem", "OrgeClient", "OrgeEdgeServer",
             "OrgeTemplates", "OrgeTerminal"],
}

# A world's library (Worlds/NAME/…World) and its three-line executable.
WORLD_ARROWS = ["OrgeWorld"]
WORLD_MAIN_ARROWS = ["OrgeWorld", "OrgeHostProcess"]

# The world that `orge new` makes: held to a world's rules.
NEW_WORLD = "Templates/World/Sources/"

# Modules outside the project that a pure module or a world may import: the standard library alone.
PURE_IMPORTS = ["Swift"]

# Files of pure modules that may import more. Every line needs its reason.
PURE_FILE_IMPORTS = {
    # Atomic words: the tick thread writes pages while another thread reads an image. Single-threaded, the same calls step the same machine.
    "Sources/Pure/OrgeWorld/Storage/PageStates+Unsafe.swift": ["Synchronization"],
    # Atomic words: the supervisor reads the recorder from another process, and the optimiser may not remove a store before a trap.
    "Sources/Pure/OrgeSchema/Flight/FlightSlot+Unsafe.swift": ["Synchronization"],
}

# Modules that stay small because every world's executable carries them: what they may not import.
HEAVY_IMPORTS = {
    "OrgeHostProcess": ("NIO", "Foundation"),
    "OrgeSystem": ("NIO", "Foundation"),
}

# The floors of Sources. Pure: no clock, file, socket, thread or ambient randomness; the same inputs give the same bytes, always.
PURE_FLOOR = "Sources/Pure/"
FLOORS = [PURE_FLOOR, "Sources/Shell/", "Sources/Programs/"]

# Rule → files it leaves alone. Every line needs its reason.
EXCEPTIONS = {
    # The rules' own words, and the texts that the self-test feeds them.
    "leftover": ["Tools/lint/rules.py", "Tools/lint/test_lint.py"],
    "unsafe-pointer": ["Benchmarks/*"],  # the plain buffers that Orge's storage is measured against
    "machine-path": ["Tools/lint/rules.py", "Tools/lint/test_lint.py"],
}

# What paths begin with that pages name and that lie in a reader's own package.
PATHS_ELSEWHERE = ["Sources/tally", "Sources/garden", "Sources/bank", "Sources/pasture", "Tests/bankTests", "Tests/pastureTests", "Tests/tallyTests"]

# Folders that are not the project's text.
SKIPPED_FOLDERS = [".git", ".build", ".build-*", ".build_*", "node_modules", "__pycache__", "data", "fixtures", "corpus", ".swiftpm"]

LINE_COLUMNS = 160
