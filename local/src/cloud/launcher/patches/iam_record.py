"""What was asked of IAM, and what allowed it: a line of JSON for each combination, in FLOWGATE_IAM_RECORD, a directory.

`{"role", "decision": "Allow", "sid", "action", "resource": N, "keys": {…}}` for each statement of the role that allows it, where
N counts the statement's resources; `{"role", "decision": "Deny", "sid", "action", "resource": ARN}` where a statement of the
role denies; `{"role", "decision": "Deny", "policy": ARN, "action", "resource": ARN}` where the policy of that resource does;
`{"role", "decision": "ImplicitDeny", "action", "resource": ARN}` where nothing allows. What the policy of a resource alone allows
has no line: no statement of the role is used. Lines of Allow have `"asked": true` where flowgate itself asked in the name of a
service that it plays, and no request was sent.
"""

import json
import os
import sys

# Condition keys whose values tell apart what a statement allows.
KEYS = ("dynamodb:leadingkeys", "iam:passedtoservice")
# Among a question's condition keys: flowgate asks it, for a service that it plays.
ASKED = "flowgate:asked"


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
            # No more than what was decided in the end: the policy of the resource has a say too.
            used = policies if result.decision == "Allow" else ()
            record.note(request, used, combined(request, result, limits))
        return result

    iam_evaluator.resolve_principal, iam_evaluator.evaluate = resolve_principal, recording


def combined(request, result, limits):
    """What comes of the role's policies and of the resource's own."""
    from ministack.core import iam_evaluator

    service = request.action.partition(":")[0]
    found = iam_evaluator._resource_policy(service, request.resource_arn)
    if found is None:
        return result
    required = service in iam_evaluator._POLICY_REQUIRED
    return iam_evaluator.combine_resource_policy(result, request, *found, required=required, limits=limits)


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
    about = {"role": request.principal_arn.split("/")[1], "action": request.action, "decision": result.decision}
    if result.decision != "Allow":
        yield {**about, "resource": request.resource_arn, **by(result)}
        return
    asked = {"asked": True} if ASKED in request.service_context else {}
    for statement in (statement for policy in policies for statement in policy if statement.effect == "Allow"):
        for place in allowing(statement, request):
            keys = {key: request.service_context[key] for key in KEYS if key in request.service_context}
            yield {**about, "sid": statement.sid, "resource": place, "keys": families(keys), **asked}


def by(result):
    """What denied it. The names of a resource policy's statements are none of the role's."""
    if result.resource_policy_arn:
        return {"policy": result.resource_policy_arn}
    return {"sid": result.matched_sid} if result.matched_sid else {}


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
