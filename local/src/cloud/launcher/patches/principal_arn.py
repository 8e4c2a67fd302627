"""Conditions on who calls: `aws:PrincipalArn` of a role's session is the role's ARN."""

import functools
import re

SESSION = re.compile(r"arn:(?P<partition>[a-z-]+):sts::(?P<account>[0-9]{12}):assumed-role/(?P<role>[^/]+)/.+")


def apply(settings):
    """Gap: with AUTH=true the emulator gives the session's own ARN, which no policy can know beforehand."""
    from ministack.core import iam_evaluator

    resolve = iam_evaluator._resolve_condition_key

    @functools.wraps(resolve)
    def resolved(key, request):
        value = resolve(key, request)
        return role_of(value) if key.lower() == "aws:principalarn" else value

    iam_evaluator._resolve_condition_key = resolved


def role_of(arn):
    session = SESSION.fullmatch(arn or "")
    return "arn:{partition}:iam::{account}:role/{role}".format_map(session.groupdict()) if session else arn
