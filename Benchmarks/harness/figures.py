"""Parts of the benchmark, their figures and their targets."""

import statistics
from dataclasses import dataclass, field

# Every figure that the same run can repeat is the median of this many.
REPEATS = 5

PARTS = {}


def part(name, measures):
    """Registers a function (context) → [Figure] as a part that can be run by name."""
    def register(function):
        PARTS[name] = (measures, function)
        return function
    return register


@dataclass
class Figure:
    """One number with its unit. `at_most` or `at_least` is the target, where there is one."""
    name: str
    value: float
    unit: str
    at_most: float = None
    at_least: float = None
    of: list = field(default_factory=list)  # the single values of which this is the median

    def document(self):
        found = {"name": self.name, "value": rounded(self.value), "unit": self.unit}
        if self.of:
            found["of"] = [rounded(value) for value in self.of]
        if self.at_most is not None:
            found |= {"at_most": self.at_most, "met": self.value <= self.at_most}
        if self.at_least is not None:
            found |= {"at_least": self.at_least, "met": self.value >= self.at_least}
        return found


def median(name, values, unit, **target):
    """The median of several runs, with the runs."""
    return Figure(name, statistics.median(values), unit, of=list(values), **target)


def rounded(value):
    """Four digits that count: no run repeats more."""
    return float(f"{value:.4g}") if isinstance(value, float) else value
