"""DynamoDB's condition key `dynamodb:LeadingKeys`: a function sees only its own items of the state table."""

import json
import re

KEY, BODY = "dynamodb:LeadingKeys", "flowgate:body"
# Where an item's key is in a request, by action.
ITEM = {
    "GetItem": "Key", "UpdateItem": "Key", "DeleteItem": "Key", "ConditionCheckItem": "Key", "PutItem": "Item",
}
MEMBERS = {"Get": "GetItem", "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem",
           "ConditionCheck": "ConditionCheckItem"}
WORDS = re.compile(r"[#:\w.-]+|=|[^\s\w]")


def apply(settings):
    """Gap: no request has the key, so that a condition on it with ForAllValues holds for every item."""
    from ministack import app

    if not app.AUTH:
        return
    from ministack.core import iam_actions, iam_evaluator

    context, enforce = iam_actions.dynamodb_service_context, iam_evaluator.enforce

    # The body tells nothing of the action, and which of its parts counts depends on that.
    def with_body(body):
        return {**context(body), BODY: body}

    def enforce_with_keys(access_key, action, service, region, resource_arn="*", service_context=None):
        known = dict(service_context or {})
        if BODY in known and (keys := leading_keys(action, resource_arn, known.pop(BODY))):
            known[KEY] = keys
        return enforce(access_key, action, service, region, resource_arn=resource_arn, service_context=known)

    iam_actions.dynamodb_service_context, iam_evaluator.enforce = with_body, enforce_with_keys


def leading_keys(action, resource_arn, body):
    """The values of the table's or index's hash key that a request names; none where it names none, as a scan's."""
    try:
        asked = json.loads(body or b"{}")
        operation = action.partition(":")[2]
        return sorted({text(value) for value in values(operation, resource_arn, asked, hash_key(resource_arn))})
    except (ValueError, TypeError, AttributeError, KeyError):
        # What is malformed is refused by DynamoDB itself.
        return []


def values(operation, resource_arn, asked, name):
    if "TransactItems" in asked and "TableName" not in asked:
        return in_transaction(operation, resource_arn, asked["TransactItems"], name)
    if operation in ITEM:
        return [asked[ITEM[operation]][name]]
    if operation == "Query":
        return in_conditions(asked, name)
    if operation in ("BatchGetItem", "BatchWriteItem"):
        return in_batch(resource_arn, asked["RequestItems"], name)
    return []


def in_transaction(operation, resource_arn, items, name):
    parts = [(MEMBERS[member], part) for item in items for member, part in item.items() if member in MEMBERS]
    return [
        part[ITEM[done]][name] for done, part in parts
        if done == operation and table_name(part["TableName"]) == table_name(resource_arn)
    ]


def in_batch(resource_arn, tables, name):
    for table, wanted in tables.items():
        if table_name(table) != table_name(resource_arn):
            continue
        if isinstance(wanted, dict):
            yield from (key[name] for key in wanted["Keys"])
        else:
            yield from (written(request)[name] for request in wanted)


def written(request):
    return request["PutRequest"]["Item"] if "PutRequest" in request else request["DeleteRequest"]["Key"]


def in_conditions(asked, name):
    """Of a query that names its hash key's value in an expression, or in the older way."""
    conditions = asked.get("KeyConditions") or {}
    if name in conditions:
        return conditions[name]["AttributeValueList"]
    names, given = asked.get("ExpressionAttributeNames") or {}, asked["ExpressionAttributeValues"]
    words = WORDS.findall(asked["KeyConditionExpression"])
    equals = [(left, right) for left, sign, right in zip(words, words[1:], words[2:]) if sign == "="]
    return [given[value] for attribute, value in equals if names.get(attribute, attribute) == name]


def hash_key(resource_arn):
    from ministack.services import dynamodb

    table = dynamodb._tables.get(table_name(resource_arn)) or {}
    _, _, index = resource_arn.partition("/index/")
    if index:
        indexes = (table.get("GlobalSecondaryIndexes") or []) + (table.get("LocalSecondaryIndexes") or [])
        table = next((known for known in indexes if known["IndexName"] == index), {})
    return next((key["AttributeName"] for key in table.get("KeySchema", []) if key["KeyType"] == "HASH"), None)


def table_name(table):
    """Of a name or an ARN."""
    return table.partition(":table/")[2].partition("/")[0] if table.startswith("arn:") else table


def text(value):
    """A string, a number, or bytes in base 64."""
    return next(iter(value.values()))
