"""What CloudFormation does to a resource: what is common to the tables of permissions."""

import dataclasses
from urllib.parse import urlparse

CREATE, UPDATE, DELETE = "create", "update", "delete"
# In place of an id that AWS makes up while it makes the resource.
MADE_UP = "*"


@dataclasses.dataclass(frozen=True)
class Change:
    """A resource that is created (`new`), updated (`old`, `new`) or deleted (`old`), by its properties with all tags
    that it gets. `name` is the physical id: the one that it has, or will have."""

    kind: str
    operation: str
    name: str
    region: str
    account: str
    new: dict = dataclasses.field(default_factory=dict)
    old: dict = dataclasses.field(default_factory=dict)

    @property
    def properties(self):
        return self.old if self.operation == DELETE else self.new

    def arn(self, service, resource):
        # IAM is in no region.
        region = "" if service == "iam" else self.region
        return f"arn:aws:{service}:{region}:{self.account}:{resource}"

    def differs(self, *names):
        return any(self.old.get(name) != self.new.get(name) for name in names)

    def differs_beside(self, *names):
        return self.differs(*(self.old.keys() | self.new.keys()).difference(names))


def tags(properties, system=True):
    """Tags by key; without those of CloudFormation's own for types that do not get them on AWS."""
    every = {tag["Key"]: tag.get("Value") for tag in properties.get("Tags") or []}
    return {key: value for key, value in every.items() if system or not key.startswith("aws:")}


def object_at(url):
    """What it takes to read a template in S3 that is named by its URL: the action, and the object's ARN."""
    place = urlparse(url)
    action = "s3:GetObjectVersion" if "versionId=" in place.query else "s3:GetObject"
    return action, f"arn:aws:s3:::{place.path.lstrip('/')}"
