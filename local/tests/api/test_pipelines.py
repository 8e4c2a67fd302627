"""Pipelines, their tags, and jobs over plain HTTP."""

import os
import unittest

from releases import asked, declaration, executions, put, wait_until, wait_until_asked
from service import UNKNOWN, call, post, refusal

ARN = "arn:aws:codepipeline:us-east-1:000000000000:"


class Pipelines(unittest.TestCase):
    def setUp(self):
        self.name = self.id().rpartition(".")[2][:100]

    def test_a_pipeline_has_versions_until_it_is_deleted(self):
        tags = [{"key": "team", "value": "time"}]
        created = call("CreatePipeline", pipeline={**declaration(self.name), "version": 7}, tags=tags)
        self.assertEqual((created["pipeline"]["version"], created["tags"]), (1, tags))
        self.assertEqual(refusal("CreatePipeline", pipeline=declaration(self.name)).code, "PipelineNameInUseException")
        wait_until_asked(self.name)
        # Its execution runs.
        call(**put(self.name, asked(self.name)[1]))
        wait_until(self.name, executions(self.name)[0]["pipelineExecutionId"], "Succeeded")
        changed = declaration(self.name)
        changed["variables"][0]["defaultValue"] = "green"
        self.assertEqual(call("UpdatePipeline", pipeline=changed)["pipeline"]["version"], 2)
        for version, colour in (({}, "green"), ({"version": 2}, "green"), ({"version": 1}, "red")):
            answer = call("GetPipeline", name=self.name, **version)
            self.assertEqual(answer["pipeline"]["variables"][0]["defaultValue"], colour)
            self.assertEqual(answer["metadata"]["pipelineArn"], ARN + self.name)
        self.assertLess(answer["metadata"]["created"], answer["metadata"]["updated"])
        self.assertEqual(refusal("GetPipeline", name=self.name, version=3).code, "PipelineVersionNotFoundException")
        call("DeletePipeline", name=self.name)
        call("DeletePipeline", name=self.name)
        self.assertEqual(refusal("GetPipeline", name=self.name).code, "PipelineNotFoundException")
        call("CreatePipeline", pipeline=declaration(self.name))
        self.assertEqual(refusal("GetPipeline", name=self.name, version=2).code, "PipelineVersionNotFoundException")
        self.assertEqual(call("ListTagsForResource", resourceArn=ARN + self.name), {"tags": []})

    def test_a_definition_that_cannot_be_used_makes_no_pipeline(self):
        def without(change):
            changed = declaration(self.name)
            change(changed)
            return refusal("CreatePipeline", pipeline=changed).code

        self.assertEqual(without(lambda p: p["stages"].pop()), "InvalidStructureException")
        self.assertEqual(without(lambda p: p["stages"][1].update(actions=[])), "InvalidStageDeclarationException")
        self.assertEqual(without(lambda p: p["stages"][1]["actions"][0]["actionTypeId"].update(provider="Nobody")),
                         "InvalidActionDeclarationException")
        self.assertEqual(without(lambda p: p.pop("roleArn")), "ValidationException")
        self.assertEqual(without(lambda p: p.update(stages="none")), "SerializationException")
        self.assertEqual(refusal("GetPipeline", name=self.name).code, "PipelineNotFoundException")

    def test_a_pipeline_that_cannot_be_started_at_once_is_made_all_the_same(self):
        pipeline = declaration(self.name)
        del pipeline["variables"][0]["defaultValue"]
        call("CreatePipeline", pipeline=pipeline)
        self.assertEqual(executions(self.name), [])
        variable = {"name": pipeline["variables"][0]["name"], "value": "green"}
        started = call("StartPipelineExecution", name=self.name, variables=[variable])
        self.assertEqual(executions(self.name)[0]["pipelineExecutionId"], started["pipelineExecutionId"])

    def test_tags(self):
        call("CreatePipeline", pipeline=declaration(self.name))
        arn = ARN + self.name
        call("TagResource", resourceArn=arn, tags=[{"key": key, "value": "v"} for key in "abc"])
        call("UntagResource", resourceArn=arn, tagKeys=["b", "z"])
        page = call("ListTagsForResource", resourceArn=arn, maxResults=1)
        rest = call("ListTagsForResource", resourceArn=arn, nextToken=page["nextToken"])
        self.assertEqual([tag["key"] for tag in page["tags"] + rest["tags"]], ["a", "c"])
        for wrong, code in ((ARN + "nobody", "ResourceNotFoundException"),
                            (ARN.replace("us-east-1", "eu-west-1") + self.name, "InvalidArnException"),
                            ("arn:aws:s3:::bucket", "ValidationException")):
            self.assertEqual(refusal("ListTagsForResource", resourceArn=wrong).code, code)

    def test_all_pipelines_are_listed_by_name(self):
        names = [f"{self.name}{n}" for n in "cab"]
        for name in names:
            call("CreatePipeline", pipeline=declaration(name))
        listed, request = [], {}
        while True:
            page = call("ListPipelines", maxResults=1, **request)
            listed += [pipeline["name"] for pipeline in page["pipelines"]]
            if "nextToken" not in page:
                break
            request = {"nextToken": page["nextToken"]}
        self.assertEqual([name for name in listed if name in names], sorted(names))

    def test_nobodys_pipeline_and_garbage(self):
        call("CreatePipeline", pipeline=declaration(self.name))
        for operation, member in (
            ("GetPipeline", "name"),
            ("GetPipelineState", "name"),
            ("StartPipelineExecution", "name"),
            ("ListPipelineExecutions", "pipelineName"),
            ("ListActionExecutions", "pipelineName"),
            ("ListRuleExecutions", "pipelineName"),
        ):
            self.assertEqual(refusal(operation, **{member: "nobody"}).code, "PipelineNotFoundException")
            self.assertEqual(refusal(operation, **{member: "no body"}).code, "ValidationException")
            self.assertEqual(refusal(operation, **{member: 1}).code, "SerializationException")
            self.assertEqual(refusal(operation).code, "ValidationException")
        unknown = refusal("GetPipelineExecution", pipelineName=self.name, pipelineExecutionId=UNKNOWN)
        self.assertEqual(unknown.code, "PipelineExecutionNotFoundException")
        for operation in ("ListPipelineExecutions", "ListActionExecutions", "ListRuleExecutions"):
            for request, code in (({"nextToken": "garbage"}, "InvalidNextTokenException"),
                                  ({"nextToken": ""}, "ValidationException"),
                                  ({"maxResults": 0}, "ValidationException"),
                                  ({"maxResults": 101}, "ValidationException"),
                                  ({"maxResults": "1"}, "SerializationException")):
                self.assertEqual(refusal(operation, pipelineName=self.name, **request).code, code, (operation, request))
        self.assertEqual(refusal("ListPipelines", nextToken="garbage").code, "InvalidNextTokenException")
        self.assertEqual(refusal("ListPipelines", maxResults=1001).code, "ValidationException")

    def test_what_is_no_request(self):
        for target, body, code in (
            ("CodePipeline_20150709.PollForJobs", b"{}", b"UnknownOperationException"),
            ("CodePipeline_20150709.ListPipelines", b"", b"SerializationException"),
            ("CodePipeline_20150709.ListPipelines", b"{", b"SerializationException"),
            ("CodePipeline_20150709.ListPipelines", b"[]", b"SerializationException"),
            ("CodePipeline_20150709.ListPipelines", b"\xff", b"SerializationException"),
        ):
            status, _, answer = post(target, body)
            self.assertEqual((status, code in answer), (400, True), answer)


class Jobs(unittest.TestCase):
    def test_a_job_is_settled_once(self):
        succeeded, failed = os.environ["JOB_IDS"].split()
        details = {"summary": "done", "externalExecutionId": "1", "percentComplete": 100}
        call("PutJobSuccessResult", jobId=succeeded, executionDetails=details, outputVariables={"Url": ""})
        failure = {"type": "JobFailed", "message": "no", "externalExecutionId": "1"}
        call("PutJobFailureResult", jobId=failed, failureDetails=failure)
        for job in (succeeded, failed):
            self.assertEqual(refusal("PutJobSuccessResult", jobId=job).code, "InvalidJobStateException")
        again = refusal("PutJobFailureResult", jobId=failed, failureDetails=failure)
        self.assertEqual(again.code, "InvalidJobStateException")

    def test_results_that_are_wrong(self):
        self.assertEqual(refusal("PutJobSuccessResult", jobId=UNKNOWN).code, "JobNotFoundException")
        self.assertEqual(refusal("PutJobSuccessResult", jobId="1").code, "ValidationException")
        self.assertEqual(refusal("PutJobFailureResult", jobId=UNKNOWN).code, "ValidationException")
        big = {"K": "v" * 122_881}
        exceeded = refusal("PutJobSuccessResult", jobId=UNKNOWN, outputVariables=big)
        self.assertEqual(exceeded.code, "OutputVariablesSizeExceededException")


if __name__ == "__main__":
    unittest.main()
