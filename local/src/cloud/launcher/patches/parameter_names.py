"""What a request for a parameter is about: that parameter."""

import json


def apply(settings):
    """Gap: with AUTH=true GetParameters is about all parameters. One that names several still is: the emulator asks for one
    resource a request."""
    from ministack import app

    if not app.AUTH:
        return
    from ministack.core import iam_actions

    original = iam_actions.extract_resource_arn

    def resource_of(service, method, path, headers, body, *rest):
        if service == "ssm" and headers.get("x-amz-target", "").endswith(".GetParameters"):
            headers, body = as_one(headers, body)
        return original(service, method, path, headers, body, *rest)

    iam_actions.extract_resource_arn = resource_of


def as_one(headers, body):
    """A request for one parameter as GetParameter has it, which the emulator knows."""
    try:
        names = json.loads(body)["Names"]
    except (ValueError, KeyError, TypeError):
        return headers, body
    if not (isinstance(names, list) and len(names) == 1):
        return headers, body
    return {**headers, "x-amz-target": "AmazonSSM.GetParameter"}, json.dumps({"Name": names[0]}).encode()
