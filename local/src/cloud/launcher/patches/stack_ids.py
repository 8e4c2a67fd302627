"""A stack is known by its ARN for good, and by its name while it is the newest of that name."""

import contextvars
import functools

from ministack.core.responses import AccountRegionScopedDict

# The one stack that a request is about. The emulator looks for a deleted one among all that ever were.
WANTED = contextvars.ContextVar("wanted", default=None)


class Stacks(AccountRegionScopedDict):
    """Stacks by name; one that made place for a newer stack of its name stays by its ARN."""

    __slots__ = ()

    def __setitem__(self, name, stack):
        before = super().get(name)
        if before is not None and before["StackStatus"] == "DELETE_COMPLETE":
            super().__setitem__(before["StackId"], before)
        super().__setitem__(name, stack)

    def get(self, key, default=None):
        newest = super().get(key.split("/")[1]) if key.startswith("arn:") and "/" in key else None
        return newest if newest is not None and newest["StackId"] == key else super().get(key, default)

    def values(self):
        wanted = WANTED.get()
        return super().values() if wanted is None else [wanted]


def apply(settings):
    """Gap: when its name is used again, a deleted stack is no longer known by its ARN; until then its resources, events and
    template are told by its name; and the name of a stack in ROLLBACK_COMPLETE can be used again without a deletion."""
    from ministack.services import cloudformation
    from ministack.services.cloudformation import handlers

    cloudformation._stacks = Stacks()
    # It would look through all stacks, the deleted ones too, for one that is not there.
    handlers._resolve_stack = meant
    wraps = {"DescribeStacks": describe, "CreateStack": create, "CreateChangeSet": create_change_set}
    actions = cloudformation._ACTION_HANDLERS
    for action, wrap in wraps.items():
        actions[action] = functools.partial(wrap, actions[action])


def describe(original, params):
    from ministack.services.cloudformation.helpers import _error

    name, stack = named(params)
    if name and stack is None:
        return _error("ValidationError", f"Stack with id {name} does not exist")
    before = WANTED.set(stack)
    try:
        return original(params)
    finally:
        WANTED.reset(before)


def create(original, params):
    from ministack.services.cloudformation.helpers import _error

    name, stack = named(params)
    if stack is not None and stack["StackStatus"] == "ROLLBACK_COMPLETE":
        return _error("AlreadyExistsException", f"Stack [{name}] already exists")
    return original(params)


def create_change_set(original, params):
    from ministack.services.cloudformation.helpers import _p

    creates = _p(params, "ChangeSetType") in ("CREATE", "IMPORT")
    return create(original, params) if creates else original(params)


def named(params):
    """The name or ARN that a request is about, and the stack that it means."""
    from ministack.services.cloudformation.helpers import _p

    name = _p(params, "StackName")
    return name, meant(name)


def meant(name):
    """The stack of this name or ARN. A deleted one has no name any more."""
    from ministack.services import cloudformation

    stack = cloudformation._stacks.get(name)
    is_gone = stack is not None and stack["StackStatus"] == "DELETE_COMPLETE" and stack["StackId"] != name
    return None if is_gone else stack
