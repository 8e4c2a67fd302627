"""The gates of the pipeline, moved, removed or told something else."""

from changes import arn, parameter, sub
from pipelines import action, moved, retold, stage

GATES = (("Approve", "Ready"), ("Approve", "Gate"), ("Prod", "Gate"))
DEPLOY = {"ActionMode": "CREATE_UPDATE", "StackName": sub("${ServiceName}-prod"), "TemplatePath": "Build::app.yaml"}

BROKEN = {
    "gated": [
        *(moved(*gate, out=True) for gate in GATES),
        # Before those who approve have answered, at their time, or after Prod was deployed.
        moved("Approve", "Gate", order=2),
        moved("Approve", "Ready", order=2),
        moved("Approve", "ApproveSecond", order=4),
        moved("Prod", "Gate", order=2),
        moved("Prod", "Gate", order=4),
        moved("Prod", "Deploy", order=1),
        retold("Prod", "Gate", '"enter"', '"ask"'),
        retold("Approve", "Gate", '"decide"', '"ask"'),
        moved("Approve", "Approve", out=True),
        moved("Approve", "ApproveThird", out=True),
        action("Approve", "ApproveThird", "ActionTypeId", "Category", to="Invoke"),
        stage("Approve", out=True),
        stage("Approve", after="Prod"),
        stage("Build", after="Approve"),
        action("Gamma", "Deploy", "Configuration", to=DEPLOY),
        action("Beta", "Deploy", "Configuration", "RoleArn", to=arn("ProdDeployRole")),
    ],
    "gates_agree": [
        retold("Approve", "Gate", '"approved": {"count": ${ApprovalsRequired}', '"approved": {"count": 1'),
        retold("Prod", "Gate", '"approved": {"count": ${ApprovalsRequired}', '"approved": {"count": 0'),
        retold("Prod", "Gate", '"within_hours": ${ApprovalValidHours}', '"within_hours": 8760'),
        retold("Approve", "Ready", ', "digest": {}', ""),
        retold("Prod", "Gate", ', "digest": {}', ""),
        retold("Approve", "Gate", '"Beta/Test", "Gamma/Test"', '"Beta/Test"'),
        retold("Approve", "Gate", '"pull_request": {"count": ${PullRequestReviews}}, ', '"max_wait_minutes": 1, '),
        retold("Prod", "Gate", ', "no_drift": {"stack": "${ServiceName}-prod"}', ""),
        retold("Prod", "Gate", "-prod", "-gamma"),
        retold("Prod", "Gate", "ChecksDrift", "ReadsAllOfProd"),
        retold("Prod", "Gate", '"ApproveThird"', '"Approve"'),
        retold("Prod", "Gate", '"pipeline": "${ServiceName}"', '"pipeline": "other"'),
        retold("Approve", "Gate", "/people", "/peers"),
        retold("Approve", "Gate", "/overrides", "/prod"),
        retold("Approve", "Gate", '"stage": "Approve"', '"stage": "Prod"'),
        retold("Approve", "Ready", '"branch": "${BranchName}"', '"branch": "main", "author": "ada"'),
        retold("Approve", "Gate", "codecommit", "github"),
        retold("Approve", "Gate", "#{SourceVariables.CommitId}", "#{codepipeline.PipelineExecutionId}"),
        # A test that nobody asks for.
        action("Gamma", "Test", "Name", to="Checks"),
        action("Prod", "Gate", "InputArtifacts", to=[{"Name": "Source"}]),
        action("Approve", "Gate", "InputArtifacts", to=[{"Name": "Build"}, {"Name": "Configuration"}]),
        action("Prod", "Deploy", "Configuration", "TemplatePath", to="Source::app-output_sam.yaml"),
    ],
    "words_of_nobody": [
        *(
            retold("Build", "Configure", '"stages": {', f'"said": "#{{SourceVariables.{said}}}", "stages": {{')
            for said in ("AuthorEmail", "AuthorDate", "CommitMessage", "BranchName")
        ),
        retold("Build", "Configure", "#{SourceVariables.CommitId}", "#{SourceVariables.CommitMessage"),
        retold("Beta", "Test", '"stage": "beta"', '"stage": "#{BetaVariables.Stage}"'),
        retold("Prod", "Test", '"stage": "prod"', '"stage": "#{variables.Stage}"'),
    ],
    "parameters_fit": [
        parameter("BranchName", Default="main", MaxLength=300),
        parameter("RepositoryName", MaxLength=190),
        retold("Build", "Configure", '"service":', '"why": "' + 800 * "x" + '", "service":'),
    ],
}
