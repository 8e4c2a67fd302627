"""CloudFormation changes a stack's resources as the stack's role, and may do what that role may; without a role, what
the role of whoever asked for it may (a session's own policy, which says less, is not looked at)."""

import contextvars
import functools

# The role that the stack at hand is changed as; none for root and for users.
ACTING = contextvars.ContextVar("acting", default=None)
# The type that is being updated: what is made and deleted for it is part of that.
UPDATED = contextvars.ContextVar("updated", default=None)
SERVICE = "cloudformation.amazonaws.com"
# As CloudFormation names its sessions.
SESSION = "AWSCloudFormation"
OPERATIONS = (
    "CreateStack", "UpdateStack", "CreateChangeSet", "ExecuteChangeSet", "DeleteStack", "RollbackStack",
    "ContinueUpdateRollback",
)
WITH_TEMPLATE = ("CreateStack", "UpdateStack", "CreateChangeSet")
TASKS = ("_deploy_stack_async", "_delete_stack_async", "_roll_back_operation", "_continue_update_rollback_async")


def apply(settings):
    """Gap: with AUTH=true CloudFormation may do everything, whoever asks for it and as whatever role: no role needs to
    trust it, no resource and no transform takes a permission."""
    from ministack import app

    if not app.AUTH:
        return
    from ministack.services import cloudformation
    from ministack.services.cloudformation import changesets, handlers, provisioners, stacks

    actions = cloudformation._ACTION_HANDLERS
    for operation in OPERATIONS:
        actions[operation] = functools.partial(begin, operation, actions[operation])
    replace((handlers, changesets, stacks), TASKS, act)
    replace((stacks, provisioners), ("_provision_resource",), create)
    replace((stacks, provisioners), ("_update_resource",), update)
    replace((stacks, provisioners), ("_delete_resource",), delete)
    replace((provisioners,), ("_delete_predecessor",), delete_predecessor)


def replace(modules, names, wrap):
    """Also where a module has imported a function by its name."""
    for name in names:
        for module in modules:
            if (original := getattr(module, name, None)) is not None:
                setattr(module, name, functools.partial(wrap, original))


def begin(operation, original, params):
    """An operation begins with the role: it must trust CloudFormation, and may transform the template."""
    from ministack.services.cloudformation.helpers import _error, _p
    from patches import authority

    change_set = executed(operation, params)
    stack = find(change_set.get("StackId") or _p(params, "StackName")) or {}
    given = _p(params, "RoleARN") or change_set.get("RoleARN") or stack.get("RoleARN")
    stack_id = stack.get("StackId") or new_id(_p(params, "StackName"))
    try:
        if given:
            authority.check_trust(given, SERVICE, stack_id)
    except authority.Denied:
        return _error("ValidationError", f"Role {given} is invalid or cannot be assumed")
    role = given or of_caller()
    try:
        for macro in transforms(params, stack) if operation in WITH_TEMPLATE and role else ():
            authority.permit(role, "cloudformation:CreateChangeSet", macro, session=SESSION)
    except authority.Denied as denied:
        return _error("AccessDenied", str(denied), 403)
    return original(params)


def executed(operation, params):
    from patches import stack_facts

    return operation == "ExecuteChangeSet" and stack_facts.find_change_set(params) or {}


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


async def act(original, stack_name, stack_id, *args, **kwargs):
    """A stack's operation, as its role; a stack within another as that one's."""
    stack = find(stack_id) or {}
    before = ACTING.set(stack.get("RoleARN") or ACTING.get() or of_caller())
    try:
        return await original(stack_name, stack_id, *args, **kwargs)
    finally:
        ACTING.reset(before)


def create(original, kind, logical_id, properties, stack_name):
    if UPDATED.get() != kind:
        ask(kind, "create", name_of(kind, logical_id, properties, stack_name), new=properties)
    return original(kind, logical_id, properties, stack_name)


def update(original, kind, physical_id, old, new, stack_name, logical_id=None, *rest):
    from patches.resource_actions import is_replaced

    if old != new and is_replaced(kind, old, new):
        ask(kind, "create", name_of(kind, logical_id or physical_id, new, stack_name), new=new)
    elif old != new:
        ask(kind, "update", known(kind, physical_id, logical_id, new, stack_name), old=old, new=new)
    before = UPDATED.set(kind)
    try:
        return original(kind, physical_id, old, new, stack_name, logical_id, *rest)
    finally:
        UPDATED.reset(before)


def delete(original, kind, physical_id, properties, stack_name=None, logical_id=None):
    ask(kind, "delete", known(kind, physical_id, logical_id, properties, stack_name), old=properties)
    return original(kind, physical_id, properties, stack_name, logical_id)


def delete_predecessor(original, deletion, *args, **kwargs):
    """A resource that another has replaced, which most types delete by themselves."""
    kind = UPDATED.get()
    is_asked = getattr(deletion, "func", None) is delete
    physical_id, properties = (args + (None, None))[:2]
    if is_asked or kind is None or not isinstance(properties, dict):
        return original(deletion, *args, **kwargs)

    def asked(*args, **kwargs):
        ask(kind, "delete", physical_id, old=properties)
        return deletion(*args, **kwargs)

    return original(asked, *args, **kwargs)


def known(kind, physical_id, logical_id, properties, stack_name):
    """The emulator names a log group that has no name in another way than AWS."""
    if kind == "AWS::Logs::LogGroup":
        return name_of(kind, logical_id or physical_id, properties, stack_name)
    return physical_id


def name_of(kind, logical_id, properties, stack_name):
    """What a resource is named by, or by CloudFormation."""
    from ministack.services.cloudformation import provisioners
    from patches.resource_actions import NAMED

    if kind not in NAMED:
        return ""
    name, longest = NAMED[kind]
    return properties.get(name) or provisioners._physical_name(stack_name, logical_id, max_len=longest)


def ask(kind, operation, name, old=None, new=None):
    """Fails as the resource does on AWS if the role may not."""
    from patches import authority, resource_actions
    from patches.resource_change import Change

    role = ACTING.get()
    if role is None:
        return
    change = Change(kind, operation, name, authority.region(), authority.account_id(), new or {}, old or {})
    try:
        for action, arn, context in resource_actions.needed(change):
            authority.permit(role, action, arn, {**tags_of(arn), **context}, session=SESSION)
    except authority.Denied as denied:
        raise ValueError(refused(kind, denied)) from denied


def refused(kind, denied):
    from ministack.core.responses import new_uuid
    from ministack.services.cloudformation.helpers import _sdk_error
    from patches.resource_actions import is_known, namespace

    if not is_known(kind):
        service = namespace(kind)
        return (f"the local cloud does not know which permissions {kind} needs: it makes, changes and deletes one only"
                f" as a role that may do {service}:* on *, or with iam off; {denied}")
    error = _sdk_error(denied, kind.split("::")[1], 403)
    return f'Resource handler returned message: "{error}" (RequestToken: {new_uuid()}, HandlerErrorCode: AccessDenied)'


def tags_of(arn):
    """What is part of an API, and its tags, count as tagged like it."""
    from urllib.parse import unquote

    from ministack.services import apigateway_v1

    _, is_of_api, path = unquote(arn).rpartition("::/restapis/")
    api = apigateway_v1._rest_api_arn(path.partition("/")[0])
    tags = apigateway_v1._v1_tags.get(api, {}) if is_of_api else {}
    return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}


def of_caller():
    """The role of whoever made the request; none for root and for users, who may do everything here."""
    from ministack.core import iam_evaluator

    parts = iam_evaluator.caller_arn().split(":")
    is_role = parts[2:3] == ["sts"] and parts[5].startswith("assumed-role/")
    return f"arn:aws:iam::{parts[4]}:role/{parts[5].split('/')[1]}" if is_role else None


def find(name_or_id):
    from ministack.services.cloudformation import handlers

    return handlers._resolve_stack(name_or_id)


def new_id(stack_name):
    from ministack.core.responses import new_uuid
    from patches import authority

    return f"arn:aws:cloudformation:{authority.region()}:{authority.account_id()}:stack/{stack_name}/{new_uuid()}"
