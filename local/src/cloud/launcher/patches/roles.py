"""Roles by their ARN, and who works as one."""

import json
import re

ROLE = re.compile(r"arn:aws:iam::(?P<account>[0-9]{12}):role/(?:[^/]+/)*(?P<name>[^/]+)")


class Denied(ValueError):
    """What AWS says when somebody may not; raised in a resource's handler it becomes the resource's failure."""


def find_role(arn):
    """A role's account, name and record. What is no role's ARN, or is another's than the role of this name has, is
    `Denied`: a name alone says neither account nor path."""
    from ministack.services import iam

    parsed = ROLE.fullmatch(arn) if isinstance(arn, str) else None
    if parsed is None:
        raise Denied(f"{arn!r} is not the ARN of a role")
    role = iam._roles.get_scoped(parsed["account"], None, parsed["name"])
    if role is None or role["Arn"] != arn:
        raise Denied(f"role {arn} does not exist")
    return parsed["account"], parsed["name"], role


def session_arn(role_arn, session):
    account, name, _ = find_role(role_arn)
    return f"arn:aws:sts::{account}:assumed-role/{name}/{session}"


def principal(role_arn, session):
    """Who works as a role, as the emulator knows it of a signed request."""
    from ministack.core import iam_evaluator

    account, _, role = find_role(role_arn)
    credential = iam_evaluator.ResolvedCredential(
        access_key_id="", secret_access_key="", account_id=account, principal_type="AssumedRole",
        principal_arn=session_arn(role_arn, session), principal_id=f"{role['RoleId']}:{session}",
    )
    return iam_evaluator.resolve_principal("", account, credential)


def trust_policy(role_arn):
    try:
        return json.loads(find_role(role_arn)[2]["AssumeRolePolicyDocument"])
    except (json.JSONDecodeError, TypeError, KeyError):
        raise Denied(f"role {role_arn} has no trust policy that can be read") from None


def statements_of(document):
    """A policy's statements, of which there may be one without a list."""
    statements = document.get("Statement") or []
    return [statements] if isinstance(statements, dict) else statements
