"""Where IAM is enforced, a role does with connections what its policy says."""

import json

import boto3
from botocore.exceptions import ClientError

ACCOUNT = "000000000000"


def role(statements):
    iam = boto3.client("iam")
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}]}
    arn = iam.create_role(RoleName="somebody", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    policy = {"Version": "2012-10-17", "Statement": statements}
    iam.put_role_policy(RoleName="somebody", PolicyName="p", PolicyDocument=json.dumps(policy))
    keys = boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def code(call, **request):
    try:
        call(**request)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


for service in ("codeconnections", "codestar-connections"):
    root = boto3.client(service)
    mine, other = (root.create_connection(ConnectionName=n, ProviderType="GitHub")["ConnectionArn"] for n in "ab")
    session = role([{"Effect": "Allow", "Action": f"{service}:GetConnection", "Resource": mine}])
    client = session.client(service)
    assert code(client.get_connection, ConnectionArn=mine) is None
    for denied in (
        code(client.get_connection, ConnectionArn=other), code(client.delete_connection, ConnectionArn=mine),
        code(client.list_connections), code(client.list_tags_for_resource, ResourceArn=mine),
        code(client.create_connection, ConnectionName="c", ProviderType="GitHub"),
    ):
        assert denied and denied.startswith("AccessDenied"), denied
    iam = boto3.client("iam")
    iam.delete_role_policy(RoleName="somebody", PolicyName="p")
    iam.delete_role(RoleName="somebody")
