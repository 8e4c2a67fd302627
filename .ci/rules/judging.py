"""What the gate may, and what nobody may do in its place."""

import itertools

from arns import touch
from gates import checks_drift
from policy import STAGES, Finding, allowed, reads
from sample import HERE

# What the role that deploys Prod reads beside what is Prod's.
OF_OTHERS = {"lambda:GetLayerVersion"}


def overrides_by_people(sample, _exceptions):
    """Who overrides a rule is a person with a permission of their own: nothing here writes an override."""
    place = sample.resolve({"Fn::Sub": f"arn:aws:ssm:{HERE}:parameter/flowgate/${{ServiceName}}/overrides/*"})
    # The roles that deploy are kept from all of Flowgate, by flowgate_untouched.
    for statement in (one for one in allowed(sample) if one.resource not in STAGES):
        writes = [one for one in statement.actions if one.startswith("ssm:") and not reads(one)]
        if writes and touch(statement.resources, [place]):
            todo = f"{statement.resource} is not to write {place}: {', '.join(writes)}"
            yield statement.finding("overrides_by_people", todo)


def token_read(sample, _exceptions):
    """Of what is secret only the token is read, by the gate alone, and only the one that was named."""
    token = sample.values["GitHubTokenSecret"]
    for statement in allowed(sample):
        if not any(one.startswith("secretsmanager:") for one in statement.actions):
            continue
        if (statement.resource, statement.actions) != ("GateRole", ["secretsmanager:GetSecretValue"]):
            yield statement.finding("token_read", "let nobody but the gate get a secret, and do nothing else with it")
        elif statement.resources != [token]:
            yield statement.finding("token_read", f"name {token or 'no secret'}, which is the one that is given")


def drift_read(sample, _exceptions):
    """CloudFormation detects drift with the gate's rights, which reads of Prod's stack just what ProdDeployRole may."""
    gate = [statement for statement in allowed(sample) if statement.resource == "GateRole"]
    drift = [statement for statement in gate if statement.path.startswith("Policies Drift,")]
    if not checks_drift(sample):
        if drift:
            yield at("detect no drift where nobody asked for that")
        return
    wanted = {pair for pair in pairs(allowed(sample), "ProdDeployRole") if is_read(pair[0])}
    for action, arn in sorted(wanted - pairs(gate)):
        yield at(f"allow {action} on {arn}, as ProdDeployRole may")
    for action, arn in sorted(pairs(drift) - wanted):
        if not action.startswith("cloudformation:"):
            yield at(f"{action} on {arn} is not for it, as it is not for ProdDeployRole")


def pairs(statements, role="GateRole"):
    return {
        pair
        for statement in statements
        if statement.resource == role
        for pair in itertools.product(statement.actions, statement.resources)
    }


def is_read(action):
    return (reads(action) or action == "apigateway:GET") and action not in OF_OTHERS


def at(todo):
    return Finding("drift_read", "GateRole", "Policies Drift", todo)


RULES = (overrides_by_people, token_read, drift_read)
