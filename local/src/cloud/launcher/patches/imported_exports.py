"""A stack whose export another stack imports is not deleted."""

import functools


def apply(settings):
    """Gap: DeleteStack refuses such a stack; AWS accepts and cancels the deletion, after which the stack is in the status
    it had, with the reason. And importers count, here and in ListImports, also while they are being changed or deleted,
    or when that failed."""
    from ministack.services import cloudformation

    actions = cloudformation._ACTION_HANDLERS
    actions["DeleteStack"] = functools.partial(delete_stack, actions["DeleteStack"])
    actions["ListImports"] = functools.partial(list_imports, actions["ListImports"])


def delete_stack(original, params):
    from ministack.services.cloudformation import handlers
    from ministack.services.cloudformation.helpers import _p, _xml

    stack = handlers._resolve_stack(_p(params, "StackName"))
    if not is_there(stack) or stack.get("EnableTerminationProtection") or not (reason := in_use(stack)):
        return original(params)
    status, stack["StackStatus"] = stack["StackStatus"], "DELETE_IN_PROGRESS"
    handlers._create_stack_task_in_region(cancel(stack, status, reason), stack, stack["StackId"])
    return _xml(200, "DeleteStackResponse", "")


async def cancel(stack, status, reason):
    record(stack, "DELETE_IN_PROGRESS", "User Initiated")
    stack["StackStatus"], stack["StackStatusReason"] = status, reason
    record(stack, status, reason)


def record(stack, status, reason):
    from ministack.services.cloudformation import stacks

    name, identity = stack["StackName"], stack["StackId"]
    stacks._add_event(identity, name, name, "AWS::CloudFormation::Stack", status, reason, identity)


def in_use(stack):
    """Why the stack cannot be deleted, in AWS's words."""
    exports = sorted(output["ExportName"] for output in stack.get("Outputs", []) if output.get("ExportName"))
    for export in exports:
        if names := importers(export, stack):
            joined = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
            return f"Delete canceled. Cannot delete export {export} as it is in use by {joined}."
    return None


def list_imports(original, params):
    from ministack.services.cloudformation.helpers import _esc, _p, _page, _xml

    names = importers(_p(params, "ExportName"))
    if not names:
        return original(params)
    page, next_token, error = _page(names, params, "ListImports")
    members = "".join(f"<member>{_esc(name)}</member>" for name in page)
    body = f"<ListImportsResult><Imports>{members}</Imports>{next_token}</ListImportsResult>"
    return error or _xml(200, "ListImportsResponse", body)


def importers(export, exporter=None):
    from ministack.services import cloudformation
    from ministack.services.cloudformation import handlers

    others = (stack for stack in cloudformation._stacks.values() if is_there(stack) and stack is not exporter)
    return sorted(stack["StackName"] for stack in others
                  if export in handlers._imported_export_names(stack, stack["StackName"]))


def is_there(stack):
    return stack is not None and stack["StackStatus"] != "DELETE_COMPLETE"
