"""What it takes to detect drift: whoever asks for it needs CloudFormation's own permissions, and those to read each
resource. They are those of the `read` handlers in AWS's published resource schemas, with the ARN that each is about."""

from patches import lambda_actions, role_actions
from patches.log_actions import READ as LOG_GROUP_READ

# To know how a type is set up in this account; that is asked whatever the stack is made of.
CONFIGURATIONS = "cloudformation:BatchDescribeTypeConfigurations"
BUCKET_READ = (
    "GetAccelerateConfiguration", "GetAnalyticsConfiguration", "GetBucketCORS", "GetBucketLogging",
    "GetBucketNotification", "GetBucketObjectLockConfiguration", "GetBucketOwnershipControls",
    "GetBucketPublicAccessBlock", "GetBucketTagging", "GetBucketVersioning", "GetBucketWebsite",
    "GetEncryptionConfiguration", "GetIntelligentTieringConfiguration", "GetInventoryConfiguration",
    "GetLifecycleConfiguration", "GetMetricsConfiguration", "GetReplicationConfiguration", "ListBucket",
)


def may_detect():
    """Raises `Denied` unless whoever asks may detect drift at all."""
    ask([(CONFIGURATIONS, "*")])


def may_read(record):
    """Raises `Denied` unless whoever asks may read this resource of a stack."""
    ask(needed(record["ResourceType"], record["PhysicalResourceId"], record.get("Properties") or {}))


def ask(permissions):
    from patches.resource_permissions import tags_of
    from patches.stack_permissions import of_caller

    if permit := of_caller():
        for action, arn in permissions:
            permit(action, arn, tags_of(arn))


def needed(kind, name, properties):
    """What it takes to read a resource that has this physical id, each as (action, ARN)."""
    if kind == "AWS::Logs::LogGroup":
        return log_group(name)
    if kind not in READS:
        return []
    (service, actions), place = READS[kind], ARNS.get(kind, itself)
    return [(f"{service}:{action}", place(name, properties)) for action in actions]


def log_group(name):
    group, every = own("logs", f"log-group:{name}"), own("logs", "log-group::log-stream:")
    about = {"ListTagsForResource": group}
    reads = [(f"logs:{action}", about.get(action, f"{group}:log-stream:")) for action in LOG_GROUP_READ]
    return [("logs:DescribeLogGroups", every), *reads]


READS = {
    "AWS::ApiGateway::RestApi": ("apigateway", ("GET",)),
    "AWS::ApiGateway::Stage": ("apigateway", ("GET",)),
    "AWS::DynamoDB::Table": ("dynamodb", (
        "DescribeTable", "DescribeContinuousBackups", "DescribeContributorInsights", "DescribeTimeToLive",
        "ListTagsOfResource")),
    "AWS::ECR::Repository": ("ecr", (
        "DescribeRepositories", "GetLifecyclePolicy", "GetRepositoryPolicy", "ListTagsForResource")),
    "AWS::Events::Rule": ("events", ("DescribeRule", "ListTargetsByRule")),
    "AWS::IAM::Role": ("iam", tuple(action for action, in role_actions.READ)),
    "AWS::Kinesis::Stream": ("kinesis", ("DescribeStreamSummary", "ListTagsForStream")),
    "AWS::Lambda::Alias": ("lambda", ("GetAlias",)),
    "AWS::Lambda::Function": ("lambda", lambda_actions.FUNCTION_READ),
    "AWS::S3::Bucket": ("s3", BUCKET_READ),
    "AWS::SecretsManager::Secret": ("secretsmanager", ("DescribeSecret", "GetSecretValue")),
    "AWS::SNS::Subscription": ("sns", ("GetSubscriptionAttributes",)),
    "AWS::SNS::Topic": ("sns", (
        "GetTopicAttributes", "GetDataProtectionPolicy", "ListSubscriptionsByTopic", "ListTagsForResource")),
    "AWS::SQS::Queue": ("sqs", ("GetQueueAttributes", "ListQueueTags")),
    "AWS::SSM::Parameter": ("ssm", ("GetParameters",)),
    "AWS::StepFunctions::StateMachine": ("states", ("DescribeStateMachine", "ListTagsForResource")),
}


def own(service, resource):
    from patches.authority import account_id, region

    return f"arn:aws:{service}:{'' if service == 'iam' else region()}:{account_id()}:{resource}"


def itself(name, properties):
    """The physical id is the ARN."""
    return name


def of_api(name, properties, rest=""):
    from patches.authority import region

    return f"arn:aws:apigateway:{region()}::/restapis/{name}{rest}"


ARNS = {
    "AWS::ApiGateway::RestApi": of_api,
    "AWS::ApiGateway::Stage": lambda name, properties: of_api(properties["RestApiId"], properties, f"/stages/{name}"),
    "AWS::DynamoDB::Table": lambda name, _: own("dynamodb", f"table/{name}"),
    "AWS::ECR::Repository": lambda name, _: own("ecr", f"repository/{name}"),
    "AWS::Events::Rule": lambda name, _: own("events", f"rule/{name}"),
    "AWS::IAM::Role": lambda name, properties: own("iam", f"role{properties.get('Path', '/')}{name}"),
    "AWS::Kinesis::Stream": lambda name, _: own("kinesis", f"stream/{name}"),
    # That of its function: IAM knows an alias's permissions by that.
    "AWS::Lambda::Alias": lambda name, _: name.rpartition(":")[0],
    "AWS::Lambda::Function": lambda name, _: own("lambda", f"function:{name}"),
    "AWS::S3::Bucket": lambda name, _: f"arn:aws:s3:::{name}",
    "AWS::SQS::Queue": lambda name, _: own("sqs", name.rpartition("/")[2]),
    "AWS::SSM::Parameter": lambda name, _: own("ssm", f"parameter/{name.lstrip('/')}"),
}
