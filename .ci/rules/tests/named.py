"""What several changes name."""

from changes import account, arn, sub

BUCKETS = ("ArtifactBucket", "PackageBucket")
DEPLOYS = ("DeployRole", "PreviewDeployRole", "ProdDeployRole")
STACK_CHANGES = (
    "CancelUpdateStack",
    "ContinueUpdateRollback",
    "CreateChangeSet",
    "CreateStack",
    "DeleteChangeSet",
    "DeleteStack",
    "ExecuteChangeSet",
    "RollbackStack",
    "SetStackPolicy",
    "UpdateStack",
    "UpdateTerminationProtection",
)
FUNCTION = "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${ServiceName}"
ROLE = "arn:aws:iam::${AWS::AccountId}:role/${ServiceName}"
PIPELINE = "arn:aws:codepipeline:${AWS::Region}:${AWS::AccountId}:${Pipeline}"
STACK = "arn:aws:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/${ServiceName}"
READ_PEOPLE = {
    "Action": "ssm:GetParameter",
    "Resource": sub("arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/flowgate/${ServiceName}/people"),
}
KEYS = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["digest#*"]}}
PARAMETER = "arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter"
OVERRIDES = PARAMETER + "/flowgate/${ServiceName}/overrides"
STACK_TAG = "aws:ResourceTag/aws:cloudformation:stack-name"
HERE = {"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}}
NAMED = {"Null": {"dynamodb:LeadingKeys": "false"}}
TABLE = {"Action": ["dynamodb:GetItem"], "Resource": arn("StateTable")}
TOPIC = {"Action": "sns:Publish", "Resource": {"Ref": "AlarmTopic"}}


def bound_to(what, of="${AWS::AccountId}"):
    return {**account(), "ArnLike": {"aws:SourceArn": sub(f"arn:aws:codebuild:${{AWS::Region}}:{of}:{what}")}}


def passing(service):
    return {"StringEquals": {"iam:PassedToService": service}}


def deploying(own):
    """What keeps a role from the APIs of other stacks."""
    return {"Null": {STACK_TAG: "false"}, "StringNotLike": {STACK_TAG: own}}


LAMBDA = {"Service": "lambda.amazonaws.com"}
TRUST = {
    "Effect": "Allow",
    "Principal": LAMBDA,
    "Action": "sts:AssumeRole",
    "Condition": account("StringEqualsIfExists"),
}
