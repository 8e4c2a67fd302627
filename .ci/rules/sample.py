"""A template as a deployment of it would look: conditions decided, every reference a plausible name or ARN.

So a rule reads what IAM reads, and two patterns can be compared, whichever intrinsic functions wrote them.
"""

import re

ACCOUNT, REGION, STACK = "111122223333", "us-east-1", "time-service-flowgate"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": STACK,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/0",
    "AWS::NoValue": None,
}
HERE = f"{REGION}:{ACCOUNT}"
# Which property names a resource, and what its ARN looks like.
KINDS = {
    "AWS::CloudWatch::Alarm": ("AlarmName", f"arn:aws:cloudwatch:{HERE}:alarm:{{}}"),
    "AWS::CodeBuild::Project": ("Name", f"arn:aws:codebuild:{HERE}:project/{{}}"),
    "AWS::CodePipeline::Pipeline": ("Name", f"arn:aws:codepipeline:{HERE}:{{}}"),
    "AWS::DynamoDB::Table": ("TableName", f"arn:aws:dynamodb:{HERE}:table/{{}}"),
    "AWS::Events::Rule": ("Name", f"arn:aws:events:{HERE}:rule/{{}}"),
    "AWS::IAM::Role": ("RoleName", f"arn:aws:iam::{ACCOUNT}:role/{{}}"),
    "AWS::Lambda::Function": ("FunctionName", f"arn:aws:lambda:{HERE}:function:{{}}"),
    "AWS::Logs::LogGroup": ("LogGroupName", f"arn:aws:logs:{HERE}:log-group:{{}}:*"),
    "AWS::S3::Bucket": ("BucketName", "arn:aws:s3:::{}"),
    "AWS::SNS::Topic": ("TopicName", f"arn:aws:sns:{HERE}:{{}}"),
    "AWS::SQS::Queue": ("QueueName", f"arn:aws:sqs:{HERE}:{{}}"),
    "AWS::SSM::Parameter": ("Name", f"arn:aws:ssm:{HERE}:parameter{{}}"),
}


class Sample:
    def __init__(self, template, parameters):
        self.template = template
        declared = template.get("Parameters", {})
        # A number, too, is a text to CloudFormation.
        self.values = {name: str(parameters.get(name, about.get("Default", name))) for name, about in declared.items()}
        present = {
            name: resource
            for name, resource in template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        }
        resolved = {name: self.resolve({**resource, "Condition": None}) for name, resource in present.items()}
        self.resources = {name: without_nothing(resource) for name, resource in resolved.items()}

    def of_type(self, *kinds):
        return {name: resource for name, resource in self.resources.items() if resource["Type"] in kinds}

    def holds(self, condition):
        return self.resolve(self.template["Conditions"][condition])

    def resolve(self, value):
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and (
            (function := next(iter(value))) == "Ref" or function.startswith("Fn::") or function == "Condition"
        ):
            return self.call(function, value[function])
        return without_nothing({key: self.resolve(item) for key, item in value.items()})

    def call(self, function, given):
        if function == "Ref":
            return self.reference(given)
        if function == "Condition":
            return self.holds(given) if isinstance(given, str) else {"Condition": self.resolve(given)}
        if function == "Fn::If":
            return self.resolve(given[1] if self.holds(given[0]) else given[2])
        if function == "Fn::GetAtt":
            return self.attribute(*(given.split(".", 1) if isinstance(given, str) else given))
        if function == "Fn::Sub":
            return self.substitute(*([given, {}] if isinstance(given, str) else given))
        given = self.resolve(given)
        if function == "Fn::Select":
            items = given[1].split(",") if isinstance(given[1], str) else given[1]
            return items[int(given[0])]
        return {
            "Fn::Equals": lambda: given[0] == given[1],
            "Fn::Not": lambda: not given[0],
            "Fn::And": lambda: all(given),
            "Fn::Or": lambda: any(given),
            "Fn::Join": lambda: given[0].join(given[1]),
        }[function]()

    def reference(self, name):
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.values:
            value, kind = self.values[name], self.template["Parameters"][name]["Type"]
            return str(value).split(",") if "List" in kind else value
        own, arn = self.identity(name)
        return arn if self.template["Resources"][name]["Type"] == "AWS::SNS::Topic" else own

    def attribute(self, name, attribute):
        return self.identity(name)[1] if attribute in ("Arn", "TopicArn") else f"{name}.{attribute}"

    def identity(self, name):
        resource = self.template["Resources"][name]
        key, arn = KINDS.get(resource["Type"], ("Name", f"arn:aws:unknown:{HERE}:{{}}"))
        own = self.resolve(resource.get("Properties", {}).get(key, f"{STACK}-{name}"))
        return own, arn.format(own)

    def substitute(self, text, names):
        def found(match):
            name = match[1]
            if name in names:
                return str(self.resolve(names[name]))
            return str(self.attribute(*name.split(".", 1)) if "." in name else self.reference(name))

        return re.sub(r"\$\{([^}!]+)\}", found, text)


def without_nothing(mapping):
    return {key: value for key, value in mapping.items() if value is not None}
