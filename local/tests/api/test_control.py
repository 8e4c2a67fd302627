"""What people do to executions and stages, and what they may not, over plain HTTP."""

import unittest

from releases import APPROVER, asked, declaration, execution, executions, put, wait_until, wait_until_asked
from service import UNKNOWN, call, refusal, until

REASON = {"reason": "Not today (or tomorrow)!"}


def stage(name, which=1):
    return call("GetPipelineState", name=name)["stageStates"][which]


class Control(unittest.TestCase):
    def setUp(self):
        self.name = self.id().rpartition(".")[2][:100]
        self.place = {"pipelineName": self.name, "stageName": "Approve"}
        call("CreatePipeline", pipeline=self.declaration())
        self.first = executions(self.name)[0]["pipelineExecutionId"]

    def declaration(self, **changed):
        declared = declaration(self.name)
        # Whoever retries and rolls back here is the test.
        del declared["stages"][1]["onFailure"]
        return {**declared, **changed}

    def start(self):
        return call("StartPipelineExecution", name=self.name)["pipelineExecutionId"]

    def approve(self, id, status="Approved"):
        call(**put(self.name, wait_until_asked(self.name, id), status))
        wait_until(self.name, id, "Succeeded" if status == "Approved" else "Failed")

    def stop(self, id, **more):
        return {"operation": "StopPipelineExecution", "pipelineName": self.name, "pipelineExecutionId": id, **more}

    def retry(self, id, mode="FAILED_ACTIONS", **more):
        return {"operation": "RetryStageExecution", **self.place, "pipelineExecutionId": id, "retryMode": mode, **more}

    def rollback(self, id, **more):
        return {"operation": "RollbackStage", **self.place, "targetPipelineExecutionId": id, **more}

    def test_an_execution_is_stopped_once_with_a_reason_and_abandoned_once(self):
        wait_until_asked(self.name, self.first)
        self.assertEqual(call(**self.stop(self.first, reason="too late")), {"pipelineExecutionId": self.first})
        self.assertEqual(execution(self.name, self.first)["status"], "Stopping")
        self.assertEqual(refusal(**self.stop(self.first)).code, "DuplicatedStopRequestException")
        call(**self.stop(self.first, abandon=True))
        wait_until(self.name, self.first, "Stopped")
        self.assertEqual(executions(self.name)[0]["stopTrigger"], {"reason": "too late"})
        self.assertEqual(stage(self.name)["latestExecution"]["status"], "Stopped")
        self.assertEqual(stage(self.name)["actionStates"][0]["latestExecution"]["status"], "Abandoned")
        for id in (self.first, UNKNOWN):
            self.assertEqual(refusal(**self.stop(id)).code, "PipelineExecutionNotStoppableException")
        self.assertEqual(refusal(**self.stop(self.first, pipelineName="nobody")).code, "PipelineNotFoundException")
        for wrong in ({"reason": "x" * 201}, {"pipelineExecutionId": "1"}):
            self.assertEqual(refusal(**{**self.stop(self.first), **wrong}).code, "ValidationException")
        self.assertEqual(refusal(**self.stop(self.first, abandon="yes")).code, "SerializationException")

    def test_a_stage_is_retried_while_it_is_the_latest_failure(self):
        self.assertEqual(refusal(**self.retry(UNKNOWN)).code, "NotLatestPipelineExecutionException")
        self.approve(self.first, "Rejected")
        self.assertEqual(call(**self.retry(self.first)), {"pipelineExecutionId": self.first})
        metadata = {"manualStageRetryAttempt": 1, "latestRetryTrigger": "ManualStageRetry"}
        self.assertEqual(stage(self.name)["retryStageMetadata"], metadata)
        self.assertEqual(refusal(**self.retry(self.first)).code, "StageNotRetryableException")
        self.approve(self.first)
        self.assertEqual(refusal(**self.retry(self.first)).code, "StageNotRetryableException")
        self.assertEqual(refusal(**self.retry(self.first, stageName="No")).code, "StageNotFoundException")
        self.assertEqual(refusal(**self.retry(self.first, "SOME")).code, "ValidationException")
        failed, latest = self.start(), None
        self.approve(failed, "Rejected")
        latest = self.start()
        self.approve(latest, "Rejected")
        self.assertEqual(refusal(**self.retry(failed)).code, "NotLatestPipelineExecutionException")
        call(**self.retry(latest, "ALL_ACTIONS"))
        self.approve(latest)

    def test_a_stage_is_rolled_back_to_what_succeeded_in_it(self):
        self.approve(self.first)
        self.assertEqual(refusal(**self.rollback(UNKNOWN)).code, "PipelineExecutionNotFoundException")
        self.assertEqual(refusal(**self.rollback(self.first, stageName="No")).code, "StageNotFoundException")
        source = refusal(**self.rollback(self.first, stageName="Source"))
        self.assertEqual(source.code, "UnableToRollbackStageException")
        back = call(**self.rollback(self.first), key="approver")["pipelineExecutionId"]
        found = execution(self.name, back)
        self.assertEqual(found["trigger"], {"triggerType": "ManualRollback", "triggerDetail": APPROVER})
        self.assertEqual(found["rollbackMetadata"], {"rollbackTargetPipelineExecutionId": self.first})
        self.assertEqual(stage(self.name)["latestExecution"]["type"], "ROLLBACK")
        self.assertEqual(refusal(**self.rollback(self.first)).code, "UnableToRollbackStageException")
        self.approve(back)
        self.assertEqual(refusal(**self.rollback(back)).code, "UnableToRollbackStageException")
        call("UpdatePipeline", pipeline=self.declaration())
        self.assertEqual(refusal(**self.rollback(self.first)).code, "PipelineExecutionOutdatedException")

    def test_a_condition_that_is_evaluated_is_overridden_and_no_other(self):
        changed = self.declaration()
        rule = changed["stages"][1]["beforeEntry"]["conditions"][0]["rules"][0]
        rule["configuration"]["Cron"] = "* 0 0 1 1 ? 2199"
        call("UpdatePipeline", pipeline=changed)
        wait_until(self.name, self.first, "Cancelled")
        id = self.start()
        request = {"pipelineExecutionId": id, "conditionType": "BEFORE_ENTRY", **self.place}

        def is_evaluated():
            seen = stage(self.name)["beforeEntryConditionState"].get("latestExecution", {})
            return seen.get("status") == "InProgress"

        until(is_evaluated)
        for wrong, code in (
            ({"conditionType": "ON_SUCCESS"}, "ConditionNotOverridableException"),
            ({"conditionType": "ON_FAILURE"}, "ValidationException"),
            ({"stageName": "No"}, "StageNotFoundException"),
            ({"pipelineExecutionId": UNKNOWN}, "NotLatestPipelineExecutionException"),
            ({"pipelineExecutionId": self.first}, "NotLatestPipelineExecutionException"),
            ({"pipelineName": "nobody"}, "PipelineNotFoundException"),
        ):
            self.assertEqual(refusal("OverrideStageCondition", **{**request, **wrong}).code, code, wrong)
        self.assertIsNone(call("OverrideStageCondition", **request))
        overridden = stage(self.name)["beforeEntryConditionState"]
        self.assertEqual(overridden["latestExecution"]["status"], "Overridden")
        self.assertEqual(overridden["conditionStates"][0]["ruleStates"][0]["latestExecution"]["status"], "Abandoned")
        self.approve(id)
        self.assertEqual(refusal("OverrideStageCondition", **request).code, "NotLatestPipelineExecutionException")

    def test_a_disabled_transition_keeps_executions_out_until_it_is_enabled(self):
        self.approve(self.first)
        inbound = {**self.place, "transitionType": "Inbound"}
        self.assertIsNone(call("DisableStageTransition", key="approver", **inbound, **REASON))
        transition = stage(self.name)["inboundTransitionState"]
        self.assertEqual((transition["enabled"], transition["disabledReason"]), (False, REASON["reason"]))
        self.assertEqual(transition["lastChangedBy"], APPROVER)
        older = self.start()

        def waits(id):
            return until(lambda: stage(self.name).get("inboundExecution", {}).get("pipelineExecutionId") == id)

        waits(older)
        newer = self.start()
        waits(newer)
        wait_until(self.name, older, "Superseded")
        self.assertEqual(len(stage(self.name)["inboundExecutions"]), 1)
        call("EnableStageTransition", **inbound)
        self.approve(newer)
        transition = stage(self.name)["inboundTransitionState"]
        self.assertEqual((transition["enabled"], "disabledReason" in transition), (True, False))
        for operation, more in (("DisableStageTransition", REASON), ("EnableStageTransition", {})):
            wrong = refusal(operation, **{**inbound, **more, "stageName": "No"})
            self.assertEqual(wrong.code, "StageNotFoundException")
            wrong = refusal(operation, **{**inbound, **more, "pipelineName": "nobody"})
            self.assertEqual(wrong.code, "PipelineNotFoundException")
            wrong = refusal(operation, **{**inbound, **more, "transitionType": "Sideways"})
            self.assertEqual(wrong.code, "ValidationException")
        for reason in ("", "x" * 301, "no; really"):
            self.assertEqual(refusal("DisableStageTransition", **inbound, reason=reason).code, "ValidationException")

    def test_a_parallel_pipeline_shows_no_state_and_its_approvals_are_answered_by_their_external_ids(self):
        call("UpdatePipeline", pipeline=self.declaration(executionMode="PARALLEL"))
        ids = [self.start(), self.start()]

        def approvals():
            runs = call("ListActionExecutions", pipelineName=self.name)["actionExecutionDetails"]
            waiting = [run for run in runs if run["actionName"] == "Ask" and run["status"] == "InProgress"]
            return len(waiting) == 2 and waiting

        waiting = until(approvals)
        self.assertEqual({run["pipelineExecutionId"] for run in waiting}, set(ids))
        for state in call("GetPipelineState", name=self.name)["stageStates"]:
            self.assertNotIn("latestExecution", state)
        self.assertIsNone(asked(self.name))
        for run in waiting:
            token = run["output"]["executionResult"]["externalExecutionId"]
            call(**put(self.name, token))
            wait_until(self.name, run["pipelineExecutionId"], "Succeeded")
            self.assertEqual(refusal(**put(self.name, token)).code, "ApprovalAlreadyCompletedException")
        self.assertEqual(refusal(**self.rollback(ids[0])).code, "UnableToRollbackStageException")

    def test_as_many_executions_as_may_queue_are_taken_and_no_more(self):
        call("UpdatePipeline", pipeline=self.declaration(executionMode="QUEUED"))
        for _ in range(50):
            last = self.start()
        limit = "ConcurrentPipelineExecutionsLimitExceededException"
        self.assertEqual(refusal("StartPipelineExecution", name=self.name).code, limit)
        call(**self.stop(last, abandon=True))
        wait_until(self.name, last, "Stopped")
        self.start()


if __name__ == "__main__":
    unittest.main()
