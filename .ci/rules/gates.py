"""The gates of the release's pipeline: where they stand, and what they are told."""

import itertools
import json
import re

from policy import Finding
from sample import Sample

APPROVALS = ["Approve", "ApproveSecond", "ApproveThird"]
# What a pipeline knows of an execution, and nobody chose who made the commit.
CHOSEN_BY_NOBODY = {"#{codepipeline.PipelineExecutionId}", "#{SourceVariables.CommitId}"}
# Of UserParameters, before variables are resolved, by CodePipeline's user guide.
MOST_CHARACTERS = 1000


def gated(sample, _exceptions):
    """Nobody is asked before a gate looked, a gate counts who approved, and nothing enters Prod but by a gate."""
    stages = stages_of(sample)
    if list(stages)[-2:] != ["Approve", "Prod"]:
        yield at("gated", "Stages", "end with Approve and Prod, so that what enters Prod was approved")
        return
    needed = int(sample.values["ApprovalsRequired"])
    if (order := in_order(sample, stages["Approve"])) != [["ask"], ["Approval"] * needed, ["decide"]]:
        yield at("gated", "Approve", f"let a gate ask, then {needed} people approve, then a gate decide; it is {order}")
    if in_order(sample, stages["Prod"])[:1] != [["enter"]]:
        yield at("gated", "Prod", "let a gate come first, alone, in the phase enter")
    for name, actions in list(stages.items())[:-1]:
        if any(of_prod(sample, action) for action in actions):
            yield at("gated", name, "deploy to Prod in the stage Prod, behind its gate")


def gates_agree(sample, _exceptions):
    """The gates ask for the same, and for all that was asked for, and judge the artifact that Prod deploys."""
    wanted, deployed = policy(sample), templates(stages_of(sample)["Prod"])
    for stage, action in gates_of(sample):
        where, given = f"{stage}/{action['Name']}", parameters(action)
        rules = {**wanted["rules"], **undrifted(sample, stage)}
        expected = {**wanted, "stage": stage, "phase": given.get("phase"), "rules": rules}
        for key in sorted(key for key in given.keys() | expected.keys() if given.get(key) != expected.get(key)):
            yield at("gates_agree", where, f"let {key} be {json.dumps(expected.get(key))}")
        if [artifact["Name"] for artifact in action.get("InputArtifacts", [])] != deployed:
            yield at("gates_agree", where, f"let it judge {deployed}, which Prod deploys")


def policy(sample):
    """What each gate is to be told."""
    values = sample.values
    kept, count = f"/flowgate/{values['ServiceName']}", int(values["ApprovalsRequired"])
    rules = {"approved": {"count": count, "within_hours": int(values["ApprovalValidHours"])}}
    if int(values["PullRequestReviews"]):
        rules["pull_request"] = {"count": int(values["PullRequestReviews"])}
    return {
        "pipeline": values["ServiceName"],
        "execution": "#{codepipeline.PipelineExecutionId}",
        "approvals": APPROVALS[:count],
        "rules": {**rules, "tested": {"actions": tests(sample)}, "digest": {}},
        "people": f"{kept}/people",
        "overrides": f"{kept}/overrides",
        "revision": "#{SourceVariables.CommitId}",
        "repository": {values["Provider"].lower(): values["RepositoryName"]},
        "branch": values["BranchName"],
    }


def undrifted(sample, stage):
    """Of the rules the one by which only who enters Prod is judged."""
    asked = stage == "Prod" and checks_drift(sample)
    return {"no_drift": {"stack": f"{sample.values['ServiceName']}-prod"}} if asked else {}


def checks_drift(sample):
    """Whether Prod's drift is asked for; unless that was said, it is where the gate can read all of Prod's stack."""
    asked, needed, given = (sample.values[name] for name in ("DriftCheck", "DeployPolicyArns", "DriftPolicyArns"))
    return asked == "true" or (asked == "auto" and (not needed or bool(given)))


def tests(sample):
    """All tests that run before anybody approves."""
    before = itertools.takewhile(lambda told: told[0] not in ("Approve", "Prod"), actions_of(sample))
    return [f"{stage}/{action['Name']}" for stage, action in before if calls(sample, action, "StartTestsFunction")]


def words_of_nobody(sample, _exceptions):
    """Nothing that a commit says of itself, such as its author's name or its message, is part of what a function is told."""
    for where, text in told(sample):
        for variable in sorted(set(re.findall(r"#\{[^}]*\}?", text)) - CHOSEN_BY_NOBODY):
            yield at("words_of_nobody", where, f"take {variable} out of UserParameters")


def parameters_fit(sample, _exceptions):
    """UserParameters are short enough for CodePipeline, however long the names are that people give."""
    declared = sample.template["Parameters"].items()
    longest = {name: "x" * about["MaxLength"] for name, about in declared if "MaxLength" in about}
    longest |= {name: about["MaxValue"] for name, about in declared if "MaxValue" in about}
    for where, text in told(Sample(sample.template, {**sample.values, **longest})):
        if len(text) > MOST_CHARACTERS:
            todo = f"shorten UserParameters from up to {len(text)} to {MOST_CHARACTERS} characters"
            yield at("parameters_fit", where, todo)


def told(sample):
    """What each action's function is told."""
    for stage, action in actions_of(sample):
        yield f"{stage}/{action['Name']}", action["Configuration"].get("UserParameters", "")


def actions_of(sample):
    return [(stage, action) for stage, actions in stages_of(sample).items() for action in actions]


def stages_of(sample, pipeline="Pipeline"):
    return {stage["Name"]: stage["Actions"] for stage in sample.resources[pipeline]["Properties"]["Stages"]}


def in_order(sample, actions):
    """What runs at the same time, one after the other: a gate by its phase, all else by its category."""
    orders = sorted({action.get("RunOrder", 1) for action in actions})
    return [[kind(sample, action) for action in actions if action.get("RunOrder", 1) == order] for order in orders]


def kind(sample, action):
    gate = calls(sample, action, "GateFunction")
    return parameters(action).get("phase", "gate") if gate else action["ActionTypeId"]["Category"]


def gates_of(sample):
    return [(stage, action) for stage, action in actions_of(sample) if calls(sample, action, "GateFunction")]


def calls(sample, action, function):
    return action["Configuration"].get("FunctionName") == sample.identity(function)[0]


def parameters(action):
    try:
        return json.loads(action["Configuration"]["UserParameters"])
    except json.JSONDecodeError:
        return {}


def of_prod(sample, action):
    given = action["Configuration"]
    by_role = given.get("RoleArn") == sample.identity("ProdDeployRole")[1]
    return by_role or given.get("StackName") == f"{sample.values['ServiceName']}-prod"


def templates(actions):
    """The artifacts whose templates are deployed."""
    paths = (action["Configuration"].get("TemplatePath", "").partition("::")[0] for action in actions)
    return sorted(set(filter(None, paths)))


def at(rule, where, todo):
    return Finding(rule, "Pipeline", where, todo)


RULES = (gated, gates_agree, words_of_nobody, parameters_fit)
