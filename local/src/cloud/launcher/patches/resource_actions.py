"""Which permissions CloudFormation uses to make, change and delete a resource, by its type: (action, ARN, condition
keys).

They are those of the handlers in AWS's published resource schemas (create and read; read and update; delete), without what
sets up what the resource at hand does not have: a permission for VPCs is asked for only where there is one."""

from patches import api_actions, lambda_actions, log_actions, nested_actions, role_actions

TYPES = {
    "AWS::ApiGateway::Account": api_actions.account,
    "AWS::ApiGateway::Deployment": api_actions.deployment,
    "AWS::ApiGateway::Method": api_actions.method,
    "AWS::ApiGateway::Resource": api_actions.resource,
    "AWS::ApiGateway::RestApi": api_actions.rest_api,
    "AWS::ApiGateway::Stage": api_actions.stage,
    "AWS::CloudFormation::Stack": nested_actions.stack,
    "AWS::IAM::Role": role_actions.role,
    "AWS::Lambda::Alias": lambda_actions.alias,
    "AWS::Lambda::EventInvokeConfig": lambda_actions.event_invoke_config,
    "AWS::Lambda::Function": lambda_actions.function,
    "AWS::Lambda::Permission": lambda_actions.permission,
    "AWS::Lambda::Url": lambda_actions.url,
    "AWS::Lambda::Version": lambda_actions.version,
    "AWS::Logs::LogGroup": log_actions.log_group,
}
# A change of one of these makes a new resource.
CREATE_ONLY = {
    "AWS::ApiGateway::Deployment": {"DeploymentCanarySettings", "RestApiId"},
    "AWS::ApiGateway::Method": {"RestApiId", "ResourceId", "HttpMethod"},
    "AWS::ApiGateway::Resource": {"PathPart", "ParentId", "RestApiId"},
    "AWS::ApiGateway::Stage": {"RestApiId", "StageName"},
    "AWS::CloudFormation::Stack": {"StackName"},
    "AWS::IAM::Role": {"Path", "RoleName"},
    "AWS::Lambda::Alias": {"Name", "FunctionName"},
    "AWS::Lambda::EventInvokeConfig": {"FunctionName", "Qualifier"},
    "AWS::Lambda::Function": {"FunctionName", "PackageType", "TenancyConfig"},
    "AWS::Lambda::Permission": {
        "FunctionName", "FunctionUrlAuthType", "InvokedViaFunctionUrl", "SourceAccount", "SourceArn", "Principal",
        "PrincipalOrgID", "Action", "EventSourceToken",
    },
    "AWS::Lambda::Url": {"TargetFunctionArn", "Qualifier"},
    "AWS::Lambda::Version": {
        "FunctionName", "Description", "CodeSha256", "ProvisionedConcurrencyConfig", "RuntimePolicy",
    },
    "AWS::Logs::LogGroup": {"LogGroupName"},
}
# The property that names a resource, and how long a name that CloudFormation makes up can be.
NAMED = {
    "AWS::CloudFormation::Stack": ("StackName", 128),
    "AWS::IAM::Role": ("RoleName", 64),
    "AWS::Lambda::Function": ("FunctionName", 64),
    "AWS::Logs::LogGroup": ("LogGroupName", 512),
}
# They exist in CloudFormation only.
WITHOUT = ("AWS::CloudFormation::WaitCondition", "AWS::CloudFormation::WaitConditionHandle")
NAMESPACES = {"apigatewayv2": "apigateway", "elasticloadbalancingv2": "elasticloadbalancing", "stepfunctions": "states"}


def needed(change):
    """What this change takes, each as (action, ARN, condition keys)."""
    actions = TYPES.get(change.kind, other)
    return [(action, arn, dict(*context)) for action, arn, *context in actions(change)]


def is_replaced(kind, old, new):
    return any(old.get(name) != new.get(name) for name in CREATE_ONLY.get(kind, ()))


def is_known(kind):
    return kind in TYPES or kind in WITHOUT or is_custom(kind)


def is_custom(kind):
    return kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"


def other(change):
    """A type that nothing is known of may be made by whoever may do everything in its service."""
    if is_custom(change.kind):
        provider = change.properties["ServiceToken"]
        yield ("sns:Publish" if ":sns:" in provider else "lambda:InvokeFunction"), provider
    elif change.kind not in WITHOUT:
        yield f"{namespace(change.kind)}:*", "*"


def namespace(kind):
    """What the actions of a type's service begin with."""
    service = kind.split("::")[1].lower()
    return NAMESPACES.get(service, service)
