"""Turns the properties of an AWS::CodePipeline::Pipeline into CodePipeline's own request.

The two differ in the case of names, and in that a template may write numbers and truths as strings. What a name means,
and its type, comes from botocore's model of the API.
"""

import functools

# What CloudFormation acts on itself.
NOT_IN_REQUEST = ("DisableInboundStageTransitions", "RestartExecutionOnUpdate", "Tags")


def to_request(props, default_name):
    """CreatePipeline's request: `pipeline`, and `tags` where there are any."""
    pipeline = {name: value for name, value in props.items() if name not in NOT_IN_REQUEST}
    pipeline.setdefault("Name", default_name)
    if "ArtifactStores" in pipeline:
        pipeline["ArtifactStores"] = by_region(pipeline["ArtifactStores"])
    members = create_pipeline().members
    request = {"pipeline": convert(members["pipeline"], pipeline, "Pipeline")}
    if props.get("Tags"):
        request["tags"] = convert(members["tags"], props["Tags"], "Tags")
    return request


def disabled_transitions(props):
    """Stage name → reason."""
    transitions = props.get("DisableInboundStageTransitions") or []
    return {transition["StageName"]: transition["Reason"] for transition in transitions}


def is_true(value):
    return str(value).lower() == "true"


def by_region(stores):
    """A list of {Region, ArtifactStore} in a template, a map in the API."""
    return {store["Region"]: store["ArtifactStore"] for store in stores}


@functools.cache
def create_pipeline():
    from botocore.session import Session

    return Session().get_service_model("codepipeline").operation_model("CreatePipeline").input_shape


def convert(shape, value, path):
    """`value` as the API's `shape` wants it; `path` says where in the template it is."""
    return CONVERSIONS.get(shape.type_name, as_is)(shape, value, path)


def structure(shape, value, path):
    converted = {}
    for name, member in expect(dict, value, path, "an object").items():
        api_name = name[:1].lower() + name[1:]
        if not name[:1].isupper() or api_name not in shape.members:
            raise ValueError(f"Encountered unsupported property {name} in {path}")
        converted[api_name] = convert(shape.members[api_name], member, f"{path}.{name}")
    return converted


def array(shape, value, path):
    items = expect(list, value, path, "a list")
    return [convert(shape.member, item, f"{path}[{index}]") for index, item in enumerate(items)]


def mapping(shape, value, path):
    """The keys are the user's own."""
    items = expect(dict, value, path, "an object")
    return {key: convert(shape.value, item, f"{path}.{key}") for key, item in items.items()}


def string(shape, value, path):
    if isinstance(value, bool):
        return str(value).lower()
    return str(expect((str, int, float), value, path, "a string"))


def integer(shape, value, path):
    try:
        return int(expect((str, int), value, path, "a number"))
    except ValueError:
        raise ValueError(f"Value of property {path} must be a number") from None


def boolean(shape, value, path):
    if str(value).lower() not in ("true", "false"):
        raise ValueError(f"Value of property {path} must be true or false")
    return is_true(value)


def as_is(shape, value, path):
    return value


def expect(kind, value, path, what):
    if not isinstance(value, kind):
        raise ValueError(f"Value of property {path} must be {what}")
    return value


CONVERSIONS = {
    "structure": structure,
    "list": array,
    "map": mapping,
    "string": string,
    "integer": integer,
    "long": integer,
    "boolean": boolean,
}
