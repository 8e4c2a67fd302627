"""What `exceptions.yaml` lets pass, and which of it was needed."""

import itertools
import pathlib

import yaml

from policy import Finding, many

FILE = pathlib.Path(__file__).with_name("exceptions.yaml")


class Exceptions:
    def __init__(self, text):
        # Every single thing that is excepted, so that none of a list stays when it is no longer needed.
        self.known = {
            (kind, *single)
            for kind, entries in yaml.safe_load(text).items()
            for entry in entries
            for single in each(entry)
        }
        self.used = set()

    def has(self, kind, **asked):
        entry = (kind, *sorted(asked.items()))
        self.used |= {entry} & self.known
        return entry in self.known

    def unused(self):
        for kind, *asked in sorted(self.known - self.used):
            what = ", ".join(f"{key} {value}" for key, value in asked)
            yield Finding("unused_exceptions", kind, what, "take it out of exceptions.yaml: nothing needs it")


def each(entry):
    if not entry.get("why", "").strip():
        raise SystemExit(f"exceptions.yaml: say why of {entry}")
    keys = sorted(entry.keys() - {"why"})
    return (tuple(zip(keys, values, strict=True)) for values in itertools.product(*(many(entry[key]) for key in keys)))
