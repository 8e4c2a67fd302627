"""For each rule, changes to Flowgate's own template that it must find, and no other rule.

A change gets the template as SAM expands it, with all intrinsic functions still in it, and changes it in place.
"""

from changes import account, also, arn, drop, lacking, parameter, put, resource, reword, sub, trusting, without

BUCKETS = ("ArtifactBucket", "PackageBucket")
LOSSES = (
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
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
NAMED = {"Null": {"dynamodb:LeadingKeys": "false"}}
TABLE = {"Action": ["dynamodb:GetItem"], "Resource": arn("StateTable")}
TOPIC = {"Action": "sns:Publish", "Resource": {"Ref": "AlarmTopic"}}


def service(trusted, **statement):
    """A service's stack, with one role."""
    trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
    policy = {"PolicyName": "Any", "PolicyDocument": {"Statement": {"Effect": "Allow", **statement}}}
    role = {"AssumeRolePolicyDocument": {"Statement": trust}, "Policies": [policy]}
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}}


LAMBDA = {"Service": "lambda.amazonaws.com"}
# For each rule that holds for the stacks of services too, one of them that breaks it.
BROKEN_SERVICES = {
    "no_star_actions": service(LAMBDA, Action="s3:*", Resource="arn:aws:s3:::shop/*"),
    "pass_role": service(LAMBDA, Action="iam:PassRole", Resource="*"),
    "no_open_principals": service({"AWS": "*"}, Action="s3:GetObject", Resource="arn:aws:s3:::shop/*"),
}
BROKEN = {
    "no_star_actions": [
        reword("GateRole", "ReadPeople", Action="ssm:*"),
        reword("GateRole", "ReadPeople", Action="*"),
        reword("GateRole", "ReadPeople", Action=["ssm:GetParameter", "ssm:GetParameter?"]),
        reword("GateRole", "ReadPeople", Action=None, NotAction="ssm:PutParameter"),
        also("RecordRole", Action="ssm:GetParameter", NotResource="arn:aws:ssm:*:*:parameter/other"),
    ],
    "actions_spelled": [
        reword("GateRole", "ReadPeople", Action="SSM:GetParameter"),
        reword("GateRole", "ReadPeople", Action="ssm:getParameter"),
    ],
    "policies_in_roles": [
        resource("Ada", "AWS::IAM::User"),
        resource(
            "Aside",
            "AWS::IAM::Policy",
            PolicyName="Aside",
            Roles=[{"Ref": "PreviewDeployRole"}],
            PolicyDocument={"Statement": [{"Sid": "Aside", "Effect": "Allow", **READ_PEOPLE}]},
        ),
    ],
    "no_star_resources": [
        also("GateRole", Action="ssm:GetParameter", Resource="*"),
        also(
            "GateRole",
            Action="ssm:GetParameter",
            Resource=sub("arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/*"),
        ),
        also(
            "RecordRole",
            Action="codepipeline:GetPipelineState",
            Resource=sub("arn:aws:codepipeline:${AWS::Region}:${AWS::AccountId}:*"),
        ),
        also("RecordRole", Action="s3:GetObject", Resource="arn:aws:s3:::*/*"),
        also("RecordRole", Action="codepipeline:GetPipelineState", Resource="arn:aws:codepipeline:us-east-1:*:shop"),
        # An action more where one is excepted.
        reword(
            "SweepRole",
            "FindStacks",
            Action=[
                "cloudformation:DescribeStacks",
                "cloudformation:ListImports",
                "cloudformation:ListStacks",
                "cloudformation:ListExports",
            ],
        ),
    ],
    "unused_exceptions": [
        without("GateRole", "SettleJobs"),
        lacking("SweepRole", "FindStacks", "cloudformation:ListImports"),
    ],
    "pass_role": [
        reword("PipelineRole", "PassDeployRoles", Condition=None),
        reword("ProdDeployRole", "PassRolesToFunctions", Condition=None),
        reword("PipelineRole", "PassDeployRoles", Condition={"StringLike": {"iam:PassedToService": "*.amazonaws.com"}}),
        reword("PipelineRole", "PassDeployRoles", Resource=sub(ROLE + "-*")),
        reword("ProdDeployRole", "PassRolesToFunctions", Resource=sub(ROLE + "-prod*")),
    ],
    "no_managed_policies": [
        put(
            "GateRole",
            "Properties",
            "ManagedPolicyArns",
            to=["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
        ),
        put(
            "DeployRole",
            "Properties",
            "ManagedPolicyArns",
            to=[sub("arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess")],
        ),
        put("ProdDeployRole", "Properties", "ManagedPolicyArns", to=["arn:aws:iam::aws:policy/PowerUserAccess"]),
        put("BuildRole", "Properties", "ManagedPolicyArns", to={"Ref": "DeployPolicyArns"}),
    ],
    "sids": [
        reword("GateRole", "ReadPeople", Sid=None),
        reword("GateRole", "ReadPeople", Sid="ReadPushes"),
        reword("AlarmTopicPolicy", "OnlyOverTLS", Sid=None),
    ],
    "leading_keys": [
        reword("GateRole", "ReadDigests", Condition=None),
        reword("GateRole", "ReadDigests", Condition=KEYS),
        reword("GateRole", "ReadDigests", Condition=NAMED),
        reword(
            "GateRole", "ReadDigests", Condition={"ForAnyValue:StringLike": KEYS["ForAllValues:StringLike"], **NAMED}
        ),
        reword(
            "GateRole", "ReadDigests", Condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["*"]}, **NAMED}
        ),
        reword("SweepRole", "FindLeases", Condition=None),
        also("RecordRole", **TABLE),
        also(
            "RecordRole",
            Action="dynamodb:Scan",
            Resource=sub("arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${AWS::StackName}-*"),
        ),
    ],
    "no_open_principals": [
        also("AlarmTopicPolicy", Principal="*", **TOPIC),
        also("AlarmTopicPolicy", Principal={"AWS": "*"}, **TOPIC),
        also(
            "AlarmTopicPolicy",
            Principal={"AWS": ["*"]},
            Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
            **TOPIC,
        ),
        also("AlarmTopicPolicy", NotPrincipal={"AWS": "arn:aws:iam::111122223333:root"}, **TOPIC),
        trusting("GateRole", Principal={"AWS": "*"}),
        trusting("GateRole", Principal={"Service": "*"}),
    ],
    "bound_services": [
        trusting("BuildRole", Condition={}),
        trusting("BuildRole", Condition=account()),
        trusting(
            "BuildRole", Condition={"ArnLike": {"aws:SourceArn": "arn:aws:codebuild:us-east-1:111122223333:project/x"}}
        ),
        trusting("BuildRole", Condition={**account(), "ArnLike": {"aws:SourceArn": "arn:aws:codebuild:*:*:project/x"}}),
        trusting("PipelineRole", Condition={}),
        trusting("PipelineRole", Condition=account("StringEqualsIfExists")),
        trusting("GateRole", Condition={}),
        trusting("SweepScheduleRole", Condition=account()),
        trusting("StartRole", Condition=account()),
        reword("AlarmTopicPolicy", "OnlyTheseAlarms", Condition=account()),
        reword("AlarmTopicPolicy", "OnlyTheseAlarms", Condition=None),
    ],
    "boundary": [
        reword("DeployRole", "RolesWithinTheBoundary", Condition=None),
        reword(
            "PreviewDeployRole", "RolesWithinTheBoundary", Condition={"StringLike": {"iam:PermissionsBoundary": "*"}}
        ),
        also("ProdDeployRole", Action="iam:PutRolePolicy", Resource=sub(ROLE + "-prod-*")),
        also("ProdDeployRole", Action="iam:Putrolepolicy", Resource=sub(ROLE + "-prod-*")),
        also("ProdDeployRole", Action="iam:DeleteRolePermissionsBoundary", Resource=sub(ROLE + "-prod-*")),
    ],
    "release_writers": [
        also("GateRole", Action="s3:PutObject", Resource=sub("${PackageBucket.Arn}/*")),
        also("SweepRole", Action="s3:DeleteObjectVersion", Resource=sub("${ArtifactBucket.Arn}/*")),
        also("PipelineRole", Action="s3:PutObject", Resource=sub("${PackageBucket.Arn}/*")),
        also("BuildRole", Action="s3:DeleteObject", Resource=sub("${PackageBucket.Arn}/*")),
        also("BuildRole", Action="s3:PutObjectAcl", Resource=sub("${ArtifactBucket.Arn}/*/Build/*")),
        also("StartTestsRole", Action="s3:PutObject", Resource="arn:aws:s3:::time-service-*/*"),
        also("PreviewDeployRole", Action="s3:GetObject", Resource=sub("${PackageBucket.Arn}/*")),
        also("PreviewDeployRole", Action="s3:ListBucket", Resource=arn("ArtifactBucket")),
    ],
    "release_buckets_shut": [
        *(
            drop_sid
            for bucket in BUCKETS
            for drop_sid in (
                without(f"{bucket}Policy", "TheServiceKeepsIt"),
                without(f"{bucket}Policy", "PreviewsStayOut"),
                lacking(f"{bucket}Policy", "TheServiceKeepsIt", "s3:DeleteObjectVersion"),
            )
        ),
        *(lacking("PackageBucketPolicy", "TheServiceKeepsIt", action) for action in LOSSES),
        without("PackageBucketPolicy", "OnlyTheBuildWrites"),
        without("ArtifactBucketPolicy", "OnlyThePipelineWrites"),
        lacking("PackageBucketPolicy", "OnlyTheBuildWrites", "s3:PutObject"),
        reword(
            "PackageBucketPolicy",
            "OnlyTheBuildWrites",
            Condition={"ArnNotLike": {"aws:PrincipalArn": sub(ROLE + "-*")}},
        ),
        reword("PackageBucketPolicy", "OnlyTheBuildWrites", Resource=sub("${PackageBucket.Arn}/release/*")),
        reword("PackageBucketPolicy", "OnlyTheBuildWrites", Principal={"AWS": "arn:aws:iam::111122223333:role/other"}),
        # A condition more is a way around it.
        reword(
            "PackageBucketPolicy",
            "OnlyTheBuildWrites",
            Condition={"ArnNotEquals": {"aws:PrincipalArn": arn("BuildRole")}, "Bool": {"aws:ViaAWSService": "false"}},
        ),
        reword(
            "ArtifactBucketPolicy",
            "PreviewsStayOut",
            Condition={"ArnLike": {"aws:PrincipalArn": arn("PreviewDeployRole")}},
        ),
    ],
    "only_over_tls": [
        *(without(f"{name}Policy", "OnlyOverTLS") for name in (*BUCKETS, "AlarmTopic", "NoticeTopic", "ApprovalTopic")),
        reword("AlarmTopicPolicy", "OnlyOverTLS", Effect="Allow", Principal={"AWS": arn("GateRole")}),
        reword("PackageBucketPolicy", "OnlyOverTLS", Action="s3:GetObject"),
        reword("PackageBucketPolicy", "OnlyOverTLS", Resource=sub("${PackageBucket.Arn}/*")),
        reword("PackageBucketPolicy", "OnlyOverTLS", Condition={"Bool": {"aws:SecureTransport": "true"}}),
    ],
    "callers": [
        also("SweepScheduleRole", Action="lambda:InvokeFunction", Resource=arn("GateFunction")),
        also("BuildRole", Action="lambda:InvokeFunction", Resource=sub(FUNCTION + "-flowgate-gate")),
        reword("StartTestsRole", "RunTests", Resource=sub(FUNCTION + "-*")),
        put("BuildRulePermission", "Properties", "FunctionName", to={"Ref": "GateFunction"}),
        put("BuildRulePermission", "Properties", "Principal", to="*"),
        drop("BuildRulePermission", "Properties", "SourceArn"),
        put("PushRulePermission", "Properties", "SourceArn", to=sub("arn:aws:events:${AWS::Region}:*:rule/any")),
        resource(
            "Open",
            "AWS::Lambda::Permission",
            FunctionName={"Ref": "SweepFunction"},
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=sub("arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:api/*"),
        ),
    ],
    "paths_apart": [
        also("PreviewDeployRole", Action="lambda:UpdateFunctionCode", Resource=sub(FUNCTION + "-prod-*")),
        also("PreviewDeployRole", Action="lambda:UpdateFunctionCode", Resource=sub(FUNCTION + "-p*")),
        also("DeployRole", Action="lambda:UpdateFunctionCode", Resource=sub(FUNCTION + "-dev-*")),
        also("DeployRole", Action="lambda:DeleteFunction", Resource=sub(FUNCTION + "-prod-x")),
        also("PreviewDeployRole", Action="iam:TagRole", Resource=[sub(ROLE + "-pr-*"), sub(ROLE + "-beta-*")]),
    ],
    "flowgate_untouched": [
        also("DeployRole", Action="lambda:UpdateFunctionCode", Resource=sub(FUNCTION + "-flowgate-*")),
        also("PreviewDeployRole", Action="iam:DeleteRole", Resource=arn("GateRole")),
        also(
            "ProdDeployRole",
            Action="ssm:PutParameter",
            Resource=sub("arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/flowgate/${ServiceName}/*"),
        ),
        also("ProdDeployRole", Action="codepipeline:UpdatePipeline", Resource=sub(PIPELINE)),
    ],
    "own_log_groups": [
        drop("GateFunction", "Properties", "LoggingConfig"),
        put("GateFunction", "Properties", "LoggingConfig", "LogGroup", to={"Ref": "SweepLogs"}),
        put("GateFunction", "Properties", "LoggingConfig", "LogGroup", to="/aws/lambda/elsewhere"),
    ],
    "sweep_spares": [
        without("SweepRole", "SpareReleases"),
        without("SweepRole", "SpareFlowgate"),
        lacking("SweepRole", "SpareReleases", "cloudformation:UpdateTerminationProtection"),
        reword(
            "SweepRole", "SpareReleases", Resource=[sub(f"{STACK}-{stage}/*") for stage in ("tests", "beta", "gamma")]
        ),
        also("SweepRole", Action="cloudformation:DeleteStack", Resource=sub(STACK + "-*/*")),
    ],
    "known_resources": [
        reword("GateRole", "FindPackages", Resource=sub("${PackageBucket.Arn}/*")),
        also("GateRole", Action="ssm:GetParameter", Resource=arn("PackageBucket")),
        also(
            "GateRole",
            Action="codepipeline:PutJobSuccessResult",
            Resource=sub("arn:aws:codepipeline:${AWS::Region}:${AWS::AccountId}:x"),
        ),
        also(
            "GateRole",
            Action="ssm:GetParameters",
            Resource=[sub("arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/flowgate/x"), arn("GateLogs")],
        ),
    ],
    "bucket_versioned": [
        drop("ArtifactBucket", "Properties", "VersioningConfiguration"),
        put("PackageBucket", "Properties", "VersioningConfiguration", to={"Status": "Suspended"}),
    ],
    "bucket_encrypted": [drop("ArtifactBucket", "Properties", "BucketEncryption")],
    "bucket_private": [
        drop("ArtifactBucket", "Properties", "PublicAccessBlockConfiguration"),
        *(
            put(
                "PackageBucket",
                "Properties",
                "PublicAccessBlockConfiguration",
                to={
                    **dict.fromkeys(
                        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
                    ),
                    open_way: False,
                },
            )
            for open_way in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        ),
    ],
    "bucket_kept": [
        drop("ArtifactBucket", "DeletionPolicy"),
        put("PackageBucket", "DeletionPolicy", to="Delete"),
        drop("PackageBucket", "UpdateReplacePolicy"),
    ],
    "table_recovers": [
        drop("StateTable", "Properties", "PointInTimeRecoverySpecification"),
        put("StateTable", "Properties", "PointInTimeRecoverySpecification", to={"PointInTimeRecoveryEnabled": False}),
    ],
    "table_encrypted": [drop("StateTable", "Properties", "SSESpecification")],
    "table_kept": [drop("StateTable", "DeletionPolicy"), put("StateTable", "UpdateReplacePolicy", to="Delete")],
    "logs_expire": [
        drop("GateLogs", "Properties", "RetentionInDays"),
        put("BuildLogs", "Properties", "RetentionInDays", to=3653),
    ],
    "deploy_roles_kept": [
        drop("DeployRole", "DeletionPolicy"),
        put("PreviewDeployRole", "UpdateReplacePolicy", to="Delete"),
    ],
    "secrets_hidden": [
        parameter("WebhookSecret"),
        parameter("GitHubToken", NoEcho=False),
        parameter("DbPassword", NoEcho=True, Default="hunter2"),
    ],
}
