"""What a request is called in IAM: what the service will do, and not what the client says beside it."""

import functools
import json
import re
from urllib.parse import parse_qs

# AWS serves these unsigned, each to the machine that asks.
UNSIGNED = ("imds", "ecs-metadata")
# What the emulator itself does not know: their namespaces.
MORE = {"documentdb": "rds", "kinesisanalyticsv2": "kinesisanalytics"}
OPERATION = re.compile(r"/operation/([^/?]+)")
# Lambda's operations that have not their own name in IAM.
RENAMED = {
    "Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction", "InvokeWithResponseStream": "InvokeFunction",
    "GetLayerVersionByArn": "GetLayerVersion",
}


def apply(settings):
    """Gap: with AUTH=true a parameter `Action` or a header names what is asked, whatever is done; Lambda's operations are
    guessed; and what has no name needs no permission, as CloudWatch's CBOR protocol."""
    from ministack import app

    if not app.AUTH:
        return
    from ministack.core import iam_actions, iam_evaluator

    iam_actions.SERVICE_TO_IAM_NAMESPACE.update(MORE)
    iam_actions.extract_iam_action = functools.partial(action_of, iam_actions.extract_iam_action)
    iam_actions.extract_resource_arn = functools.partial(resource_of, iam_actions.extract_resource_arn)
    iam_evaluator.enforce = functools.partial(enforce, iam_evaluator.enforce)


class Unnamed(str):
    """Stands for the action of a request that nobody is allowed, and says why."""

    def __new__(cls, namespace, why):
        made = super().__new__(cls, f"{namespace}:?")
        made.why = why
        return made


def action_of(original, service, method, path, headers, body, query):
    from ministack.core import iam_actions

    namespace = iam_actions.SERVICE_TO_IAM_NAMESPACE.get(service)
    if namespace is None or service in UNSIGNED or method == "OPTIONS" or is_ses_v2(service, path, headers):
        return original(service, method, path, headers, body, query)
    if service == "lambda":
        found = named(namespace, lambda_operations(method, path, query))
    elif service == "s3" or service != "ses" and service in iam_actions._BOTOCORE_SERVICE_MAP:
        found = original(service, method, path, *without_names(headers, query))
    elif conflict := contradiction(service, headers, body, query):
        return Unnamed(namespace, conflict)
    else:
        found = named(namespace, operations(service, path, headers, body, query))
    why = f"the local cloud cannot tell what {method} {path} is called in IAM, so nobody is allowed it"
    return found or Unnamed(namespace, why)


def is_ses_v2(service, path, headers):
    """The emulator asks for it by itself, whatever it is called here."""
    return service == "ses" and (path.startswith("/v2/") or "sesv2" in headers.get("x-amz-target", "").lower())


def without_names(headers, query):
    """Headers, body and parameters of a request that its method and path alone name."""
    headers = {name: value for name, value in headers.items() if name != "x-amz-target"}
    return headers, b"", {name: value for name, value in query.items() if name != "Action"}


def named(namespace, names):
    return f"{namespace}:{min(names)}" if len(names) == 1 else None


def lambda_operations(method, path, query):
    from ministack.core import iam_actions

    lambda_routes()
    operation = iam_actions._match_rest_action("lambda", method, path, query)
    return {RENAMED.get(operation, operation)} if operation else set()


@functools.cache
def lambda_routes():
    """By Lambda's own model. No name in its paths has a `/`, and with one a path would be taken for another's."""
    from ministack.core import iam_actions

    strict = lambda route: re.compile(route.pattern.replace(".+?", "[^/]+"))
    routes = iam_actions._load_botocore_routes("lambda")
    iam_actions._BOTOCORE_SERVICE_MAP["lambda"] = ["lambda"]
    iam_actions._REST_ROUTE_CACHE["lambda"] = [(method, strict(route), *rest) for method, route, *rest in routes]


def operations(service, path, headers, body, query):
    """Every operation that a request names in a place where its service looks for one."""
    target = headers.get("x-amz-target", "")
    names = {target.rpartition(".")[2]} if "." in target else set()
    if service == "monitoring":
        names.update(OPERATION.findall(path)[:1])
    if is_query(service):
        names.update(values(query, "Action"), values(form(service, headers, body), "Action"))
    return names


def contradiction(service, headers, body, query):
    """Why nobody is asked about a request that says one thing in its address and another in its body: which of both
    counts is for each service to say."""
    if not is_query(service):
        return None
    sent = form(service, headers, body)
    # What the emulator gives as `query` has the body's parameters beneath those of the address.
    differing = [name for name in sent if name in query and values(query, name) != sent[name]]
    return f"the request's address and its body differ in {', '.join(differing)}" if differing else None


def is_query(service):
    from ministack.core.iam_actions import _SERVICE_PROTOCOL

    # SQS, which speaks JSON too, is none of theirs.
    return service in ("documentdb", "sqs") or _SERVICE_PROTOCOL.get(service) in ("query-xml", "ec2-xml")


def form(service, headers, body):
    """The parameters in a body: whatever its type says, the emulator reads them so."""
    target = headers.get("x-amz-target", "")
    if service == "sqs" and target.startswith("AmazonSQS."):
        return {}
    if service == "monitoring" and (target or is_cbor(headers) or "json" in headers.get("content-type", "")):
        return {}
    return parse_qs((body or b"").decode(errors="replace"), keep_blank_values=True)


def values(parameters, name):
    value = parameters.get(name, [])
    return value if isinstance(value, list) else [value]


def resource_of(original, service, method, path, headers, body, *rest):
    try:
        return original(service, method, path, headers, as_json(body) if is_cbor(headers) else body, *rest)
    except Exception:
        # The service says what is wrong with a body; until then it is about anything.
        return "*"


def is_cbor(headers):
    """As the emulator's CloudWatch has it."""
    return "cbor" in headers.get("content-type", "") or "cbor" in headers.get("smithy-protocol", "")


def as_json(body):
    import cbor2

    return json.dumps(cbor2.loads(body) if body else {}, default=str).encode()


def enforce(original, access_key, action, service, *rest, **more):
    if not isinstance(action, Unnamed):
        return original(access_key, action, service, *rest, **more)
    from ministack.core.iam_evaluator import AuthError, check_credentials

    return check_credentials(access_key, service) or AuthError("AccessDenied", action.why)
