"""CloudFormation works as the role that it is given for an operation or that the stack has; without one, as whoever asked
for the operation. What is in S3 for a request it reads as whoever asks."""

import contextvars
import functools

# What the operation at hand asks before it does something: it takes an action, an ARN and condition keys, and raises
# `Denied`. The operation's task inherits it. None for root, who may do everything.
PERMIT = contextvars.ContextVar("permit", default=None)
SERVICE = "cloudformation.amazonaws.com"
# As CloudFormation names its sessions.
SESSION = "AWSCloudFormation"
OPERATIONS = (
    "CreateStack", "UpdateStack", "CreateChangeSet", "ExecuteChangeSet", "DeleteStack", "RollbackStack",
    "ContinueUpdateRollback",
)
WITH_TEMPLATE = ("CreateStack", "UpdateStack", "CreateChangeSet")
READING = (*WITH_TEMPLATE, "GetTemplateSummary", "ValidateTemplate", "SetStackPolicy")
URLS = ("TemplateURL", "StackPolicyURL", "StackPolicyDuringUpdateURL")


def apply(settings):
    """Gap: with AUTH=true CloudFormation may do everything, whoever asks for it and as whatever role: no role needs to
    trust it, no resource, no transform and no template in S3 takes a permission."""
    from ministack import app

    if not app.AUTH:
        return
    from ministack.services import cloudformation
    from patches import resource_permissions

    actions = cloudformation._ACTION_HANDLERS
    for operation in OPERATIONS:
        actions[operation] = functools.partial(begin, operation, actions[operation])
    for operation in READING:
        actions[operation] = functools.partial(read, actions[operation])
    resource_permissions.apply()


def begin(operation, original, params):
    """An operation begins with its role, which must trust CloudFormation, and may transform the template."""
    from ministack.services.cloudformation.helpers import _error, _p
    from patches.authority import Denied

    stack, role = subject(operation, params)
    try:
        permit = of_role(role, stack.get("StackId") or new_id(_p(params, "StackName"))) if role else of_caller()
    except Denied:
        return _error("ValidationError", f"Role {role} is invalid or cannot be assumed")
    try:
        for macro in transforms(params, stack) if operation in WITH_TEMPLATE and permit else ():
            permit("cloudformation:CreateChangeSet", macro)
    except Denied as denied:
        return _error("AccessDenied", str(denied), 403)
    before = PERMIT.set(permit)
    try:
        return original(params)
    finally:
        PERMIT.reset(before)


def subject(operation, params):
    """The stack that an operation is about, as far as it is there yet, and the role that it has."""
    from ministack.services.cloudformation.helpers import _p

    change_set = executed(operation, params)
    stack = standing(change_set.get("StackId") or _p(params, "StackName"))
    return stack, _p(params, "RoleARN") or change_set.get("RoleARN") or stack.get("RoleARN")


def read(original, params):
    from ministack.services.cloudformation.helpers import _error, _p
    from patches.authority import Denied
    from patches.resource_change import object_at

    permit, urls = of_caller(), [url for name in URLS if (url := _p(params, name))]
    try:
        for url in urls if permit else ():
            permit(*object_at(url))
    except Denied as denied:
        return _error("ValidationError", f"S3 error: Access Denied. {denied}")
    return original(params)


def of_role(role, stack_id):
    """What the role may do, if it trusts CloudFormation."""
    from patches import authority

    authority.check_trust(role, SERVICE, stack_id)
    return functools.partial(authority.permit, role, session=SESSION)


def of_caller():
    """What whoever made the request may do, in their session; none for root."""
    from ministack.core import iam_evaluator
    from patches import authority

    key = iam_evaluator._verified_key.get()
    return functools.partial(authority.decide, iam_evaluator.resolve_principal(key, authority.account_id())) if key else None


def executed(operation, params):
    from patches import stack_facts

    return operation == "ExecuteChangeSet" and stack_facts.find_change_set(params) or {}


def standing(name_or_id):
    """The stack, unless it is gone: then nothing is done as its role any more."""
    from ministack.services.cloudformation import handlers

    stack = handlers._resolve_stack(name_or_id)
    return stack if stack is not None and stack["StackStatus"] != "DELETE_COMPLETE" else {}


def new_id(stack_name):
    from ministack.core.responses import new_uuid
    from patches import authority

    return f"arn:aws:cloudformation:{authority.region()}:{authority.account_id()}:stack/{stack_name}/{new_uuid()}"


def transforms(params, stack):
    """The macros of a request's template, by their ARNs."""
    from ministack.services.cloudformation import engine, helpers
    from patches import authority

    body, _ = helpers._resolve_template(params)
    try:
        template = engine._parse_template(body or stack.get("_template_body") or "{}")
    except Exception:
        # It is the emulator that says what is wrong with a template.
        return []
    declared = template.get("Transform") or []
    names = [name for name in (declared if isinstance(declared, list) else [declared]) if isinstance(name, str)]
    owner = lambda name: "aws" if name.startswith("AWS::") else authority.account_id()
    prefix = f"arn:aws:cloudformation:{authority.region()}"
    return [f"{prefix}:{owner(name)}:transform/{name.removeprefix('AWS::')}" for name in names]
