"""What CloudFormation makes, changes and deletes, it may only if the operation at hand may."""

import contextvars
import functools

# Asks whether the resource that is being updated may be deleted: what replaces it may do so by itself.
MAY_DELETE = contextvars.ContextVar("may_delete")


def apply():
    from ministack.services.cloudformation import provisioners, stacks

    # Also where a module has imported a function by its name.
    wraps = {"_provision_resource": create, "_update_resource": update, "_delete_resource": delete}
    for name, wrap in wraps.items():
        for module in (stacks, provisioners):
            setattr(module, name, functools.partial(wrap, getattr(module, name)))
    provisioners._delete_predecessor = functools.partial(delete_predecessor, provisioners._delete_predecessor)


def create(original, kind, logical_id, properties, stack_name):
    ask(kind, "create", name_of(kind, logical_id, properties, stack_name), new=properties)
    return original(kind, logical_id, properties, stack_name)


def update(original, kind, physical_id, old, new, stack_name, logical_id=None, *rest):
    if old != new:
        may_update(kind, physical_id, old, new, stack_name, logical_id)
    name = known(kind, physical_id, logical_id, old, stack_name)
    before = MAY_DELETE.set(functools.partial(ask, kind, "delete", name, old=old))
    try:
        return original(kind, physical_id, old, new, stack_name, logical_id, *rest)
    finally:
        MAY_DELETE.reset(before)


def may_update(kind, physical_id, old, new, stack_name, logical_id):
    from ministack.services.cloudformation import provisioners
    from patches.resource_actions import is_replaced

    if provisioners._replacing_change(kind, old, new):
        # `create` asks for it, when it has its new name.
        return
    if is_replaced(kind, old, new):
        ask(kind, "create", name_of(kind, logical_id or physical_id, new, stack_name), new=new)
    else:
        ask(kind, "update", known(kind, physical_id, logical_id, new, stack_name), old=old, new=new)


def delete(original, kind, physical_id, properties, stack_name=None, logical_id=None):
    ask(kind, "delete", known(kind, physical_id, logical_id, properties, stack_name), old=properties)
    return original(kind, physical_id, properties, stack_name, logical_id)


def delete_predecessor(original, deletion, *args, **kwargs):
    """A resource that another has replaced; it is deleted later, when all is updated."""
    may_delete = MAY_DELETE.get()

    def asked(*args, **kwargs):
        may_delete()
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
    """Fails as the resource does on AWS if the operation may not."""
    from patches import authority, resource_actions
    from patches.resource_change import Change
    from patches.stack_permissions import PERMIT

    permit = PERMIT.get()
    if permit is None:
        return
    change = Change(kind, operation, name, authority.region(), authority.account_id(), new or {}, old or {})
    try:
        for action, arn, context in resource_actions.needed(change):
            permit(action, arn, {**tags_of(arn), **context})
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
