"""What Flowgate's own stack is made of: only what these rules know, and nothing that lets others in by itself."""

from policy import Finding, attached

# Who adds to this looks first what the type lets in or lets its owner do, and whether a rule must know it.
TYPES = {
    "AWS::CloudWatch::Alarm",
    "AWS::CodeBuild::Project",
    "AWS::CodePipeline::Pipeline",
    "AWS::DynamoDB::Table",
    "AWS::Events::Rule",
    "AWS::IAM::Role",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SSM::Parameter",
    "AWS::Scheduler::Schedule",
}
# Properties that say who may, beside the policies that the rules read.
POLICIES = {
    "AWS::CodeBuild::Project": {"ResourceAccessRole", "Visibility"},
    "AWS::DynamoDB::Table": {"ResourcePolicy"},
    "AWS::Logs::LogGroup": {"ResourcePolicyDocument"},
    "AWS::S3::Bucket": {"AccessControl", "ReplicationConfiguration"},
}


def known_types(sample, _exceptions):
    """The stack has only resources of types that the rules know."""
    for name, resource in sample.resources.items():
        if resource["Type"] not in TYPES:
            todo = f"see what {resource['Type']} lets in, teach the rules that, and add it to TYPES in shape.py"
            yield Finding("known_types", name, "Type", todo)


def no_policies_aside(sample, _exceptions):
    """Who may do what stands in roles and in policies of buckets and topics, and nowhere else."""
    for name, resource in sample.resources.items():
        given = resource.get("Properties", {})
        for key in sorted(POLICIES.get(resource["Type"], set()) & given.keys()):
            yield Finding("no_policies_aside", name, key, "say in roles who may, where the rules see it")
        if "ResourcePolicy" in given.get("StreamSpecification", {}):
            yield Finding("no_policies_aside", name, "StreamSpecification", "say in roles who may read the stream")


def buckets_deny(sample, _exceptions):
    """What lets somebody into a bucket is his own role; the bucket's policy only keeps others out."""
    for statement in attached(sample):
        if statement.allows and sample.resources[statement.resource]["Type"] == "AWS::S3::BucketPolicy":
            yield statement.finding("buckets_deny", "allow it in the role that needs it")


RULES = (known_types, no_policies_aside, buckets_deny)
