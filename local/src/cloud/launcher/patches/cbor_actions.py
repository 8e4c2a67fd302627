"""Requests in Smithy's CBOR protocol, which CloudWatch's newer clients speak: the operation stands in their path."""

import json
import re

OPERATION = re.compile(r"/service/[A-Za-z0-9_.]+/operation/(?P<name>[A-Za-z0-9]+)/?")


def apply(settings):
    """Gap: with AUTH=true they need no permission, for the emulator does not know what they are called in IAM."""
    from ministack.core import iam_actions

    action_of, resource_of = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def extract_iam_action(service, method, path, headers, *request):
        found = OPERATION.fullmatch(path) if is_cbor(headers) else None
        namespace = iam_actions.SERVICE_TO_IAM_NAMESPACE.get(service)
        if found is None or namespace is None:
            return action_of(service, method, path, headers, *request)
        return f"{namespace}:{found['name']}"

    def extract_resource_arn(service, method, path, headers, body, *request):
        body = as_json(body) if is_cbor(headers) else body
        return resource_of(service, method, path, headers, body, *request)

    iam_actions.extract_iam_action, iam_actions.extract_resource_arn = extract_iam_action, extract_resource_arn


def is_cbor(headers):
    return headers.get("smithy-protocol") == "rpc-v2-cbor"


def as_json(body):
    import cbor2

    return json.dumps(cbor2.loads(body) if body else {}, default=str).encode()
