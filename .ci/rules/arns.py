"""ARNs as patterns, in which * stands for any text and ? for any character."""

import functools

from cfnlint.data import AdditionalSpecs
from cfnlint.helpers import load_resource

# What IAM knows of each service, by the data of cfn-lint.
SERVICES = load_resource(AdditionalSpecs, "Policies.json")
# No resource is named so: what fits it fits all of its kind.
IMPROBABLE = "zq-0-improbable-9-name"


@functools.cache
def overlap(left, right):
    """Whether some text fits both patterns, in which * stands for any text and ? for any character."""
    if not left or not right:
        return not (left + right).strip("*")
    if left[0] == "*":
        return overlap(left[1:], right) or overlap(left, right[1:])
    if right[0] == "*":
        return overlap(right, left)
    return (left[0] == right[0] or "?" in (left[0], right[0])) and overlap(left[1:], right[1:])


def touch(left, right):
    return any(overlap(one, other) for one in left for other in right)


def is_wide(arn):
    """Whether it names all there is of a kind, or leaves open in which region or account."""
    if arn == "*":
        return True
    parts = arn.split(":", 5)
    return len(parts) < 6 or any(set("*?") & set(part) for part in parts[:5]) or is_all_of_a_kind(parts[2], parts[5])


def is_all_of_a_kind(service, what):
    kinds = SERVICES.get(service, {"Resources": {}})["Resources"].values()
    formats = {arn.split(":", 5)[5] for kind in kinds for arn in kind.get("ARNFormats", []) if f":{service}:" in arn}
    # Of a format that ends in a name, more may follow, as an object's key follows a bucket's.
    names = {one.removesuffix(".*") + IMPROBABLE + "*" for one in formats if one.endswith(".*")} | {f"{IMPROBABLE}*"}
    return any(overlap(what, name) for name in names)
