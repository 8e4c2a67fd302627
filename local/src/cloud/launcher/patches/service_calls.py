"""What services do by themselves: rules and schedules start things, alarms publish, APIs and failed functions call
functions. Each needs a role that trusts the service and may, or a resource whose policy lets the service in."""

import functools
import json
import logging

EVENTS, SCHEDULER = "events.amazonaws.com", "scheduler.amazonaws.com"
ALARMS, APIS = "cloudwatch.amazonaws.com", "apigateway.amazonaws.com"
# What a target is asked, by its service.
ACTIONS = {
    "codepipeline": "codepipeline:StartPipelineExecution", "events": "events:PutEvents",
    "lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage", "states": "states:StartExecution",
}
# A target of EventBridge's own that is no bus.
API_DESTINATION = "events:InvokeApiDestination"
# For these a rule takes no role: their own policies let it in.
BY_POLICY = ("lambda", "sns", "sqs")
ALARM_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")

log = logging.getLogger("flowgate.service_calls")


def apply(settings):
    """Gap: rules, schedules, alarms, APIs and failure destinations reach every target, whoever lets them or not."""
    from ministack import app

    if not app.AUTH:
        return
    from ministack.services import apigateway, apigateway_v1, cloudwatch, eventbridge, lambda_svc

    eventbridge._invoke_target = functools.partial(invoke_target, eventbridge._invoke_target)
    cloudwatch._dispatch_alarm_actions = functools.partial(alarm_actions, cloudwatch._dispatch_alarm_actions)
    lambda_svc._route_async_failure = functools.partial(pass_on, lambda_svc._route_async_failure)
    for name in ("_invoke_lambda_proxy_v1", "_invoke_lambda_custom_v1"):
        setattr(apigateway_v1, name, functools.partial(rest_api, getattr(apigateway_v1, name)))
    apigateway._invoke_lambda_proxy = functools.partial(http_api, apigateway._invoke_lambda_proxy)
    for module, name in ((apigateway_v1, "_invoke_authorizer_lambda"), (apigateway, "_invoke_request_authorizer_lambda")):
        setattr(module, name, functools.partial(authorizer_of_api, getattr(module, name)))


def invoke_target(original, target, event, rule, view=None):
    scheduled = kind_of(rule["Arn"]) == "scheduler"
    try:
        (check_schedule if scheduled else check_rule)(target, rule)
        return original(target, event, rule, view)
    except Exception as error:
        # Whatever it is, other targets and rules of the event come after it.
        log.warning("%s did not reach its target %s: %s", rule["Arn"], target.get("Arn"), error)
        if scheduled:
            return count("AWS/Scheduler", "TargetErrorCount", "ScheduleGroup", rule["GroupName"])
        return count("AWS/Events", "FailedInvocations", "RuleName", rule["Name"])


def check_rule(target, rule):
    action = action_on(target["Arn"])
    if kind_of(target["Arn"]) in BY_POLICY:
        let_in(EVENTS, action, target["Arn"], rule["Arn"])
    else:
        as_role(target.get("RoleArn"), EVENTS, rule["Arn"], action, target["Arn"])


def check_schedule(target, schedule):
    # What it works for is not the schedule, but its group.
    prefix, group = schedule["Arn"].partition(":schedule/")[0], schedule["GroupName"]
    source = f"{prefix}:schedule-group/{group}"
    as_role(target.get("RoleArn"), SCHEDULER, source, action_on(target["Arn"]), target["Arn"])


def alarm_actions(original, alarm, old_state, new_state, reason):
    allowed = {name: [action for action in alarm.get(name) or [] if reaches(alarm, action)] for name in ALARM_ACTIONS}
    return original({**alarm, **allowed}, old_state, new_state, reason)


def reaches(alarm, action):
    from patches.authority import Denied

    try:
        if kind_of(action) != "sns":
            raise Denied("in the local cloud an alarm tells topics only")
        let_in(ALARMS, action_on(action), action, alarm["AlarmArn"])
    except Denied as denied:
        log.warning("alarm %s did not tell %s: %s", alarm["AlarmArn"], action, denied)
        return False
    return True


def pass_on(original, target_arn, function_name, event, result):
    """To the destination of events that a function could not handle, or to its dead-letter queue."""
    from ministack.services import lambda_svc
    from patches.authority import Denied, permit

    try:
        role = lambda_svc._functions[function_name]["config"]["Role"]
        permit(role, action_on(target_arn), target_arn, session=function_name)
    except (Denied, KeyError) as denied:
        log.warning("function %s did not pass a failed event on to %s: %s", function_name, target_arn, denied)
        return count("AWS/Lambda", "DestinationDeliveryFailures", "FunctionName", function_name)
    return original(target_arn, function_name, event, result)


async def rest_api(original, integration, api_id, stage_name, stage, resource, path, method, *rest, **more):
    path_asked = f"{api_id}/{stage_name}/{method}{resource['path']}"
    if not api_reaches(integration.get("uri"), integration.get("credentials"), path_asked):
        return internal_error("Internal server error")
    return await original(integration, api_id, stage_name, stage, resource, path, method, *rest, **more)


async def http_api(original, integration, api_id, stage, path, method, headers, body, query, route, *rest, **more):
    # `GET /time`, or `$default`.
    path_asked = f"{api_id}/{stage}/{route.replace(' ', '')}"
    if not api_reaches(integration.get("integrationUri"), integration.get("credentialsArn"), path_asked):
        return internal_error("Internal Server Error")
    return await original(integration, api_id, stage, path, method, headers, body, query, route, *rest, **more)


async def authorizer_of_api(original, authorizer, event, *rest):
    # Named otherwise in HTTP APIs. Where its function does not answer, the API answers 500.
    identity = authorizer.get("id") or authorizer.get("authorizerId")
    role = authorizer.get("authorizerCredentials") or authorizer.get("authorizerCredentialsArn")
    api_id = part_of(event.get("methodArn") or event["routeArn"], 5).partition("/")[0]
    if not api_reaches(authorizer.get("authorizerUri"), role, f"{api_id}/authorizers/{identity}"):
        return None
    return await original(authorizer, event, *rest)


def api_reaches(uri, role, path):
    from ministack.services import apigateway_v1
    from patches.authority import Denied, account_id, region

    function = apigateway_v1._extract_lambda_ref_from_integration_uri(uri or "")
    source = f"arn:aws:execute-api:{region()}:{account_id()}:{path}"
    try:
        if kind_of(function) != "lambda":
            raise Denied("it is not the ARN of a function")
        if role:
            as_role(role, APIS, source, action_on(function), function)
        else:
            let_in(APIS, action_on(function), function, source)
    except Denied as denied:
        log.warning("%s did not reach %s: %s", source, function, denied)
        return False
    return True


def internal_error(message):
    return 500, {"Content-Type": "application/json"}, json.dumps({"message": message}).encode()


def as_role(role_arn, service, source_arn, action, resource):
    """Raises `Denied` unless the role trusts the service for this source, and may do it."""
    from patches.authority import Denied, check_trust, permit

    if not role_arn:
        raise Denied(f"{service} has no role for {action} on {resource}")
    check_trust(role_arn, service, source_arn)
    permit(role_arn, action, resource, session=service.partition(".")[0])


def let_in(service, action, resource, source_arn):
    """Raises `Denied` unless the resource's own policy lets the service in for this source; what does not exist has none
    to ask."""
    from ministack.core import iam_evaluator
    from patches.authority import Denied, account_id, region

    if (found := iam_evaluator._resource_policy(action.partition(":")[0], resource)) is None:
        return
    account = account_id()
    keys = {"aws:sourcearn": source_arn, "aws:sourceaccount": account}
    if service == ALARMS:
        # By which a topic's default policy knows it.
        keys["aws:sourceowner"] = account
    request = iam_evaluator.EvalContext(
        # No ARN, so that nobody takes the service for one of the account's own.
        principal_arn="*", principal_type="Service", principal_account="", action=action, resource_arn=resource,
        region=region(), secure_transport=True, service_context=keys,
    )
    if iam_evaluator.evaluate_resource_policy(found[0], request, service=service).decision != "Allow":
        raise Denied(f"{service} may not {action} for {source_arn}: the policy of {resource} does not allow it")


def action_on(arn):
    """What it takes to reach a target."""
    from patches.authority import Denied

    if kind_of(arn) not in ACTIONS:
        raise Denied(f"the local cloud reaches targets of {', '.join(sorted(ACTIONS))} only")
    return API_DESTINATION if part_of(arn, 5).startswith("api-destination/") else ACTIONS[kind_of(arn)]


def kind_of(arn):
    return part_of(arn, 2)


def part_of(arn, place):
    return (arn.split(":", 5) + [""] * 5)[place]


def count(namespace, metric, dimension, value):
    """As AWS counts what it dropped."""
    from ministack.services import cloudwatch

    cloudwatch.record_metric(namespace, metric, 1, "Count", {dimension: value})
