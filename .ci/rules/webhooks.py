"""Who may send events from outside, and of what functions hear at all."""

from policy import Finding

# The one function that has a URL, and what it checks signatures with.
FUNCTION, SECRET = "PreviewFunction", "WEBHOOK_SECRET"
# Lambda wants both of whoever calls a URL.
PERMISSIONS = (
    {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
    {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
)
# What tells whose event it is, besides its source and type.
WHOSE = ("pipeline", "service")


def signed(sample, _exceptions):
    """A function is open to anybody only by a URL, and only where it can tell GitHub's signature from others'."""
    urls = sample.of_type("AWS::Lambda::Url")
    for name, url in urls.items():
        yield from (Finding("signed", name, where, todo) for where, todo in of_url(sample, url["Properties"]))
    opened = {name: given["Properties"] for name, given in permissions(sample).items()}
    for name, given in opened.items():
        if not urls or of_everybody(given) not in wanted(sample):
            yield Finding("signed", name, "Principal", "let anybody in by the URL alone, in its two ways")
    for missing in wanted(sample) if urls else ():
        if missing not in map(of_everybody, opened.values()):
            yield Finding("signed", FUNCTION, "Permission", f"its URL takes {missing['Action']}, too")


def of_url(sample, given):
    own, arn = sample.identity(FUNCTION)
    if given["TargetFunctionArn"] not in (own, arn):
        yield "TargetFunctionArn", f"let nobody but {FUNCTION} have one"
    if given != {"TargetFunctionArn": given["TargetFunctionArn"], "AuthType": "NONE"}:
        yield "Properties", "let it be of AuthType NONE, and nothing else: GitHub signs by itself, and is no browser"
    if not sample.resources[FUNCTION]["Properties"]["Environment"]["Variables"].get(SECRET):
        yield "Condition", f"let there be none while {SECRET} is empty"


def permissions(sample):
    found = sample.of_type("AWS::Lambda::Permission")
    return {name: one for name, one in found.items() if one["Properties"]["Principal"] == "*"}


def of_everybody(given):
    return {key: value for key, value in given.items() if key != "Principal"}


def wanted(sample):
    return [{"FunctionName": sample.identity(FUNCTION)[0], **one} for one in PERMISSIONS]


def heard(sample, _exceptions):
    """A rule hears of this service alone: of its repository, of its pipelines, or what was announced for it."""
    repository = sample.resolve({"Fn::Sub": "arn:aws:codecommit:${AWS::Region}:${AWS::AccountId}:${RepositoryName}"})
    pipelines = {sample.identity(name)[0] for name in sample.of_type("AWS::CodePipeline::Pipeline")}
    for name, rule in sample.of_type("AWS::Events::Rule").items():
        pattern = rule["Properties"]["EventPattern"]
        own = pattern.get("resources") == [repository] or any(
            pattern.get("detail", {}).get(key) and set(pattern["detail"][key]) <= pipelines for key in WHOSE
        )
        if not own or not pattern.get("source") or not pattern.get("detail-type"):
            yield Finding(
                "heard", name, "EventPattern", "name source, detail-type, and the pipeline, service or repository"
            )


RULES = (signed, heard)
