"""Who may be a role, and whom a policy of a bucket or topic lets in."""

from arns import is_wide
from policy import PREVIEW, RELEASE_DEPLOYS, Finding, attached, many, trust
from sample import ACCOUNT

# The one service that each role works for.
TRUSTED = {
    **dict.fromkeys(
        ("ConfigureRole", "GateRole", "LeaseRole", "PreviewRole", "RecordRole", "StartTestsRole", "SweepRole"),
        "lambda.amazonaws.com",
    ),
    **dict.fromkeys((PREVIEW, *RELEASE_DEPLOYS), "cloudformation.amazonaws.com"),
    **dict.fromkeys(("BuildRole", "PreviewBuildRole"), "codebuild.amazonaws.com"),
    **dict.fromkeys(("PipelineRole", "PreviewPipelineRole"), "codepipeline.amazonaws.com"),
    "StartRole": "events.amazonaws.com",
    **dict.fromkeys(("PreviewScheduleRole", "SweepScheduleRole"), "scheduler.amazonaws.com"),
}


def one_service(sample, _exceptions):
    """Nobody but its one service may be a role: no account, no person, no other service."""
    for statement in trust(sample):
        service = TRUSTED.get(statement.resource)
        if statement.allows and statement.body.get("Principal") != {"Service": service}:
            todo = f"trust {service}, as TRUSTED says" if service else "name its service in TRUSTED of trusted.py"
            yield statement.finding("one_service", todo)
        if statement.allows and statement.actions != ["sts:AssumeRole"]:
            yield statement.finding("one_service", "let it do sts:AssumeRole, and nothing else")


def no_open_principals(sample, _exceptions):
    """Nobody is let in without being named."""
    for statement in (*attached(sample), *trust(sample)):
        open_to_all = any("*" in statement.principals(kind) for kind in ("AWS", "Service", "Federated"))
        if statement.allows and (open_to_all or "NotPrincipal" in statement.body):
            yield statement.finding("no_open_principals", "name who is allowed")


def bound_services(sample, exceptions):
    """A service is let in only when it works for this account, and for just that resource, where it says so."""
    for statement in (*attached(sample), *trust(sample)):
        for service in sorted(set(statement.principals("Service")) - {"*"}) if statement.allows else ():
            for key in ("aws:SourceAccount", "aws:SourceArn"):
                if is_bound(statement, key):
                    continue
                if not exceptions.has("unbound", service=service, without=key):
                    yield statement.finding("bound_services", f"{service} must say for what: ask for {key}")
                elif key == "aws:SourceAccount" and statement.asks(key) != {"StringEqualsIfExists": [ACCOUNT]}:
                    todo = f"ask {service} for {key} where it is sent: StringEqualsIfExists, of this account"
                    yield statement.finding("bound_services", todo)


def is_bound(statement, key):
    if key == "aws:SourceAccount":
        return statement.asks(key) == {"StringEquals": [ACCOUNT]}
    wanted = statement.asks(key)
    named = {"ArnEquals", "ArnLike", "StringEquals", "StringLike"} >= wanted.keys()
    return bool(wanted) and named and all(is_one(arn) for values in wanted.values() for arn in values)


def is_one(arn):
    """Of this account, in one region, and not all there is of a kind."""
    parts = arn.split(":", 5)
    return len(parts) == 6 and parts[4] == ACCOUNT and not is_wide(arn)


def deploy_roles_kept(sample, _exceptions):
    """Without the role that it was deployed with, a stack cannot be changed or deleted any more."""
    deploys = {
        statement.resource
        for statement in trust(sample)
        if "cloudformation.amazonaws.com" in statement.principals("Service")
    }
    for name in sorted(deploys):
        role = sample.resources[name]
        for key, wanted in {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}.items():
            if role.get(key) not in (wanted, "Retain"):
                yield Finding("deploy_roles_kept", name, key, f"set {key}: {wanted}")


def no_managed_policies(sample, _exceptions):
    """What a role may do stands here; only who deploys may give more to the deploy roles, and to the gate, to read."""
    for name, role in sample.of_type("AWS::IAM::Role").items():
        for policy in many(role["Properties"].get("ManagedPolicyArns")):
            if ":iam::aws:policy/" in policy or name not in (*RELEASE_DEPLOYS, PREVIEW, "GateRole"):
                todo = f"write down what is needed of {policy}"
                yield Finding("no_managed_policies", name, "ManagedPolicyArns", todo)


RULES = (one_service, no_open_principals, bound_services, deploy_roles_kept, no_managed_policies)
