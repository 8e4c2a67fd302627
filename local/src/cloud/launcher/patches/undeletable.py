"""What AWS refuses to delete stays, and its stack with it."""

import functools

NOT_EMPTY = "The bucket you tried to delete is not empty"
PROTECTED = (
    "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")


def apply(settings):
    """Gap: a stack is deleted together with its buckets' objects, with tables that are protected from deletion, and with
    nested stacks that could not delete what they have."""
    from ministack.services.cloudformation import provisioners

    deletes = {
        "AWS::S3::Bucket": delete_bucket,
        "AWS::DynamoDB::Table": delete_table,
        "AWS::DynamoDB::GlobalTable": delete_table,
        "AWS::CloudFormation::Stack": delete_nested,
    }
    for kind, delete in deletes.items():
        handlers = provisioners._RESOURCE_HANDLERS[kind]
        handlers["delete"] = functools.partial(delete, handlers["delete"])


def delete_bucket(original, name, props):
    from ministack.services import s3

    if name in s3._buckets and (s3._buckets[name]["objects"] or s3._bucket_has_versions(name)):
        raise ValueError(refused(NOT_EMPTY, "S3", 409))
    original(name, props)


def delete_table(original, name, props):
    from ministack.services import dynamodb

    if (dynamodb._tables.get(name) or {}).get("DeletionProtectionEnabled"):
        raise ValueError(refused(PROTECTED, "DynamoDb", 400))
    original(name, props)


def delete_nested(original, identity, props):
    """As any stack is deleted; the emulator would only log what fails in it. It runs on a thread of its own."""
    import asyncio

    from ministack.services.cloudformation import handlers, stacks

    stack = handlers._resolve_stack(identity)
    if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
        return
    asyncio.run(stacks._delete_stack_async(stack["StackName"], stack["StackId"]))
    if stack["StackStatus"] != "DELETE_COMPLETE":
        raise ValueError(f"Embedded stack {stack['StackId']} was not successfully deleted: {stack['StackStatusReason']}")


def refused(message, service, status):
    from ministack.core.responses import new_uuid
    from ministack.services.cloudformation.helpers import _sdk_error

    error, code = _sdk_error(message, service, status), "GeneralServiceException"
    return f'Resource handler returned message: "{error}" (RequestToken: {new_uuid()}, HandlerErrorCode: {code})'
