"""A stack does one thing at a time."""

import asyncio
import contextvars
import functools

# What AWS lets a deletion break off.
CREATING = ("CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "REVIEW_IN_PROGRESS")


def apply(settings):
    """Gap: DeleteStack is accepted during an update, and runs beside what goes on: the stack is UPDATE_COMPLETE or
    CREATE_COMPLETE again after its deletion, with new resources, and a second DeleteStack can reach the next stack of the
    name. A change set can be executed on a stack that is being changed or deleted."""
    from ministack.services import cloudformation
    from ministack.services.cloudformation import changesets, handlers

    deletions = Deletions()
    actions = cloudformation._ACTION_HANDLERS
    actions["DeleteStack"] = functools.partial(delete_stack, actions["DeleteStack"])
    actions["ExecuteChangeSet"] = functools.partial(execute_change_set, actions["ExecuteChangeSet"])
    handlers._delete_stack_async = functools.partial(deletions.delete, handlers._delete_stack_async)
    for module in (handlers, changesets):
        module._deploy_stack_async = functools.partial(deletions.deploy, module._deploy_stack_async)


def delete_stack(original, params):
    from ministack.services.cloudformation.helpers import _error, _p, _xml

    stack = find(_p(params, "StackName"))
    status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
    if status == "DELETE_IN_PROGRESS":
        return _xml(200, "DeleteStackResponse", "")
    if status.endswith("_IN_PROGRESS") and status not in CREATING:
        return _error("ValidationError", f"Stack [{stack['StackId']}] cannot be deleted while in status {status}")
    answer = original(params)
    if answer[0] == 200 and status != "DELETE_COMPLETE":
        # At once: nothing else may begin before the emulator gets to it.
        stack["StackStatus"] = "DELETE_IN_PROGRESS"
    return answer


def execute_change_set(original, params):
    from ministack.services.cloudformation import changesets
    from ministack.services.cloudformation.helpers import _error, _p

    _, change_set = changesets._find_change_set(_p(params, "ChangeSetName"), _p(params, "StackName"))
    stack = find(change_set["StackId"]) if change_set else None
    status = stack["StackStatus"] if stack else ""
    if status == "DELETE_COMPLETE" or status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        return _error("ValidationError", f"Stack:{stack['StackId']} is in {status} state and can not be updated.")
    return original(params)


def find(name_or_id):
    from ministack.services.cloudformation import handlers

    return handlers._resolve_stack(name_or_id)


class Deletions:
    """Lets the deletion of a stack that is being created wait until that has ended."""

    def __init__(self):
        # By the id of the stack that is being deployed.
        self.waiting = {}

    async def deploy(self, original, stack_name, stack_id, *args, **kwargs):
        self.waiting[stack_id] = []
        try:
            await original(stack_name, stack_id, *args, **kwargs)
        finally:
            for deletion in self.waiting.pop(stack_id):
                # At once: nobody may see it as CREATE_COMPLETE before the deletion gets to it.
                find(stack_id)["StackStatus"] = "DELETE_IN_PROGRESS"
                await deletion()

    async def delete(self, original, stack_name, stack_id, *args, **kwargs):
        # What the deletion does is its own, with its role and request token, and not the creation's that it waits for.
        own = contextvars.copy_context()

        def deletion():
            return own.run(asyncio.ensure_future, original(stack_name, stack_id, *args, **kwargs))

        if stack_id in self.waiting:
            self.waiting[stack_id].append(deletion)
        else:
            await deletion()
