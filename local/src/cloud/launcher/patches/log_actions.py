"""Permissions for AWS::Logs::LogGroup: by the handlers of its published resource schema."""

from patches.resource_change import CREATE, DELETE, UPDATE, tags

# What is read of one, when it was made or changed.
READ = ("GetDataProtectionPolicy", "ListTagsForResource")


def log_group(change):
    # As AWS names what is asked about: DescribeLogGroups is a search in all, and a tag is on the group alone.
    every, group = change.arn("logs", "log-group::log-stream:"), change.arn("logs", f"log-group:{change.name}")
    table = {CREATE: created, UPDATE: updated, DELETE: deleted}
    for action in ["DescribeLogGroups", *table[change.operation](change)]:
        of_tags = {"TagResource", "UntagResource", "ListTagsForResource"}
        arn = every if action == "DescribeLogGroups" else group if action in of_tags else f"{group}:log-stream:"
        yield f"logs:{action}", arn


def created(change):
    yield from ("CreateLogGroup", "TagResource") # there are always CloudFormation's
    if change.new.get("RetentionInDays"):
        yield "PutRetentionPolicy"
    if change.new.get("DataProtectionPolicy"):
        yield "PutDataProtectionPolicy"
    yield from READ


def updated(change):
    yield from READ
    if change.differs("RetentionInDays"):
        yield "PutRetentionPolicy" if change.new.get("RetentionInDays") else "DeleteRetentionPolicy"
    if change.differs("KmsKeyId"):
        yield "AssociateKmsKey" if change.new.get("KmsKeyId") else "DisassociateKmsKey"
    if change.differs("DataProtectionPolicy"):
        yield "PutDataProtectionPolicy"
    if tags(change.new) != tags(change.old):
        yield from ("TagResource", "UntagResource")


def deleted(change):
    yield "DeleteLogGroup"
    if change.old.get("DataProtectionPolicy"):
        yield "DeleteDataProtectionPolicy"
