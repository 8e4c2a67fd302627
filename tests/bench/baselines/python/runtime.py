"""The Runtime API, and no more than it takes."""

import http.client
import json
import os
import traceback

INVOCATION = "/2018-06-01/runtime/invocation"


def serve(handle):
    """Handles events, one after the other, for ever."""
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

    def ask(method, path, body=None):
        api.request(method, INVOCATION + path, body)
        response = api.getresponse()
        return response.headers, response.read()

    while True:
        headers, event = ask("GET", "/next")
        request = headers["lambda-runtime-aws-request-id"]
        try:
            handle(json.loads(event))
            ask("POST", f"/{request}/response", "null")
        except Exception:
            ask("POST", f"/{request}/error", json.dumps({"errorMessage": traceback.format_exc()}))
