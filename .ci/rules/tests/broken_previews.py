"""What keeps release and previews apart, and what the pipeline of previews does, changed."""

from changes import also, arn, properties, put, reword, sub, together, without
from named import FUNCTION, PIPELINE, STACK
from pipelines import action, added, moved, retold

OF = "PreviewPipeline"
READ = {"Action": ["s3:GetObject"]}
LAMBDA = {"Category": "Invoke", "Owner": "AWS", "Provider": "Lambda", "Version": "1"}
APPROVAL = {"Category": "Approval", "Owner": "AWS", "Provider": "Manual", "Version": "1"}
PULLS = [{"Provider": "CodeStarSourceConnection", "GitConfiguration": {"SourceActionName": "Source"}}]


def variable(index, **given):
    def change(template):
        properties(template, OF)["Variables"][index].update(given)

    return change


def declared(**given):
    def change(template):
        properties(template, OF)["Variables"].append(given)

    return change


def noticing():
    """Its source starts it, where that is a connection and where it is CodeCommit."""

    def change(template):
        connection, repository = properties(template, OF)["Stages"][0]["Actions"][0]["Fn::If"][1:]
        connection["Configuration"]["DetectChanges"] = "true"
        repository["Configuration"]["PollForSourceChanges"] = "true"

    return change


BROKEN = {
    "never_meet": [
        *(
            also(role, **READ, Resource=sub(f"${{{bucket}.Arn}}/*"))
            for role in ("PreviewDeployRole", "PreviewBuildRole", "PreviewPipelineRole", "PreviewRole")
            for bucket in ("ArtifactBucket", "PackageBucket")
        ),
        *(
            also(role, **READ, Resource=sub(f"${{Preview{bucket}.Arn}}/*"))
            for role in ("DeployRole", "BuildRole", "PipelineRole", "GateRole")
            for bucket in ("ArtifactBucket", "PackageBucket")
        ),
        also("PreviewDeployRole", Action="s3:ListBucket", Resource=arn("ArtifactBucket")),
        also("PreviewBuildRole", Action="s3:PutObject", Resource=sub("${PackageBucket.Arn}/*")),
        also("BuildRole", Action="s3:PutObject", Resource=sub("${PreviewPackageBucket.Arn}/*")),
        also("PreviewBuildRole", Action="codebuild:StartBuild", Resource=arn("BuildProject")),
        also("PreviewBuildRole", Action="sts:AssumeRole", Resource=arn("DeployRole")),
        also(
            "PreviewPipelineRole",
            Action="iam:PassRole",
            Resource=arn("ProdDeployRole"),
            Condition={"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}},
        ),
        also(
            "PipelineRole",
            Action="iam:PassRole",
            Resource=arn("PreviewDeployRole"),
            Condition={"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}},
        ),
        also("PreviewPipelineRole", Action="cloudformation:UpdateStack", Resource=sub(STACK + "-prod/*")),
        also("PipelineRole", Action="cloudformation:UpdateStack", Resource=sub(STACK + "-pr-*/*")),
        also("PreviewPipelineRole", Action="lambda:InvokeFunction", Resource=arn("GateFunction")),
        also("PreviewPipelineRole", Action="sns:Publish", Resource={"Ref": "ApprovalTopic"}),
        also("PreviewRole", Action="codepipeline:StartPipelineExecution", Resource=sub(PIPELINE)),
        also(
            "StartRole",
            Action="codepipeline:StartPipelineExecution",
            Resource=sub("arn:aws:codepipeline:${AWS::Region}:${AWS::AccountId}:${PreviewPipeline}"),
        ),
        also("PreviewRole", Action="lambda:InvokeFunction", Resource=sub(FUNCTION + "-beta-*")),
    ],
    "builds_apart": [
        together(
            put("PreviewBuildProject", "Properties", "ServiceRole", to=arn("BuildRole")),
            reword("BuildRole", "Logs", Resource=arn("PreviewBuildLogs")),
            without("PreviewBuildRole", "Logs"),
        ),
        put(
            "PreviewBuildProject",
            "Properties",
            "Environment",
            "EnvironmentVariables",
            1,
            "Value",
            to={"Ref": "PackageBucket"},
        ),
    ],
    "previews_asked_for": [
        put(OF, "Properties", "ExecutionMode", to="SUPERSEDED"),
        put(OF, "Properties", "Triggers", to=PULLS),
        variable(1, DefaultValue="time-service-pr-1"),
        declared(Name="Branch"),
        noticing(),
    ],
    "previews_deploy": [
        put(OF, "Properties", "RoleArn", to=arn("PipelineRole")),
        put(OF, "Properties", "ArtifactStore", "Location", to={"Ref": "ArtifactBucket"}),
        action("Build", "Build", "Configuration", "ProjectName", to={"Ref": "BuildProject"}, of=OF),
        *(
            action("Preview", "Deploy", "Configuration", "RoleArn", to=arn(role), of=OF)
            for role in ("DeployRole", "ProdDeployRole")
        ),
        action("Preview", "Deploy", "Configuration", "ActionMode", to="REPLACE_ON_FAILURE", of=OF),
        action("Preview", "Deploy", "Configuration", "TemplatePath", to="Source::app-sam.yaml", of=OF),
        action("Preview", "DeployTests", "Configuration", "TemplateConfiguration", to="Configuration::app.json", of=OF),
        action("Preview", "DeployTests", "Configuration", "ParameterOverrides", to="{}", of=OF),
        action("Build", "Configure", "Configuration", "FunctionName", to={"Ref": "GateFunction"}, of=OF),
        added("Preview", Name="Ask", ActionTypeId=APPROVAL, RunOrder=5, Configuration={}, of=OF),
    ],
    "previews_enter": [
        *(moved("Preview", name, out=True, of=OF) for name in ("Enter", "EnterTests", "Bind", "BindTests")),
        moved("Preview", "Enter", order=3, of=OF),
        moved("Preview", "DeployTests", order=1, of=OF),
        moved("Preview", "Bind", order=1, of=OF),
        retold("Preview", "Enter", "#{variables.Token}", "#{variables.TestsToken}", of=OF),
        retold("Preview", "EnterTests", '"token": #{variables.TestsToken}', '"token": 1', of=OF),
        retold(
            "Preview", "Enter", '"revision": "#{SourceVariables.CommitId}"', '"revision": "#{variables.Head}"', of=OF
        ),
        retold("Preview", "Enter", ', "revision": "#{SourceVariables.CommitId}"', "", of=OF),
        retold("Preview", "Enter", "-flowgate-previews", "", of=OF),
        retold("Preview", "BindTests", "TestsStackName", "StackName", of=OF),
        added(
            "Preview",
            of=OF,
            Name="Renew",
            ActionTypeId=LAMBDA,
            RunOrder=4,
            Configuration={
                "FunctionName": {"Ref": "LeaseFunction"},
                "UserParameters": '{"operation": "release", "stack": "#{variables.StackName}"}',
            },
        ),
    ],
    "previews_told": [
        retold("Build", "Configure", '"token": "#{variables.Token}"', '"token": "#{variables.TestsToken}"', of=OF),
        retold("Build", "Configure", '"preview": "#{variables.Preview}", ', "", of=OF),
        retold("Build", "Configure", "test-output_sam.yaml", "app-output_sam.yaml", of=OF),
        retold("Preview", "Test", '"app_stack": "#{variables.StackName}"', '"app_stack": "time-service-beta"', of=OF),
        retold("Preview", "Test", '"stage"', '"width": 1, "stage"', of=OF),
    ],
}
