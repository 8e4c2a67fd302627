"""For each rule, changes to Flowgate's own template that it must find, alone but for the lists of what is allowed.

A change gets the template as SAM expands it, with all intrinsic functions still in it, and changes it in place.
"""

import broken_apart
import broken_gates
import broken_judging
import broken_previews
import broken_roles
import broken_state
import broken_trust
import broken_unasked
import broken_webhooks
from named import LAMBDA


def service(trusted, **statement):
    """A service's stack, with one role."""
    trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
    policy = {"PolicyName": "Any", "PolicyDocument": {"Statement": {"Effect": "Allow", **statement}}}
    role = {"AssumeRolePolicyDocument": {"Statement": trust}, "Policies": [policy]}
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}}


# For each rule that holds for the stacks of services too, one of them that breaks it.
BROKEN_SERVICES = {
    "no_star_actions": service(LAMBDA, Action="s3:*", Resource="arn:aws:s3:::shop/*"),
    "pass_role": service(LAMBDA, Action="iam:PassRole", Resource="*"),
    "no_open_principals": service({"AWS": "*"}, Action="s3:GetObject", Resource="arn:aws:s3:::shop/*"),
}
FILES = (
    broken_roles,
    broken_trust,
    broken_apart,
    broken_gates,
    broken_judging,
    broken_previews,
    broken_state,
    broken_unasked,
    broken_webhooks,
)
BROKEN = {rule: changes for file in FILES for rule, changes in file.BROKEN.items()}
