"""What CloudFormation does to pipelines beside making them: it closes transitions, and starts what it changed."""

import copy
import json
import unittest

import boto3

from releases import declaration, execution, executions, wait_until_asked
from service import call, until

CLOSED = {"StageName": "Approve", "Reason": "Closed by the stack"}


def capital(value):
    """A declaration of the API as the properties of a template."""
    if isinstance(value, list):
        return [capital(item) for item in value]
    if not isinstance(value, dict):
        return value
    # The keys of a configuration are the user's own.
    return {name[:1].upper() + name[1:]: item if name == "configuration" else capital(item)
            for name, item in value.items()}


class Stacks(unittest.TestCase):
    def setUp(self):
        self.stacks = boto3.client("cloudformation")
        self.name = self.id().rpartition(".")[2][:100].replace("_", "-")
        self.properties = capital(declaration(self.name))

    def deploy(self, operation, waiter, **properties):
        all = {**copy.deepcopy(self.properties), **properties}
        resource = {"Type": "AWS::CodePipeline::Pipeline", "Properties": all}
        operation(StackName=self.name, TemplateBody=json.dumps({"Resources": {"Pipeline": resource}}))
        self.stacks.get_waiter(waiter).wait(StackName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    def create(self, **properties):
        self.deploy(self.stacks.create_stack, "stack_create_complete", **properties)

    def update(self, **properties):
        self.deploy(self.stacks.update_stack, "stack_update_complete", **properties)

    def transition(self):
        return call("GetPipelineState", name=self.name)["stageStates"][1]["inboundTransitionState"]

    def test_transitions_are_closed_and_opened(self):
        self.create(DisableInboundStageTransitions=[CLOSED])
        self.assertEqual(self.transition()["disabledReason"], CLOSED["Reason"])
        other = {**CLOSED, "Reason": "Still closed"}
        self.update(DisableInboundStageTransitions=[other])
        self.assertEqual(self.transition()["disabledReason"], other["Reason"])
        waiting = call("StartPipelineExecution", name=self.name)["pipelineExecutionId"]

        def waits():
            stage = call("GetPipelineState", name=self.name)["stageStates"][1]
            return stage.get("inboundExecution", {}).get("pipelineExecutionId") == waiting

        until(waits)
        self.update(RestartExecutionOnUpdate=True)
        self.assertTrue(self.transition()["enabled"])
        self.assertEqual(execution(self.name, waiting)["status"], "Cancelled")
        latest = executions(self.name)[0]["pipelineExecutionId"]
        self.assertNotEqual(latest, waiting)
        wait_until_asked(self.name, latest)

    def test_an_update_starts_nothing_unless_it_should(self):
        self.create()
        count = len(executions(self.name))
        changed = copy.deepcopy(self.properties["Variables"])
        changed[0]["DefaultValue"] = "green"
        self.update(Variables=changed, RestartExecutionOnUpdate=False)
        self.assertEqual(len(executions(self.name)), count)
        changed[0]["DefaultValue"] = "blue"
        self.update(Variables=changed, RestartExecutionOnUpdate="true")
        latest = executions(self.name)
        self.assertEqual(len(latest), count + 1)
        restarted = execution(self.name, latest[0]["pipelineExecutionId"])
        self.assertEqual(restarted["variables"][0]["resolvedValue"], "blue")


if __name__ == "__main__":
    unittest.main()
