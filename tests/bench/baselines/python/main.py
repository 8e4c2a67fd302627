"""What start_tests does for a job whose tests all pass, on boto3. Clients as their documentation makes them, once."""

import json
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from runtime import serve

WIDTH = 32

pipeline = boto3.client("codepipeline")
formation = boto3.client("cloudformation")
functions = boto3.client("lambda", config=Config(max_pool_connections=WIDTH, retries={"total_max_attempts": 1}))
dynamo = boto3.client("dynamodb", config=Config(max_pool_connections=WIDTH))
workers = ThreadPoolExecutor(WIDTH)
table = os.environ["STATE_TABLE"]


def key(pk, sk):
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def read(pk, sk):
    return dynamo.get_item(TableName=table, Key=key(pk, sk), ConsistentRead=True).get("Item")


def create(pk, sk, record):
    expires = {"N": str(int(time.time()) + 90 * 86400)}
    dynamo.put_item(
        TableName=table,
        Item={**key(pk, sk), "v": {"N": "1"}, "body": {"S": json.dumps(record)}, "expires": expires},
        ConditionExpression="attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )


def mark_sent(pk):
    dynamo.update_item(
        TableName=table,
        Key=key(pk, "verdict"),
        UpdateExpression="SET #answer = if_not_exists(#answer, :answer)",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeNames={"#answer": "answer"},
        ExpressionAttributeValues={":answer": {"S": "accepted"}},
    )


def outputs(stack):
    (described,) = formation.describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


def run_test(run, name, function):
    began = time.monotonic()
    told = json.dumps({**run, "correlation_id": run["execution_id"], "test": name})
    answer = functions.invoke(FunctionName=function, LogType="Tail", Payload=told)
    passed = "FunctionError" not in answer and json.load(answer["Payload"])["passed"]
    millis = int((time.monotonic() - began) * 1000)
    outcome = "passed" if passed else "failed"
    create(f"run#{run['job_id']}", f"result#{name}", {"test": name, "run": run["run_id"], "millis": millis, "outcome": outcome})
    return passed


def handle(event):
    job = event["CodePipeline.job"]
    asked = json.loads(job["data"]["actionConfiguration"]["configuration"]["UserParameters"])
    job_id = job["id"]
    if read(f"verdict#{job_id}", "verdict") or read(f"run#{job_id}", "run"):
        return

    app = outputs(asked["app_stack"])
    found = outputs(asked["test_stack"])
    tests = {name: function for name, function in found.items() if name.startswith("TestFunction")}
    run = {
        "job_id": job_id,
        "api_url": app["ApiUrl"],
        "stage": asked["stage"],
        "stack": asked["app_stack"],
        "outputs": app,
        "execution_id": asked["execution"],
        "run_id": str(uuid.uuid4()),
    }
    announced = {"job": job_id, "stage": run["stage"], "stack": run["stack"]}
    create(f"tests#{asked['execution']}", f"tests#{job_id}", announced)
    create(f"run#{job_id}", "run", {**run, "tests": list(tests)})
    passed = sum(workers.map(lambda test: run_test(run, *test), tests.items()))

    summary = f"{passed} of {len(tests)} passed"
    create(f"verdict#{job_id}", "verdict", {"report": "succeed", "summary": summary})
    pipeline.put_job_success_result(jobId=job_id, executionDetails={"summary": summary})
    mark_sent(f"verdict#{job_id}")


serve(handle)
