"""Function URLs: what is sent arrives as it was sent, if the function's own policy lets the URL in."""

import base64
import functools

FORBIDDEN = b'{"Message":"Forbidden"}'
# What reaches a function by its URL needs both, and each of them its own condition.
NEEDED = {
    "lambda:InvokeFunctionUrl": {"lambda:functionurlauthtype": "NONE"},
    "lambda:InvokeFunction": {"lambda:invokedviafunctionurl": "true"},
}


def apply(settings):
    """Gap: a body that says it is text, and is not UTF-8, arrives as another; and with AUTH=true a URL with AuthType NONE
    reaches its function whatever that one's policy says."""
    from ministack import app
    from ministack.services import lambda_svc

    lambda_svc._build_function_url_event = functools.partial(event, lambda_svc._build_function_url_event)
    if app.AUTH:
        serve = functools.partial(serve_allowed, lambda_svc.handle_function_url_request)
        lambda_svc.handle_function_url_request = serve


def event(original, url_id, account, region, method, path, headers, body, *rest, **more):
    made = original(url_id, account, region, method, path, headers, body, *rest, **more)
    if body and not made["isBase64Encoded"] and not is_text(body):
        made["body"], made["isBase64Encoded"] = base64.b64encode(body).decode(), True
    return made


def is_text(body):
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


async def serve_allowed(original, url_id, method, path, headers, body, query, resolved=None, **more):
    from ministack.services import lambda_svc

    resolved = resolved or lambda_svc.resolve_function_url(url_id)
    if resolved is not None and is_open(resolved[-1], method) and not is_let_in(*resolved[:-1]):
        told = {"Content-Type": "application/json", "x-amzn-ErrorType": "AccessDeniedException"}
        return 403, told, FORBIDDEN
    return await original(url_id, method, path, headers, body, query, resolved=resolved, **more)


def is_open(config, method):
    """Others have to be signed. Before a browser's own question nobody is asked."""
    return config.get("AuthType") == "NONE" and not (method == "OPTIONS" and config.get("Cors"))


def is_let_in(account, region, function, qualifier):
    from ministack.core import iam_evaluator

    arn = ":".join(filter(None, ["arn:aws:lambda", region, account, "function", function, qualifier]))
    policy, _ = iam_evaluator._resource_policy("lambda", arn) or ({}, None)

    def allows(action, keys):
        request = iam_evaluator.EvalContext(
            # Nobody in particular: only whom a policy calls `*` is that.
            principal_arn="*", principal_type="Anonymous", principal_account="", action=action, resource_arn=arn,
            region=region, secure_transport=True, service_context=keys,
        )
        return iam_evaluator.evaluate_resource_policy(policy, request).decision == "Allow"

    return all(allows(action, keys) for action, keys in NEEDED.items())
