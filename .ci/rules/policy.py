"""The policies of a sample, statement by statement."""

import dataclasses
import functools

PREVIEW, RELEASE_DEPLOYS = "PreviewDeployRole", ("DeployRole", "ProdDeployRole")
# What follows the service in the names of its stacks.
RELEASE, PREVIEWS = ("tests", "beta", "gamma", "prod"), ("pr", "dev")
# Who builds and deploys what; of the deploy roles more is known below.
RELEASE_PATH = ("BuildRole", "PipelineRole", "StartRole", "GateRole", *RELEASE_DEPLOYS)
PREVIEW_PATH = ("PreviewBuildRole", "PreviewPipelineRole", "PreviewRole", "PreviewScheduleRole", PREVIEW)
# Who deploys which of them.
STAGES = {PREVIEW: PREVIEWS, "DeployRole": ("tests", "beta", "gamma"), "ProdDeployRole": ("prod",)}


@dataclasses.dataclass(frozen=True)
class Finding:
    rule: str
    resource: str
    path: str
    todo: str

    def __str__(self):
        return f"{self.rule}: {self.resource}, {self.path}: {self.todo}"


@dataclasses.dataclass(frozen=True)
class Statement:
    resource: str
    path: str
    body: dict

    sid = property(lambda self: self.body.get("Sid", ""))
    allows = property(lambda self: self.body["Effect"] == "Allow")
    actions = property(lambda self: many(self.body.get("Action")))
    resources = property(lambda self: many(self.body.get("Resource")))
    conditions = property(lambda self: self.body.get("Condition", {}))

    def does(self, names):
        """Those of these actions that it is about; IAM does not care about case."""
        actions = set(map(str.lower, self.actions))
        return {name for name in names if name.lower() in actions}

    def principals(self, kind):
        principal = self.body.get("Principal", {})
        return many(principal) if principal == "*" else many(principal.get(kind))

    def asks(self, key):
        """What a condition on `key` wants, by its operator."""
        return {
            operator: many(value)
            for operator, keys in self.conditions.items()
            for name, value in keys.items()
            if name.lower() == key.lower()
        }

    def finding(self, rule, todo):
        return Finding(rule, self.resource, self.path, todo)


def many(value):
    return [] if value is None else value if isinstance(value, list) else [value]


def of_document(resource, where, document):
    for index, body in enumerate(many(document["Statement"])):
        yield Statement(resource, f"{where}, {body.get('Sid', f'statement {index + 1}')}", body)


# Every rule asks for it.
@functools.lru_cache(maxsize=4)
def identity(sample):
    """What roles may do."""
    return tuple(of_roles(sample))


def of_roles(sample):
    for name, resource in sample.of_type("AWS::IAM::Role").items():
        for policy in resource["Properties"].get("Policies", []):
            yield from of_document(name, f"Policies {policy['PolicyName']}", policy["PolicyDocument"])
    for name, resource in sample.of_type("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy").items():
        yield from of_document(name, "PolicyDocument", resource["Properties"]["PolicyDocument"])


def allowed(sample):
    """What roles are allowed."""
    return (statement for statement in identity(sample) if statement.allows)


def attached(sample):
    """Who may do what to a bucket, a topic or a queue."""
    for name, resource in sample.of_type(
        "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"
    ).items():
        yield from of_document(name, "PolicyDocument", resource["Properties"]["PolicyDocument"])


def trust(sample):
    """Who may be a role."""
    for name, resource in sample.of_type("AWS::IAM::Role").items():
        yield from of_document(name, "AssumeRolePolicyDocument", resource["Properties"]["AssumeRolePolicyDocument"])


def reads(action):
    """Whether it changes nothing and hands out no credentials."""
    service, _, name = action.partition(":")
    return service.lower() != "sts" and name.startswith(("BatchDescribe", "BatchGet", "Describe", "Get", "List"))
