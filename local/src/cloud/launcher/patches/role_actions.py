"""Permissions for AWS::IAM::Role: by the handlers of its published resource schema."""

from patches.resource_change import CREATE, DELETE, UPDATE, tags

BOUNDARY = "PermissionsBoundary"

# What is read of one, when it was made or changed.
READ = (("GetRole",), ("GetRolePolicy",), ("ListAttachedRolePolicies",), ("ListRolePolicies",))


def role(change):
    arn = change.arn("iam", f"role{change.properties.get('Path', '/')}{change.name}")
    # Whatever changes a role's rights can be allowed by the boundary that binds it.
    boundary = change.properties.get(BOUNDARY)
    bound = {"iam:PermissionsBoundary": boundary} if boundary else {}
    table = {CREATE: created, UPDATE: updated, DELETE: deleted}
    for action, *context in table[change.operation](change):
        with_boundary = bound if action in BOUND else {}
        yield f"iam:{action}", arn, {**with_boundary, **dict(*context)}


# The actions that IAM gives the key `iam:PermissionsBoundary` for.
BOUND = (
    "AttachRolePolicy", "CreateRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DetachRolePolicy",
    "PutRolePermissionsBoundary", "PutRolePolicy",
)


def created(change):
    yield ("CreateRole",)
    if tags(change.new, system=False):
        yield ("TagRole",)
    yield from attached("AttachRolePolicy", managed(change.new))
    yield from (("PutRolePolicy",) for _ in inline(change.new))
    yield from READ


def updated(change):
    yield from READ
    if change.differs("AssumeRolePolicyDocument"):
        yield ("UpdateAssumeRolePolicy",)
    if change.differs("MaxSessionDuration"):
        yield ("UpdateRole",)
    if change.differs("Description"):
        yield ("UpdateRoleDescription",)
    if change.differs(BOUNDARY):
        yield (f"{'Put' if BOUNDARY in change.new else 'Delete'}RolePermissionsBoundary",)
    yield from attached("DetachRolePolicy", managed(change.old) - managed(change.new))
    yield from attached("AttachRolePolicy", managed(change.new) - managed(change.old))
    before, after = inline(change.old), inline(change.new)
    yield from (("DeleteRolePolicy",) for name in before if name not in after)
    yield from (("PutRolePolicy",) for name in after if before.get(name) != after[name])
    if tags(change.new, system=False) != tags(change.old, system=False):
        yield from (("ListRoleTags",), ("TagRole",), ("UntagRole",))


def deleted(change):
    yield from (("GetRole",), ("ListAttachedRolePolicies",), ("ListRolePolicies",))
    yield from attached("DetachRolePolicy", managed(change.old))
    yield from (("DeleteRolePolicy",) for _ in inline(change.old))
    yield ("DeleteRole",)


def attached(action, policies):
    yield from ((action, {"iam:PolicyARN": policy}) for policy in sorted(policies))


def managed(properties):
    return set(properties.get("ManagedPolicyArns") or [])


def inline(properties):
    return {policy["PolicyName"]: policy["PolicyDocument"] for policy in properties.get("Policies") or []}
