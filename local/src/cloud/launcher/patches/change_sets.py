"""A change set is made for a stack that can be changed, and executed once."""

import functools
import uuid

from ministack.core.responses import AccountRegionScopedDict

# What AWS begins an update from.
UPDATABLE = (
    "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED", "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE")
REVIEW = "REVIEW_IN_PROGRESS"
# How many of those that were executed a stack keeps: the latest.
KEPT = 20
# This process: what the last one was executing goes on no more.
PROCESS = str(uuid.uuid4())


def apply(settings):
    """Gap: a change set can be made for a stack that is being changed, has failed or has never been created, and another
    one for a stack under review makes another stack; one that cannot be executed is refused in words that are not AWS's;
    one that was executed keeps its name, so that no other can be made. UpdateStack has other words, too."""
    from ministack.services import cloudformation
    from ministack.services.cloudformation import changesets

    # By their ARNs, by which alone they are known. Where the emulator has its own: a cloud that is kept looks there.
    executed = changesets._executed_change_sets = AccountRegionScopedDict()
    changesets._find_change_set = functools.partial(find, changesets._find_change_set, executed)
    wraps = {
        "CreateChangeSet": create, "ExecuteChangeSet": functools.partial(execute, executed), "UpdateStack": update,
        "DeleteStack": functools.partial(delete_stack, executed),
        "GetTemplate": functools.partial(get_template, executed),
    }
    actions = cloudformation._ACTION_HANDLERS
    for operation, wrap in wraps.items():
        actions[operation] = functools.partial(wrap, actions[operation])


def find(original, executed, name, stack_name=""):
    identity, change_set = original(name, stack_name)
    if change_set is not None or name not in executed or is_deleted(executed[name]):
        return identity, change_set
    change_set = executed[name]
    if change_set["_process"] != PROCESS and change_set["ExecutionStatus"] == "EXECUTE_IN_PROGRESS":
        change_set = {**change_set, "ExecutionStatus": "EXECUTE_FAILED"}
    return name, change_set


def create(original, params):
    from ministack.services.cloudformation.helpers import _error, _p

    stack, updates = stack_of(params), _p(params, "ChangeSetType", "UPDATE") == "UPDATE"
    status = stack["StackStatus"] if stack else None
    if stack is None or not updates and status != REVIEW:
        return original(params)
    if not updates:
        return under_review(original, params, stack)
    if status == REVIEW:
        return _error("ValidationError", f"Stack [{_p(params, 'StackName')}] does not exist")
    return update(original, params)


def update(original, params):
    from ministack.services.cloudformation.helpers import _error

    stack = stack_of(params)
    if stack is None or can_be_updated(stack):
        return original(params)
    status = stack["StackStatus"]
    return _error("ValidationError", f"Stack:{stack['StackId']} is in {status} state and can not be updated.")


def can_be_updated(stack):
    """What failed to be created can be where what was created is preserved."""
    status = stack["StackStatus"]
    return status in UPDATABLE or status == "CREATE_FAILED" and stack.get("DisableRollback", False)


def under_review(original, params, stack):
    """The emulator puts a new stack in the place of this one, or none if it refuses the change set."""
    from ministack.services import cloudformation

    name, identity = stack["StackName"], stack["StackId"]
    status, headers, body = original(params)
    other = cloudformation._stacks.get(name)
    cloudformation._stacks[name] = stack
    if other is None or other is stack:
        return status, headers, body
    cloudformation._stack_events.pop(other["StackId"], None)
    for change_set in cloudformation._change_sets.values():
        if change_set["StackId"] == other["StackId"]:
            change_set["StackId"] = identity
    return status, headers, body.replace(other["StackId"].encode(), identity.encode())


def execute(executed, original, params):
    from ministack.services import cloudformation
    from ministack.services.cloudformation import changesets
    from ministack.services.cloudformation.helpers import _error, _p

    identity, change_set = changesets._find_change_set(_p(params, "ChangeSetName"), _p(params, "StackName"))
    if change_set is not None and (refusal := refused(change_set)):
        return _error("InvalidChangeSetStatus", refusal)
    answer = original(params)
    if change_set is not None and answer[0] == 200:
        cloudformation._change_sets.pop(identity, None)
        keep(executed, identity, change_set)
    return answer


def keep(executed, identity, change_set):
    """What can be told of it, without its templates. An import still reads them."""
    if change_set.get("ChangeSetType") != "IMPORT":
        for name in [name for name in change_set if name.startswith("_")]:
            del change_set[name]
    change_set["_process"] = PROCESS
    executed[identity] = change_set
    forget_deleted(executed)
    own = [other for other, kept in executed.items() if kept["StackId"] == change_set["StackId"]]
    for oldest in own[:-KEPT]:
        del executed[oldest]


def delete_stack(executed, original, params):
    answer = original(params)
    forget_deleted(executed)
    return answer


def get_template(executed, original, params):
    """Of one that was executed there is none any more but the stack's."""
    from ministack.services.cloudformation.helpers import _error, _p

    name = _p(params, "ChangeSetName")
    if name in executed:
        return _error("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)
    return original(params)


def forget_deleted(executed):
    for identity in [identity for identity, change_set in executed.items() if is_deleted(change_set)]:
        del executed[identity]


def is_deleted(change_set):
    """Whether its stack is being deleted, or was."""
    from ministack.services.cloudformation import handlers

    stack = handlers._resolve_stack(change_set["StackId"])
    return stack is None or stack["StackStatus"].startswith("DELETE_")


def refused(change_set):
    """Why it cannot be executed, in AWS's words."""
    identity = change_set["ChangeSetId"]
    if change_set["Status"] != "CREATE_COMPLETE":
        return f"ChangeSet [{identity}] cannot be executed in its current status of [{change_set['Status']}]"
    if change_set["ExecutionStatus"] != "AVAILABLE":
        status = change_set["ExecutionStatus"]
        return f"ChangeSet [{identity}] cannot be executed in its current execution status of [{status}]"
    return None


def stack_of(params):
    """A deleted one has no name any more, and is not changed by its ARN."""
    from ministack.services.cloudformation import handlers
    from ministack.services.cloudformation.helpers import _p

    stack = handlers._resolve_stack(_p(params, "StackName"))
    return stack if stack is not None and stack["StackStatus"] != "DELETE_COMPLETE" else None
