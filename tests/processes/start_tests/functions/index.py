"""A test in Python, as its author would write it: asks the desk what to do, and does it."""

import json
import os
import time
import urllib.request


def handler(event, context):
    request = urllib.request.Request(f"http://{os.environ['DESK']}/", json.dumps(event).encode())
    act = json.load(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request))
    for line in act.get("print", []):
        print(line)
    if "settle" in act:
        settle(event["job_id"], act["settle"])
    if "exit" in act:
        os._exit(act["exit"])
    time.sleep(act.get("sleep", 0))
    if "raise" in act:
        raise AssertionError(act["raise"])
    return object() if "object" in act else act.get("return")


def settle(job, how):
    import boto3

    client = boto3.client("codepipeline")
    if how == "success":
        client.put_job_success_result(jobId=job)
    else:
        client.put_job_failure_result(jobId=job, failureDetails={"type": "JobFailed", "message": how})
