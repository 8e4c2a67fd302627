"""A small pipeline: a source, and an approval in a stage with conditions."""

from service import call, until

AUTHOR = "arn:aws:iam::000000000000:user/author"
APPROVER = "arn:aws:iam::000000000000:user/approver"


def type_id(category, provider):
    return {"category": category, "owner": "AWS", "provider": provider, "version": "1"}


def declaration(name):
    window = {
        "name": "always",
        "ruleTypeId": type_id("Rule", "DeploymentWindow"),
        "configuration": {"Cron": "* * * * * ?"},
    }
    source = {
        "name": "Fetch",
        "actionTypeId": type_id("Source", "CodeCommit"),
        "configuration": {"RepositoryName": "app", "BranchName": "main"},
        "outputArtifacts": [{"name": "Code"}],
        "namespace": "SourceVariables",
    }
    approval = {
        "name": "Ask",
        "actionTypeId": type_id("Approval", "Manual"),
        "configuration": {"CustomData": "release #{SourceVariables.CommitId} in #{variables.Colour}"},
    }
    stages = [
        {"name": "Source", "actions": [source]},
        {
            "name": "Approve",
            "actions": [approval],
            "beforeEntry": {"conditions": [{"result": "FAIL", "rules": [window]}]},
            "onFailure": {"result": "ROLLBACK"},
        },
    ]
    return {
        "name": name,
        "roleArn": "arn:aws:iam::000000000000:role/pipeline",
        "pipelineType": "V2",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "variables": [{"name": "Colour", "defaultValue": "red"}],
        "stages": stages,
    }


def execution(name, id):
    answer = call("GetPipelineExecution", pipelineName=name, pipelineExecutionId=id)
    return answer["pipelineExecution"]


def executions(name):
    """Newest first."""
    return call("ListPipelineExecutions", pipelineName=name)["pipelineExecutionSummaries"]


def asked(name):
    """(execution, token) of the approval that waits, if one does."""
    stage = call("GetPipelineState", name=name)["stageStates"][1]
    token = stage["actionStates"][0].get("latestExecution", {}).get("token")
    return token and (stage["latestExecution"]["pipelineExecutionId"], token)


def wait_until_asked(name, id=None):
    """The token with which the execution, or any, can be approved."""

    def is_asked():
        waiting = asked(name)
        return waiting and id in (None, waiting[0]) and waiting[1]

    return until(is_asked)


def wait_until(name, id, status):
    def has_status():
        return execution(name, id)["status"] == status

    until(has_status)


def put(name, token, status="Approved", summary="", key="approver", **others):
    """The request of PutApprovalResult, as arguments of `call` and `refusal`."""
    result = {"status": status, "summary": summary}
    request = {"pipelineName": name, "stageName": "Approve", "actionName": "Ask", "token": token, "result": result}
    return {"operation": "PutApprovalResult", "key": key, **request, **others}
