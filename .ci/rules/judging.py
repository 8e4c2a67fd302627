"""What the gate may, and what nobody may do in its place; and who reads secrets."""

import itertools

from arns import is_wide, touch
from gates import checks_drift
from policy import STAGES, Finding, allowed, reads
from sample import HERE

# What the role that deploys Prod reads beside what is Prod's.
OF_OTHERS = {"lambda:GetLayerVersion"}
# Which parameters say where a secret is kept, and who reads it.
TOKEN = {"GitHubTokenSecret", "GitHubTokenParameter"}
WEBHOOK = {"GitHubWebhookSecret", "GitHubWebhookSecretParameter"}
SECRETS = {"GateRole": TOKEN, "PreviewRole": TOKEN | WEBHOOK, "RecordRole": TOKEN}


def overrides_by_people(sample, _exceptions):
    """Who overrides a rule is a person with a permission of their own: nothing here writes an override."""
    place = sample.resolve({"Fn::Sub": f"arn:aws:ssm:{HERE}:parameter/flowgate/${{ServiceName}}/overrides/*"})
    # The roles that deploy are kept from all of Flowgate, by flowgate_untouched.
    for statement in (one for one in allowed(sample) if one.resource not in STAGES):
        writes = [one for one in statement.actions if one.startswith("ssm:") and not reads(one)]
        if writes and touch(statement.resources, [place]):
            todo = f"{statement.resource} is not to write {place}: {', '.join(writes)}"
            yield statement.finding("overrides_by_people", todo)


def secrets_read(sample, _exceptions):
    """Of what is secret each role reads what it needs, as it was named, and nobody does anything else with it."""
    kept = {name: kept_in(sample, name) for name in TOKEN | WEBHOOK if sample.values[name]}
    for statement in allowed(sample):
        of_manager = any(one.startswith("secretsmanager:") for one in statement.actions)
        of_store = any(one.startswith("ssm:") for one in statement.actions)
        own = [kept[name] for name in SECRETS.get(statement.resource, set()) & kept.keys()]
        for arn in statement.resources if of_manager or of_store else ():
            is_secret = of_manager or (not is_wide(arn) and touch([arn], [place for place, _ in kept.values()]))
            if is_secret and (arn, statement.actions) not in own:
                todo = f"{statement.resource} is not to do that with {arn}; SECRETS in judging.py says who reads what"
                yield statement.finding("secrets_read", todo)


def kept_in(sample, name):
    """Where a secret is, and what reads it."""
    if name.endswith("Parameter"):
        return f"arn:aws:ssm:{HERE}:parameter{sample.values[name]}", ["ssm:GetParameter"]
    return sample.values[name], ["secretsmanager:GetSecretValue"]


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


RULES = (overrides_by_people, secrets_read, drift_read)
