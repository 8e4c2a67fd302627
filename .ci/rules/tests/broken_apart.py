"""What keeps buckets, stages and Flowgate apart, taken away."""

from changes import also, arn, lacking, reword, sub, without
from named import BUCKETS, DEPLOYS, FUNCTION, HERE, PARAMETER, PIPELINE, ROLE, STACK, STACK_CHANGES, deploying

BROKEN = {
    "writers": [
        also("GateRole", Action="s3:PutObject", Resource=sub("${PackageBucket.Arn}/*")),
        also("SweepRole", Action="s3:DeleteObjectVersion", Resource=sub("${ArtifactBucket.Arn}/*")),
        also("PipelineRole", Action="s3:PutObject", Resource=sub("${PackageBucket.Arn}/*")),
        also("BuildRole", Action="s3:DeleteObject", Resource=sub("${PackageBucket.Arn}/*")),
        also("BuildRole", Action="s3:PutObjectAcl", Resource=sub("${ArtifactBucket.Arn}/*/Build/*")),
        also("StartTestsRole", Action="s3:PutObject", Resource="arn:aws:s3:::time-service-*/*", Condition=HERE),
        also("PreviewBuildRole", Action="s3:DeleteObject", Resource=sub("${PreviewPackageBucket.Arn}/*")),
        also("PreviewPipelineRole", Action="s3:PutObject", Resource=sub("${PreviewPackageBucket.Arn}/*")),
        also("LeaseRole", Action="s3:PutObject", Resource=sub("${PreviewArtifactBucket.Arn}/*")),
    ],
    "buckets_shut": [
        *(
            change
            for bucket in BUCKETS
            for sid in ("TheServiceKeepsIt", "PreviewsStayOut")
            for change in (
                without(f"{bucket}Policy", sid),
                reword(f"{bucket}Policy", sid, Resource=arn(bucket)),
                reword(f"{bucket}Policy", sid, Resource=sub(f"${{{bucket}.Arn}}/*")),
            )
        ),
        reword("PackageBucketPolicy", "TheServiceKeepsIt", NotAction=["s3:GetObject", "s3:DeleteObject"]),
        reword("PackageBucketPolicy", "TheServiceKeepsIt", NotAction=None, Action=["s3:DeleteObject", "s3:PutObject"]),
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
        # Of the pipeline of previews, and of its build.
        *(
            reword(
                f"{bucket}Policy",
                "PreviewsStayOut",
                Condition={
                    "ArnLike": {
                        "aws:PrincipalArn": [
                            *map(arn, ("PreviewDeployRole", other)),
                            *(
                                sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/${{ServiceName}}-{kind}-*")
                                for kind in ("pr", "dev")
                            ),
                        ]
                    }
                },
            )
            for bucket in BUCKETS
            for other in ("PreviewBuildRole", "PreviewPipelineRole")
        ),
        *(
            without(f"Preview{policy}BucketPolicy", sid)
            for policy, sids in (
                ("Artifact", ("OnlyThePipelineWrites", "StacksStayOut", "TheReleaseStaysOut")),
                ("Package", ("OnlyTheBuildWrites", "StacksKeepIt", "TheReleaseStaysOut")),
            )
            for sid in sids
        ),
        reword("PreviewPackageBucketPolicy", "StacksKeepIt", NotAction=["s3:GetObject", "s3:PutObject"]),
        reword("PreviewArtifactBucketPolicy", "TheReleaseStaysOut", Action="s3:PutObject"),
        reword(
            "PreviewPackageBucketPolicy",
            "TheReleaseStaysOut",
            Condition={"ArnLike": {"aws:PrincipalArn": [arn("BuildRole"), arn("PipelineRole")]}},
        ),
    ],
    "only_over_tls": [
        *(
            without(f"{name}Policy", "OnlyOverTLS")
            for name in (
                *BUCKETS,
                *(f"Preview{bucket}" for bucket in BUCKETS),
                "AlarmTopic",
                "NoticeTopic",
                "ApprovalTopic",
                "ReleaseTopic",
            )
        ),
        reword("AlarmTopicPolicy", "OnlyOverTLS", Effect="Allow", Principal={"AWS": arn("GateRole")}),
        reword("PackageBucketPolicy", "OnlyOverTLS", Action="s3:GetObject"),
        reword("PackageBucketPolicy", "OnlyOverTLS", Resource=sub("${PackageBucket.Arn}/*")),
        reword("PackageBucketPolicy", "OnlyOverTLS", Condition={"Bool": {"aws:SecureTransport": "true"}}),
    ],
    "buckets_deny": [
        also(
            "PackageBucketPolicy",
            Principal={"AWS": arn("BuildRole")},
            Action="s3:GetObject",
            Resource=sub("${PackageBucket.Arn}/*"),
        ),
        also(
            "ArtifactBucketPolicy",
            Principal={"AWS": "999999999999"},
            Action="s3:ListBucket",
            Resource=arn("ArtifactBucket"),
        ),
    ],
    "paths_apart": [
        also("PreviewDeployRole", Action="lambda:UpdateFunctionCode", Resource=sub(FUNCTION + "-prod-*")),
        also("PreviewDeployRole", Action="lambda:UpdateFunctionCode", Resource=sub(FUNCTION + "-p*")),
        also("DeployRole", Action="lambda:UpdateFunctionCode", Resource=sub(FUNCTION + "-dev-*")),
        also("DeployRole", Action="lambda:DeleteFunction", Resource=sub(FUNCTION + "-prod-x")),
        also("PreviewDeployRole", Action="iam:TagRole", Resource=[sub(ROLE + "-pr-*"), sub(ROLE + "-beta-*")]),
        *(without(role, "SpareApisOfOtherStacks") for role in DEPLOYS),
        *(lacking(role, "SpareApisOfOtherStacks", "apigateway:PATCH") for role in DEPLOYS),
        reword("DeployRole", "SpareApisOfOtherStacks", Condition=deploying(["*"])),
        reword("ProdDeployRole", "SpareApisOfOtherStacks", Condition=deploying([sub("${ServiceName}-*")])),
        reword(
            "ProdDeployRole",
            "SpareApisOfOtherStacks",
            Condition={
                **deploying([sub("${ServiceName}-prod"), sub("${ServiceName}-prod-*")]),
                "Bool": {"aws:ViaAWSService": "true"},
            },
        ),
        reword("ProdDeployRole", "SpareApisOfOtherStacks", Resource="arn:aws:apigateway:us-east-1::/restapis/a"),
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
        also("ProdDeployRole", Action="codepipeline:PutApprovalResult", Resource=sub(PIPELINE + "/Approve/Approve")),
        also("ProdDeployRole", Action="ssm:PutParameter", Resource=sub(PARAMETER + "/flowgate/${ServiceName}/people")),
        also(
            "DeployRole",
            Action="cloudformation:UpdateStack",
            Resource=sub("arn:aws:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/${AWS::StackName}/*"),
        ),
        also(
            "PreviewDeployRole",
            Action="scheduler:DeleteSchedule",
            Resource=sub(
                "arn:aws:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/default/${ServiceName}-flowgate-sweep"
            ),
        ),
        also("DeployRole", Action="sns:Subscribe", Resource={"Ref": "ApprovalTopic"}),
        also("DeployRole", Action="events:PutTargets", Resource=arn("BuildRule")),
        also("DeployRole", Action="lambda:UpdateAlias", Resource=sub(FUNCTION + "-flowgate-gate:live")),
        also(
            "DeployRole",
            Action="logs:DeleteLogGroup",
            Resource=sub(
                "arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/${ServiceName}-flowgate-gate"
            ),
        ),
        also(
            "DeployRole",
            Action="codecommit:GitPush",
            Resource=sub("arn:aws:codecommit:${AWS::Region}:${AWS::AccountId}:${RepositoryName}"),
        ),
    ],
    "sweep_spares": [
        without("SweepRole", "SpareReleases"),
        without("SweepRole", "SpareFlowgate"),
        *(lacking("SweepRole", "SpareReleases", f"cloudformation:{action}") for action in STACK_CHANGES),
        lacking("SweepRole", "SpareFlowgate", "cloudformation:CreateStack"),
        reword(
            "SweepRole", "SpareReleases", Resource=[sub(f"{STACK}-{stage}/*") for stage in ("tests", "beta", "gamma")]
        ),
        also("SweepRole", Action="cloudformation:DeleteStack", Resource=sub(STACK + "-*/*")),
    ],
}
