"""CloudFormation acts as the stack's role, so that must be there."""

import functools

OPERATIONS = ("CreateStack", "UpdateStack", "DeleteStack", "CreateChangeSet")


def apply(settings):
    """Gap: a stack is made, changed and deleted with a role that does not exist (any more)."""
    from ministack.services import cloudformation

    actions = cloudformation._ACTION_HANDLERS
    for operation in OPERATIONS:
        actions[operation] = functools.partial(with_role, actions[operation])


def with_role(original, params):
    from ministack.services import iam
    from ministack.services.cloudformation import handlers
    from ministack.services.cloudformation.helpers import _error, _p

    stack = handlers._resolve_stack(_p(params, "StackName"))
    standing = stack if stack is not None and stack["StackStatus"] != "DELETE_COMPLETE" else {}
    role = _p(params, "RoleARN") or standing.get("RoleARN")
    if role and role.rpartition("/")[2] not in iam._roles:
        return _error("ValidationError", f"Role {role} is invalid or cannot be assumed")
    return original(params)
