"""CodePipeline and CodeCommit, whose API flowgate has: what their requests are called in IAM, and what they are about."""

import json

SERVICES = ("codepipeline", "codecommit")
# Where a request names the resource, by service.
NAMES = {"codepipeline": ("pipelineName", "name"), "codecommit": ("repositoryName",)}


def apply(settings):
    """Gap: IAM knows neither service, and lets everybody."""
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
    if isinstance(asked.get("resourceArn"), str):
        return asked["resourceArn"]
    pipeline = asked["pipeline"] if isinstance(asked.get("pipeline"), dict) else asked
    name = next((pipeline[key] for key in NAMES[service] if isinstance(pipeline.get(key), str)), None)
    if name is None:
        return "*"
    within = [asked[key] for key in ("stageName", "actionName") if isinstance(asked.get(key), str)]
    return prefix + "/".join([name, *within])
