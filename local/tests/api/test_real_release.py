"""A release that was pushed to `flowgate up`, seen and driven by ordinary AWS clients.

`python test_real_release.py PIPELINE`: they have nothing but the variables that `up` prints,
except that whoever approves has other keys.
"""

import json
import os
import subprocess
import sys
import unittest

import boto3

from reads import read
from releases import APPROVER, wait_until
from service import call, until

NAME = sys.argv.pop()
STAGES = ["Source", "Build", "DeployTests", "Beta", "Gamma", "Approve", "Prod"]
PLACE = {"pipelineName": NAME, "stageName": "Approve", "actionName": "Approve"}
APPROVER_KEYS = {"AWS_ACCESS_KEY_ID": "approver", "AWS_SECRET_ACCESS_KEY": "approver"}
# The providers of a release, each with its actions.
ACTIONS = {
    "CodeCommit": {"Source"},
    "CodeBuild": {"Build"},
    "CloudFormation": {"Deploy"},
    "Lambda": {"Configure", "Test", "Ready", "Gate"},
    "Manual": {"Approve"},
}


def aws(*arguments, **environment):
    """What the AWS command line answers."""
    command = ["aws", "codepipeline", *arguments, "--output", "json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **environment})
    return json.loads(done.stdout)


def asked(other_than=None):
    """(execution, token) of the approval that waits."""

    def is_asked():
        stage = call("GetPipelineState", name=NAME)["stageStates"][STAGES.index("Approve")]
        tokens = (action.get("latestExecution", {}).get("token") for action in stage["actionStates"])
        token = next(filter(None, tokens), None)
        id = stage.get("latestExecution", {}).get("pipelineExecutionId")
        return token and id != other_than and (id, token)

    return until(is_asked)


class RealRelease(unittest.TestCase):
    def setUp(self):
        self.boto3 = boto3.client("codepipeline")

    def test_it_is_read_approved_started_and_rejected(self):
        first, token = asked()
        read(NAME)
        self.is_shown(first, "InProgress")
        result = json.dumps({"status": "Approved", "summary": "by the command line"})
        place = ("--pipeline-name", NAME, "--stage-name", "Approve", "--action-name", "Approve")
        answer = aws("put-approval-result", *place, "--token", token, "--result", result, **APPROVER_KEYS)
        self.assertIn("approvedAt", answer)
        wait_until(NAME, first, "Succeeded")
        self.is_shown(first, "Succeeded")
        self.is_whole(read(NAME))

        second = self.boto3.start_pipeline_execution(name=NAME)["pipelineExecutionId"]
        self.assertEqual(asked(first)[0], second)
        rejected = {"status": "Rejected", "summary": "by boto3"}
        used = asked(first)[1]
        self.assertIn("approvedAt", self.boto3.put_approval_result(**PLACE, token=used, result=rejected))
        wait_until(NAME, second, "Failed")
        third = aws("start-pipeline-execution", "--name", NAME)["pipelineExecutionId"]
        waits = asked(second)
        self.assertEqual(waits[0], third)
        for old in (token, used):
            with self.assertRaises(self.boto3.exceptions.ApprovalAlreadyCompletedException):
                self.boto3.put_approval_result(**PLACE, token=old, result=rejected)
        self.assertEqual(asked(second), waits, "it still waits")
        read(NAME)

    def is_shown(self, id, status):
        """Both clients tell the same of it."""
        for names, executions, state, actions, version in (self.seen_by_boto3(), self.seen_by_the_command_line()):
            self.assertIn(NAME, names)
            self.assertEqual(version, 1)
            self.assertEqual(next(one["status"] for one in executions if one["pipelineExecutionId"] == id), status)
            self.assertEqual([stage["stageName"] for stage in state], STAGES)
            self.assertEqual(state[5]["latestExecution"]["status"], status)
            ran = {action["stageName"] for action in actions if action["pipelineExecutionId"] == id}
            self.assertEqual(ran, set(STAGES if status == "Succeeded" else STAGES[:6]))

    def seen_by_boto3(self):
        client, of = self.boto3, {"pipelineName": NAME}
        return (
            [pipeline["name"] for pipeline in client.list_pipelines()["pipelines"]],
            client.list_pipeline_executions(**of)["pipelineExecutionSummaries"],
            client.get_pipeline_state(name=NAME)["stageStates"],
            client.list_action_executions(**of)["actionExecutionDetails"],
            client.get_pipeline(name=NAME)["pipeline"]["version"],
        )

    def seen_by_the_command_line(self):
        of, name = ("--pipeline-name", NAME), ("--name", NAME)
        return (
            [pipeline["name"] for pipeline in aws("list-pipelines")["pipelines"]],
            aws("list-pipeline-executions", *of)["pipelineExecutionSummaries"],
            aws("get-pipeline-state", *name)["stageStates"],
            aws("list-action-executions", *of)["actionExecutionDetails"],
            aws("get-pipeline", *name)["pipeline"]["version"],
        )

    def is_whole(self, answers):
        """What was compared with the model is the release with all that it consists of."""
        actions = answers["ListActionExecutions"]
        found = {}
        for action in actions:
            found.setdefault(action["input"]["actionTypeId"]["provider"], set()).add(action["actionName"])
        self.assertEqual(found, ACTIONS)
        approve = next(action for action in actions if action["actionName"] == "Approve")
        self.assertEqual(approve["updatedBy"], APPROVER)
        deployed = [action for action in actions if action["actionName"] == "Deploy" and action["stageName"] == "Prod"]
        self.assertIn("ApiUrl", deployed[0]["output"]["outputVariables"])
        self.assertEqual([rule["ruleName"] for rule in answers["ListRuleExecutions"]], ["Window"])
        prod = answers["GetPipelineState"]["stageStates"][6]
        self.assertEqual(prod["beforeEntryConditionState"]["latestExecution"]["status"], "Succeeded")
        self.assertEqual(answers["GetPipelineExecution"][0]["status"], "Succeeded")


if __name__ == "__main__":
    unittest.main()
