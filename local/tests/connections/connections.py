"""What boto3 makes of CodeConnections: it checks every answer's shape against its model as it reads it."""

import boto3
from botocore.exceptions import ClientError


def refused(call, **request):
    try:
        call(**request)
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError(f"{request} was not refused")


def check(service):
    client = boto3.client(service)
    tags = [{"Key": "team", "Value": "a"}]
    arns = [client.create_connection(ConnectionName=f"c{n}", ProviderType="GitHub", Tags=tags)["ConnectionArn"] for n in range(3)]
    assert arns[0].startswith(f"arn:aws:{service}:us-east-1:000000000000:connection/"), arns
    connection = client.get_connection(ConnectionArn=arns[1])["Connection"]
    assert connection == {
        "ConnectionName": "c1", "ConnectionArn": arns[1], "ProviderType": "GitHub", "OwnerAccountId": "000000000000",
        "ConnectionStatus": "AVAILABLE",
    }, connection
    client.create_connection(ConnectionName="other", ProviderType="GitLab")
    listed, token = [], {}
    while True:
        page = client.list_connections(ProviderTypeFilter="GitHub", MaxResults=2, **token)
        listed += [one["ConnectionArn"] for one in page["Connections"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert [arn for arn in listed if service in arn.split(":")] == arns, listed
    client.tag_resource(ResourceArn=arns[0], Tags=[{"Key": "team", "Value": "b"}, {"Key": "x", "Value": ""}])
    client.untag_resource(ResourceArn=arns[0], TagKeys=["x"])
    assert client.list_tags_for_resource(ResourceArn=arns[0])["Tags"] == [{"Key": "team", "Value": "b"}]
    client.delete_connection(ConnectionArn=arns[0])
    for call in (client.get_connection, client.delete_connection):
        assert refused(call, ConnectionArn=arns[0]) == "ResourceNotFoundException"
    assert refused(client.list_tags_for_resource, ResourceArn=arns[0]) == "ResourceNotFoundException"
    assert refused(client.create_connection, ConnectionName="x") == "InvalidInputException"
    assert refused(client.create_connection, ConnectionName="x" * 33, ProviderType="GitHub") == "InvalidInputException"
    assert refused(client.create_connection, ConnectionName="x", ProviderType="Sourceforge") == "InvalidInputException"
    assert refused(client.list_connections, NextToken="none") == "InvalidInputException"
    assert refused(client.list_repository_links) == "UnknownOperationException"


for name in ("codeconnections", "codestar-connections"):
    check(name)
