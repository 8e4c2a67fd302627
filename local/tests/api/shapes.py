"""Compares what came over the wire with a shape of botocore's service model."""

import re

NUMBERS = {"integer": int, "long": int, "float": (int, float), "double": (int, float), "timestamp": (int, float)}


def mismatches(shape, value, path=""):
    """Everything about `value` that the shape does not allow, each with its place."""
    return list(CHECKS[shape.type_name](shape, value, path))


def structure(shape, value, path):
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no structure"]
    found = [f"{path}.{name}: is missing" for name in shape.required_members if name not in value]
    for name, member in value.items():
        if name in shape.members:
            found += mismatches(shape.members[name], member, f"{path}.{name}")
        else:
            found.append(f"{path}.{name}: is unknown to the model")
    return found


def array(shape, value, path):
    if not isinstance(value, list):
        return [f"{path}: {value!r} is no list"]
    items = (mismatches(shape.member, item, f"{path}[{n}]") for n, item in enumerate(value))
    return sum(items, outside(shape, len(value), path))


def mapping(shape, value, path):
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no map"]
    found = outside(shape, len(value), path)
    for key, item in value.items():
        found += mismatches(shape.key, key, f"{path} key") + mismatches(shape.value, item, f"{path}.{key}")
    return found


def string(shape, value, path):
    if not isinstance(value, str):
        return [f"{path}: {value!r} is no string"]
    found = outside(shape, len(value), path)
    pattern, allowed = shape.metadata.get("pattern"), shape.metadata.get("enum")
    if pattern and not re.fullmatch(pattern, value, re.ASCII):
        found.append(f"{path}: {value!r} does not match {pattern}")
    if allowed and value not in allowed:
        found.append(f"{path}: {value!r} is none of {allowed}")
    return found


def number(shape, value, path):
    if isinstance(value, bool) or not isinstance(value, NUMBERS[shape.type_name]):
        return [f"{path}: {value!r} is no {shape.type_name}"]
    return [] if shape.type_name == "timestamp" else outside(shape, value, path)


def boolean(shape, value, path):
    return [] if isinstance(value, bool) else [f"{path}: {value!r} is neither true nor false"]


def outside(shape, size, path):
    """Whether a length or a number breaks the shape's limits."""
    low, high = shape.metadata.get("min", size), shape.metadata.get("max", size)
    return [] if low <= size <= high else [f"{path}: {size} is not between {low} and {high}"]


CHECKS = {
    "structure": structure,
    "list": array,
    "map": mapping,
    "string": string,
    "boolean": boolean,
    **dict.fromkeys(NUMBERS, number),
}
