"""CodePipeline: its API and its webhooks are forwarded to flowgate's runner, and stacks may hold pipelines."""

import asyncio
import http.client
import json
import urllib.parse

from patches import pipeline_properties

TYPE = "AWS::CodePipeline::Pipeline"
TARGET = "CodePipeline_20150709"
JSON = "application/x-amz-json-1.1"
# The runner answers at once; it works in the background.
TIMEOUT_SECONDS = 60
WEBHOOKS = "/v1/webhooks/"
# By them a webhook tells who sent it; it knows nothing of AWS's signatures.
SIGNATURES = (b"x-hub-signature", b"x-hub-signature-256")
FORWARDED = ("x-amz-target", "content-type", "authorization")
# Who asks, where IAM is enforced. No client's request brings it to the runner: it is none of those forwarded.
CALLER = "x-flowgate-caller"


def apply(settings):
    """Gap: the API answers "Unsupported service", nothing answers at the URL of a webhook, and a stack with an
    AWS::CodePipeline::Pipeline fails."""
    from ministack import app
    from ministack.core import router
    from ministack.services.cloudformation import provisioners, stacks

    runner = Runner(settings.get("FLOWGATE_RUNNER_URL"))
    router.SERVICE_PATTERNS["codepipeline"] = {
        "target_prefixes": [TARGET],
        "host_patterns": [r"codepipeline\."],
        "credential_scope": "codepipeline",
    }
    app.SERVICE_HANDLERS["codepipeline"] = runner.handle
    provisioners._RESOURCE_HANDLERS[TYPE] = Pipelines(runner).handlers()

    # The runner calls the emulator while the stack waits for the runner, so it must not wait on the emulator's one loop.
    blocks = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda resource_type: resource_type == TYPE or blocks(resource_type)
    app.app = with_webhooks(app.app, runner)


def with_webhooks(emulator, runner):
    """The emulator's application with the runner's webhooks beside it."""
    from patches.codecommit import forward

    async def application(scope, receive, send):
        if runner.url is None or scope["type"] != "http" or not scope["path"].startswith(WEBHOOKS):
            return await emulator(scope, receive, send)
        signatures = [(name, value) for name, value in scope["headers"] if name.lower() in SIGNATURES]
        await forward(runner.url, scope, receive, send, signatures)

    return application


class Runner:
    """Flowgate's runner, which has CodePipeline's own JSON API."""

    def __init__(self, url):
        self.url = urllib.parse.urlsplit(url) if url else None

    async def handle(self, method, path, headers, body, query_params):
        """A service handler of the emulator."""
        forwarded = {name: headers[name] for name in FORWARDED if name in headers}
        forwarded |= caller()
        return await asyncio.to_thread(self.post, forwarded, body)

    def post(self, headers, body):
        """The runner's status, headers and body."""
        try:
            return self._post(headers, body)
        except (OSError, http.client.HTTPException) as error:
            message = f"flowgate's runner does not answer: {error}"
            answer = json.dumps({"__type": "ServiceUnavailableException", "message": message})
            return 503, {"Content-Type": JSON}, answer.encode()

    def _post(self, headers, body):
        if self.url is None:
            raise OSError("this local cloud was started without one")
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("POST", self.url.path or "/", body, headers)
            response = connection.getresponse()
            content_type = response.headers.get("content-type", JSON)
            return response.status, {"Content-Type": content_type}, response.read()
        finally:
            connection.close()

    def call(self, operation, more_headers=None, **request):
        """Calls the API as AWS's own services do; a refusal is raised, and becomes a resource's failure."""
        from ministack.core.responses import get_account_id, get_region

        scope = f"{get_account_id()}/19700101/{get_region()}/codepipeline/aws4_request"
        headers = {
            "x-amz-target": f"{TARGET}.{operation}",
            "content-type": JSON,
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=cloudformation",
            **(more_headers or {}),
        }
        status, _, body = self.post(headers, json.dumps(request).encode())
        answer = json.loads(body or b"{}")
        if status >= 400:
            raise Refused(answer.get("__type", "").rpartition("#")[2], answer.get("message", ""), status)
        return answer


def caller():
    from ministack import app
    from ministack.core import iam_evaluator

    return {CALLER: iam_evaluator.caller_arn()} if app.AUTH else {}


class Refused(ValueError):
    """What the runner answered."""

    def __init__(self, code, message, status, service="CodePipeline"):
        super().__init__(f"{message} (Service: {service}, Status Code: {status}, Error Code: {code})")
        self.code = code


class Pipelines:
    """The CloudFormation type. Ref gives the name, Fn::GetAtt the Version."""

    def __init__(self, runner):
        self.runner = runner

    def handlers(self):
        return {
            "create": self.create,
            "update": self.update,
            "update_with_logical_id": True,
            "delete": self.delete,
        }

    def create(self, logical_id, props, stack_name):
        request = pipeline_properties.to_request(props, default_name(stack_name, logical_id))
        answer = self.runner.call("CreatePipeline", **request)
        self._set_transitions(answer["pipeline"]["name"], {}, props)
        return identity(answer["pipeline"])

    def update(self, physical_id, old_props, new_props, stack_name, logical_id):
        name = new_props.get("Name") or default_name(stack_name, logical_id)
        if name != physical_id:
            # Under its new id it is another resource, and the emulator deletes the old one.
            return self.create(logical_id, new_props, stack_name)
        return self._update_in_place(physical_id, old_props, new_props)

    def _update_in_place(self, name, old_props, new_props):
        request = pipeline_properties.to_request(new_props, name)
        answer = self.runner.call("UpdatePipeline", pipeline=request["pipeline"])
        self._set_transitions(name, old_props, new_props)
        if pipeline_properties.is_true(new_props.get("RestartExecutionOnUpdate")):
            self.runner.call("StartPipelineExecution", name=name)
        return identity(answer["pipeline"])

    def delete(self, physical_id, props):
        try:
            self.runner.call("DeletePipeline", name=physical_id)
        except Refused as refused:
            if refused.code != "PipelineNotFoundException":
                raise

    def _set_transitions(self, name, old_props, new_props):
        old, new = (pipeline_properties.disabled_transitions(props) for props in (old_props, new_props))
        for stage in old.keys() - new.keys():
            self.runner.call("EnableStageTransition", pipelineName=name, stageName=stage, transitionType="Inbound")
        for stage in (stage for stage, reason in new.items() if old.get(stage) != reason):
            self.runner.call(
                "DisableStageTransition",
                pipelineName=name, stageName=stage, transitionType="Inbound", reason=new[stage],
            )


def default_name(stack_name, logical_id):
    from ministack.services.cloudformation import provisioners

    return provisioners._physical_name(stack_name, logical_id, max_len=100)


def identity(pipeline):
    return pipeline["name"], {"Version": str(pipeline.get("version", 1))}
