"""What the gate may, changed, and what nobody may in its place."""

from changes import also, lacking, put, reword, sub, without
from named import FUNCTION, OVERRIDES, PARAMETER, ROLE

SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:other-a1b2c3"

BROKEN = {
    "overrides_by_people": [
        also("GateRole", Action="ssm:PutParameter", Resource=sub(OVERRIDES + "/*")),
        also("StartTestsRole", Action="ssm:DeleteParameter", Resource=sub(OVERRIDES + "/22222222-abcd")),
        also("SweepRole", Action="ssm:LabelParameterVersion", Resource=sub(OVERRIDES.replace("overrides", "*"))),
        reword("GateRole", "ReadOverrides", Action=["ssm:GetParameterHistory", "ssm:PutParameter"]),
    ],
    "secrets_read": [
        also("GateRole", Action="secretsmanager:GetSecretValue", Resource=SECRET),
        also("GateRole", Action="secretsmanager:PutSecretValue", Resource=SECRET),
        also("RecordRole", Action="secretsmanager:GetSecretValue", Resource=SECRET),
        # What signs webhooks is for who checks them.
        *(
            also(role, Action="secretsmanager:GetSecretValue", Resource=SECRET.replace("other", "webhook"))
            for role in ("GateRole", "RecordRole", "PreviewPipelineRole")
        ),
        also("RecordRole", Action="ssm:GetParameter", Resource=sub(PARAMETER + "/github/webhook")),
        also("BuildRole", Action="ssm:GetParameter", Resource=sub(PARAMETER + "/github/token")),
        also(
            "PreviewRole",
            Action=["ssm:GetParameter", "ssm:GetParameterHistory"],
            Resource=sub(PARAMETER + "/github/token"),
        ),
    ],
    "drift_read": [
        *(without("GateRole", sid) for sid in ("ReadFunctions", "ReadRoles", "ReadLogs")),
        lacking("GateRole", "ReadFunctions", "lambda:GetFunctionUrlConfig"),
        lacking("GateRole", "ReadRoles", "iam:GetRolePolicy"),
        reword("GateRole", "ReadRoles", Resource=sub(ROLE + "-beta-*")),
        reword(
            "GateRole",
            "ReadLogs",
            Action=["logs:DescribeSubscriptionFilters", "logs:GetDataProtectionPolicy", "logs:ListTagsForResource"],
        ),
        lacking("ProdDeployRole", "Functions", "lambda:GetPolicy"),
        also("ProdDeployRole", Action="lambda:GetFunctionConcurrency", Resource=sub(FUNCTION + "-prod-*")),
        also("GateRole", policy=1, Action="lambda:GetFunction", Resource=sub(FUNCTION + "-gamma-*")),
        # There where nobody asked for it, and not where somebody did.
        *(
            put("GateRole", "Properties", "Policies", 1, "Fn::If", 0, to=condition)
            for condition in ("FromCodeCommit", "ReadsAllOfProd")
        ),
    ],
}
