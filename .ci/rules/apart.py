"""Who may write what is deployed, and who may call which functions."""

from arns import touch
from policy import PREVIEW, PREVIEWS, RELEASE, RELEASE_DEPLOYS, Finding, allowed, attached, identity, many
from sample import PSEUDO

# Who may put objects there.
WRITERS = {
    "PackageBucket": {"BuildRole": {"s3:PutObject"}},
    "ArtifactBucket": {"BuildRole": {"s3:PutObject"}, "PipelineRole": {"s3:PutObject", "s3:PutObjectAcl"}},
    "PreviewPackageBucket": {"PreviewBuildRole": {"s3:PutObject"}},
    "PreviewArtifactBucket": {
        "PreviewBuildRole": {"s3:PutObject"},
        "PreviewPipelineRole": {"s3:PutObject", "s3:PutObjectAcl"},
    },
}
READS = ("s3:Get", "s3:List")
# Whom the bucket's own policy must keep from writing, and whom from anything.
PUTS = {"s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectVersionAcl", "s3:ReplicateObject"}
# All that the service's roles may do with them.
SERVICE_READS = {"s3:GetObject", "s3:GetObjectVersion"}
STACK_CHANGES = {
    "cloudformation:CancelUpdateStack",
    "cloudformation:ContinueUpdateRollback",
    "cloudformation:CreateChangeSet",
    "cloudformation:CreateStack",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:RollbackStack",
    "cloudformation:SetStackPolicy",
    "cloudformation:UpdateStack",
    "cloudformation:UpdateTerminationProtection",
}
# Which role calls which function, beyond the destination of what failed.
CALLERS = {
    "PipelineRole": {"ConfigureFunction", "StartTestsFunction", "GateFunction"},
    "PreviewPipelineRole": {"ConfigureFunction", "LeaseFunction", "StartTestsFunction"},
    "SweepScheduleRole": {"SweepFunction"},
    "PreviewScheduleRole": {"PreviewFunction"},
    # Itself: what a webhook asked for.
    "PreviewRole": {"PreviewFunction"},
}
PASSES_ON = {"ConfigureRole", "StartTestsRole", "GateRole", "LeaseRole"}
EVENTS = {"events.amazonaws.com": {"PreviewFunction", "RecordFunction"}}
# Who invokes the service's own functions, and of which stages: tests, what they check, and tear-downs once more.
TESTERS = {"StartTestsRole": (*RELEASE, *PREVIEWS), "SweepRole": ("tests", *PREVIEWS)}


def writers(sample, _exceptions):
    """Only a path's own build writes its packages, and only that and its pipeline its artifacts."""
    for bucket, own in WRITERS.items():
        arn = sample.identity(bucket)[1]
        for statement in allowed(sample):
            actions = {action for action in statement.actions if action.startswith(("s3:", "*"))}
            refused = {one for one in actions if not one.startswith(READS)} - own.get(statement.resource, set())
            if refused and touch(statement.resources, [arn, f"{arn}/*"]):
                todo = f"{', '.join(sorted(refused))} in {bucket} is not for {statement.resource}"
                yield statement.finding("writers", todo)


def buckets_shut(sample, _exceptions):
    """The buckets themselves refuse everybody else, whatever his own policies say."""
    for bucket, own in WRITERS.items():
        arn = sample.identity(bucket)[1]
        denials = [statement for statement in of_bucket(sample, arn) if not statement.allows]
        others = [({"ArnLike": roles(sample, *who)}, body) for who, body in shut(bucket)]
        wanted = [
            ({"Action": PUTS}, {f"{arn}/*"}, {"ArnNotEquals": {sample.identity(role)[1] for role in own}}),
            *((body, {arn, f"{arn}/*"}, who) for who, body in others),
        ]
        for body, places, who in wanted:
            if not any(denies(statement, body, places, who) for statement in denials):
                [(key, actions)], [(operator, names)] = body.items(), who.items()
                todo = f"deny {key} {', '.join(sorted(actions))} on {', '.join(sorted(places))}"
                todo = f"{todo} by aws:PrincipalArn {operator} {', '.join(sorted(names))}"
                yield Finding("buckets_shut", bucket, "its BucketPolicy", todo)


def shut(bucket):
    """Whose roles, by stages and by name, a bucket denies what."""
    reading, nothing = {"NotAction": SERVICE_READS}, {"Action": {"s3:*"}}
    if bucket.startswith("Preview"):
        stacks = reading if bucket == "PreviewPackageBucket" else nothing
        return [((PREVIEWS, (PREVIEW,)), stacks), ((RELEASE, (*RELEASE_DEPLOYS, "BuildRole", "PipelineRole")), nothing)]
    previews = (PREVIEW, "PreviewBuildRole", "PreviewPipelineRole")
    return [((RELEASE, RELEASE_DEPLOYS), reading), ((PREVIEWS, previews), nothing)]


def of_bucket(sample, arn):
    return (statement for statement in attached(sample) if any(one.startswith(arn) for one in statement.resources))


def roles(sample, stages, names):
    patterns = {
        sample.resolve({"Fn::Sub": f"arn:aws:iam::${{AWS::AccountId}}:role/${{ServiceName}}-{stage}-*"})
        for stage in stages
    }
    return patterns | {sample.identity(name)[1] for name in names}


def denies(statement, body, places, who):
    asked = {operator: set(values) for operator, values in statement.asks("aws:PrincipalArn").items()}
    alone = len(statement.conditions) == 1 and all(len(keys) == 1 for keys in statement.conditions.values())
    everybody = "*" in statement.principals("AWS")
    return everybody and alone and asked == who and names(statement, body) and places <= set(statement.resources)


def names(statement, body):
    """Whether it is about these actions: with Action at least, with NotAction just these are not meant."""
    if "NotAction" in body:
        return set(many(statement.body.get("NotAction"))) == body["NotAction"]
    return body["Action"] <= set(statement.actions)


def only_over_tls(sample, _exceptions):
    """Buckets and topics are not spoken to in the clear."""
    for name in sample.of_type("AWS::S3::Bucket", "AWS::SNS::Topic"):
        own, arn = sample.identity(name)
        places = [arn, f"{arn}/*"] if arn.startswith("arn:aws:s3") else [arn]
        wanted = {"s3:*"} if len(places) == 2 else {"sns:Publish"}
        if not any(refuses_plain(statement, wanted, places) for statement in attached(sample)):
            yield Finding(
                "only_over_tls", name, "its policy", f"deny {', '.join(wanted)} while aws:SecureTransport is false"
            )


def refuses_plain(statement, actions, places):
    plain = statement.conditions == {"Bool": {"aws:SecureTransport": "false"}} and "*" in statement.principals("AWS")
    return (
        not statement.allows and plain and actions <= set(statement.actions) and set(places) <= set(statement.resources)
    )


def callers(sample, _exceptions):
    """Flowgate's functions are called by the pipeline, by schedules and by rules, each by those that it is for."""
    functions = {sample.identity(name)[1]: name for name in sample.of_type("AWS::Lambda::Function")}
    for statement in allowed(sample):
        if any(map(invokes, statement.actions)):
            reached = {name for arn, name in functions.items() if touch(statement.resources, [arn])}
            passes_on = {"RecordFunction"} if statement.resource in PASSES_ON else set()
            for name in sorted(reached - CALLERS.get(statement.resource, set()) - passes_on):
                yield statement.finding("callers", f"{statement.resource} is not to call {name}")
    yield from let_in(sample, functions)


def testers(sample, _exceptions):
    """The service's functions are invoked by what runs its tests, stage by stage, and by nobody else here."""
    function = "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${ServiceName}"
    service = sample.resolve({"Fn::Sub": f"{function}-*"})
    flowgate = sample.resolve({"Fn::Sub": f"{function}-flowgate-"})
    for statement in allowed(sample):
        stages = TESTERS.get(statement.resource, ())
        own = {sample.resolve({"Fn::Sub": f"{function}-{stage}-*"}) for stage in stages}
        for arn in statement.resources if any(map(invokes, statement.actions)) else ():
            if touch([arn], [service]) and not arn.startswith(flowgate) and arn not in own:
                todo = f"{statement.resource} is not to invoke {arn}; TESTERS in apart.py says who invokes what"
                yield statement.finding("testers", todo)


def invokes(action):
    return action in ("*", "lambda:*") or action.startswith("lambda:Invoke")


def let_in(sample, functions):
    rules = {sample.identity(name)[1] for name in sample.of_type("AWS::Events::Rule")}
    for name, permission in sample.of_type("AWS::Lambda::Permission").items():
        given = permission["Properties"]
        # Of the URL, which signed in webhooks.py knows.
        if given["Principal"] == "*":
            continue
        called = {other for arn, other in functions.items() if given["FunctionName"] in (arn, arn.rpartition(":")[2])}
        if not called or not called <= EVENTS.get(given["Principal"], set()):
            yield Finding("callers", name, "Principal", f"{given['Principal']} is not to call {given['FunctionName']}")
        elif given.get("SourceArn") not in rules:
            yield Finding("callers", name, "SourceArn", "let in only a rule of this template")


def sweep_spares(sample, _exceptions):
    """Sweep deletes previews and developers' stacks, and is told aloud to let all others be."""
    own = [statement for statement in identity(sample) if statement.resource == "SweepRole"]
    stack = sample.resolve({"Fn::Sub": "arn:aws:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/${ServiceName}-"})
    spared = {f"{stack}{stage}/*" for stage in RELEASE} | {f"{PSEUDO['AWS::StackId'].rpartition('/')[0]}/*"}
    for statement in own:
        for arn in statement.resources if statement.allows and statement.does(STACK_CHANGES) else ():
            if arn not in {f"{stack}{stage}-*/*" for stage in PREVIEWS}:
                yield statement.finding("sweep_spares", f"{arn} is not a preview")
    denied = {
        arn
        for statement in own
        if not statement.allows and set(statement.actions) >= STACK_CHANGES
        for arn in statement.resources
    }
    for arn in sorted(spared - denied):
        yield Finding("sweep_spares", "SweepRole", "Policies", f"deny {', '.join(sorted(STACK_CHANGES))} on {arn}")


RULES = (
    writers,
    buckets_shut,
    only_over_tls,
    callers,
    testers,
    sweep_spares,
)
