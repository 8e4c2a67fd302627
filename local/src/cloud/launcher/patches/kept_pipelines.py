"""Pipelines and connections are kept by flowgate itself, which writes at once; a stack that has one is saved some moments
later. After a kill the two must agree all the same: a pipeline that a stack made and no longer knows of is an orphan, which
flowgate forgets. A connection's ARN is never made again, so that it is in nobody's way."""

import functools
import json
import pathlib
import sys
import threading

from patches import codeconnections
from patches.codepipeline import TYPE, default_name
from patches.snapshot import replace

ORPHANS = "/_flowgate/orphans"


def apply(keeper):
    from ministack.services.cloudformation import provisioners

    kinds = provisioners._RESOURCE_HANDLERS
    # Where the patch of these types is left out, there are none.
    for kind in (TYPE, *codeconnections.TYPES):
        if kind in kinds:
            kinds[kind]["delete"] = functools.partial(delete, kinds[kind]["delete"], keeper)
    if TYPE in kinds:
        kinds[TYPE]["create"] = functools.partial(create, kinds[TYPE]["create"], keeper.made)


def create(original, made, logical_id, props, stack_name):
    name = props.get("Name") or default_name(stack_name, logical_id)
    made.add(name, stack_named(stack_name)["StackId"])
    return original(logical_id, props, stack_name)


def delete(original, keeper, physical_id, props):
    # So that a stack never comes back whole without what it had: it is being deleted or updated in what is saved here.
    if threading.current_thread() is not threading.main_thread():
        try:
            keeper.save_from_thread()
        except OSError as error:
            print(f"not saved before {physical_id} was deleted: {error}", file=sys.stderr, flush=True)
    original(physical_id, props)
    keeper.made.remove(physical_id)


class Made:
    """Which pipelines stacks made since the last save, by name; on the disk before it happens."""

    def __init__(self, directory):
        self.path, self.lock = pathlib.Path(directory, "made"), threading.Lock()
        self.stacks = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.orphans = []

    def compare(self):
        """Of those made before a kill, the ones that are no stack's."""
        self.orphans = sorted(name for name, stack in self.stacks.items() if not owns(find(stack), name))

    def add(self, name, stack):
        self._change(lambda stacks: {**stacks, name: stack})

    def remove(self, name):
        self._change(lambda stacks: {made: stack for made, stack in stacks.items() if made != name})

    def pending(self):
        """Of which what is saved now does not tell: their stacks are not done with them."""
        from patches.stores import is_changing

        waiting = ((name, find(stack)) for name, stack in self.stacks.items())
        before = dict(self.stacks)
        return before, {name for name, stack in waiting if stack and is_changing(stack) and not owns(stack, name)}

    def keep(self, seen):
        """Forgets what was saved: all of `seen` but what was pending."""
        before, pending = seen
        if before:
            self._change(lambda stacks: {
                name: stack for name, stack in stacks.items() if name in pending or before.get(name) != stack})

    def _change(self, change):
        with self.lock:
            changed = change(self.stacks)
            if changed != self.stacks:
                self.stacks = changed
                replace(self.path, json.dumps(changed).encode())


def owns(stack, name):
    if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
        return False
    resources = (stack.get("_resources") or {}).values()
    return any((each.get("ResourceType"), each.get("PhysicalResourceId")) == (TYPE, name) for each in resources)


def stack_named(name):
    from ministack.services.cloudformation import handlers

    return handlers._resolve_stack(name)


def find(identity):
    """The stack of this ARN in any account and region."""
    from ministack.services import cloudformation

    return next((stack for stack in cloudformation._stacks.all_values() if stack["StackId"] == identity), None)
