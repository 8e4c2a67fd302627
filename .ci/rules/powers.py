"""Which role may do what leads to other rights: pass and change roles, change stacks, run and answer a pipeline."""

from policy import PREVIEWS, RELEASE, STAGES, allowed, many, reads

# Whoever may change these may do what others may.
GUARDED = ("cloudformation", "codebuild", "codepipeline", "events", "iam", "scheduler", "ssm", "sts")
HERE = "${AWS::Region}:${AWS::AccountId}"
RIGHTS = {"iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"}
ROLE_CHANGES = RIGHTS | {
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
}
SETTLES = {"codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult"}
# A run of tests may be in another account, whose role the parameter names.
RUNS_TESTS = [(SETTLES, {"*"}), ({"sts:AssumeRole"}, {"TestRoleArns"})]


def at(arn, *stages):
    return {f"{arn.replace('HERE', HERE)}{stage}" for stage in stages}


def of_role(*stages):
    return at("arn:aws:iam::${AWS::AccountId}:role/${ServiceName}-", *(f"{stage}-*" for stage in stages))


def of_stack(*stages):
    return at("arn:aws:cloudformation:HERE:stack/${ServiceName}-", *(f"{stage}/*" for stage in stages))


# Which role does what to what, by its ARN or by the parameter that has it; a role that is not here has none of these powers.
POWERS = {
    "PipelineRole": [
        ({"codebuild:StartBuild"}, at("arn:aws:codebuild:HERE:project/", "${ServiceName}-build")),
        (
            {"cloudformation:CreateStack", "cloudformation:TagResource", "cloudformation:UpdateStack"},
            of_stack(*RELEASE),
        ),
        ({"iam:PassRole"}, {"${DeployRole.Arn}", "${ProdDeployRole.Arn}"}),
    ],
    "PreviewPipelineRole": [
        ({"codebuild:StartBuild"}, at("arn:aws:codebuild:HERE:project/", "${ServiceName}-preview-build")),
        (
            {"cloudformation:CreateStack", "cloudformation:TagResource", "cloudformation:UpdateStack"},
            of_stack(*(f"{stage}-*" for stage in PREVIEWS)),
        ),
        ({"iam:PassRole"}, {"${PreviewDeployRole.Arn}"}),
    ],
    "PreviewRole": [
        (
            {"codepipeline:StartPipelineExecution", "codepipeline:StopPipelineExecution"},
            at("arn:aws:codepipeline:HERE:", "${ServiceName}-flowgate-previews"),
        ),
        ({"events:PutEvents"}, at("arn:aws:events:HERE:event-bus/", "default")),
    ],
    "SweepRole": [
        ({"cloudformation:DeleteStack"}, of_stack(*(f"{stage}-*" for stage in PREVIEWS))),
        *RUNS_TESTS,
    ],
    "StartTestsRole": RUNS_TESTS,
    # It fails what nobody else works at, and passes nothing.
    "RecordRole": [({"codepipeline:PutJobFailureResult"}, {"*"})],
    "StartRole": [({"codepipeline:StartPipelineExecution"}, at("arn:aws:codepipeline:HERE:", "${ServiceName}"))],
    **{role: [(SETTLES, {"*"})] for role in ("ConfigureRole", "LeaseRole")},
    # Detecting drift changes nothing of the stack.
    "GateRole": [
        (SETTLES, {"*"}),
        ({"cloudformation:DetectStackDrift", "cloudformation:DetectStackResourceDrift"}, of_stack("prod")),
    ],
    **{
        role: [
            (
                {"cloudformation:CreateChangeSet"},
                {"arn:aws:cloudformation:${AWS::Region}:aws:transform/Serverless-2016-10-31"},
            ),
            (ROLE_CHANGES | {"iam:PassRole"}, of_role(*stages)),
        ]
        for role, stages in STAGES.items()
    },
}
# To which service a role is handed.
PASSED_TO = {
    **dict.fromkeys(("PipelineRole", "PreviewPipelineRole"), "cloudformation.amazonaws.com"),
    **dict.fromkeys(STAGES, "lambda.amazonaws.com"),
}
# What nobody else is to have said.
ANNOUNCED = {"events:source": ["flowgate"], "events:detail-type": ["Flowgate Preview State Change"]}


def powers(sample, _exceptions):
    """Only the roles of this table pass roles, change roles or stacks, or run and answer a pipeline, and only these."""
    for statement in allowed(sample):
        granted = [
            (set(map(str.lower, actions)), {arn for place in places for arn in arns_of(sample, place)})
            for actions, places in POWERS.get(statement.resource, [])
        ]
        for action in filter(is_power, statement.actions):
            places = {place for actions, places in granted if action.lower() in actions for place in places}
            for arn in sorted(set(statement.resources) - places):
                todo = f"{action} on {arn} is none of its powers; POWERS in powers.py says who has which"
                yield statement.finding("powers", todo)


def arns_of(sample, place):
    return many(sample.resolve({"Ref": place} if place in sample.values else {"Fn::Sub": place}))


def is_power(action):
    service = action.partition(":")[0].lower()
    # Functions of a stage are told apart by paths_apart and flowgate_untouched, calls by callers.
    return (service in GUARDED and not reads(action)) or "*" in service


def passed_to(sample, _exceptions):
    """A role is handed to the one service that it is for."""
    for statement in allowed(sample):
        wanted = PASSED_TO.get(statement.resource)
        if statement.does({"iam:PassRole"}) and statement.asks("iam:PassedToService") != {"StringEquals": [wanted]}:
            yield statement.finding("passed_to", f"ask with StringEquals that iam:PassedToService is {wanted}")


def announces(sample, _exceptions):
    """Who may put events on the bus can put only his own there, and no other service's."""
    for statement in allowed(sample):
        asked = {key: statement.asks(key) for key in ANNOUNCED}
        if statement.does({"events:PutEvents"}) and asked != {
            key: {"StringEquals": value} for key, value in ANNOUNCED.items()
        }:
            wanted = " and ".join(f"{key} is {value[0]}" for key, value in ANNOUNCED.items())
            yield statement.finding("announces", f"ask with StringEquals that {wanted}")


def boundary(sample, _exceptions):
    """Where there is an AppBoundary, no role is given rights without it, and none is taken out of it again."""
    if not (wanted := sample.values.get("AppBoundary")):
        return
    for statement in allowed(sample):
        for action in sorted(statement.does(RIGHTS)):
            if statement.asks("iam:PermissionsBoundary") != {"StringEquals": [wanted]}:
                yield statement.finding("boundary", f"allow {action} only with iam:PermissionsBoundary AppBoundary")
        if statement.does({"iam:DeleteRolePermissionsBoundary"}):
            yield statement.finding("boundary", "let nobody take a role out of its boundary")


RULES = (powers, passed_to, announces, boundary)
