"""iam:PassRole: whoever hands a role to a service must be allowed to."""

import contextvars
import functools
import json

# What the request at hand says: its parameters.
REQUEST = contextvars.ContextVar("request", default=None)
STACKS = ("cloudformation.amazonaws.com", ("RoleARN",))
FUNCTIONS = ("lambda.amazonaws.com", ("Role",))
SCHEDULES = ("scheduler.amazonaws.com", ("Target", "RoleArn"))
PROJECTS = ("codebuild.amazonaws.com", ("serviceRole",))
PIPELINES = ("codepipeline.amazonaws.com", ("pipeline", "roleArn"))
# By the action: the service that gets a role, and where the request names it.
PASSES = {
    "cloudformation:CreateStack": STACKS,
    "cloudformation:UpdateStack": STACKS,
    "cloudformation:CreateChangeSet": STACKS,
    "cloudformation:DeleteStack": STACKS,
    "cloudformation:RollbackStack": STACKS,
    "cloudformation:ContinueUpdateRollback": STACKS,
    "lambda:CreateFunction": FUNCTIONS,
    "lambda:UpdateFunctionConfiguration": FUNCTIONS,
    "events:PutTargets": ("events.amazonaws.com", ("Targets", "RoleArn")),
    "scheduler:CreateSchedule": SCHEDULES,
    "scheduler:UpdateSchedule": SCHEDULES,
    "codebuild:CreateProject": PROJECTS,
    "codebuild:UpdateProject": PROJECTS,
    "codepipeline:CreatePipeline": PIPELINES,
    "codepipeline:UpdatePipeline": PIPELINES,
}


def apply(settings):
    """Gap: with AUTH=true whoever may create a stack, a function or a schedule may give it any role."""
    from ministack import app

    if not app.AUTH:
        return
    from ministack.core import iam_actions, iam_evaluator

    iam_actions.extract_iam_action = functools.partial(remember, iam_actions.extract_iam_action)
    iam_evaluator.enforce = functools.partial(enforce, iam_evaluator.enforce)


def remember(original, service, method, path, headers, body, query_params):
    action = original(service, method, path, headers, body, query_params)
    if action in PASSES:
        # Only CloudFormation speaks the query protocol: what another's address says beside it counts for nothing.
        REQUEST.set(query_params if service == "cloudformation" else parsed(body))
    return action


def parsed(body):
    try:
        return json.loads(body or b"{}")
    except ValueError:
        # It is the service that says what is wrong with a request.
        return {}


def enforce(original, access_key, action, service, region, *args, **kwargs):
    denied = original(access_key, action, service, region, *args, **kwargs)
    if denied is not None or action not in PASSES:
        return denied
    receiver, path = PASSES[action]
    refusals = (may_pass(original, access_key, region, role, receiver) for role in found(REQUEST.get(), path))
    return next((refused for refused in refusals if refused is not None), None)


def may_pass(original, access_key, region, role, receiver):
    """None, or what is answered instead."""
    from ministack.core.iam_actions import identity_denial_message
    from ministack.core.iam_evaluator import AuthError

    context = {"iam:PassedToService": receiver}
    refused = original(access_key, "iam:PassRole", "iam", region, resource_arn=role, service_context=context)
    if refused is None or isinstance(refused, AuthError):
        return refused
    message = identity_denial_message("iam:PassRole", refused.principal_arn, role, refused.decision == "Deny")
    return AuthError("AccessDenied", message)


def found(value, path):
    """The texts at `path`, in every item of the lists on the way."""
    if isinstance(value, list):
        return [text for item in value for text in found(item, path)]
    if path:
        return found(value.get(path[0]), path[1:]) if isinstance(value, dict) else []
    return [value] if isinstance(value, str) and value else []
