"""What was asked of IAM, and what allowed it: a line of JSON for each combination, in FLOWGATE_IAM_RECORD, a directory.

`{"role", "decision": "Allow", "sid", "action", "resource": N, "keys": {…}}` for each statement of the role that allows it, where
N counts the statement's resources; `{"role", "decision": "Deny", "sid", "action", "resource": ARN}` where a statement denies;
`{"role", "decision": "ImplicitDeny", "action", "resource": ARN}` where none allows.
"""

import json
import os
import sys

# Condition keys whose values tell apart what a statement allows.
KEYS = ("dynamodb:leadingkeys", "iam:passedtoservice")


class Identity(list):
    """The policies of a role or user."""


def apply(settings):
    """Gap: nothing tells which permissions are used."""
    from ministack.core import iam_evaluator

    record = Record(settings.get("FLOWGATE_IAM_RECORD"), settings.get("FLOWGATE_RUN", "run"))
    resolve, evaluate = iam_evaluator.resolve_principal, iam_evaluator.evaluate

    def resolve_principal(*args, **kwargs):
        principal = resolve(*args, **kwargs)
        if getattr(principal, "policies", None) is not None:
            principal.policies = Identity(principal.policies)
        return principal

    def recording(request, policies, *limits):
        result = evaluate(request, policies, *limits)
        if isinstance(policies, Identity):
            record.note(request, policies, result)
        return result

    iam_evaluator.resolve_principal, iam_evaluator.evaluate = resolve_principal, recording


class Record:
    """A file that has every line once."""

    def __init__(self, directory, run):
        self.path = place(directory, run) if directory else None
        self.known = set()

    def note(self, request, policies, result):
        if self.path is None or request.principal_type != "AssumedRole":
            return
        for line in lines(request, policies, result):
            text = json.dumps(line, sort_keys=True)
            if text not in self.known:
                self.known.add(text)
                with open(self.path, "a") as file:
                    file.write(text + "\n")


def place(directory, run):
    # The emulator runs in a directory of its own, where nobody would look for a record.
    if not os.path.isabs(directory):
        sys.exit(f"FLOWGATE_IAM_RECORD must be an absolute path, and is {directory}")
    os.makedirs(directory, exist_ok=True)
    return os.path.join(directory, f"{run}.jsonl")


def lines(request, policies, result):
    asked = {"role": request.principal_arn.split("/")[1], "action": request.action, "decision": result.decision}
    if result.decision != "Allow":
        yield {**asked, "resource": request.resource_arn, **({"sid": result.matched_sid} if result.matched_sid else {})}
        return
    for statement in (statement for policy in policies for statement in policy if statement.effect == "Allow"):
        for place in allowing(statement, request):
            keys = {key: request.service_context[key] for key in KEYS if key in request.service_context}
            yield {**asked, "sid": statement.sid, "resource": place, "keys": families(keys)}


def allowing(statement, request):
    """Which of the statement's resources the request is about, if the statement allows it."""
    from ministack.core import iam_evaluator

    if not iam_evaluator._action_matches(request.action, statement.actions, statement.not_actions):
        return []
    if not iam_evaluator._conditions_met(statement.conditions, request):
        return []
    about = lambda pattern: iam_evaluator.fnmatch_iam_cs(request.resource_arn, pattern)
    return [place for place, pattern in enumerate(statement.resources) if about(pattern)]


def families(keys):
    """A key of the state table without what is particular to the item: `lease#…` is `lease#`."""
    short = lambda value: value.partition("#")[0] + "#" if "#" in value else value
    every = {key: value if isinstance(value, list) else [value] for key, value in keys.items()}
    return {key: sorted({short(value) for value in values}) for key, values in every.items()}
