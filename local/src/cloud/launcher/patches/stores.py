"""What the emulator's services hold: all of it is in stores by account, which are variables of their modules."""

import importlib
import re
import sys

ROOT = "ministack.services."
# What is no such store, and must not be forgotten: sessions of roles, when rules and schedules fired last (one that fires
# once must not fire again), and the handles that a wait condition waits for.
MORE = {
    "sts": ("_sessions",),
    "eventbridge": ("_rule_last_fired",),
    "scheduler": ("_schedule_last_fired",),
    "cloudformation.wait_conditions": ("_handles",),
}
# What users wrote stays as they wrote it.
THEIR_OWN = ("dynamodb", "cloudwatch_logs")
# These go on with what they find, or end what died with the last process.
RESUMED = ("lambda_svc", "stepfunctions", "eventbridge", "codebuild")
STOPPED = "the local cloud was stopped meanwhile"


def gather():
    """The stores by module and name. They are the live ones, for whoever has a moment of his own."""
    modules = {name.removeprefix(ROOT): module for name, module in list(sys.modules.items()) if name.startswith(ROOT)}
    return {name: stores for name, module in modules.items() if (stores := stores_of(name, module))}


def stores_of(name, module):
    from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict

    scoped = (AccountRegionScopedDict, AccountScopedDict)
    stores = {variable: value._data for variable, value in vars(module).items() if isinstance(value, scoped)}
    return stores | {variable: getattr(module, variable) for variable in MORE.get(name, ())}


def fill(content):
    """Makes the services hold what was gathered once, and ends what had not ended then."""
    for name, stores in content.items():
        module = importlib.import_module(ROOT + name)
        for variable, kept in stores.items():
            store = getattr(module, variable)
            data = getattr(store, "_data", store)
            data.clear()
            data.update(kept)
    settle_stacks()
    settle_functions()
    for name in RESUMED:
        if name in content:
            sys.modules[ROOT + name].load_persisted_state({"kept": True})


def settle_stacks():
    from ministack.core.responses import request_scope
    from ministack.services import cloudformation
    from ministack.services.cloudformation import stacks

    for (account, region, _), stack in cloudformation._stacks.all_items():
        if is_changing(stack):
            name, identity = stack["StackName"], stack["StackId"]
            stack["StackStatus"], stack["StackStatusReason"] = settled(stack["StackStatus"]), STOPPED
            with request_scope(account, region):
                stacks._add_event(
                    identity, name, name, "AWS::CloudFormation::Stack", stack["StackStatus"], STOPPED, identity)


def is_changing(stack):
    status = stack["StackStatus"]
    return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"


def settled(status):
    """Where AWS has a stack that came no further: it can be updated or deleted from there."""
    done = status.removesuffix("_CLEANUP_IN_PROGRESS")
    return done if done != status else status.removesuffix("_IN_PROGRESS") + "_FAILED"


def settle_functions():
    """A function is about to be ready for some milliseconds, of which a thread of the last process knew."""
    from ministack.services import lambda_svc

    for function in lambda_svc._functions.all_values():
        for record in (function, *(function.get("versions") or {}).values()):
            config = record.get("config") or {}
            if config.get("State") == "Pending" and "SnapStart" not in config:
                config["State"] = "Active"
            if config.get("LastUpdateStatus") == "InProgress":
                config["LastUpdateStatus"] = "Successful"


def move(content, old_port, new_port):
    """Addresses of this cloud name its new port: in outputs and exports, of queues, in functions' environments."""
    address = re.compile(rf"\b127\.0\.0\.1:{old_port}(?!\d)")
    change = lambda text: address.sub(f"127.0.0.1:{new_port}", text)
    seen = set()
    for name, stores in content.items():
        if name not in THEIR_OWN:
            changed(stores, change, seen)


def changed(value, change, seen):
    """`value` with every text in it changed; what can hold others stays the same object, since others may hold it too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(changed(member, change, seen) for member in value)
    if isinstance(value, (dict, list)) and id(value) not in seen:
        seen.add(id(value))
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for key, member in list(members):
            new_key, new = changed(key, change, seen), changed(member, change, seen)
            if new_key != key:
                del value[key]
            if new_key != key or new is not member:
                value[new_key] = new
    return value
