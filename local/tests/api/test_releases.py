"""Releases over plain HTTP: executions, approvals, histories."""

import unittest

from releases import AUTHOR, APPROVER, asked, declaration, execution, executions, put, wait_until, wait_until_asked
from service import UNKNOWN, call, post, refusal, until

ROOT = "arn:aws:iam::000000000000:root"


class Releases(unittest.TestCase):
    def setUp(self):
        self.name = self.id().rpartition(".")[2][:100]
        call("CreatePipeline", pipeline=declaration(self.name))
        self.first = executions(self.name)[0]["pipelineExecutionId"]

    def start(self, **request):
        return call("StartPipelineExecution", name=self.name, **request)["pipelineExecutionId"]

    def test_a_release_from_its_start_to_its_approval(self):
        token = wait_until_asked(self.name, self.first)
        source, approve = call("GetPipelineState", name=self.name)["stageStates"]
        commit = source["actionStates"][0]["currentRevision"]["revisionId"]
        self.assertEqual(approve["actionStates"][0]["latestExecution"]["status"], "InProgress")
        condition = approve["beforeEntryConditionState"]
        self.assertEqual(condition["latestExecution"]["status"], "Succeeded")
        self.assertEqual(condition["conditionStates"][0]["ruleStates"][0]["ruleName"], "always")

        self.assertIn("approvedAt", call(**put(self.name, token, summary="it is good")))
        wait_until(self.name, self.first, "Succeeded")
        latest = call("GetPipelineState", name=self.name)["stageStates"][1]["actionStates"][0]["latestExecution"]
        self.assertEqual((latest["summary"], latest["lastUpdatedBy"]), ("it is good", APPROVER))
        self.assertNotIn("token", latest)
        found = execution(self.name, self.first)
        self.assertEqual(found["trigger"], {"triggerType": "CreatePipeline", "triggerDetail": AUTHOR})
        self.assertEqual(found["variables"], [{"name": "Colour", "resolvedValue": "red"}])
        self.assertEqual((found["executionMode"], found["executionType"]), ("SUPERSEDED", "STANDARD"))
        revision = found["artifactRevisions"][0]
        self.assertEqual((revision["name"], revision["revisionId"]), ("Code", commit))

        ask, fetch = call("ListActionExecutions", pipelineName=self.name)["actionExecutionDetails"]
        self.assertEqual((ask["actionName"], ask["updatedBy"]), ("Ask", APPROVER))
        self.assertEqual(ask["input"]["resolvedConfiguration"], {"CustomData": f"release {commit} in red"})
        self.assertEqual(ask["input"]["configuration"], declaration("p")["stages"][1]["actions"][0]["configuration"])
        self.assertEqual(fetch["output"]["outputVariables"]["CommitId"], commit)
        self.assertEqual(fetch["output"]["outputArtifacts"][0]["s3location"]["bucket"], "artifacts")
        rule = call("ListRuleExecutions", pipelineName=self.name)["ruleExecutionDetails"][0]
        self.assertEqual((rule["ruleName"], rule["status"]), ("always", "Succeeded"))

    def test_a_newer_execution_supersedes_one_that_waits_and_a_rejected_one_rolls_back(self):
        call(**put(self.name, wait_until_asked(self.name, self.first)))
        wait_until(self.name, self.first, "Succeeded")
        second = self.start(variables=[{"name": "Colour", "value": "blue"}])
        token = wait_until_asked(self.name, second)
        third = self.start()

        def third_waits():
            state = call("GetPipelineState", name=self.name)["stageStates"][1]
            return state.get("inboundExecution", {}).get("pipelineExecutionId") == third

        until(third_waits)
        fourth = self.start()
        wait_until(self.name, third, "Superseded")
        self.assertIn("statusSummary", execution(self.name, third))

        call(**put(self.name, token, "Rejected", "not blue"))
        wait_until(self.name, second, "Failed")
        rollback = until(lambda: [e for e in executions(self.name) if e["executionType"] == "ROLLBACK"])[0]
        metadata = {"rollbackTargetPipelineExecutionId": self.first}
        self.assertEqual(rollback["rollbackMetadata"], metadata)
        found = execution(self.name, rollback["pipelineExecutionId"])
        self.assertEqual((found["rollbackMetadata"], found["executionType"]), (metadata, "ROLLBACK"))
        self.assertEqual(found["trigger"]["triggerType"], "AutomatedRollback")
        failed = [d for d in call("ListActionExecutions", pipelineName=self.name)["actionExecutionDetails"]
                  if d["pipelineExecutionId"] == second and d["actionName"] == "Ask"]
        self.assertIn("not blue", failed[0]["output"]["executionResult"]["errorDetails"]["message"])
        succeeded = {"succeededInStage": {"stageName": "Approve"}}
        listed = call("ListPipelineExecutions", pipelineName=self.name, filter=succeeded)
        self.assertEqual(listed["pipelineExecutionSummaries"][-1]["pipelineExecutionId"], self.first)
        self.assertNotIn(fourth, [e["pipelineExecutionId"] for e in listed["pipelineExecutionSummaries"]])

    def test_an_answer_that_is_wrong_changes_nothing(self):
        token = wait_until_asked(self.name, self.first)
        long = refusal(**put(self.name, token, "Rejected", "x" * 513))
        self.assertEqual(long.code, "ValidationException")
        said = "at 'result.summary' failed to satisfy constraint: Member must have length less than or equal to 512"
        self.assertIn("1 validation error detected: Value 'xxx", long.message)
        self.assertTrue(long.message.endswith(said), long.message)
        for changed, code in (
            ({"token": UNKNOWN}, "InvalidApprovalTokenException"),
            ({"token": "token"}, "ValidationException"),
            ({"result": {"status": "Approve", "summary": ""}}, "ValidationException"),
            ({"result": {"status": "Approved"}}, "ValidationException"),
            ({"result": "Approved"}, "SerializationException"),
            ({"stageName": "Nowhere"}, "StageNotFoundException"),
            ({"actionName": "Nothing"}, "ActionNotFoundException"),
            ({"stageName": "Source", "actionName": "Fetch"}, "InvalidApprovalTokenException"),
            ({"pipelineName": "nobody"}, "PipelineNotFoundException"),
        ):
            self.assertEqual(refusal(**{**put(self.name, token), **changed}).code, code, changed)
        self.assertEqual(asked(self.name), (self.first, token))

        call(**put(self.name, token, summary="x" * 512))
        wait_until(self.name, self.first, "Succeeded")
        second = self.start()
        newer = wait_until_asked(self.name, second)
        # A used token, which is also that of another execution.
        self.assertEqual(refusal(**put(self.name, token)).code, "ApprovalAlreadyCompletedException")
        self.assertEqual(asked(self.name), (second, newer))

    def test_a_start_with_a_token_happens_once(self):
        before = len(executions(self.name))
        ids = {self.start(clientRequestToken="once", variables=[{"name": "Colour", "value": "blue"}]) for _ in range(3)}
        self.assertEqual((len(ids), len(executions(self.name))), (1, before + 1))
        self.assertNotEqual(self.start(clientRequestToken="twice"), ids.pop())

    def test_whoever_starts_an_execution_is_its_trigger_and_headers_of_clients_are_not(self):
        for key, arn in (("author", AUTHOR), ("approver", APPROVER), ("test", ROOT)):
            answer = call("StartPipelineExecution", key, name=self.name)
            trigger = execution(self.name, answer["pipelineExecutionId"])["trigger"]
            self.assertEqual(trigger, {"triggerType": "StartPipelineExecution", "triggerDetail": arn})
        body = f'{{"name": "{self.name}"}}'.encode()
        post("CodePipeline_20150709.StartPipelineExecution", body, **{"X-Flowgate-Trigger": "arn:aws:events:forged"})
        self.assertEqual(executions(self.name)[0]["trigger"]["triggerDetail"], AUTHOR)

    def test_a_start_that_the_pipeline_does_not_allow_starts_nothing(self):
        before = len(executions(self.name))
        revision = {"actionName": "Fetch", "revisionType": "COMMIT_ID", "revisionValue": "1"}
        for request in (
            {"variables": [{"name": "Taste", "value": "sweet"}]},
            {"variables": []},
            {"sourceRevisions": [{**revision, "actionName": "Ask"}]},
            {"sourceRevisions": [{**revision, "revisionType": "IMAGE_DIGEST"}]},
            {"clientRequestToken": "a b"},
        ):
            self.assertEqual(refusal("StartPipelineExecution", name=self.name, **request).code, "ValidationException")
        self.assertEqual(len(executions(self.name)), before)

    def test_pages_are_complete_and_stay_so_while_executions_arrive(self):
        wait_until_asked(self.name, self.first)
        ids = [self.start() for _ in range(4)][::-1] + [self.first]
        seen, request = [], {}
        while True:
            page = call("ListPipelineExecutions", pipelineName=self.name, maxResults=2, **request)
            seen += [summary["pipelineExecutionId"] for summary in page["pipelineExecutionSummaries"]]
            if "nextToken" not in page:
                break
            request = {"nextToken": page["nextToken"]}
            self.start()
        self.assertEqual(seen, ids)

    def test_runs_are_found_by_their_execution(self):
        wait_until_asked(self.name, self.first)
        second = self.start()

        def second_waits():
            return "inboundExecution" in call("GetPipelineState", name=self.name)["stageStates"][1]

        until(second_waits)
        for filter in (
            {"pipelineExecutionId": second},
            {"latestInPipelineExecution": {"pipelineExecutionId": second, "startTimeRange": "Latest"}},
        ):
            listed = call("ListActionExecutions", pipelineName=self.name, filter=filter)["actionExecutionDetails"]
            self.assertEqual([run["actionName"] for run in listed], ["Fetch"])
        for operation in ("ListActionExecutions", "ListRuleExecutions"):
            unknown = refusal(operation, pipelineName=self.name, filter={"pipelineExecutionId": UNKNOWN})
            self.assertEqual(unknown.code, "PipelineExecutionNotFoundException")


if __name__ == "__main__":
    unittest.main()
