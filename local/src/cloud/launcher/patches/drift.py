"""Detection of drift takes its time, and there is one at a time for a stack."""

import asyncio
import contextlib
import functools
import uuid

from patches import drift_check

RUNNING, COMPLETE, FAILED = "DETECTION_IN_PROGRESS", "DETECTION_COMPLETE", "DETECTION_FAILED"
# How long a detection waits for somebody to see that it goes on.
PATIENCE_SECONDS = 10
# How many detections of a stack are remembered: the latest.
KEPT = 10
# This process: what the last one was detecting goes on no more.
PROCESS = str(uuid.uuid4())
STOPPED = "the local cloud was stopped meanwhile"


def apply(settings):
    """Gap: a detection is complete when it has begun, so that nobody ever waits for one or is refused a second; with
    AUTH=true whoever asks needs no permission to read anything; and the drift of one resource is not its stack's."""
    from ministack.services import cloudformation
    from ministack.services.cloudformation import drift

    drift.detect_resource_drift = functools.partial(drift_check.readable, drift.detect_resource_drift)
    detections, actions = Detections(), cloudformation._ACTION_HANDLERS
    one = functools.partial(drift_check.of_resource, actions["DetectStackResourceDrift"])
    actions["DetectStackDrift"] = functools.partial(allowed, detections.begin)
    actions["DetectStackResourceDrift"] = functools.partial(allowed, one)
    actions["DescribeStackDriftDetectionStatus"] = detections.describe


def allowed(action, params):
    from ministack.services.cloudformation.helpers import _error
    from patches.drift_permissions import may_detect
    from patches.roles import Denied

    try:
        may_detect()
    except Denied as denied:
        return _error("AccessDenied", str(denied), 403)
    return action(params)


class Detections:
    """A detection goes on until somebody has seen that it does: so each client meets one that it must wait for."""

    def __init__(self):
        # What somebody's look at a detection sets, by its id; and the tasks, which nobody else holds.
        self.seen, self.tasks = {}, set()

    def begin(self, params):
        from ministack.services.cloudformation import handlers
        from ministack.services.cloudformation.helpers import _error, _extract_string_members, _p

        stack, refusal = handlers._drift_target(_p(params, "StackName"))
        wanted = _extract_string_members(params, "LogicalResourceIds")
        if refusal := refusal or refused(stack, wanted):
            return refusal if isinstance(refusal, tuple) else _error("ValidationError", refusal)
        detection = remember(stack)
        task = asyncio.get_running_loop().create_task(self.run(stack, detection, wanted))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return answer("DetectStackDrift", {"StackDriftDetectionId": detection["StackDriftDetectionId"]})

    async def run(self, stack, detection, wanted):
        identity = detection["StackDriftDetectionId"]
        seen = self.seen[identity] = asyncio.Event()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(seen.wait(), PATIENCE_SECONDS)
        del self.seen[identity]
        try:
            detection.update(drift_check.of_stack(stack, wanted))
        except Exception as error:
            # Nobody else would hear of it.
            detection["DetectionStatusReason"] = str(error)
        failed = "DetectionStatusReason" in detection
        detection["DetectionStatus"] = FAILED if failed else COMPLETE

    def describe(self, params):
        from ministack.services import cloudformation
        from ministack.services.cloudformation.helpers import _error, _p

        identity = _p(params, "StackDriftDetectionId")
        known = (stack.get("_drift_detections", {}).get(identity) for stack in cloudformation._stacks.values())
        if (detection := next(filter(None, known), None)) is None:
            return _error("ValidationError", f"Drift detection with id [{identity}] does not exist")
        if detection["DetectionStatus"] == RUNNING and not is_running(detection):
            detection.update(DetectionStatus=FAILED, DetectionStatusReason=STOPPED)
        described = answer("DescribeStackDriftDetectionStatus", detection)
        if identity in self.seen:
            self.seen[identity].set()
        return described


def refused(stack, wanted):
    """Why a detection cannot begin now, if it cannot."""
    if unknown := sorted(set(wanted).difference(stack["_resources"])):
        return f"Resources [{', '.join(unknown)}] do not exist in stack [{stack['StackName']}]"
    if any(is_running(detection) for detection in stack.get("_drift_detections", {}).values()):
        return f"Drift detection is already in progress for stack [{stack['StackId']}]"
    return None


def is_running(detection):
    return detection["DetectionStatus"] == RUNNING and detection["_process"] == PROCESS


def remember(stack):
    """A new detection, where the emulator has its own: a cloud that is kept has them after a restart."""
    from ministack.core.responses import now_iso

    now, identity = now_iso(), str(uuid.uuid4())
    detections = stack.setdefault("_drift_detections", {})
    detections[identity] = {
        "StackId": stack["StackId"], "StackDriftDetectionId": identity, "DetectionStatus": RUNNING, "Timestamp": now,
        "_process": PROCESS,
    }
    for oldest in list(detections)[:-KEPT]:
        del detections[oldest]
    stack.setdefault("DriftInformation", {"StackDriftStatus": "NOT_CHECKED"})["LastCheckTimestamp"] = now
    return detections[identity]


def answer(operation, fields):
    from ministack.services.cloudformation.helpers import _esc, _xml

    shown = {name: value for name, value in fields.items() if not name.startswith("_")}
    members = "".join(f"<{name}>{_esc(str(value))}</{name}>" for name, value in shown.items())
    return _xml(200, f"{operation}Response", f"<{operation}Result>{members}</{operation}Result>")
