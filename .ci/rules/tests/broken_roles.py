"""What roles may do, widened."""

from changes import also, arn, drop, lacking, put, resource, reword, sub, without
from named import FUNCTION, HERE, KEYS, NAMED, PARAMETER, READ_PEOPLE, ROLE, STACK, TABLE

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
        also("RecordRole", Action="s3:GetObject", Resource="arn:aws:s3:::*/*", Condition=HERE),
        also("RecordRole", Action="codepipeline:GetPipelineState", Resource="arn:aws:codepipeline:us-east-1:*:shop"),
        also("RecordRole", Action="codepipeline:GetPipelineState", Resource="arn:aws:codepipeline:*:111122223333:shop"),
        also(
            "RecordRole",
            Action="codepipeline:GetPipelineState",
            Resource="arn:aws:codepipeline:us-east-?:111122223333:shop",
        ),
        also("GateRole", Action="ssm:GetParameter", Resource=sub(PARAMETER + "/?*")),
        also("GateRole", Action="ssm:GetParameter", Resource=sub(PARAMETER + "*")),
        also("GateRole", Action="lambda:GetFunction", Resource=sub(FUNCTION.replace("${ServiceName}", "*-*"))),
        also("GateRole", Action="cloudformation:DescribeStacks", Resource=sub(STACK.replace("${ServiceName}", "*/*"))),
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
    "wildcards": [
        also("GateRole", Action="ssm:GetParameter", Resource=sub(PARAMETER + "/flowgate/${ServiceName}*")),
        also("GateRole", Action="ssm:GetParameter", Resource=sub(PARAMETER + "/flowgate/${ServiceName}/peopl?")),
        reword("SweepRole", "ReadRoles", Resource=sub(ROLE + "-*")),
        reword("SweepRole", "ReadRoles", Resource="arn:aws:iam::111122223333:role/x*-pr-*"),
        reword("SweepRole", "SeeBuckets", Resource=sub("arn:aws:s3:::${ServiceName}-*")),
        reword("StartTestsRole", "ReadOutputs", Resource=sub(STACK + "-*/*")),
    ],
    "own_account": [
        reword("SweepRole", "EmptyBuckets", Condition=None),
        reword("SweepRole", "SeeBuckets", Condition={"StringEquals": {"aws:ResourceAccount": "999999999999"}}),
        reword("SweepRole", "SeeBuckets", Condition={"StringLike": {"aws:ResourceAccount": "*"}}),
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
        *(
            reword(
                "GateRole",
                "ReadDigests",
                Condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [key]}, **NAMED},
            )
            for key in ("lease#*", "d*", "digest*")
        ),
        reword(
            "GateRole", "FindRuns", Condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["run#*"]}, **NAMED}
        ),
        reword(
            "StartTestsRole",
            "AnnounceTests",
            Condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["decision#*"]}, **NAMED},
        ),
        reword("SweepRole", "FindLeases", Condition=None),
        reword("SweepRole", "FindLeases", Action="dynamodb:Scan"),
        reword("SweepRole", "FindLeases", Resource=arn("StateTable")),
        reword("SweepRole", "FindLeases", Condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["push"]}}),
        reword("SweepRole", "FindOpen", Condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["run"]}}),
        reword("LeaseRole", "FindLeases", Condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["job"]}}),
        reword(
            "PreviewRole", "FindPreviews", Condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["lease"]}}
        ),
        *(
            reword(role, sid, Condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [key]}, **NAMED})
            for role, sid, key in (
                ("PreviewRole", "KeepPreviews", "told#*"),
                ("PreviewRole", "KeepPreviews", "push#*"),
                ("RecordRole", "KeepSaid", "slots#*"),
                ("RecordRole", "ReadPreviews", "delivery#*"),
            )
        ),
        reword(
            "RecordRole",
            "ReadRuns",
            Condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["lease#*"]}, **NAMED},
        ),
        also("RecordRole", **TABLE),
        also(
            "RecordRole",
            Action="dynamodb:Scan",
            Resource=sub("arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${AWS::StackName}-*"),
        ),
    ],
    "own_log_groups": [
        drop("GateFunction", "Properties", "LoggingConfig"),
        put("GateFunction", "Properties", "LoggingConfig", "LogGroup", to={"Ref": "SweepLogs"}),
        put("GateFunction", "Properties", "LoggingConfig", "LogGroup", to="/aws/lambda/elsewhere"),
        reword("GateRole", "Logs", Resource=arn("SweepLogs")),
        reword("GateRole", "Logs", Resource=[arn("GateLogs"), arn("SweepLogs")]),
        reword("BuildRole", "Logs", Resource=arn("GateLogs")),
        also("StartRole", Action="logs:PutLogEvents", Resource=arn("GateLogs")),
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
    "unused_exceptions": [
        without("GateRole", "SettleJobs"),
        lacking("SweepRole", "FindStacks", "cloudformation:ListImports"),
    ],
}
