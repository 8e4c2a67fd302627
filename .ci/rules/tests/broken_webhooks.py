"""Who may send events, widened."""

from changes import arn, drop, gone, put, resource

URL = {"AuthType": "NONE"}

BROKEN = {
    "signed": [
        # Of another function, or of this one where nobody can tell who signs.
        resource("Url", "AWS::Lambda::Url", TargetFunctionArn=arn("GateFunction"), **URL),
        resource("Url", "AWS::Lambda::Url", TargetFunctionArn={"Ref": "PreviewFunction"}, **URL),
        drop("WebhookUrl", "Condition"),
        put("WebhookUrl", "Condition", to="FromGitHub"),
        put("PreviewFunction", "Properties", "Environment", "Variables", "WEBHOOK_SECRET", to=""),
        put(
            "PreviewFunction",
            "Properties",
            "Environment",
            "Variables",
            "WEBHOOK_SECRET",
            to={"Ref": "GitHubWebhookSecret"},
        ),
        put("WebhookUrl", "Properties", "Cors", to={"AllowOrigins": ["*"]}),
        put("WebhookUrl", "Properties", "InvokeMode", to="RESPONSE_STREAM"),
        # Anybody, with whatever event.
        drop("WebhookInvokePermission", "Properties", "InvokedViaFunctionUrl"),
        drop("WebhookInvokePermission", "Condition"),
        drop("WebhookUrlPermission", "Properties", "FunctionUrlAuthType"),
        put("WebhookInvokePermission", "Properties", "FunctionName", to={"Ref": "RecordFunction"}),
        put("BuildRulePermission", "Properties", "Principal", to="*"),
        gone("WebhookUrlPermission"),
        gone("WebhookInvokePermission"),
    ],
    "heard": [
        drop("PullRequestRule", "Properties", "EventPattern", "resources"),
        drop("BranchRule", "Properties", "EventPattern", "source"),
        drop("ProgressRule", "Properties", "EventPattern", "detail-type"),
        drop("PreviewRule", "Properties", "EventPattern", "detail", "service"),
        put("ReleaseRule", "Properties", "EventPattern", "detail", to={"pipeline": ["other"]}),
        put("ApprovalRule", "Properties", "EventPattern", "detail", to={"state": ["STARTED"]}),
    ],
}
