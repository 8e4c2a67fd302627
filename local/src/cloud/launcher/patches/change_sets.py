"""A change set is made for a stack that can be changed, and executed once."""

import functools

from ministack.core.responses import AccountRegionScopedDict

# What AWS begins an update from.
UPDATABLE = (
    "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE")
REVIEW = "REVIEW_IN_PROGRESS"


def apply(settings):
    """Gap: a change set can be made for a stack that is being changed, has failed or has never been created, and another
    one for a stack under review makes another stack; one that cannot be executed is refused in words that are not AWS's;
    one that was executed keeps its name, so that no other can be made. UpdateStack has other words, too."""
    from ministack.services import cloudformation
    from ministack.services.cloudformation import changesets

    # By their ARNs, by which alone they are known.
    executed = AccountRegionScopedDict()
    changesets._find_change_set = functools.partial(find, changesets._find_change_set, executed)
    wraps = {"CreateChangeSet": create, "ExecuteChangeSet": functools.partial(execute, executed), "UpdateStack": update}
    actions = cloudformation._ACTION_HANDLERS
    for operation, wrap in wraps.items():
        actions[operation] = functools.partial(wrap, actions[operation])


def find(original, executed, name, stack_name=""):
    identity, change_set = original(name, stack_name)
    return (name, executed[name]) if change_set is None and name in executed else (identity, change_set)


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
    if stack is None or stack["StackStatus"] in UPDATABLE:
        return original(params)
    status = stack["StackStatus"]
    return _error("ValidationError", f"Stack:{stack['StackId']} is in {status} state and can not be updated.")


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
        executed[identity] = change_set
        cloudformation._change_sets.pop(identity, None)
    return answer


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
