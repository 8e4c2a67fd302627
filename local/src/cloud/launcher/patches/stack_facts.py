"""What is asked about a stack before it is deleted: DescribeStacks and ListStackResources say as much as on AWS."""

import functools
import xml.etree.ElementTree as ElementTree

NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
# A stack's own events that make it one that has been updated: LastUpdatedTime is about it from then on.
UPDATES = ("UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS", "REVIEW_IN_PROGRESS")


def apply(settings):
    """Gap: DescribeStacks leaves out RoleARN, ParentId, RootId and DeletionTime; it says more than AWS of a stack that was
    never updated (LastUpdatedTime), in a list of all stacks (EnableTerminationProtection), and about a failure that is
    over (StackStatusReason). ListStackResources leaves out ResourceStatusReason."""
    from ministack.services import cloudformation

    wraps = {
        "CreateStack": with_role, "UpdateStack": with_role, "CreateChangeSet": change_set_with_role,
        "ContinueUpdateRollback": with_role, "ExecuteChangeSet": role_of_change_set, "DescribeStacks": describe,
        "ListStackResources": list_resources,
    }
    for operation, wrap in wraps.items():
        handlers = cloudformation._ACTION_HANDLERS
        handlers[operation] = functools.partial(wrap, handlers[operation])


def with_role(original, params):
    answer = original(params)
    keep_role(answer, find(_p(params, "StackName")), _p(params, "RoleARN"))
    return answer


def change_set_with_role(original, params):
    answer = original(params)
    keep_role(answer, find_change_set(params), _p(params, "RoleARN"))
    return answer


def role_of_change_set(original, params):
    change_set = find_change_set(params) or {}
    answer = original(params)
    keep_role(answer, find(change_set.get("StackId", "")), change_set.get("RoleARN"))
    return answer


def keep_role(answer, record, role):
    # Without one the stack keeps the role it had, as on AWS.
    if answer[0] == 200 and record is not None and role:
        record["RoleARN"] = role


def describe(original, params):
    listing = not _p(params, "StackName")

    def complete(stack):
        record = find(text(stack, "StackId"))
        events = own_events(record)
        for name, value in facts(record, events[-1]):
            add(stack, name, value)
        if not any(event["ResourceStatus"] in UPDATES for event in events):
            remove(stack, "LastUpdatedTime")
        if text(stack, "StackStatusReason") != events[-1]["ResourceStatusReason"] or not record["StackStatusReason"]:
            remove(stack, "StackStatusReason")
        if listing:
            remove(stack, "EnableTerminationProtection")

    return changed(original(params), "Stacks", complete)


def list_resources(original, params):
    def complete(summary):
        resource = find(_p(params, "StackName"))["_resources"][text(summary, "LogicalResourceId")]
        add(summary, "ResourceStatusReason", resource.get("ResourceStatusReason"))

    return changed(original(params), "StackResourceSummaries", complete)


def facts(stack, latest):
    root = stack
    while root.get("ParentId") and (parent := find(root["ParentId"])):
        root = parent
    yield "RoleARN", stack.get("RoleARN")
    yield "ParentId", stack.get("ParentId")
    yield "RootId", root["StackId"] if root is not stack else None
    yield "DeletionTime", latest["Timestamp"] if stack["StackStatus"] == "DELETE_COMPLETE" else None


def own_events(stack):
    """The events of the stack itself, the first of which is as old as the stack."""
    from ministack.services import cloudformation

    events = cloudformation._stack_events.get(stack["StackId"])
    return [event for event in events if event["PhysicalResourceId"] == stack["StackId"]]


def find(name_or_id):
    from ministack.services.cloudformation import handlers

    return handlers._resolve_stack(name_or_id)


def find_change_set(params):
    from ministack.services.cloudformation import changesets

    return changesets._find_change_set(_p(params, "ChangeSetName"), _p(params, "StackName"))[1]


def _p(params, name):
    from ministack.services.cloudformation import helpers

    return helpers._p(params, name)


def changed(answer, list_name, change):
    """`answer` with `change` done to every member of its list of this name."""
    status, headers, body = answer
    if status != 200:
        return answer
    document = ElementTree.fromstring(body)
    for member in document.findall(f".//{tag(list_name)}/{tag('member')}"):
        change(member)
    return status, headers, ElementTree.tostring(document, encoding="utf-8", default_namespace=NAMESPACE)


def add(member, name, value):
    if value:
        ElementTree.SubElement(member, tag(name)).text = value


def remove(member, name):
    if (element := member.find(tag(name))) is not None:
        member.remove(element)


def text(member, name):
    return member.findtext(tag(name))


def tag(name):
    return f"{{{NAMESPACE}}}{name}"
