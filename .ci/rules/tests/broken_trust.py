"""Who may be a role, pass one or call a function, widened."""

from changes import account, also, also_trusting, arn, drop, put, resource, reword, sub, trusting
from named import FUNCTION, PARAMETER, PIPELINE, ROLE, STACK, TOPIC, TRUST, bound_to, passing

BROKEN = {
    "one_service": [
        trusting("GateRole", Principal={"AWS": "arn:aws:iam::111122223333:root"}),
        trusting("GateRole", Principal={"AWS": arn("BuildRole")}),
        trusting("GateRole", Principal={"Federated": "cognito-identity.amazonaws.com"}),
        trusting("GateRole", Principal={"Service": "lambda.amazonaws.com", "AWS": "111122223333"}),
        trusting("DeployRole", Principal={"Service": "lambda.amazonaws.com"}),
        trusting("DeployRole", Principal={"Service": ["cloudformation.amazonaws.com", "lambda.amazonaws.com"]}),
        trusting("GateRole", Action=["sts:AssumeRole", "sts:TagSession"]),
        also_trusting("GateRole", Principal={"AWS": arn("BuildRole")}),
        resource("Other", "AWS::IAM::Role", AssumeRolePolicyDocument={"Statement": TRUST}),
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
        trusting("BuildRole", Condition=bound_to("project/*")),
        trusting("BuildRole", Condition=bound_to("*")),
        trusting("BuildRole", Condition=bound_to("project/x", of="999999999999")),
        trusting("PipelineRole", Condition={}),
        trusting("PipelineRole", Condition={"StringEquals": {"aws:SourceAccount": "999999999999"}}),
        trusting("GateRole", Condition={"StringEqualsIfExists": {"aws:SourceAccount": "999999999999"}}),
        also_trusting("PipelineRole", Principal={"Service": "codepipeline.amazonaws.com"}),
        reword(
            "AlarmTopicPolicy",
            "OnlyTheseAlarms",
            Condition={
                **account(),
                "ArnLike": {"aws:SourceArn": sub("arn:aws:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*")},
            },
        ),
        trusting("PipelineRole", Condition=account("StringEqualsIfExists")),
        trusting("GateRole", Condition={}),
        trusting("SweepScheduleRole", Condition=account()),
        trusting("StartRole", Condition=account()),
        reword("AlarmTopicPolicy", "OnlyTheseAlarms", Condition=account()),
        reword("AlarmTopicPolicy", "OnlyTheseAlarms", Condition=None),
    ],
    "deploy_roles_kept": [
        drop("DeployRole", "DeletionPolicy"),
        put("PreviewDeployRole", "UpdateReplacePolicy", to="Delete"),
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
        put("StartTestsRole", "Properties", "ManagedPolicyArns", to={"Ref": "DriftPolicyArns"}),
    ],
    "passed_to": [
        reword("PipelineRole", "PassDeployRoles", Condition=None),
        reword("ProdDeployRole", "PassRolesToFunctions", Condition=None),
        reword("PipelineRole", "PassDeployRoles", Condition={"StringLike": {"iam:PassedToService": "*.amazonaws.com"}}),
        reword("PipelineRole", "PassDeployRoles", Condition=passing("lambda.amazonaws.com")),
        reword("ProdDeployRole", "PassRolesToFunctions", Condition=passing("ec2.amazonaws.com")),
        reword(
            "ProdDeployRole",
            "PassRolesToFunctions",
            Condition=passing(["lambda.amazonaws.com", "cloudformation.amazonaws.com"]),
        ),
    ],
    "powers": [
        reword("PipelineRole", "PassDeployRoles", Resource=sub(ROLE + "-beta-*")),
        reword("PreviewPipelineRole", "PassDeployRole", Resource=sub(ROLE + "-pr-*")),
        reword("ProdDeployRole", "PassRolesToFunctions", Resource=sub(ROLE + "-prod*")),
        reword("ProdDeployRole", "PassRolesToFunctions", Resource=sub("arn:aws:iam::${AWS::AccountId}:role/x-prod-*")),
        also("GateRole", Action="codepipeline:PutApprovalResult", Resource=sub(PIPELINE + "/Approve/Approve")),
        also("RecordRole", Action="codepipeline:DisableStageTransition", Resource=sub(PIPELINE + "/Prod")),
        also("StartTestsRole", Action="cloudformation:DetectStackDrift", Resource=sub(STACK + "-prod/*")),
        reword(
            "GateRole",
            "DetectDrift",
            Action=["cloudformation:DetectStackDrift", "cloudformation:UpdateStack"],
        ),
        also("BuildRole", Action="sts:AssumeRole", Resource=arn("DeployRole")),
        # Only these, and not one that anybody names in a pipeline.
        also("StartTestsRole", Action="sts:AssumeRole", Resource="arn:aws:iam::444455556666:role/other"),
        also("SweepRole", Action="sts:AssumeRole", Resource=arn("PreviewDeployRole")),
        also("RecordRole", Action="sts:AssumeRole", Resource="arn:aws:iam::444455556666:role/tests-of-beta"),
        also("BuildRole", Action="iam:UpdateAssumeRolePolicy", Resource=sub(ROLE + "-beta-x")),
        also("SweepRole", Action="iam:DeleteRole", Resource=sub(ROLE + "-pr-*")),
        also("StartTestsRole", Action="cloudformation:UpdateStack", Resource=sub(STACK + "-prod/*")),
        also("PipelineRole", Action="cloudformation:DeleteStack", Resource=sub(STACK + "-prod/*")),
        also("SweepRole", Action="codepipeline:StopPipelineExecution", Resource=sub(PIPELINE + "-flowgate-previews")),
        also("PreviewRole", Action="codepipeline:StartPipelineExecution", Resource=sub(PIPELINE + "-mine")),
        also(
            "PreviewRole",
            Action="events:PutRule",
            Resource=sub("arn:aws:events:${AWS::Region}:${AWS::AccountId}:rule/mine"),
        ),
        also("PreviewPipelineRole", Action="cloudformation:DeleteStack", Resource=sub(STACK + "-pr-*/*")),
        also("RecordRole", Action="ssm:PutParameter", Resource=sub(PARAMETER + "/flowgate/${ServiceName}/people")),
    ],
    "announces": [
        reword("PreviewRole", "Announce", Condition=None),
        *(
            reword("PreviewRole", "Announce", Condition={operator: asked})
            for operator, asked in (
                ("StringEquals", {"events:source": "flowgate"}),
                ("StringLike", {"events:source": "*", "events:detail-type": "Flowgate Preview State Change"}),
                ("StringEquals", {"events:source": "other", "events:detail-type": "Flowgate Preview State Change"}),
            )
        ),
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
    "testers": [
        also("SweepRole", Action="lambda:InvokeFunction", Resource=sub(FUNCTION + "-prod-*")),
        also("StartTestsRole", Action="lambda:InvokeFunction", Resource=sub(FUNCTION + "-next-*")),
        also("GateRole", Action="lambda:InvokeAsync", Resource=sub(FUNCTION + "-prod-greeter")),
    ],
    "callers": [
        also("SweepScheduleRole", Action="lambda:InvokeFunction", Resource=arn("GateFunction")),
        also("BuildRole", Action="lambda:InvokeFunction", Resource=sub(FUNCTION + "-flowgate-gate")),
        reword("StartTestsRole", "RunTests", Resource=sub(FUNCTION + "-*")),
        put("BuildRulePermission", "Properties", "FunctionName", to={"Ref": "GateFunction"}),
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
}
