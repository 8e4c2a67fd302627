"""A request that is sent again is still the same request."""

import functools


def apply(settings):
    """Gap: DeleteStack begins another deletion for a ClientRequestToken with which this stack's deletion has begun before,
    as soon as that has failed; by AWS's documentation such a request is a retry of the one that was received."""
    from ministack.services import cloudformation

    actions = cloudformation._ACTION_HANDLERS
    actions["DeleteStack"] = functools.partial(delete_stack, actions["DeleteStack"])


def delete_stack(original, params):
    from ministack.services.cloudformation import handlers
    from ministack.services.cloudformation.helpers import _p, _xml

    stack, token = handlers._resolve_stack(_p(params, "StackName")), _p(params, "ClientRequestToken")
    if stack is not None and token and has_begun(stack["StackId"], token):
        return _xml(200, "DeleteStackResponse", "")
    return original(params)


def has_begun(identity, token):
    from ministack.services import cloudformation

    events = cloudformation._stack_events.get(identity) or []
    deletions = (event for event in events if event["ResourceStatus"] == "DELETE_IN_PROGRESS")
    return any(event.get("ClientRequestToken") == token for event in deletions)
