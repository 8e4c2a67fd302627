"""Every operation of botocore's model: it is served, or refused by name with the reason."""

import json
import unittest

import extract
from releases import declaration, execution, executions, wait_until_asked
from service import MODEL, UNKNOWN, call, post, refusal

CUSTOM = "custom action types"
THIRD_PARTY = "third part"
# What belongs to action types that do not run here.
NOT_SERVED = {
    "AcknowledgeJob": CUSTOM,
    "AcknowledgeThirdPartyJob": THIRD_PARTY,
    "CreateCustomActionType": CUSTOM,
    "DeleteCustomActionType": CUSTOM,
    "DeregisterWebhookWithThirdParty": THIRD_PARTY,
    "GetActionType": CUSTOM,
    "GetJobDetails": CUSTOM,
    "GetThirdPartyJobDetails": THIRD_PARTY,
    "PollForJobs": CUSTOM,
    "PollForThirdPartyJobs": THIRD_PARTY,
    "PutThirdPartyJobFailureResult": THIRD_PARTY,
    "PutThirdPartyJobSuccessResult": THIRD_PARTY,
    "RegisterWebhookWithThirdParty": THIRD_PARTY,
    "UpdateActionType": CUSTOM,
}


class Operations(unittest.TestCase):
    def test_each_is_served_or_refused_with_the_reason(self):
        self.assertEqual(set(MODEL.operation_names), set(extract.OPERATIONS) | set(NOT_SERVED))
        self.assertFalse(set(extract.OPERATIONS) & set(NOT_SERVED))
        for operation in MODEL.operation_names:
            # No operation takes a list: those that are served say so, whatever else they need.
            status, _, body = post(f"CodePipeline_20150709.{operation}", b"[]")
            answer = json.loads(body)
            if operation in NOT_SERVED:
                self.assertEqual((status, answer["__type"]), (400, "UnknownOperationException"), operation)
                self.assertIn(operation, answer["message"])
                self.assertIn(NOT_SERVED[operation], answer["message"])
            else:
                self.assertEqual((status, answer["__type"]), (400, "SerializationException"), operation)

    def test_the_types_that_run_here(self):
        types = call("ListActionTypes", actionOwnerFilter="AWS")["actionTypes"]
        for type in types:
            self.assertEqual(call("ListActionTypes", regionFilter="us-east-1")["actionTypes"], types)
            self.assertIn(type["id"]["category"], ("Source", "Build", "Test", "Deploy", "Invoke", "Approval"))
        self.assertIn("Lambda", [type["id"]["provider"] for type in types])
        self.assertEqual(call("ListActionTypes", actionOwnerFilter="Custom"), {"actionTypes": []})
        self.assertEqual(refusal("ListActionTypes", nextToken="garbage").code, "InvalidNextTokenException")
        self.assertEqual(refusal("ListActionTypes", actionOwnerFilter="Mine").code, "ValidationException")
        rules = call("ListRuleTypes", ruleOwnerFilter="AWS")["ruleTypes"]
        self.assertIn("DeploymentWindow", [rule["id"]["provider"] for rule in rules])
        self.assertEqual(call("ListRuleTypes", regionFilter="eu-west-1"), {"ruleTypes": []})

    def test_a_revision_that_is_told_of_starts_the_pipeline_once(self):
        name = "revisions"
        call("CreatePipeline", pipeline=declaration(name))
        wait_until_asked(name)
        source = call("GetPipelineState", name=name)["stageStates"][0]["actionStates"][0]
        commit, first = source["currentRevision"]["revisionId"], executions(name)[0]["pipelineExecutionId"]
        revision = {"revisionId": commit, "revisionChangeId": "1", "created": 1.5}
        place = {"pipelineName": name, "stageName": "Source", "actionName": "Fetch"}
        known = call("PutActionRevision", **place, actionRevision=revision)
        self.assertEqual(known, {"newRevision": False, "pipelineExecutionId": first})
        new = {**revision, "revisionId": "0" * 40}
        told = call("PutActionRevision", **place, actionRevision=new)
        self.assertTrue(told["newRevision"])
        trigger = execution(name, told["pipelineExecutionId"])["trigger"]
        self.assertEqual(trigger["triggerType"], "PutActionRevision")
        told["newRevision"] = False
        self.assertEqual(call("PutActionRevision", **place, actionRevision=new), told)
        for wrong, code in (
            ({"pipelineName": "nobody"}, "PipelineNotFoundException"),
            ({"stageName": "No"}, "StageNotFoundException"),
            ({"actionName": "No"}, "ActionNotFoundException"),
            ({"stageName": "Approve", "actionName": "Ask"}, "ValidationException"),
            ({"actionRevision": {"revisionId": "1"}}, "ValidationException"),
        ):
            request = {**place, "actionRevision": new, **wrong}
            self.assertEqual(refusal("PutActionRevision", **request).code, code, wrong)

    def test_what_was_deployed_here_had_no_targets(self):
        name = "targets"
        call("CreatePipeline", pipeline=declaration(name))
        wait_until_asked(name)
        run = call("ListActionExecutions", pipelineName=name)["actionExecutionDetails"][0]["actionExecutionId"]
        for of in ({}, {"pipelineName": name}):
            self.assertEqual(call("ListDeployActionExecutionTargets", actionExecutionId=run, **of), {"targets": []})
            unknown = refusal("ListDeployActionExecutionTargets", actionExecutionId=UNKNOWN, **of)
            self.assertEqual(unknown.code, "ActionExecutionNotFoundException")
        nobody = refusal("ListDeployActionExecutionTargets", actionExecutionId=run, pipelineName="nobody")
        self.assertEqual(nobody.code, "PipelineNotFoundException")
        token = refusal("ListDeployActionExecutionTargets", actionExecutionId=run, nextToken="garbage")
        self.assertEqual(token.code, "InvalidNextTokenException")


if __name__ == "__main__":
    unittest.main()
