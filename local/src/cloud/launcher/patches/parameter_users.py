"""Who changed a parameter: whoever signed the request, or as whom CloudFormation works."""

import contextvars
import functools
import json

# As whom CloudFormation works for the stack at hand, if that is a role. The operation's task inherits it.
ROLE = contextvars.ContextVar("role", default="")
# Who signed the request at hand. What it starts inherits it.
CALLER = contextvars.ContextVar("caller", default="")
# GetParameterHistory answers no more at once.
PAGE = 50


def apply(settings):
    """Gap: every version of a parameter was made by root, whoever made it. GetParameterHistory knows no ARNs, and takes any
    page size and any token."""
    from ministack import app
    from ministack.services import cloudformation, ssm
    from patches.stack_permissions import OPERATIONS

    for service in ("ssm", "cloudformation"):
        app.SERVICE_HANDLERS[service] = functools.partial(known, app.SERVICE_HANDLERS[service])
    for operation in OPERATIONS:
        original = cloudformation._ACTION_HANDLERS[operation]
        cloudformation._ACTION_HANDLERS[operation] = functools.partial(as_role, operation, original)
    ssm._put_parameter = functools.partial(put, ssm._put_parameter)
    ssm._describe_parameters = functools.partial(describe, ssm._describe_parameters)
    ssm._get_parameter_history = functools.partial(history, ssm._get_parameter_history)


async def known(original, method, path, headers, body, query_params):
    CALLER.set(caller(headers, query_params))
    return await original(method, path, headers, body, query_params)


def caller(headers, query_params):
    """People have no users where IAM is not enforced; their keys name them."""
    from ministack.core import iam_evaluator
    from ministack.core.router import extract_access_key_id
    from patches.authority import PEOPLE, account_id

    if (key := extract_access_key_id(headers, query_params)) in PEOPLE:
        return f"arn:aws:iam::{account_id()}:user/{key}"
    return iam_evaluator.request_caller_arn(headers, query_params)


def as_role(operation, original, params):
    """What an operation makes is made by the role that it or the stack has, or else by whoever asked for it."""
    from patches.roles import Denied, session_arn
    from patches.stack_permissions import SESSION, subject

    _, role = subject(operation, params)
    try:
        before = ROLE.set(session_arn(role, SESSION) if role else "")
    except Denied:
        # Which is for others to refuse.
        before = ROLE.set("")
    try:
        return original(params)
    finally:
        ROLE.reset(before)


def put(original, data):
    from ministack.services import ssm

    answer = original(data)
    if answer[0] == 200:
        who = {"LastModifiedUser": ROLE.get() or CALLER.get() or root()}
        ssm._parameters[data["Name"]].update(who)
        ssm._parameter_history[data["Name"]][-1].update(who)
    return answer


def describe(original, data):
    from ministack.services import ssm

    status, headers, body = original(data)
    if status != 200:
        return status, headers, body
    answer = json.loads(body)
    for parameter in answer["Parameters"]:
        parameter["LastModifiedUser"] = ssm._parameters[parameter["Name"]].get("LastModifiedUser") or root()
    return status, headers, json.dumps(answer).encode()


def history(original, data):
    """The oldest version first."""
    from ministack.core.responses import error_response_json
    from ministack.services import ssm

    size, token = data.get("MaxResults", PAGE), data.get("NextToken")
    if not isinstance(size, int) or not 1 <= size <= PAGE:
        limit = "less than or equal to 50" if isinstance(size, int) and size > PAGE else "greater than or equal to 1"
        message = f"Value '{size}' at 'maxResults' failed to satisfy constraint: Member must have value {limit}"
        return error_response_json("ValidationException", f"1 validation error detected: {message}", 400)
    if token and ssm._encode_next_token(ssm._decode_next_token(token)) != token:
        return error_response_json("InvalidNextToken", "The specified token isn't valid.", 400)
    name, _ = ssm._lookup_parameter(data.get("Name"))
    return original({**data, "Name": name or data.get("Name")})


def root():
    from patches.authority import account_id

    return f"arn:aws:iam::{account_id()}:root"
