"""What IAM knows, by the data of cfn-lint: an IAM linter for what cfn-lint itself does not look at.

cfn-lint tells actions that do not exist (W3037) and documents that are not policies (E3510 to E3513).
"""

import functools
import re

from arns import SERVICES, overlap
from policy import identity


def known_resources(sample, exceptions):
    """Every action finds a resource of its kind in its statement, and every resource an action."""
    for statement in identity(sample):
        # What is not spelled out, another rule refuses.
        if "*" in statement.resources + statement.actions or {"NotAction", "NotResource"} & statement.body.keys():
            continue
        kinds = [(action, kinds_of(action)) for action in statement.actions if not set("*?") & set(action)]
        lost = {action for action, known in kinds if not any(fits(arn, known) for arn in statement.resources)}
        excepted = {action for action in lost if exceptions.has("unlisted", sid=statement.sid, actions=action)}
        for action in sorted(lost - excepted):
            yield statement.finding("known_resources", f"{action} applies to none of the resources")
        for arn in statement.resources:
            if (
                len(kinds) == len(statement.actions)
                and not excepted
                and not any(fits(arn, known) for _, known in kinds)
            ):
                yield statement.finding("known_resources", f"no action applies to {arn}")


@functools.cache
def kinds_of(action):
    """The kinds of resources that an action applies to, as patterns of their ARNs."""
    service, _, name = action.lower().partition(":")
    known = SERVICES.get(service, {"Actions": {}, "Resources": {}})
    kinds = known["Actions"].get(name, {}).get("Resources", [])
    kinds = [kind.lower() for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    formats = [(kind, arn) for kind in kinds for arn in known["Resources"].get(kind, {}).get("ARNFormats", [])]
    return [(kind, re.sub(r"\$\{[A-Za-z]+\}|\.\*", "*", arn)) for kind, arn in formats]


def fits(arn, kinds):
    return any(same(arn, pattern) and not is_other(kind, arn) for kind, pattern in kinds)


def same(arn, pattern):
    return all(map(overlap, arn.split(":", 5), pattern.split(":", 5)))


def is_other(kind, arn):
    # The list has one pattern for both.
    is_object = "/" in arn
    return arn.startswith("arn:aws:s3:::") and (
        (kind == "bucket" and is_object) or (kind == "object" and not is_object)
    )


RULES = (known_resources,)
