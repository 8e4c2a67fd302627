"""That release and previews never meet, and what the pipeline of previews does."""

import json
import re

from apart import CALLERS
from arns import is_wide, touch
from gates import parameters, stages_of
from policy import PREVIEW_PATH, PREVIEWS, RELEASE, RELEASE_PATH, STAGES, Finding, allowed
from sample import HERE

PIPELINE = "PreviewPipeline"
# What each path has to itself. Stacks' functions and roles the deploy roles tell apart, by paths_apart.
BUCKETS = {
    RELEASE: ("ArtifactBucket", "PackageBucket"),
    PREVIEWS: ("PreviewArtifactBucket", "PreviewPackageBucket"),
}
OWN = {
    RELEASE: (
        "BuildProject",
        "Pipeline",
        "GateFunction",
        "ApprovalTopic",
        *(set(RELEASE_PATH) - {"StartRole"}),
    ),
    PREVIEWS: ("PreviewBuildProject", PIPELINE, "PreviewFunction", *PREVIEW_PATH),
}
# Who starts it says these, and nothing else can.
VARIABLES = {"Preview", "StackName", "TestsStackName", "Token", "TestsToken", "Head"}
# The stacks of a preview: what each is deployed from, and under which claim.
STACKS = {"StackName": ("app", "Token"), "TestsStackName": ("test", "TestsToken")}
EXECUTION, COMMIT = "#{codepipeline.PipelineExecutionId}", "#{SourceVariables.CommitId}"
# Which project builds what, as whom, and where it puts packages.
BUILDS = {
    "BuildProject": ("BuildRole", "PackageBucket"),
    "PreviewBuildProject": ("PreviewBuildRole", "PreviewPackageBucket"),
}


def never_meet(sample, _exceptions):
    """Who builds and deploys previews has nothing of the release's, and the other way round."""
    for path, other in ((PREVIEW_PATH, RELEASE), (RELEASE_PATH, PREVIEWS)):
        buckets, everything = buckets_of(sample, other), [*buckets_of(sample, other), *things_of(sample, other)]
        for statement in (one for one in allowed(sample) if one.resource in path):
            places = buckets if statement.resource in STAGES else everything
            # All there is of a kind another rule refuses.
            for arn in (arn for arn in statement.resources if not is_wide(arn) and touch([arn], places)):
                yield statement.finding("never_meet", f"{statement.resource} is to have nothing of {arn}")


def buckets_of(sample, stages):
    arns = [sample.identity(name)[1] for name in BUCKETS[stages]]
    return [place for arn in arns for place in (arn, f"{arn}/*")]


def things_of(sample, stages):
    arns = [sample.identity(name)[1] for name in OWN[stages]]
    stacks = [
        sample.resolve({"Fn::Sub": text.replace("STAGE", stage if stages == RELEASE else f"{stage}-*")})
        for stage in stages
        for text in (
            f"arn:aws:cloudformation:{HERE}:stack/${{ServiceName}}-STAGE/*",
            f"arn:aws:lambda:{HERE}:function:${{ServiceName}}-STAGE-*",
        )
    ]
    return [*arns, *(f"{arn}/*" for arn in arns), *stacks]


def builds_apart(sample, _exceptions):
    """Each build works as its own role, and is told of its own bucket alone."""
    for name, project in sample.of_type("AWS::CodeBuild::Project").items():
        role, bucket = BUILDS.get(name, (None, None))
        if not role or project["Properties"]["ServiceRole"] != sample.identity(role)[1]:
            yield Finding("builds_apart", name, "ServiceRole", f"let it be {role}, as BUILDS in previews.py says")
            continue
        for variable in project["Properties"]["Environment"]["EnvironmentVariables"]:
            if variable["Value"] != sample.identity(bucket)[0]:
                yield Finding("builds_apart", name, variable["Name"], f"let it be {bucket}")


def previews_asked_for(sample, _exceptions):
    """Each execution was started for one preview, beside others: not by a push, nor without saying for which."""
    given = sample.resources[PIPELINE]["Properties"]
    if given["ExecutionMode"] != "PARALLEL":
        yield at("previews_asked_for", "ExecutionMode", "let it be PARALLEL: no preview waits for another")
    if {variable["Name"] for variable in given["Variables"] if "DefaultValue" not in variable} != VARIABLES:
        yield at("previews_asked_for", "Variables", f"declare {', '.join(sorted(VARIABLES))}, without defaults")
    if "Triggers" in given:
        yield at("previews_asked_for", "Triggers", "let preview start it, which knows whose stack it is")
    for action in actions(sample):
        if action["ActionTypeId"]["Category"] == "Source" and not is_quiet(action["Configuration"]):
            yield at("previews_asked_for", action["Name"], "set DetectChanges, or PollForSourceChanges, to false")


def is_quiet(configuration):
    return "false" in (configuration.get("DetectChanges"), configuration.get("PollForSourceChanges"))


def previews_deploy(sample, _exceptions):
    """It keeps and builds what is its own, and deploys the stacks that it was told, with the role of previews."""
    given, names = sample.resources[PIPELINE]["Properties"], sample.identity
    if given["RoleArn"] != names("PreviewPipelineRole")[1]:
        yield at("previews_deploy", "RoleArn", "let it be PreviewPipelineRole")
    if given["ArtifactStore"]["Location"] != names("PreviewArtifactBucket")[0]:
        yield at("previews_deploy", "ArtifactStore", "let it be PreviewArtifactBucket")
    functions = {names(name)[0] for name in CALLERS["PreviewPipelineRole"]}
    for action in actions(sample):
        if todo := wrong(action, functions, names):
            yield at("previews_deploy", action["Name"], todo)


def wrong(action, functions, names):
    category, given = action["ActionTypeId"]["Category"], action["Configuration"]
    if category == "Build":
        return given["ProjectName"] != names("PreviewBuildProject")[0] and "build with PreviewBuildProject"
    if category == "Invoke":
        return given["FunctionName"] not in functions and "call a function that CALLERS in apart.py knows"
    if category == "Deploy":
        wanted = deployment(given, names)
        return given != wanted and f"let its configuration be {json.dumps(wanted)}"
    return category != "Source" and f"{category} has no place here"


def deployment(given, names):
    variable = given["StackName"].removeprefix("#{variables.").removesuffix("}")
    template, _ = STACKS.get(variable, STACKS["StackName"])
    return {
        "ActionMode": "CREATE_UPDATE",
        "StackName": f"#{{variables.{variable if variable in STACKS else 'StackName'}}}",
        "TemplatePath": f"Build::{template}-output_sam.yaml",
        "TemplateConfiguration": f"Configuration::{'app' if template == 'app' else 'tests'}.json",
        "Capabilities": "CAPABILITY_IAM,CAPABILITY_NAMED_IAM,CAPABILITY_AUTO_EXPAND",
        "RoleArn": names("PreviewDeployRole")[1],
    }


def previews_enter(sample, _exceptions):
    """A stack is deployed only by who entered it under its lease, and bound after."""
    stage = stages_of(sample, PIPELINE)["Preview"]
    for stack, (_, token) in STACKS.items():
        said = {"stack": f"#{{variables.{stack}}}", "token": f"#{{variables.{token}}}"}
        wanted = [{"operation": "enter", **said, **entry(sample)}, stack, {"operation": "bind", **said}]
        if (found := steps(sample, stage, stack)) != wanted:
            yield at(
                "previews_enter",
                "Preview",
                f"of {stack}, let {json.dumps(wanted)} follow each other; it is {json.dumps(found)}",
            )


def entry(sample):
    name = sample.identity(PIPELINE)[0]
    return {"pipeline": name, "execution": EXECUTION, "head": "#{variables.Head}", "revision": COMMIT}


def steps(sample, stage, stack):
    """What is done with a stack, in the order of its times; at one time there is no order."""
    lease, done = sample.identity("LeaseFunction")[0], {}
    for action in stage:
        given = action["Configuration"]
        if given.get("StackName") == f"#{{variables.{stack}}}":
            done.setdefault(action["RunOrder"], []).append(stack)
        elif (
            given.get("FunctionName") == lease
            and (told := parameters(unquoted(action)))["stack"] == f"#{{variables.{stack}}}"
        ):
            done.setdefault(action["RunOrder"], []).append(told)
    return [step[0] if len(step) == 1 else step for _, step in sorted(done.items(), key=lambda entry: entry[0])]


def unquoted(action):
    """A token is a number, which JSON has only once it stands there."""
    text = re.sub(r'(": )(#\{[^}]*\})(?=[,}])', r'\1"\2"', action["Configuration"]["UserParameters"])
    return {"Configuration": {"UserParameters": text}}


def previews_told(sample, _exceptions):
    """What configures and tests a preview is told of its own stacks and claims."""
    for action in actions(sample):
        wanted = {"Configure": configured, "Test": tested}.get(action["Name"], lambda _: None)(sample)
        if wanted and parameters(action) != wanted:
            yield at("previews_told", action["Name"], f"let UserParameters be {json.dumps(wanted)}")


def configured(sample):
    stacks = {
        "app" if kind == "app" else "tests": {
            "template": f"{kind}-output_sam.yaml",
            "stack": f"#{{variables.{stack}}}",
            "token": f"#{{variables.{token}}}",
        }
        for stack, (kind, token) in STACKS.items()
    }
    asked = {"service": sample.values["ServiceName"], "execution": EXECUTION, "revision": COMMIT}
    return {**asked, "preview": "#{variables.Preview}", "stacks": stacks}


def tested(_sample):
    stacks = {"app_stack": "#{variables.StackName}", "test_stack": "#{variables.TestsStackName}"}
    return {**stacks, "stage": "#{variables.Preview}", "execution": EXECUTION}


def actions(sample):
    return [action for stage in stages_of(sample, PIPELINE).values() for action in stage]


def at(rule, where, todo):
    return Finding(rule, PIPELINE, where, todo)


RULES = (never_meet, builds_apart, previews_asked_for, previews_deploy, previews_enter, previews_told)
