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
    """`PIPELINE`, or `PIPELINE/STAGE/ACTION` for an answer to an approval; `*` where a request is about none, as a job's, or
    names several: which of them counts is for the service to say."""
    try:
        asked = json.loads(body or b"{}")
    except ValueError:
        return "*"
    if not isinstance(asked, dict):
        return "*"
    arns = texts(asked, ARNS)
    names = {name for part in parts(asked) for name in texts(part, NAMES.get(service, ()))}
    if len(arns) + len(names) != 1:
        return "*"
    within = [asked[key] for key in ("stageName", "actionName") if isinstance(asked.get(key), str)]
    return arns.pop() if arns else prefix + "/".join([names.pop(), *within])


def parts(asked):
    """Where a request may name what it is about: itself, a pipeline's definition, the targets of a pull request."""
    targets = asked.get("targets")
    inner = [asked.get("pipeline"), *(targets if isinstance(targets, list) else [])]
    return [asked, *(part for part in inner if isinstance(part, dict))]


def texts(part, keys):
    return {part[key] for key in keys if isinstance(part.get(key), str)}
