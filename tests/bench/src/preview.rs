//! A stack of a pull request whose lease was released: what sweep is measured with, from the due lease to the deletion.

use serde_json::{Value, json};

const NAME: &str = "time-service-pr-42";
const ID: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/time-service-pr-42/a1";
const DEPLOY_ROLE: &str = "arn:aws:iam::111122223333:role/time-service-preview";
const PK: &str = "lease#111122223333#eu-west-1#time-service-pr-42";
const NONCE: &str = "33333333-abcd-1111-abcd-111111abcdef";
const RELEASED: &str = "2024-01-01T00:00:00";

/// What functions that know of such stacks are told by their environment.
pub(crate) const SETTINGS: [(&str, &str); 7] = [
    ("OWN_STACK", "arn:aws:cloudformation:eu-west-1:111122223333:stack/time-service-flowgate/a1"),
    ("MODE", "plan"),
    ("STACK_ROLES", DEPLOY_ROLE),
    ("TOPIC_ARN", "arn:aws:sns:eu-west-1:111122223333:notices"),
    ("GRACE", "24h"),
    ("MAX_DELETES", "20"),
    ("ADOPT_AFTER", "168h"),
];

/// Whether a request is about the stack.
pub(crate) fn is_meant(request: &str) -> bool {
    request.contains(NAME)
}

/// The page of the index that has its lease.
pub(crate) fn due() -> Value {
    json!({"Items": [{"pk": {"S": PK}}]})
}

/// Its lease.
pub(crate) fn lease() -> Value {
    let body = json!({
        "stack": NAME, "token": 7, "first": 7, "holder": "44444444-abcd-1111-abcd-111111abcdef",
        "source": "pull request 42", "bound": ID, "empty_buckets": false, "execution": null, "hold_until": null,
        "state": {"is": "DIRTY", "notice": {"by": "release", "at": format!("{RELEASED}Z")}, "absent_at": null},
        "due": format!("{RELEASED}Z"), "kept": null, "nonce": NONCE,
    });
    json!({"Item": {
        "pk": {"S": PK}, "sk": {"S": "lease"}, "v": {"N": "1"}, "body": {"S": body.to_string()},
        "state": {"S": "DIRTY"}, "token": {"N": "7"}, "nonce": {"S": NONCE}, "stack_id": {"S": ID},
        "due_of": {"S": "lease"}, "due": {"S": format!("{RELEASED}.000Z#{NAME}")},
    }})
}

/// The switch that lets sweep delete.
pub(crate) fn switch() -> Value {
    json!({"Parameter": {"Name": "deletions", "Type": "String", "Value": "allowed"}})
}

/// The stack as CloudFormation describes it.
pub(crate) fn stack() -> String {
    let tag = |(key, value): (&str, &str)| format!("<member><Key>{key}</Key><Value>{value}</Value></member>");
    let tags = [("ephemeral", "true"), ("service", "time-service"), ("token", "7")];
    let tags: String = tags.map(|(key, value)| tag((&format!("flowgate:{key}"), value))).concat();
    format!(
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackId>{ID}</StackId>\
         <StackName>{NAME}</StackName><CreationTime>{RELEASED}Z</CreationTime>\
         <StackStatus>CREATE_COMPLETE</StackStatus><RoleARN>{DEPLOY_ROLE}</RoleARN>\
         <EnableTerminationProtection>false</EnableTerminationProtection><Tags>{tags}</Tags>\
         </member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    )
}

/// What it is made of.
pub(crate) fn resources() -> String {
    format!(
        "<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries><member>\
         <LogicalResourceId>Role</LogicalResourceId><PhysicalResourceId>{NAME}-role</PhysicalResourceId>\
         <ResourceType>AWS::IAM::Role</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus>\
         <LastUpdatedTimestamp>{RELEASED}Z</LastUpdatedTimestamp></member></StackResourceSummaries>\
         </ListStackResourcesResult></ListStackResourcesResponse>"
    )
}

/// The role that is one of them.
pub(crate) fn role() -> String {
    let trust = "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22sts%3AAssumeRole%22%2C\
                 %22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%7D%5D%7D";
    format!(
        "<GetRoleResponse><GetRoleResult><Role><Path>/</Path><RoleName>{NAME}-role</RoleName><RoleId>id</RoleId>\
         <Arn>arn</Arn><CreateDate>{RELEASED}Z</CreateDate>\
         <AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument></Role></GetRoleResult></GetRoleResponse>"
    )
}
