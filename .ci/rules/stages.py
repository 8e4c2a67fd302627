"""What one deploy role changes no other does, and none of them changes Flowgate."""

import functools
import itertools

from arns import overlap, touch
from policy import PREVIEW, RELEASE_DEPLOYS, STAGES, allowed, identity, reads
from sample import HERE, KINDS

STACK = "aws:ResourceTag/aws:cloudformation:stack-name"


def paths_apart(sample, exceptions):
    """What previews may change the release may not, and the other way round; nor do Beta and Prod meet."""
    for left, right in ((PREVIEW, "DeployRole"), (PREVIEW, "ProdDeployRole"), RELEASE_DEPLOYS):
        for one, other in itertools.product(changing(sample, left), changing(sample, right)):
            if touch(one.resources, other.resources) and not excepted(sample, exceptions, one, other):
                todo = f"it reaches what {other.sid} of {right} does; give each side names of its own"
                yield one.finding("paths_apart", todo)


def excepted(sample, exceptions, *pair):
    one, other = pair
    asked = {"sid": one.sid, "one": one.resource, "other": other.resource}
    if one.sid != other.sid or one.resources != other.resources:
        return False
    if exceptions.has("shared", **asked):
        return True
    return exceptions.has("parted_by_stack", **asked) and all(spares_others(sample, half) for half in pair)


def spares_others(sample, statement):
    """Whether its role is denied what others' stacks made, of all that this statement lets it change."""
    own = {f"{name}{end}" for name in own_stacks(sample, statement.resource) for end in ("", "-*")}
    if statement.resource == PREVIEW:
        own = {name for name in own if name.endswith("-*")}
    wanted = {"Null": {STACK: "false"}, "StringNotLike": {STACK: sorted(own)}}
    changes = {action for action in statement.actions if action.partition(":")[2] != "GET"}
    return any(
        not denial.allows
        and denial.resource == statement.resource
        and in_order(denial.conditions) == wanted
        and changes <= set(denial.actions)
        and all(any(covers(wide, arn) for wide in denial.resources) for arn in statement.resources)
        for denial in identity(sample)
    )


def own_stacks(sample, role):
    return {sample.resolve({"Fn::Sub": f"${{ServiceName}}-{stage}"}) for stage in STAGES[role]}


def in_order(conditions):
    return {
        operator: {key: sorted(value) if isinstance(value, list) else value for key, value in keys.items()}
        for operator, keys in conditions.items()
    }


def covers(wide, arn):
    """Whether the pattern fits all that the other one does; it ends in its only wildcard."""
    return arn == wide or (wide.endswith("*") and arn.startswith(wide[:-1]) and not set("*?") & set(wide[:-1]))


def flowgate_untouched(sample, _exceptions):
    """Who deploys the service, or what it deploys, does not change Flowgate, which decides about that."""
    own = tuple(sorted(set(of_flowgate(sample))))
    for role in (PREVIEW, *RELEASE_DEPLOYS):
        for statement in changing(sample, role):
            for arn in filter(None, (first_reached(pattern, own) for pattern in statement.resources)):
                yield statement.finding("flowgate_untouched", f"keep it away from {arn}")


@functools.cache
def first_reached(pattern, arns):
    return next((arn for arn in arns if overlap(pattern, arn)), None)


def of_flowgate(sample):
    """What Flowgate is and goes by: its resources and what is in them, its parameters, its stack, and the code."""
    for name in sample.of_type(*KINDS):
        arn = sample.identity(name)[1]
        # A pipeline's stages, a function's versions, a table's indexes, a bucket's objects, a topic's subscriptions.
        yield from (arn, f"{arn}/*", f"{arn}:*", arn.removesuffix(":*"))
    for place in (
        f"arn:aws:ssm:{HERE}:parameter/flowgate/${{ServiceName}}/*",
        f"arn:aws:cloudformation:{HERE}:stack/${{AWS::StackName}}/*",
        f"arn:aws:cloudformation:{HERE}:changeSet/*",
        f"arn:aws:scheduler:{HERE}:schedule/default/${{ServiceName}}-flowgate-*",
        f"arn:aws:codecommit:{HERE}:${{RepositoryName}}",
        f"arn:aws:codebuild:{HERE}:build/${{ServiceName}}-build:*",
        f"arn:aws:codebuild:{HERE}:build/${{ServiceName}}-preview-build:*",
        f"arn:aws:events:{HERE}:event-bus/default",
        f"arn:aws:cloudwatch:{HERE}:alarm:${{EntryAlarmName}}",
        f"arn:aws:cloudwatch:{HERE}:alarm:${{ProdAlarmName}}",
        "${ConnectionArn}",
    ):
        yield sample.resolve({"Fn::Sub": place})


def changing(sample, role):
    """What the role may do but read; reading what both may read does no harm."""
    own = (statement for statement in allowed(sample) if statement.resource == role)
    return [statement for statement in own if not all(map(reads, statement.actions))]


RULES = (paths_apart, flowgate_untouched)
