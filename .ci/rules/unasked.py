"""What must happen by itself, and in time."""

import json

from apart import CALLERS
from policy import Finding

# What is done only if a schedule asks for it.
ASKED = {"SweepFunction": ({}, {"repair": True}, {"adopt": True}), "PreviewFunction": ({"tick": True},)}
# CodePipeline fails an action that was not answered for so many seconds.
PATIENCE = 20 * 60


def scheduled(sample, _exceptions):
    """Schedules ask sweep and preview for what nobody else has them do, such as settling what was left behind."""
    schedules = [schedule["Properties"] for schedule in sample.of_type("AWS::Scheduler::Schedule").values()]
    enabled = [schedule["Target"] for schedule in schedules if schedule.get("State", "ENABLED") == "ENABLED"]
    for name, all_wanted in ASKED.items():
        asked = [json.loads(target["Input"]) for target in enabled if target["Arn"] == sample.identity(name)[1]]
        for wanted in all_wanted:
            if wanted not in asked:
                yield Finding("scheduled", name, json.dumps(wanted), "let an enabled schedule ask for it")


def in_time(sample, _exceptions):
    """What begins as late as Lambda begins it, and takes as long as it may, is still answered in time."""
    configs = {config["Properties"]["FunctionName"]: config["Properties"] for config in of_events(sample)}
    functions = sample.of_type("AWS::Lambda::Function")
    for name in sorted(CALLERS["PipelineRole"] | CALLERS["PreviewPipelineRole"]):
        takes, given = functions[name]["Properties"]["Timeout"], configs.get(sample.identity(name)[0], {})
        if given.get("MaximumEventAgeInSeconds", 6 * 60 * 60) + takes > PATIENCE:
            todo = f"with the {takes} s of the function, have no more than CodePipeline's {PATIENCE} s"
            yield Finding("in_time", name, "MaximumEventAgeInSeconds", todo)


def of_events(sample):
    return sample.of_type("AWS::Lambda::EventInvokeConfig").values()


RULES = (scheduled, in_time)
