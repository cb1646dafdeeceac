"""The files of a tree, whether git knows them or not."""

import fnmatch
import os

import tables
from source import Source, language


def sources(root):
    """Every text file that the rules read, in the order of their paths."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not is_skipped(name))
        for name in sorted(files):
            path = os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
            source = load(root, path)
            if source is not None:
                yield source


def is_skipped(folder):
    return any(fnmatch.fnmatch(folder, pattern) for pattern in tables.SKIPPED_FOLDERS)


def load(root, path):
    """A file as a Source; None when it is not text of a language that the rules know."""
    full = os.path.join(root, path)
    if os.path.islink(full) or not os.path.isfile(full):
        return None
    with open(full, "rb") as file:
        data = file.read()
    first_line = data[:200].split(b"\n")[0].decode("utf-8", "replace")
    if language(path, first_line) is None:
        return None
    return Source(path, data.decode("utf-8", "replace"))
