"""Ordinary AWS clients: boto3, and the AWS command line."""

import json
import subprocess
import unittest

import boto3
from botocore import xform_name
from botocore.session import Session

from releases import declaration, wait_until, wait_until_asked
from service import UNKNOWN
from tour import Tour


class Boto3(unittest.TestCase):
    def setUp(self):
        self.client = boto3.client("codepipeline")
        self.name = self.id().rpartition(".")[2]
        self.client.create_pipeline(pipeline=declaration(self.name))

    def started(self, count):
        names = {"name": self.name}
        return [self.client.start_pipeline_execution(**names)["pipelineExecutionId"] for _ in range(count)]

    def everything(self, operation, member, **request):
        pages = self.client.get_paginator(operation).paginate(PaginationConfig={"PageSize": 2}, **request)
        return [item for page in pages for item in page[member]]

    def test_paginators_walk_all_pages(self):
        wait_until_asked(self.name)
        ids = self.started(5)
        wanted = {"pipelineName": self.name}
        listed = self.everything("list_pipeline_executions", "pipelineExecutionSummaries", **wanted)
        self.assertEqual([execution["pipelineExecutionId"] for execution in listed][:5], ids[::-1])
        self.assertEqual(len(listed), 6)
        for id in ids:
            self.client.get_pipeline_execution(**wanted, pipelineExecutionId=id)
        runs = self.everything("list_action_executions", "actionExecutionDetails", **wanted)
        self.assertEqual(len({run["actionExecutionId"] for run in runs}), len(runs))
        self.assertGreaterEqual(len(runs), 3)
        rules = self.everything("list_rule_executions", "ruleExecutionDetails", **wanted)
        self.assertEqual([rule["ruleName"] for rule in rules], ["always"])
        names = [pipeline["name"] for pipeline in self.everything("list_pipelines", "pipelines")]
        self.assertIn(self.name, names)

    def test_every_paginator_that_there_is_walks_its_pages(self):
        wait_until_asked(self.name)
        of = {"pipelineName": self.name}
        state = self.client.get_pipeline_state(name=self.name)["stageStates"][0]
        run = state["actionStates"][0]["latestExecution"]["actionExecutionId"]
        for key in "ab":
            self.put_webhook(f"{self.name}-{key}", tags=[{"key": key, "value": ""} for key in "xyz"])
        arn = self.client.list_webhooks()["webhooks"][0]["arn"]
        requests = {
            "ListActionExecutions": of,
            "ListActionTypes": {},
            "ListDeployActionExecutionTargets": {"actionExecutionId": run},
            "ListPipelineExecutions": of,
            "ListPipelines": {},
            "ListRuleExecutions": of,
            "ListTagsForResource": {"resourceArn": arn},
            "ListWebhooks": {},
        }
        loader = Session().get_component("data_loader")
        models = loader.load_service_model("codepipeline", "paginators-1")["pagination"]
        self.assertEqual(set(models), set(requests))
        for operation, request in requests.items():
            page = {"PageSize": 1} if "limit_key" in models[operation] else {}
            pages = self.client.get_paginator(xform_name(operation)).paginate(PaginationConfig=page, **request)
            found = [item for page in pages for item in page[models[operation]["result_key"]]]
            self.assertEqual(bool(found), operation != "ListDeployActionExecutionTargets", operation)
        self.assertEqual(len(self.everything("list_tags_for_resource", "tags", resourceArn=arn)), 3)
        names = [one["definition"]["name"] for one in self.everything("list_webhooks", "webhooks")]
        self.assertLessEqual({f"{self.name}-{key}" for key in "ab"}, set(names))

    def put_webhook(self, name, **more):
        target = {"targetPipeline": self.name, "targetAction": "Fetch", "filters": [{"jsonPath": "$"}]}
        how = {"authentication": "UNAUTHENTICATED", "authenticationConfiguration": {}}
        return self.client.put_webhook(webhook={"name": name, **target, **how}, **more)["webhook"]

    def test_an_approval(self):
        wait_until_asked(self.name)
        state = self.client.get_pipeline_state(name=self.name)
        asked = state["stageStates"][1]["actionStates"][0]["latestExecution"]
        self.assertLessEqual(state["created"], asked["lastStatusChange"])
        token = asked["token"]
        request = {"pipelineName": self.name, "stageName": "Approve", "actionName": "Ask"}
        result = {"summary": "", "status": "Approved"}
        errors = self.client.exceptions
        with self.assertRaises(errors.InvalidApprovalTokenException):
            self.client.put_approval_result(**request, result=result, token=UNKNOWN)
        with self.assertRaises(errors.ValidationException):
            long = {"summary": "x" * 513, "status": "Rejected"}
            self.client.put_approval_result(**request, result=long, token=token)
        answer = self.client.put_approval_result(**request, result=result, token=token)
        self.assertGreaterEqual(answer["approvedAt"], asked["lastStatusChange"])
        with self.assertRaises(errors.ApprovalAlreadyCompletedException):
            self.client.put_approval_result(**request, result=result, token=token)

    def test_every_operation_that_is_served(self):
        def do(operation, **request):
            return getattr(self.client, xform_name(operation))(**request)

        def refused(code, operation, **request):
            with self.assertRaises(self.client.exceptions.from_code(code)):
                do(operation, **request)

        Tour("tour-by-boto3", do, refused).walk(0)

    def test_what_is_not_there(self):
        errors = self.client.exceptions
        for ask in (self.client.get_pipeline, self.client.get_pipeline_state, self.client.start_pipeline_execution):
            with self.assertRaises(errors.PipelineNotFoundException):
                ask(name="nobody")
        with self.assertRaises(errors.PipelineVersionNotFoundException):
            self.client.get_pipeline(name=self.name, version=2)
        with self.assertRaises(errors.InvalidNextTokenException):
            self.client.list_pipeline_executions(pipelineName=self.name, nextToken="garbage")


class CommandLine(unittest.TestCase):
    def aws(self, *arguments):
        command = ["aws", "codepipeline", *arguments, "--output", "json"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # An operation without an output says nothing.
        return json.loads(done.stdout or "null") if done.returncode == 0 else done.stderr

    def test_every_operation_that_is_served(self):
        def ask(operation, **request):
            return self.aws(xform_name(operation, "-"), "--cli-input-json", json.dumps(request))

        def do(operation, **request):
            answer = ask(operation, **request)
            self.assertNotIsInstance(answer, str, operation)
            return answer

        def refused(code, operation, **request):
            self.assertIn(code, ask(operation, **request))

        Tour("tour-by-the-command-line", do, refused).walk(1)

    def test_a_release(self):
        self.aws("create-pipeline", "--cli-input-json", json.dumps({"pipeline": declaration("cli")}))
        self.assertIn("cli", [pipeline["name"] for pipeline in self.aws("list-pipelines")["pipelines"]])
        self.assertEqual(self.aws("get-pipeline", "--name", "cli")["pipeline"]["version"], 1)
        wait_until_asked("cli")
        state = self.aws("get-pipeline-state", "--name", "cli")["stageStates"][1]
        token = state["actionStates"][0]["latestExecution"]["token"]
        place = ("--pipeline-name", "cli", "--stage-name", "Approve", "--action-name", "Ask")
        answer = ("put-approval-result", *place, "--token", token, "--result")
        long = self.aws(*answer, f"status=Rejected,summary={'x' * 513}")
        self.assertIn("ValidationException", long)
        self.assertIn("approvedAt", self.aws(*answer, "status=Approved,summary=good"))
        self.assertIn("ApprovalAlreadyCompletedException", self.aws(*answer, "status=Approved,summary=again"))
        wait_until("cli", state["latestExecution"]["pipelineExecutionId"], "Succeeded")

        started = self.aws("start-pipeline-execution", "--name", "cli")["pipelineExecutionId"]
        listed = self.aws("list-pipeline-executions", "--pipeline-name", "cli", "--page-size", "1")
        summaries = listed["pipelineExecutionSummaries"]
        self.assertEqual([len(summaries), summaries[0]["pipelineExecutionId"]], [2, started])
        runs = self.aws("list-action-executions", "--pipeline-name", "cli", "--page-size", "1")
        self.assertIn("Ask", [run["actionName"] for run in runs["actionExecutionDetails"]])
        self.assertIn("PipelineNotFoundException", self.aws("get-pipeline", "--name", "nobody"))


if __name__ == "__main__":
    unittest.main()
