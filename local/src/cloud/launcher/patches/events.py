"""EventBridge: events of the services that flowgate runs itself, versions in those of S3, and rules that start pipelines."""

import concurrent.futures
import contextvars
import functools
import json
import logging

from patches import codepipeline

# AWS's own services, whose events the emulator would accept from itself alone.
SOURCES = ("aws.codepipeline", "aws.codecommit")
# What StartPipelineExecution takes of a target's input; an event that was not transformed has nothing of it.
INPUT = ("sourceRevisions", "variables")
TRIGGER = "x-flowgate-trigger"
# Of the object that S3 tells of, in the thread that does.
VERSION = contextvars.ContextVar("version", default=None)

log = logging.getLogger("flowgate.events")


def apply(settings):
    """Gap: PutEvents refuses every source that begins with "aws.", a rule does nothing for a target that is a pipeline, and
    S3's events do not say which version of an object they are about."""
    from ministack.services import eventbridge, s3

    eventbridge._put_events = functools.partial(put_events, eventbridge._put_events)
    pipelines = Pipelines(codepipeline.Runner(settings.get("FLOWGATE_RUNNER_URL")))
    eventbridge._invoke_target = functools.partial(invoke_target, eventbridge._invoke_target, pipelines)
    s3._fire_s3_event = functools.partial(fire, s3._fire_s3_event)
    eventbridge._dispatch_event = functools.partial(dispatch, eventbridge._dispatch_event)


def fire(original, *told, version_id=None, **more):
    reset = VERSION.set(version_id)
    try:
        return original(*told, version_id=version_id, **more)
    finally:
        VERSION.reset(reset)


def dispatch(original, event, view=None):
    version = VERSION.get()
    if version and event.get("Source") == "aws.s3":
        detail = json.loads(event["Detail"])
        detail["object"]["version-id"] = version
        event = {**event, "Detail": json.dumps(detail)}
    return original(event, view)


def put_events(original, data, allow_aws_source=False):
    of_aws = {source for entry in data.get("Entries", []) if (source := str(entry.get("Source"))).startswith("aws.")}
    return original(data, allow_aws_source=allow_aws_source or of_aws <= set(SOURCES))


def invoke_target(original, pipelines, target, event, rule, view=None):
    if target.get("Arn", "").split(":")[2:3] != ["codepipeline"]:
        return original(target, event, rule, view)
    try:
        pipelines.start(target["Arn"].rpartition(":")[2], transformed(target, event, rule, view), rule["Arn"])
    except Exception as error:
        # Other targets and rules of the event come after it.
        log.warning("rule %s did not start %s: %s", rule["Arn"], target["Arn"], error)


def transformed(target, event, rule, view):
    """The target's input, as far as it is one for a pipeline."""
    from ministack.services import eventbridge

    text = target.get("Input")
    if target.get("InputTransformer"):
        view = view or eventbridge._pattern_event_view(event)
        text = eventbridge._apply_input_transformer(target["InputTransformer"], rule, view)
    try:
        given = json.loads(text or "{}")
    except ValueError:
        log.warning("rule %s: the input of its target is no JSON: %s", rule["Name"], text)
        return {}
    return {name: given[name] for name in INPUT if name in given} if isinstance(given, dict) else {}


class Pipelines:
    """Starts pipelines, in the order of the events."""

    def __init__(self, runner):
        self.runner = runner
        # The emulator's one loop must not wait for the runner; one thread keeps the order of two pushes.
        self.worker = concurrent.futures.ThreadPoolExecutor(max_workers=1, thread_name_prefix="pipelines")

    def start(self, name, given, rule_arn):
        # The account of the request is a context variable.
        self.worker.submit(contextvars.copy_context().run, self._start, name, given, rule_arn)

    def _start(self, name, given, rule_arn):
        try:
            self.runner.call("StartPipelineExecution", {TRIGGER: rule_arn}, name=name, **given)
        except Exception as error:
            log.warning("rule %s did not start pipeline %s: %s", rule_arn, name, error)
