"""Who may write release code, who may call Flowgate's functions, and that release and previews never meet."""

import itertools

from policy import PREVIEW, RELEASE_DEPLOYS, Finding, attached, identity, touch
from sample import KINDS, PSEUDO

# Who may put objects there.
WRITERS = {
    "PackageBucket": {"BuildRole": {"s3:PutObject"}},
    "ArtifactBucket": {"BuildRole": {"s3:PutObject"}, "PipelineRole": {"s3:PutObject", "s3:PutObjectAcl"}},
}
READS = ("s3:Get", "s3:List")
# Whom the bucket's own policy must keep from writing, and whom from anything.
PUTS = {"s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectVersionAcl", "s3:ReplicateObject"}
LOSSES = {
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:DeleteBucket",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
}
STACK_CHANGES = {
    "cloudformation:DeleteStack",
    "cloudformation:UpdateStack",
    "cloudformation:UpdateTerminationProtection",
}
RELEASE, PREVIEWS = ("tests", "beta", "gamma", "prod"), ("pr", "dev")
# Which role calls which function, beyond the destination of what failed.
CALLERS = {
    "PipelineRole": {"ConfigureFunction", "StartTestsFunction", "GateFunction"},
    "SweepScheduleRole": {"SweepFunction"},
}
PASSES_ON = {"ConfigureRole", "StartTestsRole", "GateRole", "LeaseRole"}
EVENTS = {"events.amazonaws.com": {"RecordFunction"}}


def release_writers(sample, _exceptions):
    """Only the release's build writes packages, only it and the pipeline artifacts; previews have nothing of them."""
    for bucket, writers in WRITERS.items():
        arn = sample.identity(bucket)[1]
        for statement in filter(lambda statement: statement.allows, identity(sample)):
            actions = {action for action in statement.actions if action.startswith(("s3:", "*"))}
            # No preview role has anything of them; others may read.
            refused = (
                actions if statement.resource == PREVIEW else {one for one in actions if not one.startswith(READS)}
            )
            refused -= writers.get(statement.resource, set())
            if refused and touch(statement.resources, [arn, f"{arn}/*"]):
                todo = f"{', '.join(sorted(refused))} in {bucket} is not for {statement.resource}"
                yield statement.finding("release_writers", todo)


def release_buckets_shut(sample, _exceptions):
    """The buckets themselves refuse everybody else, whatever his own policies say."""
    for bucket, writers in WRITERS.items():
        arn = sample.identity(bucket)[1]
        denials = [statement for statement in of_bucket(sample, arn) if not statement.allows]
        for wanted, allowed in (
            (PUTS, {"ArnNotEquals": {sample.identity(role)[1] for role in writers}}),
            (LOSSES, {"ArnLike": roles(sample, RELEASE, RELEASE_DEPLOYS)}),
            ({"s3:*"}, {"ArnLike": roles(sample, PREVIEWS, (PREVIEW,))}),
        ):
            if not any(denies(statement, wanted, f"{arn}/*", allowed) for statement in denials):
                who = f"{next(iter(allowed))} {', '.join(sorted(*allowed.values()))}"
                todo = f"deny {', '.join(sorted(wanted))} by aws:PrincipalArn {who}"
                yield Finding("release_buckets_shut", bucket, "its BucketPolicy", todo)


def of_bucket(sample, arn):
    return (statement for statement in attached(sample) if any(one.startswith(arn) for one in statement.resources))


def roles(sample, stages, names):
    patterns = {
        sample.resolve({"Fn::Sub": f"arn:aws:iam::${{AWS::AccountId}}:role/${{ServiceName}}-{stage}-*"})
        for stage in stages
    }
    return patterns | {sample.identity(name)[1] for name in names}


def denies(statement, actions, place, who):
    asked = {operator: set(values) for operator, values in statement.asks("aws:PrincipalArn").items()}
    alone = len(statement.conditions) == 1 and all(len(keys) == 1 for keys in statement.conditions.values())
    everybody = "*" in statement.principals("AWS")
    return everybody and alone and asked == who and actions <= set(statement.actions) and place in statement.resources


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
    for statement in filter(lambda statement: statement.allows, identity(sample)):
        if any(action in ("*", "lambda:*") or action.startswith("lambda:Invoke") for action in statement.actions):
            reached = {name for arn, name in functions.items() if touch(statement.resources, [arn])}
            passes_on = {"RecordFunction"} if statement.resource in PASSES_ON else set()
            for name in sorted(reached - CALLERS.get(statement.resource, set()) - passes_on):
                yield statement.finding("callers", f"{statement.resource} is not to call {name}")
    yield from let_in(sample, functions)


def let_in(sample, functions):
    rules = {sample.identity(name)[1] for name in sample.of_type("AWS::Events::Rule")}
    for name, permission in sample.of_type("AWS::Lambda::Permission").items():
        given = permission["Properties"]
        called = {other for arn, other in functions.items() if given["FunctionName"] in (arn, arn.rpartition(":")[2])}
        if not called or not called <= EVENTS.get(given["Principal"], set()):
            yield Finding("callers", name, "Principal", f"{given['Principal']} is not to call {given['FunctionName']}")
        elif given.get("SourceArn") not in rules:
            yield Finding("callers", name, "SourceArn", "let in only a rule of this template")


def paths_apart(sample, exceptions):
    """What previews may change the release may not, and the other way round; nor do Beta and Prod meet."""
    for left, right in ((PREVIEW, "DeployRole"), (PREVIEW, "ProdDeployRole"), RELEASE_DEPLOYS):
        for one, other in itertools.product(changing(sample, left), changing(sample, right)):
            excepted = one.sid == other.sid and exceptions.has("shared", sid=one.sid)
            if not excepted and touch(one.resources, other.resources):
                todo = f"it reaches what {other.sid} of {right} does; give each side names of its own"
                yield one.finding("paths_apart", todo)


def flowgate_untouched(sample, _exceptions):
    """Who deploys the service, or what it deploys, does not change Flowgate, which decides about that."""
    own = [sample.identity(name)[1] for name in sample.of_type(*KINDS)]
    for role in (PREVIEW, *RELEASE_DEPLOYS):
        for statement, arn in itertools.product(changing(sample, role), own):
            if touch(statement.resources, [arn]):
                yield statement.finding("flowgate_untouched", f"keep it away from {arn}")


def changing(sample, role):
    """What the role may do but read; reading what both may read does no harm."""
    allowed = [statement for statement in identity(sample) if statement.allows and statement.resource == role]
    return [statement for statement in allowed if not all(map(reads, statement.actions))]


def reads(action):
    return action.partition(":")[2].startswith(("Get", "List", "Describe"))


def own_log_groups(sample, _exceptions):
    """A function logs where nobody else does, so that what may be written there says who wrote it."""
    groups = {}
    for name, function in sample.of_type("AWS::Lambda::Function").items():
        group = function["Properties"].get("LoggingConfig", {}).get("LogGroup")
        known = {sample.identity(other)[0] for other in sample.of_type("AWS::Logs::LogGroup")}
        if group not in known:
            yield Finding(
                "own_log_groups", name, "LoggingConfig", "name a log group of this template, which has a retention"
            )
        elif group in groups:
            yield Finding("own_log_groups", name, "LoggingConfig", f"{groups[group]} logs there too")
        groups[group] = name


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
        if not statement.allows and STACK_CHANGES <= set(statement.actions)
        for arn in statement.resources
    }
    for arn in sorted(spared - denied):
        yield Finding("sweep_spares", "SweepRole", "Policies", f"deny {', '.join(sorted(STACK_CHANGES))} on {arn}")


RULES = (
    release_writers,
    release_buckets_shut,
    only_over_tls,
    callers,
    paths_apart,
    flowgate_untouched,
    own_log_groups,
    sweep_spares,
)
