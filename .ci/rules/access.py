"""What roles may do: no more than they say by name."""

import re

from policy import PREVIEW, RELEASE_DEPLOYS, Finding, attached, identity, many, touch, trust

EVERYTHING = re.compile(r"\*|/?[a-z-]+[:/]\*")
RIGHTS = {"iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"}
STAGE_ROLES = re.compile(r"arn:aws:iam::\d{12}:role/[a-z0-9-]+-(tests|beta|gamma|prod|pr|dev)-\*")


def no_star_actions(sample, _exceptions):
    """Every action is named, and nothing is allowed by what it is not."""
    for statement in filter(lambda statement: statement.allows, identity(sample)):
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
    for statement in filter(lambda statement: statement.allows, identity(sample)):
        if not (wide := [arn for arn in statement.resources if is_everything(arn)]):
            continue
        for action in statement.actions:
            if not exceptions.has("everything", roles=statement.resource, sid=statement.sid, actions=action):
                yield statement.finding(
                    "no_star_resources",
                    f"name the resources of {action} instead of {wide[0]}, or say in exceptions.yaml why not",
                )


def is_everything(arn):
    if arn == "*":
        return True
    _, _, service, _, account, what = arn.split(":", 5)
    if service == "s3":
        # An object's key comes after its bucket's name, which is narrow enough.
        return what.startswith("*")
    return "*" in (service, account) or EVERYTHING.fullmatch(what) is not None


def pass_role(sample, _exceptions):
    """A role is handed only to a named service, and only one that is known, or one of a stage's stacks."""
    for statement in filter(lambda statement: statement.allows, identity(sample)):
        if not statement.does({"iam:PassRole"}):
            continue
        services = [service for wanted in statement.asks("iam:PassedToService").values() for service in wanted]
        if list(statement.asks("iam:PassedToService")) != ["StringEquals"] or any(
            "*" in service for service in services
        ):
            yield statement.finding("pass_role", "say with StringEquals iam:PassedToService to which service")
        for arn in statement.resources:
            if "*" in arn and not STAGE_ROLES.fullmatch(arn):
                yield statement.finding("pass_role", f"name the role instead of {arn}")


def no_managed_policies(sample, _exceptions):
    """What a role may do stands here; only who deploys may give the deploy roles more."""
    for name, role in sample.of_type("AWS::IAM::Role").items():
        for policy in many(role["Properties"].get("ManagedPolicyArns")):
            if ":iam::aws:policy/" in policy or name not in (*RELEASE_DEPLOYS, PREVIEW):
                yield Finding(
                    "no_managed_policies", name, "ManagedPolicyArns", f"write down what is needed of {policy}"
                )


def sids(sample, _exceptions):
    """Every statement has a name, which is unique in its role, so that the recorder and a refusal can tell it."""
    seen = set()
    for statement in (*identity(sample), *attached(sample)):
        if not statement.sid:
            yield statement.finding("sids", "give the statement a Sid")
        elif (statement.resource, statement.sid) in seen:
            yield statement.finding("sids", f"another statement of {statement.resource} is named {statement.sid}")
        seen.add((statement.resource, statement.sid))


def leading_keys(sample, _exceptions):
    """Each function sees its own keys of the state table, and nothing reads the whole of it."""
    tables = [sample.identity(name)[1] for name in sample.of_type("AWS::DynamoDB::Table")]
    places = [place for table in tables for place in (table, f"{table}/index/*")]
    for statement in filter(lambda statement: statement.allows, identity(sample)):
        on_items = any(action.startswith("dynamodb:") for action in statement.actions)
        if not on_items or not touch(statement.resources, places):
            continue
        keys = statement.asks("dynamodb:LeadingKeys")
        if not any(operator in ("ForAllValues:StringEquals", "ForAllValues:StringLike") for operator in keys):
            yield statement.finding("leading_keys", "limit it with ForAllValues:StringLike dynamodb:LeadingKeys")
        # A request that names no key has all its keys among these: by itself, ForAllValues lets it pass.
        if keys.get("Null") != ["false"]:
            yield statement.finding("leading_keys", 'demand a key: "Null": { dynamodb:LeadingKeys: "false" }')
        for key in (key for operator, wanted in keys.items() if operator != "Null" for key in wanted):
            if not re.match(r"[a-z]{2,}(#|$)", key):
                yield statement.finding(
                    "leading_keys", f"begin the key {key} with the kind of item that it is for, and #"
                )


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
                elif key == "aws:SourceAccount" and "StringEqualsIfExists" not in statement.asks(key):
                    yield statement.finding(
                        "bound_services", f"ask {service} for {key} where it is sent: StringEqualsIfExists"
                    )


def is_bound(statement, key):
    operators = {"aws:SourceAccount": ("StringEquals",)}.get(
        key, ("ArnEquals", "ArnLike", "StringEquals", "StringLike")
    )
    wanted = [value for operator, values in statement.asks(key).items() if operator in operators for value in values]
    # The account of an ARN is never left open.
    return bool(wanted) and all("*" not in value.split(":")[4] if ":" in value else value.isdigit() for value in wanted)


def boundary(sample, _exceptions):
    """Where there is an AppBoundary, no role is given rights without it, and none is taken out of it again."""
    if not (wanted := sample.values.get("AppBoundary")):
        return
    for statement in filter(lambda statement: statement.allows, identity(sample)):
        for action in sorted(statement.does(RIGHTS)):
            if statement.asks("iam:PermissionsBoundary") != {"StringEquals": [wanted]}:
                yield statement.finding("boundary", f"allow {action} only with iam:PermissionsBoundary AppBoundary")
        if statement.does({"iam:DeleteRolePermissionsBoundary"}):
            yield statement.finding("boundary", "let nobody take a role out of its boundary")


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


RULES = (
    no_star_actions,
    actions_spelled,
    policies_in_roles,
    no_star_resources,
    pass_role,
    no_managed_policies,
    sids,
    leading_keys,
    no_open_principals,
    bound_services,
    boundary,
    deploy_roles_kept,
)
# What holds for the stacks of any service too, whose roles SAM may make.
EVERYWHERE = (no_star_actions, pass_role, no_open_principals)
