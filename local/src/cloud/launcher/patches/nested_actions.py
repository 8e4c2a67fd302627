"""Permissions for AWS::CloudFormation::Stack: by the handlers of its published resource schema. What is in the stack is asked
about by itself."""

from patches.resource_change import CREATE, DELETE, MADE_UP, UPDATE, object_at

ACTIONS = {
    CREATE: ("CreateStack", "DescribeStacks", "GetStackPolicy", "GetTemplate"),
    UPDATE: ("DescribeStacks", "GetStackPolicy", "GetTemplate", "UpdateStack"),
    DELETE: ("DescribeStacks", "DeleteStack"),
}


def stack(change):
    is_id = change.name.startswith("arn:")
    own = change.name if is_id else change.arn("cloudformation", f"stack/{change.name}/{MADE_UP}")
    yield from ((f"cloudformation:{action}", own) for action in ACTIONS[change.operation])
    if change.operation != DELETE and "TemplateURL" in change.new:
        yield object_at(change.new["TemplateURL"])
