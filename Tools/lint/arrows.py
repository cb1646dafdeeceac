"""Who may import whom: the closure of the table of arrows."""

import tables


def reachable(names):
    """`names` and everything that they may import themselves."""
    found = []
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.append(name)
            waiting += tables.ARROWS.get(name, [])
    return found


def allowed_imports(path, module):
    """The Orge modules that a file or target may import; None where the table has no say (tests, benchmarks, tools)."""
    if path.startswith("Worlds/") and module is not None:
        if module.endswith("World"):
            return reachable(tables.WORLD_ARROWS)
        return reachable(tables.WORLD_MAIN_ARROWS) + [own_world(path)]
    if path.startswith("Sources/") and module is not None:
        return reachable(tables.ARROWS.get(module, []))
    return None


def own_world(path):
    """The library beside a world's executable: Worlds/Meadow/meadow/main.swift may import MeadowWorld."""
    return path.split("/")[1] + "World"
