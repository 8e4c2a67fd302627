"""What a request for parameters is about: each of them."""

import functools
import json


def apply(settings):
    """Gap: with AUTH=true GetParameters is about all parameters: who may read each that it names is refused, and who is denied
    one of them gets it. A parameter that is named by its ARN has another one then."""
    from ministack import app

    if not app.AUTH:
        return
    from ministack.core import iam_actions, iam_evaluator

    iam_actions.extract_resource_arn = functools.partial(resource_of, iam_actions.extract_resource_arn)
    iam_actions.access_denied_response = functools.partial(denied, iam_actions.access_denied_response)
    iam_evaluator.enforce = functools.partial(enforce, iam_evaluator.enforce)


class Several(str):
    """Stands for several resources, where the emulator knows of one a request."""

    def __new__(cls, resources):
        made = super().__new__(cls, "*")
        made.resources, made.refused = resources, None
        return made


def resource_of(original, service, method, path, headers, body, *rest):
    asks = service == "ssm" and headers.get("x-amz-target", "").endswith(".GetParameters")
    if not asks or not (names := named(body)):
        return known(service, original(service, method, path, headers, body, *rest))
    # As GetParameter has it, which the emulator knows.
    headers = {**headers, "x-amz-target": "AmazonSSM.GetParameter"}
    requests = (json.dumps({"Name": name}).encode() for name in names)
    return Several([known(service, original(service, method, path, headers, request, *rest)) for request in requests])


def known(service, resource):
    """The emulator takes an ARN for the name of a parameter."""
    _, is_named, arn = resource.partition(":parameter/arn:") if service == "ssm" else ("", "", "")
    return f"arn:{arn}" if is_named else resource


def named(body):
    """Each name once; none where the service will refuse the request."""
    try:
        names = json.loads(body)["Names"]
    except (ValueError, KeyError, TypeError):
        return []
    valid = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return list(dict.fromkeys(names)) if valid else []


def enforce(original, access_key, action, service, region, resource_arn="*", **more):
    if not isinstance(resource_arn, Several):
        return original(access_key, action, service, region, resource_arn=resource_arn, **more)
    for resource in resource_arn.resources:
        if refusal := original(access_key, action, service, region, resource_arn=resource, **more):
            resource_arn.refused = resource
            return refusal
    return None


def denied(original, *args, resource_arn="*", **kwargs):
    """Names the one that was refused."""
    return original(*args, resource_arn=getattr(resource_arn, "refused", None) or resource_arn, **kwargs)
