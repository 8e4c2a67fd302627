"""A function's own lines: written as its role, and lost without permission."""

import functools
import json
import logging

log = logging.getLogger("flowgate.function_logs")


def apply(settings):
    """Gap: a function's lines are kept whatever its role may do, and a request about a log group asks for a resource
    that AWS's own policies for it, which end in ":*", do not match."""
    from ministack import app

    if not app.AUTH:
        return
    from ministack.core import iam_actions
    from ministack.services import lambda_svc

    lambda_svc._emit_lambda_logs = functools.partial(emit, lambda_svc._emit_lambda_logs)
    iam_actions.extract_resource_arn = functools.partial(resource_arn, iam_actions.extract_resource_arn)


def emit(original, function, *rest, **more):
    config = function.get("config") or function
    try:
        check(config)
        original(function, *rest, **more)
    except Exception as error:
        # What becomes of its lines is not the function's affair.
        tell(config.get("FunctionName"), str(error))


# Once, not for every invocation.
@functools.lru_cache(maxsize=1000)
def tell(name, why):
    log.warning("the lines of function %s are lost: %s", name, why)


def check(config):
    from ministack.services import cloudwatch_logs
    from patches.authority import account_id, permit, region

    name = config["FunctionName"]
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
    resource = f"arn:aws:logs:{region()}:{account_id()}:log-group:{group}:log-stream:"
    actions = [] if group in cloudwatch_logs._log_groups else ["logs:CreateLogGroup"]
    for action in [*actions, "logs:CreateLogStream", "logs:PutLogEvents"]:
        permit(config["Role"], action, resource, session=name)


def resource_arn(original, service, method, path, headers, body, *rest):
    found = original(service, method, path, headers, body, *rest)
    if service != "logs" or found == "*":
        return found
    try:
        asked = json.loads(body or b"{}")
    except ValueError:
        return found
    if not isinstance(asked, dict):
        return found
    # What names an ARN, as tagging does, is about the group itself.
    return f"{found}:log-stream:{asked.get('logStreamName') or ''}" if asked.get("logGroupName") else found
