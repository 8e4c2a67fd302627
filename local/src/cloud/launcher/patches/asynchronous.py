"""Lambda's queue of asynchronous events: a function is sent again what it failed at, and what there was no room for.

FLOWGATE_LAMBDA_MINUTE is how many seconds a minute takes for which an event waits; tests make it shorter.
"""

import contextvars
import dataclasses
import datetime
import functools
import logging
import threading
import time
import types

MINUTE_SECONDS = 60
# Of a function that says nothing else: how often it is sent again what it failed at, and how old an event may become.
RETRIES, AGE_SECONDS = 2, 6 * 60 * 60
# What there was no room for is sent again after a second, two, four and so on, up to five minutes.
SECOND, LONGEST = 1 / 60, 5
# Beside the last answer: what is told of an event that is given up.
TOLD = "flowgate:told"

log = logging.getLogger("flowgate.asynchronous")


def apply(settings):
    """Gap: what EventBridge, SNS, CloudWatch Logs, IoT and failure destinations send reaches a function once, whatever comes of
    it. What it is invoked with as an event is sent again after one and two seconds, also where there was no room for it, to
    the code of then; that a queue or function is told of is always the third failure."""
    from ministack.services import lambda_svc, sns

    queue = Queue(float(settings.get("FLOWGATE_LAMBDA_MINUTE", MINUTE_SECONDS)))
    lambda_svc.invoke_async_with_retry = queue.put
    lambda_svc._execute_function_with_config_scope = unless_alone(lambda_svc._execute_function_with_config_scope, queue)
    lambda_svc._route_async_failure = functools.partial(tell, lambda_svc._route_async_failure, queue)
    sns._lambda_svc = types.SimpleNamespace(
        _get_func_record_for_ref=lambda_svc._get_func_record_for_ref,
        _execution_record_for_config=lambda_svc._execution_record_for_config,
        _execute_function_with_config_scope=queue.put,
    )


def unless_alone(original, queue):
    def execute(function, event):
        # A thread that was begun for nothing else has nobody who waits for the answer.
        alone = getattr(threading.current_thread(), "_target", None) is execute
        return queue.put(function, event) if alone else original(function, event)

    return execute


class Queue:
    def __init__(self, minute):
        self.minute = minute

    def put(self, function, event):
        """Whoever puts it there goes on."""
        from ministack.services import lambda_svc

        # Context variables tell whose request it is, and how deep.
        begin = contextvars.copy_context().run
        deliver = (lambda_svc._run_with_function_config_scope, function, self.deliver, configuration(function), event)
        threading.Thread(target=begin, args=deliver, daemon=True, name="asynchronous").start()

    def deliver(self, config, event):
        arn, begun, attempts = config["FunctionArn"], time.monotonic(), Attempts()
        while function := present(arn):
            result = attempt(function, event)
            if not result.get("error"):
                return
            attempts.count(result)
            wait, limits = attempts.minutes() * self.minute, Limits.of(arn)
            if condition := limits.exceeded(attempts, time.monotonic() - begun + wait):
                return give_up(arn, limits.destination, event, result, condition, attempts)
            log.info("%s is sent an event again in %g s", arn, wait)
            time.sleep(wait)


@dataclasses.dataclass
class Attempts:
    """How often an event was sent so far: how often the function failed, and how often there was no room since then."""

    failed: int = 0
    refused: int = 0

    def count(self, result):
        if result.get("throttle"):
            self.refused += 1
        else:
            self.failed, self.refused = self.failed + 1, 0

    def minutes(self):
        """How long it waits for the next one."""
        return min(SECOND * 2 ** (self.refused - 1), LONGEST) if self.refused else self.failed


@dataclasses.dataclass
class Limits:
    """What a function has said about its events, now."""

    retries: int
    age: float
    is_off: bool
    destination: str

    @classmethod
    def of(cls, arn):
        from ministack.services import lambda_svc

        function, config, _ = lambda_svc._get_base_func_record_for_ref(arn)
        qualifier = arn.split(":")[7] if arn.count(":") == 7 else ""
        said = lambda_svc._event_invoke_config(function, qualifier) or {}
        said = said or lambda_svc._event_invoke_config(function, qualifier or "$LATEST") or {}
        to = ((said.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        return cls(
            int(said.get("MaximumRetryAttempts", RETRIES)), float(said.get("MaximumEventAgeInSeconds", AGE_SECONDS)),
            lambda_svc._reserved_concurrency(function, config) == 0,
            to or (config.get("DeadLetterConfig") or {}).get("TargetArn") or "",
        )

    def exceeded(self, attempts, age):
        """Why the event is given up, if it is; `age` is how old it would be at the next attempt."""
        if self.is_off:
            return "ZeroReservedConcurrency"
        if attempts.failed > self.retries:
            return "RetriesExhausted"
        return "EventAgeExceeded" if age > self.age else None


def configuration(function):
    return function.get("config") or function


def present(arn):
    """The function as it is now; None if it is gone."""
    from ministack.services import lambda_svc

    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    return function and lambda_svc._execution_record_for_config(function, {**config, "FunctionArn": arn})


def attempt(function, event):
    from ministack.services import lambda_svc

    try:
        return lambda_svc._execute_function(function, event)
    except Exception as error:
        # As an error of AWS's own it counts no attempt.
        log.exception("%s could not be sent an event", configuration(function)["FunctionArn"])
        return {"error": True, "throttle": True, "body": {"errorMessage": repr(error)}}


def give_up(arn, destination, event, result, condition, attempts):
    from ministack.services import lambda_svc

    log.warning("%s: an event is given up: %s", arn, condition)
    if destination:
        told = {"functionArn": arn, "condition": condition, "approximateInvokeCount": attempts.failed}
        name = arn.split(":")[6]
        lambda_svc._route_async_failure(destination, name, event, {**result, TOLD: told})


def tell(original, queue, destination, name, event, result):
    """A function is told of it as of any event; to queues and topics it is the emulator that writes."""
    if destination.split(":")[2] != "lambda" or not (function := present(destination)):
        return original(destination, name, event, result)
    queue.put(function, record(event, result))


def record(event, result):
    """As the developer guide has it on its page `invocation-async-retain-records`."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = {"version": "1.0", "timestamp": now, "requestContext": result[TOLD], "requestPayload": event}
    if not result.get("throttle"):
        told["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
        told["responsePayload"] = result.get("body")
    return told
