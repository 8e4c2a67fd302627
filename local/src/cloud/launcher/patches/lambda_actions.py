"""Permissions for AWS::Lambda: by the handlers of the published resource schemas. What they read is asked for always, and
what sets a property only where that is set."""

from patches.resource_change import CREATE, DELETE, MADE_UP, UPDATE, tags

CODE = ("Code", "Architectures")
# Properties that are no part of a function's configuration: what sets them, and what takes them away.
OF_THEIR_OWN = {
    "ReservedConcurrentExecutions": ("PutFunctionConcurrency", "DeleteFunctionConcurrency"),
    "RuntimeManagementConfig": ("PutRuntimeManagementConfig", "PutRuntimeManagementConfig"),
    "RecursiveLoop": ("PutFunctionRecursionConfig", "PutFunctionRecursionConfig"),
    "FunctionScalingConfig": ("PutFunctionScalingConfig", "PutFunctionScalingConfig"),
}
# What is read of a function and of a version, when it was made or changed.
FUNCTION_READ = (
    "GetFunction", "GetFunctionCodeSigningConfig", "GetFunctionRecursionConfig", "GetFunctionScalingConfig",
    "GetRuntimeManagementConfig",
)
VERSION_READ = (
    "GetFunctionConfiguration", "GetFunctionScalingConfig", "GetProvisionedConcurrencyConfig",
    "GetRuntimeManagementConfig",
)
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
    yield from ((f"lambda:{put}", arn) for name, (put, _) in OF_THEIR_OWN.items() if name in change.new)
    if "CodeSigningConfigArn" in change.new:
        yield "lambda:GetCodeSigningConfig", change.new["CodeSigningConfigArn"]
    yield from of_others(change.new)
    yield from all_on(arn, FUNCTION_READ)


def function_updated(change):
    arn = change.arn("lambda", f"function:{change.name}")
    yield from all_on(arn, FUNCTION_READ)
    if change.differs(*CODE):
        yield "lambda:UpdateFunctionCode", arn
        yield from package(change.new)
    if change.differs_beside(*CODE, *OF_THEIR_OWN, "CodeSigningConfigArn", "Tags"):
        yield "lambda:UpdateFunctionConfiguration", arn
        yield from role_passed(change.new)
        yield from layers(change.new)
        yield from of_others(change.new)
    for name, (put, remove) in OF_THEIR_OWN.items():
        if change.differs(name):
            yield f"lambda:{put if name in change.new else remove}", arn
    if change.differs("CodeSigningConfigArn"):
        yield f"lambda:{'Put' if 'CodeSigningConfigArn' in change.new else 'Delete'}FunctionCodeSigningConfig", arn
    if tags(change.new) != tags(change.old):
        yield from all_on(arn, ("ListTags", "TagResource", "UntagResource"))


def function_deleted(change):
    arn = change.arn("lambda", f"function:{change.name}")
    yield from all_on(arn, ("GetFunction", "DeleteFunction"))
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
    if change.operation == CREATE:
        arn = of_function(change, change.properties["FunctionName"])
        yield from all_on(arn, ("PublishVersion", "ListVersionsByFunction"))
        yield from all_on(f"{arn}:{MADE_UP}", VERSION_READ)
        yield from provisioned(change, f"{arn}:{MADE_UP}")
        if "RuntimePolicy" in change.new:
            yield "lambda:PutRuntimeManagementConfig", f"{arn}:{MADE_UP}"
        return
    actions = {UPDATE: ["PutFunctionScalingConfig", *VERSION_READ], DELETE: ["GetFunctionConfiguration", "DeleteFunction"]}
    # The physical id is the version's ARN.
    yield from all_on(change.name, actions[change.operation])


def alias(change):
    arn = of_function(change, change.properties["FunctionName"])
    actions = {
        CREATE: ["CreateAlias", "GetAlias"], UPDATE: ["GetAlias", "UpdateAlias"], DELETE: ["GetAlias", "DeleteAlias"],
    }
    yield from all_on(arn, actions[change.operation])
    if change.operation != DELETE:
        own = f"{arn}:{change.new['Name']}"
        yield "lambda:GetProvisionedConcurrencyConfig", own
        yield from provisioned(change, own)


def provisioned(change, arn):
    name = "ProvisionedConcurrencyConfig"
    if change.differs(name):
        yield f"lambda:{'Put' if name in change.new else 'Delete'}{name}", arn


def permission(change):
    arn = of_function(change, change.properties["FunctionName"])
    actions = {CREATE: ["AddPermission", "GetPolicy"], UPDATE: ["GetPolicy"], DELETE: ["RemovePermission"]}
    yield from all_on(arn, actions[change.operation])


def url(change):
    arn = of_function(change, change.properties["TargetFunctionArn"], change.properties.get("Qualifier"))
    actions = {CREATE: ["Create", "Get"], UPDATE: ["Get", "Update"], DELETE: ["Delete"]}
    yield from all_on(arn, (f"{action}FunctionUrlConfig" for action in actions[change.operation]))


def event_invoke_config(change):
    qualifier = change.properties.get("Qualifier")
    arn = of_function(change, change.properties["FunctionName"], None if qualifier == "$LATEST" else qualifier)
    actions = {CREATE: ["Put", "Get"], UPDATE: ["Get", "Update"], DELETE: ["Delete"]}
    yield from all_on(arn, (f"{action}FunctionEventInvokeConfig" for action in actions[change.operation]))


def all_on(arn, actions):
    yield from ((f"lambda:{action}", arn) for action in actions)


def of_function(change, reference, qualifier=None):
    """The ARN of a function that is named by `NAME`, `NAME:QUALIFIER`, `ACCOUNT:function:NAME` or its own ARN, which may be
    of another account or region."""
    whose, _, name = reference.rpartition("function:")
    if not reference.startswith("arn:"):
        account = whose.rstrip(":") or change.account
        whose = f"arn:aws:lambda:{change.region}:{account}:"
    return f"{whose}function:{name}" + (f":{qualifier}" if qualifier and ":" not in name else "")
