"""Permissions for AWS::Lambda: by the handlers of the published resource schemas. What a property needs is asked for
only where that property is set."""

from patches.resource_change import CREATE, DELETE, MADE_UP, UPDATE, tags

CODE = ("Code", "Architectures")
# Properties that are no part of a function's configuration: what sets them, what takes them away, and what reads them.
OF_THEIR_OWN = {
    "ReservedConcurrentExecutions": ("PutFunctionConcurrency", "DeleteFunctionConcurrency", None),
    "RuntimeManagementConfig": (
        "PutRuntimeManagementConfig", "PutRuntimeManagementConfig", "GetRuntimeManagementConfig",
    ),
    "RecursiveLoop": ("PutFunctionRecursionConfig", "PutFunctionRecursionConfig", "GetFunctionRecursionConfig"),
    "FunctionScalingConfig": ("PutFunctionScalingConfig", "PutFunctionScalingConfig", "GetFunctionScalingConfig"),
}
# What other services are asked for, by the property that brings them in.
OF_OTHERS = {
    "VpcConfig": ("ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"),
    "FileSystemConfigs": ("elasticfilesystem:DescribeMountTargets",),
    "KmsKeyArn": ("kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"),
    "CapacityProviderConfig": ("lambda:PassCapacityProvider",),
}


def function(change):
    return {CREATE: function_created, UPDATE: function_updated, DELETE: function_deleted}[change.operation](change)


def function_created(change):
    arn = change.arn("lambda", f"function:{change.name}")
    yield "lambda:CreateFunction", arn
    yield "lambda:TagResource", arn # there are always CloudFormation's
    yield from package(change.new)
    yield from role_passed(change.new)
    yield from layers(change.new)
    for name, (put, _, get) in OF_THEIR_OWN.items():
        yield from ((f"lambda:{action}", arn) for action in (put, get) if action and name in change.new)
    if "CodeSigningConfigArn" in change.new:
        yield "lambda:GetCodeSigningConfig", change.new["CodeSigningConfigArn"]
    yield from of_others(change.new)
    yield "lambda:GetFunction", arn


def function_updated(change):
    arn = change.arn("lambda", f"function:{change.name}")
    yield "lambda:GetFunction", arn
    if change.differs(*CODE):
        yield "lambda:UpdateFunctionCode", arn
        yield from package(change.new)
    if change.differs_beside(*CODE, *OF_THEIR_OWN, "CodeSigningConfigArn", "Tags"):
        yield "lambda:UpdateFunctionConfiguration", arn
        yield from role_passed(change.new)
        yield from layers(change.new)
        yield from of_others(change.new)
    for name, (put, remove, get) in OF_THEIR_OWN.items():
        if change.differs(name):
            yield from ((f"lambda:{action}", arn) for action in (put if name in change.new else remove, get) if action)
    if change.differs("CodeSigningConfigArn"):
        yield f"lambda:{'Put' if 'CodeSigningConfigArn' in change.new else 'Delete'}FunctionCodeSigningConfig", arn
    if tags(change.new) != tags(change.old):
        yield from ((f"lambda:{action}", arn) for action in ("ListTags", "TagResource", "UntagResource"))


def function_deleted(change):
    arn = change.arn("lambda", f"function:{change.name}")
    yield from (("lambda:GetFunction", arn), ("lambda:DeleteFunction", arn))
    if "VpcConfig" in change.old:
        yield "ec2:DescribeNetworkInterfaces", "*"


def package(properties):
    code = properties.get("Code") or {}
    if "S3Bucket" in code:
        action = "s3:GetObjectVersion" if "S3ObjectVersion" in code else "s3:GetObject"
        yield action, f"arn:aws:s3:::{code['S3Bucket']}/{code['S3Key']}"


def role_passed(properties):
    yield "iam:PassRole", properties.get("Role", "*"), {"iam:PassedToService": "lambda.amazonaws.com"}


def layers(properties):
    yield from (("lambda:GetLayerVersion", layer) for layer in properties.get("Layers") or [])


def of_others(properties):
    for name, actions in OF_OTHERS.items():
        arn = properties.get(name) if name == "KmsKeyArn" else "*"
        yield from ((action, arn) for action in actions if properties.get(name))


def version(change):
    arn = of_function(change, change.properties["FunctionName"])
    if change.operation == CREATE:
        yield "lambda:PublishVersion", arn
        yield "lambda:ListVersionsByFunction", arn
        yield "lambda:GetFunctionConfiguration", f"{arn}:{MADE_UP}"
        yield from provisioned(change, f"{arn}:{MADE_UP}")
        if "RuntimePolicy" in change.new:
            yield from ((f"lambda:{verb}RuntimeManagementConfig", f"{arn}:{MADE_UP}") for verb in ("Put", "Get"))
        return
    # The physical id is the version's ARN.
    yield "lambda:GetFunctionConfiguration", change.name
    yield f"lambda:{'DeleteFunction' if change.operation == DELETE else 'PutFunctionScalingConfig'}", change.name


def alias(change):
    arn = of_function(change, change.properties["FunctionName"])
    actions = {CREATE: ["CreateAlias"], UPDATE: ["GetAlias", "UpdateAlias"], DELETE: ["GetAlias", "DeleteAlias"]}
    yield from ((f"lambda:{action}", arn) for action in actions[change.operation])
    if change.operation != DELETE:
        yield from provisioned(change, f"{arn}:{change.new['Name']}")


def provisioned(change, arn):
    name = "ProvisionedConcurrencyConfig"
    if change.differs(name):
        yield f"lambda:{'Put' if name in change.new else 'Delete'}{name}", arn
        yield f"lambda:Get{name}", arn


def permission(change):
    arn = of_function(change, change.properties["FunctionName"])
    actions = {CREATE: ["AddPermission"], UPDATE: [], DELETE: ["RemovePermission"]}
    yield from ((f"lambda:{action}", arn) for action in actions[change.operation])


def url(change):
    arn = of_function(change, change.properties["TargetFunctionArn"], change.properties.get("Qualifier"))
    actions = {CREATE: ["Create"], UPDATE: ["Get", "Update"], DELETE: ["Delete"]}
    yield from ((f"lambda:{action}FunctionUrlConfig", arn) for action in actions[change.operation])


def event_invoke_config(change):
    qualifier = change.properties.get("Qualifier")
    arn = of_function(change, change.properties["FunctionName"], None if qualifier == "$LATEST" else qualifier)
    actions = {CREATE: ["Put"], UPDATE: ["Get", "Update"], DELETE: ["Delete"]}
    yield from ((f"lambda:{action}FunctionEventInvokeConfig", arn) for action in actions[change.operation])


def of_function(change, reference, qualifier=None):
    """The ARN of a function that is named by `NAME`, `NAME:QUALIFIER`, a part of its ARN or the whole."""
    name = reference.rpartition("function:")[2]
    return change.arn("lambda", f"function:{name}" + (f":{qualifier}" if qualifier and ":" not in name else ""))
