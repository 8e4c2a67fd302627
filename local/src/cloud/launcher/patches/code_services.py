"""CodePipeline, CodeCommit and CodeConnections, whose API flowgate has: what their requests are called in IAM, and what they are about."""

import json

from patches.codepipeline import JSON, Runner

SERVICES = ("codepipeline", "codecommit", "codeconnections", "codestar-connections")
# Where a request names the resource, by service.
NAMES = {"codepipeline": ("pipelineName", "name"), "codecommit": ("repositoryName",)}
# Operations that are about none, whatever a request says besides.
ABOUT_NONE = {"codecommit": (
    "ListRepositories", "CreateApprovalRuleTemplate", "GetApprovalRuleTemplate", "UpdateApprovalRuleTemplateContent",
    "UpdateApprovalRuleTemplateDescription", "UpdateApprovalRuleTemplateName", "DeleteApprovalRuleTemplate",
    "ListApprovalRuleTemplates", "ListRepositoriesForApprovalRuleTemplate",
)}
CODECOMMIT = "CodeCommit_20150413."
# Only who may do something anywhere hears that it does not exist.
ANYWHERE = {"repositoryName": "*"}
# Where it names it by its ARN.
ARNS = ("resourceArn", "ResourceArn", "ConnectionArn")


def apply(settings):
    """Gap: IAM knows none of these services, and lets everybody."""
    from ministack.core import iam_actions

    original = iam_actions.extract_resource_arn
    runner = Runner(settings.get("FLOWGATE_RUNNER_URL"))
    for service in SERVICES:
        iam_actions.SERVICE_TO_IAM_NAMESPACE[service] = service

    def extract_resource_arn(service, method, path, headers, body, query_params, region, account_id):
        if service not in SERVICES:
            return original(service, method, path, headers, body, query_params, region, account_id)
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        if operation in ABOUT_NONE.get(service, ()):
            return "*"
        return resource_of(runner, service, body, f"arn:aws:{service}:{region}:{account_id}:")

    iam_actions.extract_resource_arn = extract_resource_arn


def resource_of(runner, service, body, prefix):
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
    if service == "codecommit":
        names |= set(repositories(runner, asked))
    if len(arns) + len(names) != 1:
        return "*"
    within = [asked[key] for key in ("stageName", "actionName") if isinstance(asked.get(key), str)]
    return arns.pop() if arns else prefix + "/".join([names.pop(), *within])


def repositories(runner, asked):
    """The repositories that a request lists, and that of the pull request or comment whose number alone it gives."""
    listed = asked.get("repositoryNames")
    yield from (name for name in (listed if isinstance(listed, list) else []) if isinstance(name, str))
    if isinstance(number := asked.get("pullRequestId"), str):
        answer = found(runner, "GetPullRequest", pullRequestId=number)
        targets = answer["pullRequest"]["pullRequestTargets"] if answer else [ANYWHERE]
        yield from (target["repositoryName"] for target in targets)
    if isinstance(comment := asked.get("commentId"), str):
        yield (found(runner, "RepositoryOfComment", commentId=comment) or ANYWHERE)["repositoryName"]


def found(runner, operation, **request):
    """The runner answers without waiting for anything that would wait for us; nothing when it does not exist."""
    headers = {"x-amz-target": f"{CODECOMMIT}{operation}", "content-type": JSON}
    status, _, body = runner.post(headers, json.dumps(request).encode())
    if status >= 500:
        # Nobody is denied anything because flowgate is just ending.
        raise ConnectionError(f"{operation}: {body.decode(errors='replace')}")
    return json.loads(body) if status == 200 else None


def parts(asked):
    """Where a request may name what it is about: itself, a pipeline's definition, the targets of a pull request."""
    targets = asked.get("targets")
    inner = [asked.get("pipeline"), *(targets if isinstance(targets, list) else [])]
    return [asked, *(part for part in inner if isinstance(part, dict))]


def texts(part, keys):
    return {part[key] for key in keys if isinstance(part.get(key), str)}
