"""A function's answer, and its error, as Lambda gives them to whoever waits."""

import base64
import functools
import json
import math
import time

# What a runtime may answer, in bytes: 6 MB and what is around it.
LARGEST = 6291556
POSTED = "flowgate:posted"
INVOKE = "ministack-lambda-invoke"


class Raised(str):
    """An error's message that knows what raised it."""

    kind = None


def apply(settings):
    """Gap: every error of a Python or Node function has the type Runtime.HandlerError, and one whose process ends has no
    word of that; an answer of a runtime of its own is written anew, that is, quoted if it is not JSON, and lost if it is not
    UTF-8; one beyond 6 MB is passed on; and the log's tail lacks the lines that are Lambda's own."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    worker, own = lambda_runtime.Worker, lambda_runtime.ProvidedWorker
    worker.invoke = wrapped(invoke, worker.invoke)
    own._build_handler_class = wrapped(handler_class, own._build_handler_class)
    lambda_svc._execute_function_warm = functools.partial(warm, lambda_svc._execute_function_warm)
    lambda_svc._execute_function_provided_warm = functools.partial(provided, lambda_svc._execute_function_provided_warm)
    lambda_svc._execute_function_dispatch = functools.partial(dispatch, lambda_svc._execute_function_dispatch)
    lambda_svc.run_reentrant = functools.partial(answer_invoke, lambda_svc.run_reentrant)


def wrapped(wrapper, original):
    return lambda self, *rest, **more: wrapper(original, self, *rest, **more)


def invoke(original, worker, *rest, **more):
    answer = original(worker, *rest, **more)
    if answer.get("status") == "error":
        answer["error"] = raised(answer.get("error", ""), answer.get("trace"))
    return answer


def raised(message, trace):
    """The trace has `Type: message`, in Python at its end and in Node at its beginning."""
    if message == "Worker process died":
        message, kind = "Error: Runtime exited without providing a reason", "Runtime.ExitError"
    elif message and (trace or "").splitlines()[:1] == [message]:
        # Of an error without a message Node has only the type.
        message, kind = "", message
    else:
        before, found, _ = (trace or "").rpartition(f": {message}" if message else "\n")
        kind = before.splitlines()[-1].rsplit(".")[-1] if found and before else None
    told = Raised(message)
    told.kind = kind
    return told


def warm(original, func, event, request_id):
    result = original(func, event, request_id)
    message = (result.get("body") or {}).get("errorMessage") if result.get("error") else None
    if kind := getattr(message, "kind", None):
        exited = f"RequestId: {request_id} " if kind == "Runtime.ExitError" else ""
        result["body"] = {"errorMessage": f"{exited}{message}", "errorType": kind, "requestId": request_id}
    return result


def handler_class(original, worker, generation, pending):
    class Handler(original(worker, generation, pending)):
        def _read_body(self):
            body = super()._read_body()
            if self.path.endswith("/response"):
                body = json.dumps({POSTED: base64.b64encode(body).decode()}).encode()
            return body

    return Handler


def provided(original, func, event, request_id):
    result = original(func, event, request_id)
    body = result.get("body")
    if isinstance(body, dict) and POSTED in body:
        posted = base64.b64decode(body[POSTED])
        result["body"], result[POSTED] = parsed(posted), posted
    return result


def parsed(posted):
    try:
        return json.loads(posted)
    except ValueError:
        return posted


async def answer_invoke(original, execute, *rest, **more):
    """Whoever invokes gets what was posted; services that read it, what it means."""
    result = await original(execute, *rest, **more)
    if more.get("thread_name") == INVOKE and POSTED in result:
        result["body"] = result[POSTED]
    return result


def dispatch(original, func, config, event, request_id, started):
    result = original(func, config, event, request_id, started)
    answered = result.get(POSTED, result.get("body"))
    if not result.get("error") and not result.get("throttle") and size(answered) > LARGEST:
        result.pop(POSTED, None)
        why = f"Response payload size exceeded maximum allowed payload size ({LARGEST} bytes)."
        result["body"], result["error"] = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": why}, True
    result["log"] = framed(result.get("log") or "", config, request_id, started)
    return result


def size(body):
    return len(body) if isinstance(body, bytes) else len(json.dumps(body, ensure_ascii=False).encode())


def framed(log, config, request_id, started):
    took = (time.time() - started) * 1000
    lines = [
        f"START RequestId: {request_id} Version: {config.get('Version', '$LATEST')}",
        *log.splitlines(),
        f"END RequestId: {request_id}",
        f"REPORT RequestId: {request_id}\tDuration: {took:.2f} ms\tBilled Duration: {math.ceil(took)} ms\tMemory Size:"
        f" {config.get('MemorySize', 128)} MB",
    ]
    return "".join(f"{line}\n" for line in lines)
