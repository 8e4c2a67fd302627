"""Permissions for AWS::ApiGateway: by the handlers of the published resource schemas. Its actions are HTTP's verbs, and
its resources the paths of its API."""

from urllib.parse import quote

from patches.resource_change import CREATE, DELETE, MADE_UP, UPDATE, tags

PASSED = {"iam:PassedToService": "apigateway.amazonaws.com"}


def rest_api(change):
    if change.operation == DELETE:
        yield asked(change, "DELETE", f"restapis/{change.name}")
        return
    name, own = change.name, {}
    if change.operation == CREATE:
        yield asked(change, "POST", "restapis")
        # What is made is tagged from its first moment on.
        name, own = MADE_UP, {f"aws:ResourceTag/{key}": value for key, value in tags(change.new).items()}
    yield (*asked(change, "GET", f"restapis/{name}"), own)
    if change.operation == UPDATE and change.differs_beside("Body", "BodyS3Location", "Tags"):
        yield asked(change, "PATCH", f"restapis/{name}")
    if change.differs("Body", "BodyS3Location"):
        yield (*asked(change, "PUT", f"restapis/{name}"), own)
        yield from from_bucket(change.new)
        yield from (("iam:PassRole", role, PASSED) for role in credentials(change.new.get("Body")))
    has_policy = change.differs("Body") and "x-amazon-apigateway-policy" in (change.new.get("Body") or {})
    if has_policy or change.differs("Policy"):
        yield (*asked(change, "UpdateRestApiPolicy", f"restapis/{name}"), own)
    yield from tagged(change, f"restapis/{name}", own)


def from_bucket(properties):
    if body := properties.get("BodyS3Location"):
        yield "s3:GetObject", f"arn:aws:s3:::{body['Bucket']}/{body['Key']}"


def credentials(definition):
    """The roles that an OpenAPI definition has API Gateway call others with."""
    if isinstance(definition, list):
        return [role for value in definition for role in credentials(value)]
    if not isinstance(definition, dict):
        return []
    own = [value for key, value in definition.items() if key == "credentials" and str(value).startswith("arn:aws:iam:")]
    return own + [role for value in definition.values() for role in credentials(value)]


def deployment(change):
    path = f"restapis/{change.properties['RestApiId']}/deployments"
    own = f"{path}/{change.name if change.operation != CREATE else MADE_UP}"
    verbs = {CREATE: ["GET"], UPDATE: ["GET", "PATCH"], DELETE: ["GET", "DELETE"]}
    if change.operation == CREATE:
        yield asked(change, "POST", path)
    yield from (asked(change, verb, own) for verb in verbs[change.operation])
    if change.operation == CREATE and change.new.get("StageDescription"):
        stage = f"restapis/{change.new['RestApiId']}/stages/{change.new.get('StageName', MADE_UP)}"
        yield from (asked(change, "PATCH", stage), asked(change, "PUT", "tags/" + tag_path(change, stage)))


def stage(change):
    path = f"restapis/{change.properties['RestApiId']}/stages"
    own = f"{path}/{change.properties.get('StageName', change.name)}"
    if change.operation == DELETE:
        yield asked(change, "DELETE", own)
        return
    if change.operation == CREATE:
        yield asked(change, "POST", path)
    yield asked(change, "GET", own)
    is_patched = change.differs("MethodSettings", "AccessLogSetting")
    if is_patched or change.operation == UPDATE and change.differs_beside("Tags"):
        yield asked(change, "PATCH", own)
    yield from tagged(change, own, {})


def resource(change):
    path = f"restapis/{change.properties['RestApiId']}/resources"
    if change.operation == CREATE:
        yield asked(change, "POST", f"{path}/{change.new['ParentId']}")
    verbs = {CREATE: ["GET"], UPDATE: ["GET", "PATCH"], DELETE: ["DELETE"]}
    own = f"{path}/{change.name if change.operation != CREATE else MADE_UP}"
    yield from (asked(change, verb, own) for verb in verbs[change.operation])


def method(change):
    path = f"restapis/{change.properties['RestApiId']}/resources/{change.properties['ResourceId']}"
    own = f"{path}/methods/{change.properties['HttpMethod']}"
    verbs = {CREATE: ["PUT", "GET"], UPDATE: ["GET", "PUT", "DELETE"], DELETE: ["DELETE"]}
    yield from (asked(change, verb, own) for verb in verbs[change.operation])
    integration = change.new.get("Integration") or {}
    if "Credentials" in integration and change.differs("Integration"):
        yield "iam:PassRole", integration["Credentials"], PASSED


def account(change):
    yield asked(change, "PATCH", "account")
    if change.operation != DELETE:
        yield asked(change, "GET", "account")
    role = change.new.get("CloudWatchRoleArn")
    if role and change.differs("CloudWatchRoleArn"):
        yield "iam:GetRole", role
        yield "iam:PassRole", role, PASSED


def tagged(change, path, own):
    """There are always CloudFormation's tags. To change them takes the schema's `tagging` permissions."""
    if change.operation == CREATE:
        yield (*asked(change, "PUT", "tags/" + tag_path(change, path)), own)
    elif tags(change.new) != tags(change.old):
        yield from (asked(change, verb, "tags/" + tag_path(change, path)) for verb in ("GET", "PUT", "DELETE"))


def tag_path(change, path):
    return quote(arn(change, path), safe="")


def asked(change, verb, path):
    return f"apigateway:{verb}", arn(change, path)


def arn(change, path):
    return f"arn:aws:apigateway:{change.region}::/{path}"
