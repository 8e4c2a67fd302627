"""Rules of our own for templates.

    check.py TEMPLATE [OF_A_SERVICE ...]

The first template is Flowgate's own, the others are of services, for whose stacks fewer rules make sense; each is a SAM
template. Says which rule each one breaks, where, and what to do; CFN_GUARD names AWS's engine for the rules in *.guard.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import access
import apart
import gates
import guard
import judging
import known
import places
import powers
import previews
import shape
import stages
import trusted
import unasked
import webhooks
from exceptions import FILE, Exceptions
from expand import expand
from sample import Sample

FILES = (
    access,
    apart,
    gates,
    judging,
    known,
    places,
    powers,
    previews,
    shape,
    stages,
    trusted,
    unasked,
    webhooks,
)
OURS = tuple(rule for file in FILES for rule in file.RULES)
# The least and the most that somebody can ask for, and what lies between, which decide each condition both ways.
LEAST = {"ServiceName": "time-service", "RepositoryName": "time_service"}
MOST = {
    **LEAST,
    "Provider": "GitHub",
    "RepositoryName": "ada/time_service",
    "DeployPolicyArns": "arn:aws:iam::111122223333:policy/deploy",
    "ConnectionArn": "arn:aws:codeconnections:us-east-1:111122223333:connection/0",
    "EntryAlarmName": "incident",
    "PreviewPolicyArns": "arn:aws:iam::111122223333:policy/preview",
    "AppBoundary": "arn:aws:iam::111122223333:policy/boundary",
    "NoticeEmail": "a@example.com",
    "ApprovalEmail": "a@example.com",
    "AlarmEmail": "a@example.com",
    "ProdAlarmName": "errors",
    "TestRoleArns": "arn:aws:iam::444455556666:role/tests-of-beta,arn:aws:iam::444455556666:role/tests-of-prod",
    "GitHubTokenSecret": "arn:aws:secretsmanager:us-east-1:111122223333:secret:github-a1b2c3",
    "GitHubWebhookSecret": "arn:aws:secretsmanager:us-east-1:111122223333:secret:webhook-a1b2c3",
    "ReleaseEmail": "a@example.com",
    "ApprovalsRequired": "3",
    "PullRequestReviews": "2",
    "DriftPolicyArns": "arn:aws:iam::111122223333:policy/read",
}
FROM_GITHUB = {key: MOST[key] for key in ("Provider", "RepositoryName", "ConnectionArn")}
BETWEEN = {
    **LEAST,
    **FROM_GITHUB,
    "ApprovalsRequired": "2",
    "DriftCheck": "false",
}
# Needs more than the gate may read of it.
UNREAD = {**LEAST, "DeployPolicyArns": MOST["DeployPolicyArns"]}
DEPLOYMENTS = (
    LEAST,
    MOST,
    BETWEEN,
    {
        **UNREAD,
        **FROM_GITHUB,
        "GitHubTokenParameter": "/github/token",
        "GitHubWebhookSecretParameter": "/github/webhook",
    },
    {**UNREAD, "DriftCheck": "true", "PullRequestReviews": "1"},
)


def check(templates, rules=OURS, exceptions=None):
    """The findings in each of these templates."""
    samples = [[Sample(template, asked) for asked in DEPLOYMENTS] for template in templates]
    resolved = [
        {"Parameters": sample.template.get("Parameters", {}), "Resources": sample.resources}
        for of_one in samples
        for sample in of_one
    ]
    by_guard = iter(guard.check(resolved))
    found = []
    for of_one in samples:
        known_exceptions = Exceptions(exceptions or FILE.read_text())
        guarded = [finding for _ in of_one for finding in next(by_guard)]
        ours = [finding for sample in of_one for rule in rules for finding in rule(sample, known_exceptions)]
        unused = [] if rules is not OURS else known_exceptions.unused()
        # All deployments mostly have the same.
        found.append(list(dict.fromkeys([*guarded, *ours, *unused])))
    return found


def main(own, *services):
    findings = check([expand(own)])
    if services:
        findings += check([expand(service) for service in services], access.EVERYWHERE)
    for template, found in zip((own, *services), findings, strict=True):
        for finding in found:
            print(f"{template}: {finding}")
    sys.exit(1 if any(findings) else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
