"""What does not happen by itself, or too late."""

from changes import arn, drop, gone, put

EVENTS = "StartTestsFunctionEventInvokeConfig"
GATE_EVENTS = "GateFunctionEventInvokeConfig"

BROKEN = {
    "scheduled": [
        gone("RepairSchedule"),
        put("RepairSchedule", "Properties", "State", to="DISABLED"),
        put("RepairSchedule", "Properties", "Target", "Input", to='{"repairs": true}'),
        put("AdoptSchedule", "Properties", "Target", "Input", to="{}"),
        gone("PreviewSchedule"),
        put("PreviewSchedule", "Properties", "Target", "Arn", to=arn("SweepFunction")),
    ],
    "in_time": [
        put(EVENTS, "Properties", "MaximumEventAgeInSeconds", to=1100),
        drop(EVENTS, "Properties", "MaximumEventAgeInSeconds"),
        put(GATE_EVENTS, "Properties", "MaximumEventAgeInSeconds", to=1100),
        gone(GATE_EVENTS),
        put("GateFunction", "Properties", "Timeout", to=900),
        put("ConfigureFunction", "Properties", "Timeout", to=300),
        put("LeaseFunctionEventInvokeConfig", "Properties", "MaximumEventAgeInSeconds", to=1100),
    ],
}
