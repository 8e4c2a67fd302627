"""CodePipeline over plain HTTP: whatever comes back is compared with botocore's model."""

import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.session import Session

from shapes import mismatches

MODEL = Session().get_service_model("codepipeline")
# An id that nothing has.
UNKNOWN = "00000000-0000-4000-8000-000000000000"
# What any AWS service may answer, beside what an operation documents.
COMMON = ("ValidationException", "SerializationException", "UnknownOperationException")
# The answers come at once; a machine under load may be slow.
PATIENCE_SECONDS = 120
POLL_SECONDS = 0.05

# The local cloud is on this machine, whatever proxy its user has.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refused(Exception):
    """An error that the service answered with."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


def post(target, body, key="author", **headers):
    """The status, the type and the bytes of the answer."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target, **headers}
    signed = AWSRequest("POST", os.environ["AWS_ENDPOINT_URL"], headers, body)
    # Everybody's secret is their name.
    SigV4Auth(Credentials(key, key), "codepipeline", "us-east-1").add_auth(signed)
    request = urllib.request.Request(signed.url, body, dict(signed.headers), method="POST")
    try:
        with OPENER.open(request) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get_content_type(), error.read()


def call(operation, key="author", **request):
    """The answer, which is as the model has it; an error raises `Refused`."""
    status, kind, body = post(f"CodePipeline_20150709.{operation}", json.dumps(request).encode(), key)
    assert kind == "application/x-amz-json-1.1", (operation, kind)
    model = MODEL.operation_model(operation)
    if status == 200:
        return checked(model, body)
    error = json.loads(body)
    assert status == 400 and set(error) == {"__type", "message"}, (operation, status, error)
    documented = [shape.name for shape in model.error_shapes]
    assert error["__type"] in (*documented, *COMMON), (operation, error)
    raise Refused(error["__type"], error["message"])


def checked(model, body):
    if model.output_shape is None:
        assert body == b"", (model.name, body)
        return None
    answer = json.loads(body)
    found = mismatches(model.output_shape, answer, model.name)
    assert not found, "\n".join(found)
    return answer


def refusal(operation, key="author", **request):
    """The error that the service answers with."""
    try:
        answer = call(operation, key, **request)
    except Refused as refused:
        return refused
    raise AssertionError(f"{operation} was answered: {answer}")


def until(look):
    """What `look` gives once it gives anything."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"in {PATIENCE_SECONDS} s it did not come to pass: {look.__name__}")
