"""What becomes of a detection of drift when the resources are looked at, as far as whoever asked may read them."""

import json


def of_stack(stack, wanted):
    """Looks at the wanted resources, or at all: what is known of the detection then."""
    from ministack.services.cloudformation import drift

    if stack["StackStatus"] not in drift.DRIFT_DETECTABLE_STATUSES:
        raise ValueError(f"Stack [{stack['StackId']}] is in {stack['StackStatus']} state meanwhile")
    asked = {name: record for name, record in stack["_resources"].items() if not wanted or name in wanted}
    drifts = [
        look_at(stack, name, record) for name, record in asked.items() if drift.supports_drift(record["ResourceType"])]
    stack["DriftInformation"]["StackDriftStatus"] = status = whole(stack)
    if failures := [drift for drift in drifts if drift["StackResourceDriftStatus"] == "UNKNOWN"]:
        return {"StackDriftStatus": status, "DetectionStatusReason": reason(failures)}
    drifted = sum(drift["StackResourceDriftStatus"] != "IN_SYNC" for drift in drifts)
    return {"StackDriftStatus": status, "DriftedStackResourceCount": drifted}


def look_at(stack, name, record):
    from ministack.core.responses import now_iso
    from ministack.services.cloudformation import drift

    resource = drift.detect_resource_drift(stack, name, record, now_iso())
    drift.record_resource_drift(record, resource)
    return resource


def readable(original, stack, logical_id, record, timestamp):
    """What whoever asks may not read is not looked at."""
    from patches.drift_permissions import may_read
    from patches.roles import Denied

    try:
        may_read(record)
    except Denied as denied:
        return {
            "StackId": stack["StackId"], "LogicalResourceId": logical_id, "ResourceType": record["ResourceType"],
            "PhysicalResourceId": record["PhysicalResourceId"], "Timestamp": timestamp,
            "StackResourceDriftStatus": "UNKNOWN", "DriftStatusReason": str(denied),
        }
    return original(stack, logical_id, record, timestamp)


def of_resource(original, params):
    from patches import stack_facts

    answer = original(params)
    if answer[0] == 200:
        stack = stack_facts.find(stack_facts._p(params, "StackName"))
        information, status = stack["DriftInformation"], whole(stack)
        # One resource in sync says nothing of those that nobody has looked at.
        if "DRIFTED" in (status, information["StackDriftStatus"]):
            information["StackDriftStatus"] = status
    return answer


def whole(stack):
    """What the resources that were looked at make of their stack."""
    drifts = (record.get("_drift", {}) for record in stack["_resources"].values())
    known = {drift.get("StackResourceDriftStatus") for drift in drifts}
    if known & {"MODIFIED", "DELETED"}:
        return "DRIFTED"
    return "UNKNOWN" if "UNKNOWN" in known else "IN_SYNC"


def reason(failures):
    """As users of AWS report it; there is no document of it."""
    names = ",".join(drift["LogicalResourceId"] for drift in failures)
    details = [
        {"Resource": drift["LogicalResourceId"], "FailureReason": drift["DriftStatusReason"]} for drift in failures]
    return json.dumps({"Summary": f"Failed to detect drift on resources [{names}]", "Failures": details})
