"""Where each role keeps and writes what: the keys of the state table, and the log groups."""

import re

from arns import touch
from policy import STAGES, Finding, allowed

# The kinds of items that each role works with; a key begins with its kind.
KINDS = {
    "ConfigureRole": {"verdict"},
    "GateRole": {"decision", "digest", "push", "tests", "verdict"},
    "LeaseRole": {"lease", "verdict"},
    "PreviewRole": {"delivery", "lease", "preview", "slots"},
    "RecordRole": {"digest", "notice", "preview", "push", "run", "told", "verdict"},
    "StartTestsRole": {"run", "tests", "verdict"},
    "SweepRole": {"lease", "run", "verdict"},
}
# What each looks for in the index of what is due: leases, previews, and of jobs runs and verdicts.
DUE = {"LeaseRole": {"lease"}, "PreviewRole": {"preview"}, "SweepRole": {"job", "lease"}}
KEY = "dynamodb:LeadingKeys"
WRITES_LOGS = {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}


def leading_keys(sample, _exceptions):
    """Each role sees its own keys of the state table, and nothing reads the whole of it."""
    tables = [sample.identity(name)[1] for name in sample.of_type("AWS::DynamoDB::Table")]
    places = [place for table in tables for place in (table, f"{table}/*")]
    for statement in allowed(sample):
        if any(action.startswith("dynamodb:") for action in statement.actions) and touch(statement.resources, places):
            for todo in (*demands_key(statement), *foreign_keys(statement)):
                yield statement.finding("leading_keys", todo)


def demands_key(statement):
    keys = statement.asks(KEY)
    if not any(operator in ("ForAllValues:StringEquals", "ForAllValues:StringLike") for operator in keys):
        yield f"limit it with ForAllValues:StringLike {KEY}"
    # IAM documents the key for a table's own: a query of an index may come without it.
    of_index = all(re.search(r"/index/[A-Za-z0-9_.-]+$", arn) for arn in statement.resources)
    if of_index and statement.actions != ["dynamodb:Query"]:
        yield "do nothing but dynamodb:Query with an index"
    # A request that names no key has all its keys among these: by itself, ForAllValues lets it pass.
    if not of_index and keys.get("Null") != ["false"]:
        yield f'demand a key: "Null": {{ {KEY}: "false" }}'


def foreign_keys(statement):
    own = {f"{kind}#" for kind in KINDS.get(statement.resource, set())}
    due = DUE.get(statement.resource, set())
    wanted = (key for operator, keys in statement.asks(KEY).items() if operator != "Null" for key in keys)
    for key in wanted:
        if key not in due and not any(map(key.startswith, own)):
            todo = f"{key} is no key of {', '.join(sorted(own | due)) or 'its own'}"
            yield f"{todo}; KINDS and DUE in places.py say whose are which"


def own_log_groups(sample, _exceptions):
    """A function or build logs where nobody else does, so that what is written there says who wrote it."""
    groups = {}
    known = {sample.identity(other)[0] for other in sample.of_type("AWS::Logs::LogGroup")}
    for name, function in sample.of_type("AWS::Lambda::Function").items():
        group = function["Properties"].get("LoggingConfig", {}).get("LogGroup")
        if group not in known:
            todo = "name a log group of this template, which has a retention"
            yield Finding("own_log_groups", name, "LoggingConfig", todo)
        elif group in groups:
            yield Finding("own_log_groups", name, "LoggingConfig", f"{groups[group]} logs there too")
        groups[group] = name
    yield from own_writers(sample)


def own_writers(sample):
    """Findings where a role may write another log than that of what it is the role of."""
    own = dict(written(sample))
    for statement in allowed(sample):
        if statement.does(WRITES_LOGS) and statement.resource not in STAGES:
            group = own.get(sample.identity(statement.resource)[1])
            if statement.resources != [group]:
                yield statement.finding("own_log_groups", f"let it write to {group}, and nowhere else")


def written(sample):
    """Each role with the log group of the function or the build that it is the role of."""
    arns = {sample.identity(name)[0]: sample.identity(name)[1] for name in sample.of_type("AWS::Logs::LogGroup")}
    for function in sample.of_type("AWS::Lambda::Function").values():
        given = function["Properties"]
        yield given["Role"], arns.get(given.get("LoggingConfig", {}).get("LogGroup"))
    for project in sample.of_type("AWS::CodeBuild::Project").values():
        given = project["Properties"]
        yield given["ServiceRole"], arns.get(given["LogsConfig"]["CloudWatchLogs"]["GroupName"])


RULES = (leading_keys, own_log_groups)
