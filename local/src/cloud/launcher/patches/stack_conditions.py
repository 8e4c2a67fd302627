"""CloudFormation's condition keys: what a request names beside its stack."""

import contextvars
import functools

# By the parameter that has the value.
KEYS = {
    "ChangeSetName": "cloudformation:ChangeSetName",
    "RoleARN": "cloudformation:RoleArn",
    "StackPolicyURL": "cloudformation:StackPolicyUrl",
    "TemplateURL": "cloudformation:TemplateUrl",
}
# Those of the request at hand.
KNOWN = contextvars.ContextVar("known", default={})


def apply(settings):
    """Gap: with AUTH=true no request has these keys, so that whoever is limited to the change sets of a name, or to a role,
    may use none, and with IfExists any."""
    from ministack import app

    if not app.AUTH:
        return
    from ministack.core import iam_actions, iam_evaluator

    iam_actions.extract_iam_action = functools.partial(remember, iam_actions.extract_iam_action)
    iam_evaluator.enforce = functools.partial(enforce, iam_evaluator.enforce)


def remember(original, service, method, path, headers, body, query_params):
    named = query_params if service == "cloudformation" else {}
    KNOWN.set({key: value for name, key in KEYS.items() if (value := text(named.get(name)))})
    return original(service, method, path, headers, body, query_params)


def text(value):
    return value[0] if isinstance(value, list) and value else value


def enforce(original, access_key, action, service, region, *args, **kwargs):
    if action and action.startswith("cloudformation:") and (known := KNOWN.get()):
        kwargs["service_context"] = {**(kwargs.get("service_context") or {}), **known}
    return original(access_key, action, service, region, *args, **kwargs)
