"""What roles may do: no more than they say by name."""

import re

from arns import is_wide
from policy import PREVIEWS, RELEASE, Finding, allowed, attached, identity
from sample import ACCOUNT
from trusted import no_open_principals


def no_star_actions(sample, _exceptions):
    """Every action is named, and nothing is allowed by what it is not."""
    for statement in allowed(sample):
        for action in statement.actions:
            if "*" in action or "?" in action:
                yield statement.finding("no_star_actions", f"name each action that {action} stands for")
        for key in {"NotAction", "NotResource"} & statement.body.keys():
            yield statement.finding("no_star_actions", f"{key} allows whatever it does not name; say what is allowed")


def actions_spelled(sample, _exceptions):
    """Actions are written as AWS writes them, so that the other rules know them."""
    for statement in identity(sample):
        for action in statement.actions:
            if not re.match(r"[a-z0-9-]+:[A-Z*]|\*", action):
                yield statement.finding("actions_spelled", f"write {action} as AWS does, such as s3:GetObject")


def policies_in_roles(sample, _exceptions):
    """What a role may do stands in the role, and nobody but roles may do anything."""
    for name, resource in sample.resources.items():
        if resource["Type"].startswith("AWS::IAM::") and resource["Type"] != "AWS::IAM::Role":
            yield Finding("policies_in_roles", name, "Type", f"say in a role what this {resource['Type']} is to say")


def no_star_resources(sample, exceptions):
    """All there is of a kind is allowed only where AWS offers nothing narrower."""
    for statement in allowed(sample):
        if not (wide := [arn for arn in statement.resources if is_wide(arn)]):
            continue
        for action in statement.actions:
            if not exceptions.has("everything", roles=statement.resource, sid=statement.sid, actions=action):
                yield statement.finding(
                    "no_star_resources",
                    f"name the resources of {action} instead of {wide[0]}, or say in exceptions.yaml why not",
                )


def wildcards(sample, exceptions):
    """A name is open only behind the stage that it belongs to, or where exceptions.yaml says why."""
    service = re.escape(sample.values["ServiceName"])
    of_stage = re.compile(rf"[^*?]*[:/]{service}-({'|'.join(RELEASE + PREVIEWS)})-\*")
    for statement in allowed(sample):
        for arn in (arn for arn in statement.resources if arn != "*"):
            closed = not set("*?") & set(named(arn)) or of_stage.fullmatch(named(arn))
            if not closed and not exceptions.has("open_names", sid=statement.sid, resources=arn):
                todo = f"close {arn}, or let it begin with the service's name and a stage's and -"
                yield statement.finding("wildcards", todo)


def named(arn):
    """The ARN without what follows a name: an object's key, a stack's id, a log group's streams."""
    *head, what = arn.split(":", 5)
    service = head[2]
    if service == "s3":
        what = what.partition("/")[0]
    elif service == "cloudformation":
        what = what.removesuffix("/*")
    elif service == "logs":
        what = what.removesuffix(":*")
    return ":".join((*head, what))


def own_account(sample, _exceptions):
    """A bucket's ARN does not say whose it is: where its name is open, the account is asked for."""
    for statement in allowed(sample):
        open_buckets = [one for one in statement.resources if one.startswith("arn:aws:s3:") and "*" in named(one)]
        if open_buckets and statement.asks("aws:ResourceAccount") != {"StringEquals": [ACCOUNT]}:
            todo = f"ask with StringEquals that aws:ResourceAccount is this one: {open_buckets[0]} may be anybody's"
            yield statement.finding("own_account", todo)


def pass_role(sample, _exceptions):
    """A role is handed only to a named service, and only one that is known, or one of a stack's."""
    for statement in allowed(sample):
        if not statement.does({"iam:PassRole"}):
            continue
        asked = statement.asks("iam:PassedToService")
        if list(asked) != ["StringEquals"] or any("*" in service for service in asked["StringEquals"]):
            yield statement.finding("pass_role", "say with StringEquals iam:PassedToService to which service")
        if any(map(is_wide, statement.resources)):
            yield statement.finding("pass_role", "name the roles")


def sids(sample, _exceptions):
    """Every statement has a name, which is unique in its role, so that the recorder and a refusal can tell it."""
    seen = set()
    for statement in (*identity(sample), *attached(sample)):
        if not statement.sid:
            yield statement.finding("sids", "give the statement a Sid")
        elif (statement.resource, statement.sid) in seen:
            yield statement.finding("sids", f"another statement of {statement.resource} is named {statement.sid}")
        seen.add((statement.resource, statement.sid))


RULES = (no_star_actions, actions_spelled, policies_in_roles, no_star_resources, wildcards, own_account, sids)
# What holds for the stacks of any service, whose roles SAM may make.
EVERYWHERE = (no_star_actions, pass_role, no_open_principals)
