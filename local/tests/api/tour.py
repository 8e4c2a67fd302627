"""Every operation that is served, done one after the other by one of AWS's own clients."""

import os

import extract
from releases import asked, declaration, put, wait_until, wait_until_asked
from service import call, until


class Tour:
    """`do` has the client do an operation, and gives its answer; `refused` has it do one in vain."""

    def __init__(self, name, do, refused):
        self.name, self.refused = name, refused
        self.of = {"pipelineName": name}
        self.place = {**self.of, "stageName": "Approve"}
        self.done = set()

        def noted(operation, **request):
            self.done.add(operation)
            return do(operation, **request)

        self.do = noted

    def walk(self, job):
        """Through all that `extract.py` lists."""
        self.define()
        first = self.release()
        self.go_back(first)
        self.hold_back()
        self.look(first)
        self.hook()
        self.settle(job)
        self.do("DeletePipeline", name=self.name)
        assert self.done == set(extract.OPERATIONS), self.done ^ set(extract.OPERATIONS)

    def define(self):
        self.declared = declaration(self.name)
        del self.declared["stages"][1]["onFailure"]
        self.do("CreatePipeline", pipeline=self.declared)
        assert self.name in [one["name"] for one in self.do("ListPipelines")["pipelines"]]
        assert self.do("GetPipeline", name=self.name)["pipeline"]["version"] == 1

    def answer(self, id, status):
        token = wait_until_asked(self.name, id)
        request = put(self.name, token, status, "by a client")
        self.do("PutApprovalResult", **{key: request[key] for key in request.keys() - {"operation", "key"}})
        wait_until(self.name, id, "Succeeded" if status == "Approved" else "Failed")

    def release(self):
        first = until(lambda: asked(self.name))[0]
        state = self.do("GetPipelineState", name=self.name)
        assert state["stageStates"][1]["latestExecution"]["pipelineExecutionId"] == first
        self.answer(first, "Approved")
        return first

    def go_back(self, first):
        id = self.do("StartPipelineExecution", name=self.name)["pipelineExecutionId"]
        wait_until_asked(self.name, id)
        self.do("StopPipelineExecution", **self.of, pipelineExecutionId=id, abandon=True, reason="to try it again")
        wait_until(self.name, id, "Stopped")
        again = self.do("RetryStageExecution", **self.place, pipelineExecutionId=id, retryMode="FAILED_ACTIONS")
        assert again["pipelineExecutionId"] == id
        self.answer(id, "Rejected")
        back = self.do("RollbackStage", **self.place, targetPipelineExecutionId=first)["pipelineExecutionId"]
        self.answer(back, "Approved")

    def hold_back(self):
        inbound = {**self.place, "transitionType": "Inbound"}
        self.do("DisableStageTransition", **inbound, reason="holiday")
        self.do("EnableStageTransition", **inbound)
        rule = self.declared["stages"][1]["beforeEntry"]["conditions"][0]["rules"][0]
        rule["configuration"]["Cron"] = "* 0 0 1 1 ? 2199"
        assert self.do("UpdatePipeline", pipeline=self.declared)["pipeline"]["version"] == 2
        id = call("StartPipelineExecution", name=self.name)["pipelineExecutionId"]

        def is_evaluated():
            stage = call("GetPipelineState", name=self.name)["stageStates"][1]
            seen = stage["beforeEntryConditionState"].get("latestExecution", {})
            return stage["latestExecution"]["pipelineExecutionId"] == id and seen.get("status") == "InProgress"

        until(is_evaluated)
        self.do("OverrideStageCondition", **self.place, pipelineExecutionId=id, conditionType="BEFORE_ENTRY")
        self.answer(id, "Approved")

    def look(self, first):
        assert len(self.do("ListPipelineExecutions", **self.of)["pipelineExecutionSummaries"]) == 4
        one = self.do("GetPipelineExecution", **self.of, pipelineExecutionId=first)["pipelineExecution"]
        assert one["status"] == "Succeeded"
        run = self.do("ListActionExecutions", **self.of)["actionExecutionDetails"][0]
        assert self.do("ListRuleExecutions", **self.of)["ruleExecutionDetails"]
        targets = self.do("ListDeployActionExecutionTargets", **self.of, actionExecutionId=run["actionExecutionId"])
        assert targets["targets"] == []
        assert self.do("ListActionTypes", actionOwnerFilter="AWS")["actionTypes"]
        assert self.do("ListRuleTypes")["ruleTypes"]
        revision = {"revisionId": "0" * 40, "revisionChangeId": "1", "created": 1784000000}
        source = {**self.of, "stageName": "Source", "actionName": "Fetch"}
        assert self.do("PutActionRevision", **source, actionRevision=revision)["newRevision"] is True

    def hook(self):
        how = {"authentication": "UNAUTHENTICATED", "authenticationConfiguration": {}}
        target = {"targetPipeline": self.name, "targetAction": "Fetch", "filters": [{"jsonPath": "$.ref"}]}
        arn = self.do("PutWebhook", webhook={"name": self.name, **target, **how})["webhook"]["arn"]
        assert arn in [one["arn"] for one in self.do("ListWebhooks")["webhooks"]]
        tag = {"key": "team", "value": "time"}
        self.do("TagResource", resourceArn=arn, tags=[tag])
        assert self.do("ListTagsForResource", resourceArn=arn)["tags"] == [tag]
        self.do("UntagResource", resourceArn=arn, tagKeys=["team"])
        self.do("DeleteWebhook", name=self.name)

    def settle(self, job):
        id = os.environ["JOB_IDS"].split()[job]
        self.do("PutJobSuccessResult", jobId=id)
        failure = {"type": "JobFailed", "message": "too late"}
        self.done.add("PutJobFailureResult")
        self.refused("InvalidJobStateException", "PutJobFailureResult", jobId=id, failureDetails=failure)
