"""Addresses in stack outputs answer on this machine."""

import os
import re

API = re.compile(r"(?:https?|wss?)://([a-z0-9]+)\.execute-api\.[a-z0-9.-]+(?::\d+)?(?=/|$)")
FUNCTION_URL = re.compile(r"https?://([a-z0-9-]+)\.lambda-url\.[a-z0-9.-]+(?::\d+)?(?=/|$)")


def to_loopback(text, endpoint):
    """`text` with the addresses of REST APIs, HTTP APIs and function URLs replaced by ones below `endpoint`."""
    text = API.sub(rf"{endpoint}/_aws/execute-api/\1", text)
    return FUNCTION_URL.sub(rf"{endpoint}/_aws/lambda-url/\1", text)


def apply(settings):
    """Gap: outputs name hosts below amazonaws.com, which do not reach the local cloud. Outputs and exports are resolved
    in one place, so what DescribeStacks and Fn::ImportValue give, and what a nested stack hands to its parent, all
    change together."""
    from ministack.services.cloudformation import stacks

    resolve = stacks._resolve_stack_outputs
    endpoint = os.environ["AWS_ENDPOINT_URL"]

    def resolve_to_loopback(*args, **kwargs):
        outputs, exports = resolve(*args, **kwargs)
        for output in outputs:
            output["OutputValue"] = to_loopback(output["OutputValue"], endpoint)
        for export in exports.values():
            export["Value"] = to_loopback(export["Value"], endpoint)
        return outputs, exports

    stacks._resolve_stack_outputs = resolve_to_loopback
