"""What the stack is made of, and how it is kept."""

from changes import drop, parameter, put, resource

BROKEN = {
    "known_types": [
        resource("Queue", "AWS::SQS::Queue", QueueName="events"),
        resource("Bus", "AWS::Events::EventBusPolicy", StatementId="any", Principal="*", Action="events:PutEvents"),
        resource("Inline", "AWS::SNS::TopicInlinePolicy", TopicArn={"Ref": "ApprovalTopic"}, PolicyDocument={}),
        resource("Door", "AWS::S3::AccessPoint", Bucket={"Ref": "PackageBucket"}),
    ],
    "no_policies_aside": [
        put("StateTable", "Properties", "ResourcePolicy", to={"PolicyDocument": {"Statement": []}}),
        put("StateTable", "Properties", "StreamSpecification", to={"ResourcePolicy": {"PolicyDocument": {}}}),
        put("GateLogs", "Properties", "ResourcePolicyDocument", to={"Statement": []}),
        put("PackageBucket", "Properties", "AccessControl", to="PublicRead"),
        put("BuildProject", "Properties", "Visibility", to="PUBLIC_READ"),
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
    "secrets_hidden": [
        parameter("WebhookSecret"),
        parameter("GitHubToken", NoEcho=False),
        parameter("DbPassword", NoEcho=True, Default="hunter2"),
        # They may take a token itself, if nothing says that they take only where it is.
        parameter("GitHubTokenSecret", Default=""),
        parameter("GitHubTokenParameter", AllowedPattern="^(ghp_[A-Za-z0-9]+)?$", Default=""),
    ],
}
