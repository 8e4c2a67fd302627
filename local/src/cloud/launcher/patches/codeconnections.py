"""CodeConnections: its API, under both of its names, the repositories behind connections, and GitHub's API for those are
forwarded to flowgate's runner, and stacks may hold connections."""

import json

from patches import git_access, github_access
from patches.codecommit import Answer, forward
from patches.codepipeline import CALLER, Refused, Runner

# The service's name, and what its requests' targets begin with.
TARGETS = {
    "codeconnections": "com.amazonaws.codeconnections.CodeConnections_20231201",
    "codestar-connections": "com.amazonaws.codestar.connections.CodeStar_connections_20191201",
}
TYPES = {"AWS::CodeConnections::Connection": "codeconnections", "AWS::CodeStarConnections::Connection": "codestar-connections"}
REPOSITORIES, GITHUB = "/v1/connections/", "/v1/github/"
# What CloudFormation changes of a connection without making another.
MUTABLE = ("Tags",)


def apply(settings):
    """Gap: the API answers "Unsupported service", nothing answers for a provider's repositories and GitHub's API, and a
    stack with a connection fails."""
    from ministack import app
    from ministack.core import router
    from ministack.services.cloudformation import provisioners, stacks

    runner = Runner(settings.get("FLOWGATE_RUNNER_URL"))
    for service, target in TARGETS.items():
        router.SERVICE_PATTERNS[service] = {
            "target_prefixes": [target], "host_patterns": [rf"{service}\."], "credential_scope": service,
        }
        app.SERVICE_HANDLERS[service] = runner.handle
    for resource_type, service in TYPES.items():
        provisioners._RESOURCE_HANDLERS[resource_type] = Connections(runner, service).handlers()
    blocks = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda resource_type: resource_type in TYPES or blocks(resource_type)
    emulator = app.app

    async def with_repositories(scope, receive, send):
        ours = runner.url is not None and scope["type"] == "http" and scope["path"].startswith((REPOSITORIES, GITHUB))
        if not ours:
            return await emulator(scope, receive, send)
        if not app.AUTH:
            return await forward(runner.url, scope, receive, send)
        try:
            arn = asking(scope)
        except git_access.Refused as refused:
            return await Answer(send).refuse(refused.status, str(refused), refused.headers)
        except github_access.Refused as refused:
            return await Answer(send).refuse(github_access.STATUS, str(refused), content_type=b"application/json")
        await forward(runner.url, scope, receive, send, [(CALLER.encode(), arn.encode())] if arn else [])

    app.app = with_repositories


def asking(scope):
    """The ARN of who asks, if it matters. Who may do what there is for the provider to say, who knows nothing of IAM:
    somebody is enough."""
    if scope["path"].startswith(GITHUB):
        return github_access.asking(scope)
    return git_access.principal(dict(scope["headers"]), scope["path"]).arn


class Connections:
    """The CloudFormation types. Ref gives the ARN."""

    def __init__(self, runner, service):
        self.runner, self.service = runner, service

    def handlers(self):
        return {"create": self.create, "update": self.update, "update_with_logical_id": True, "delete": self.delete}

    def call(self, operation, **request):
        headers = {"x-amz-target": f"{TARGETS[self.service]}.{operation}", "content-type": "application/x-amz-json-1.0"}
        status, _, body = self.runner.post(headers, json.dumps(request).encode())
        answer = json.loads(body or b"{}")
        if status >= 400:
            raise Refused(answer.get("__type", ""), answer.get("message", ""), status, "CodeConnections")
        return answer

    def create(self, logical_id, props, stack_name):
        arn = self.call("CreateConnection", **props)["ConnectionArn"]
        return arn, self.attributes(arn)

    def update(self, arn, old_props, new_props, stack_name, logical_id):
        if fixed(old_props) != fixed(new_props):
            # Under its new id it is another resource, and the emulator deletes the old one.
            return self.create(logical_id, new_props, stack_name)
        old, new = tags(old_props), tags(new_props)
        self.call("UntagResource", ResourceArn=arn, TagKeys=[key for key in old if key not in new])
        self.call("TagResource", ResourceArn=arn, Tags=[{"Key": key, "Value": value} for key, value in new.items()])
        return arn, self.attributes(arn)

    def delete(self, arn, props):
        try:
            self.call("DeleteConnection", ConnectionArn=arn)
        except Refused as refused:
            if refused.code != "ResourceNotFoundException":
                raise

    def attributes(self, arn):
        connection = self.call("GetConnection", ConnectionArn=arn)["Connection"]
        return {name: connection[name] for name in ("ConnectionArn", "ConnectionStatus", "OwnerAccountId")}


def fixed(props):
    return {name: value for name, value in props.items() if name not in MUTABLE}


def tags(props):
    return {tag["Key"]: str(tag["Value"]) for tag in props.get("Tags") or []}
