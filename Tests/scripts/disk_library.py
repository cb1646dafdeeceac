"""The library failing_disk.c, compiled and loaded into the servers of a test."""

import contextlib
import os
import shutil
import subprocess

import orge_harness
from orge_harness import temporary_folder

COMPILER = shutil.which("cc") or shutil.which("clang")


@contextlib.contextmanager
def disk_library(**variables):
    """Loads the library into every program that is started meanwhile, with these variables; gives the folder that it lies in."""
    with temporary_folder() as folder:
        library = os.path.join(folder, "failing_disk.so")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "failing_disk.c")
        subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl", "-lpthread"], check=True)
        with settings(LD_PRELOAD=library, **variables):
            yield folder


@contextlib.contextmanager
def settings(**variables):
    """The environment of every program that is started meanwhile."""
    before = dict(orge_harness.settings)
    orge_harness.settings.update(variables)
    try:
        yield
    finally:
        orge_harness.settings.clear()
        orge_harness.settings.update(before)
