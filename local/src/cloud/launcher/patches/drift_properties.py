"""What a detection of drift compares: more of what AWS does."""

import copy
import functools
import xml.etree.ElementTree as ElementTree


def apply(settings):
    """Gap: nobody sees that a role's policies, a bucket's tags or public access, a function's layers or logging, an
    alias's version, or anything of an API has drifted; a bucket whose template suspends its versions, of which it has
    none, counts as drifted; and what changes a resource can change what its stack remembers of the template as well."""
    from ministack.services.cloudformation import drift, provisioners, stacks

    more = {
        "AWS::IAM::Role": (role, {"Policies", "ManagedPolicyArns"}),
        "AWS::Lambda::Function": (function, {"Layers", "LoggingConfig"}),
        "AWS::S3::Bucket": (bucket, {"PublicAccessBlockConfiguration", "Tags"}),
    }
    for kind, (read, properties) in more.items():
        original, known = drift._DRIFT_READERS[kind]
        drift._DRIFT_READERS[kind] = functools.partial(together, original, read), known | properties
    for module in (stacks, provisioners):
        for name, wrap in {"_provision_resource": create, "_update_resource": update}.items():
            setattr(module, name, functools.partial(wrap, getattr(module, name)))
    drift._scalar_text = functools.partial(text, drift._scalar_text)
    drift._DRIFT_READERS |= {
        "AWS::ApiGateway::RestApi": (rest_api, frozenset(
            {"BinaryMediaTypes", "Description", "EndpointConfiguration", "MinimumCompressionSize", "Name", "Policy"})),
        "AWS::ApiGateway::Stage": (stage, frozenset(
            {"DeploymentId", "Description", "MethodSettings", "StageName", "TracingEnabled", "Variables"})),
        "AWS::Lambda::Alias": (alias, frozenset({"Description", "FunctionVersion", "Name", "RoutingConfig"})),
    }


def create(original, kind, logical_id, properties, *rest):
    # What is made of them is the service's own.
    return original(kind, logical_id, copy.deepcopy(properties), *rest)


def update(original, kind, physical_id, old, new, *rest):
    return original(kind, physical_id, old, copy.deepcopy(new), *rest)


def text(original, value):
    """A number has one text, whether the service keeps it as it came or not."""
    return original(int(value) if isinstance(value, float) and value.is_integer() else value)


def together(original, more, physical_id, properties):
    known = original(physical_id, properties)
    return known if known is None else {**known, **more(physical_id, properties)}


def role(name, properties):
    from ministack.services import iam
    from ministack.services.cloudformation.drift import _json_or

    record = iam._roles[name]
    inline = record.get("InlinePolicies") or {}
    expected = [policy.get("PolicyName") for policy in properties.get("Policies") or []]
    policies = [{"PolicyName": each, "PolicyDocument": _json_or(inline[each])} for each in in_order(inline, expected)]
    return {"Policies": policies, "ManagedPolicyArns": list(record.get("AttachedPolicies") or [])}


def in_order(names, expected):
    """Those that are expected first, and in that order: what is compared is at the same place."""
    return [name for name in expected if name in names] + [name for name in names if name not in expected]


def function(name, properties):
    from ministack.services import lambda_svc

    config = lambda_svc._functions[name]["config"]
    layers = [layer["Arn"] if isinstance(layer, dict) else layer for layer in config.get("Layers") or []]
    return {"Layers": layers, "LoggingConfig": named(config.get("LoggingConfig"), properties.get("LoggingConfig"))}


def bucket(name, properties):
    from ministack.services import s3

    # One that never had versions is what a template asks for that suspends them.
    versions = {"VersioningConfiguration": {"Status": s3._bucket_versioning.get(name) or "Suspended"}}
    expected = properties.get("PublicAccessBlockConfiguration")
    block = named(flags(s3._buckets[name].get("_public_access_block")), expected)
    return {**versions, "Tags": dict(s3._bucket_tags.get(name) or {}), "PublicAccessBlockConfiguration": block}


def flags(document):
    root = ElementTree.fromstring(document) if document else ()
    return {element.tag.rpartition("}")[2]: element.text == "true" for element in root}


def rest_api(identity, properties):
    from ministack.services import apigateway_v1
    from ministack.services.cloudformation.drift import _json_or

    if (api := apigateway_v1._rest_apis.get(identity)) is None:
        return None
    # The emulator keeps what a template has as it is there, and nothing of it but the types.
    endpoints = api.get("endpointConfiguration") or {}
    types = endpoints.get("types") or endpoints.get("Types")
    return {
        "BinaryMediaTypes": api.get("binaryMediaTypes") or [], "Description": api.get("description") or "",
        "EndpointConfiguration": {**(properties.get("EndpointConfiguration") or {}), "Types": listed(types)},
        "MinimumCompressionSize": api.get("minimumCompressionSize"), "Name": api["name"],
        "Policy": _json_or(api.get("policy")),
    }


def listed(types):
    """One that was replaced is kept by the name of what it was before."""
    return list(types.values()) if isinstance(types, dict) else types


def stage(name, properties):
    from ministack.services import apigateway_v1

    if (record := apigateway_v1._stages_v1.get(properties["RestApiId"], {}).get(name)) is None:
        return None
    return {
        "DeploymentId": record["deploymentId"], "Description": record.get("description") or "", "StageName": name,
        "MethodSettings": method_settings(record, properties), "TracingEnabled": record.get("tracingEnabled", False),
        "Variables": record.get("variables") or {},
    }


def method_settings(record, properties):
    """Of the settings that the template has, what it names of them."""
    from ministack.services.cloudformation import provisioners

    names = dict(provisioners._APIGW_METHOD_SETTING_FIELDS)
    settings, found = record.get("methodSettings") or {}, []
    for expected in properties.get("MethodSettings") or []:
        (key,) = provisioners._apigw_method_settings([expected])
        if key in settings:
            own = {name: settings[key].get(field) for name, field in names.items() if name in expected}
            found.append({**{name: value for name, value in expected.items() if name not in names}, **own})
    return found


def alias(arn, properties):
    from ministack.services import lambda_svc

    function_name, _, name = arn.partition(":function:")[2].partition(":")
    aliases = (lambda_svc._functions.get(function_name) or {}).get("aliases", {})
    if (record := aliases.get(name)) is None:
        return None
    return {
        "Description": record.get("Description") or "", "FunctionVersion": record["FunctionVersion"], "Name": name,
        "RoutingConfig": routing(record.get("RoutingConfig")),
    }


def routing(config):
    """As a template has it: a list, where Lambda has a map."""
    weights = (config or {}).get("AdditionalVersionWeights") or {}
    return {"AdditionalVersionWeights": [
        {"FunctionVersion": version, "FunctionWeight": weight} for version, weight in weights.items()]}


def named(config, expected):
    """Of a nested property, what the template names."""
    return {name: value for name, value in (config or {}).items() if name in (expected or {})}
