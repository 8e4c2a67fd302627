"""What must happen by itself, and in time."""

import json

from policy import Finding

# What sweep does only if a schedule asks for it.
ASKED = ({}, {"repair": True}, {"adopt": True})
# CodePipeline fails an action that was not answered for so many seconds.
PATIENCE = 20 * 60


def scheduled(sample, _exceptions):
    """Schedules ask sweep for all that it does: nobody else settles jobs that were left behind."""
    sweep = sample.identity("SweepFunction")[1]
    schedules = [schedule["Properties"] for schedule in sample.of_type("AWS::Scheduler::Schedule").values()]
    enabled = [schedule["Target"] for schedule in schedules if schedule.get("State", "ENABLED") == "ENABLED"]
    asked = [json.loads(target["Input"]) for target in enabled if target["Arn"] == sweep]
    for wanted in ASKED:
        if wanted not in asked:
            yield Finding("scheduled", "SweepFunction", json.dumps(wanted), "let an enabled schedule ask for it")


def in_time(sample, _exceptions):
    """Tests that begin as late as Lambda begins them, and take as long as they may, are still answered in time."""
    tests = sample.resources["StartTestsFunction"]["Properties"]["Timeout"]
    for name, config in sample.of_type("AWS::Lambda::EventInvokeConfig").items():
        given = config["Properties"]
        if given["FunctionName"] == sample.identity("StartTestsFunction")[0]:
            if given.get("MaximumEventAgeInSeconds", 6 * 60 * 60) + tests > PATIENCE:
                todo = f"with the {tests} s of the function, have no more than CodePipeline's {PATIENCE} s"
                yield Finding("in_time", name, "MaximumEventAgeInSeconds", todo)


RULES = (scheduled, in_time)
