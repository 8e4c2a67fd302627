"""CodePipeline, CodeCommit and CodeConnections, whose API flowgate has: what their requests are called in IAM, and what they are about."""

import json

SERVICES = ("codepipeline", "codecommit", "codeconnections", "codestar-connections")
# Where a request names the resource, by service.
NAMES = {"codepipeline": ("pipelineName", "name"), "codecommit": ("repositoryName",)}
# Where it names it by its ARN.
ARNS = ("resourceArn", "ResourceArn", "ConnectionArn")


def apply(settings):
    """Gap: IAM knows none of these services, and lets everybody."""
    from ministack.core import iam_actions

    original = iam_actions.extract_resource_arn
    for service in SERVICES:
        iam_actions.SERVICE_TO_IAM_NAMESPACE[service] = service

    def extract_resource_arn(service, method, path, headers, body, query_params, region, account_id):
        if service not in SERVICES:
            return original(service, method, path, headers, body, query_params, region, account_id)
        return resource_of(service, body, f"arn:aws:{service}:{region}:{account_id}:")

    iam_actions.extract_resource_arn = extract_resource_arn


def resource_of(service, body, prefix):
    """`PIPELINE`, or `PIPELINE/STAGE/ACTION` for an answer to an approval; `*` where a request is about none, as a job's."""
    try:
        asked = json.loads(body or b"{}")
    except ValueError:
        return "*"
    if not isinstance(asked, dict):
        return "*"
    if arn := next((asked[name] for name in ARNS if isinstance(asked.get(name), str)), None):
        return arn
    about = part(asked)
    name = next((about[key] for key in NAMES.get(service, ()) if isinstance(about.get(key), str)), None)
    if name is None:
        return "*"
    within = [asked[key] for key in ("stageName", "actionName") if isinstance(asked.get(key), str)]
    return prefix + "/".join([name, *within])


def part(asked):
    """Where a request names what it is about: a pipeline's definition, a pull request's only target, or itself."""
    inner = asked.get("pipeline") or asked.get("targets")
    if isinstance(inner, list) and len(inner) == 1:
        inner = inner[0]
    return inner if isinstance(inner, dict) else asked
