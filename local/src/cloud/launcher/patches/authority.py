"""IAM, when it is enforced: one place says who may do what, and writes down what was asked.

The services that flowgate plays itself (CodePipeline, CodeBuild, CloudFormation's hand on a stack's resources) ask it too: it
lets them assume a role as AWS's services do, by the role's trust policy, and tells whether the role may do something.
"""

import dataclasses
import json
import secrets
import time
import uuid

from patches.iam_record import combined
from patches.roles import Denied, find_role, principal, session_arn, statements_of, trust_policy

PEOPLE = ("author", "approver", "reviewer")
LIFETIME_SECONDS = 3600
ASSUME, AUTHORIZE = "/_flowgate/assume", "/_flowgate/authorize"


def apply(settings):
    """Gap: with AUTH=true there is nobody to sign in as but root, no service can assume a role whose trust policy has
    conditions, CodePipeline and CodeCommit are asked of by anybody, and every request counts as sent without TLS."""
    from ministack import app

    if not app.AUTH:
        return
    from patches import code_services, iam_record

    iam_record.apply(settings)
    code_services.apply(settings)
    introduce_people()
    # Loopback is as good as TLS here: nobody else hears it.
    pin = app.pin_request_origin
    app.pin_request_origin = lambda source_ip, _secure: pin(source_ip, True)
    app.app = Door(app.app)


def introduce_people():
    """People administer their account; their secret is their name."""
    from ministack.services import iam

    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    for name in PEOPLE:
        if name in iam._users:
            continue
        iam._create_user({"UserName": [name]})
        document = json.dumps(everything)
        iam._put_user_policy({"UserName": [name], "PolicyName": ["Administrator"], "PolicyDocument": [document]})
        iam._access_keys[name] = {
            "UserName": name, "AccessKeyId": name, "SecretAccessKey": name, "Status": "Active", "CreateDate": iam._now(),
        }


def permit(role_arn, action, resource, context=None, session="flowgate"):
    """Raises `Denied` unless this role may do `action` (`service:Name`) on `resource` (an ARN, or `*`). `context` has more
    condition keys, such as `iam:PassedToService`."""
    decide(principal(role_arn, session), action, resource, context)


def decide(who, action, resource, context=None):
    """Raises `Denied` unless this principal may, as the emulator decides about a request: root may everything."""
    from ministack.core import iam_evaluator

    if who.policies is None:
        return
    request = iam_evaluator.EvalContext(
        principal_arn=who.arn, principal_type=who.type, principal_account=who.account, principal_keys=who.keys,
        action=action, resource_arn=resource, region=region(), secure_transport=True,
        service_context=condition_keys(who, resource, context or {}),
    )
    result = combined(request, iam_evaluator.evaluate(request, who.policies, *who.limits), who.limits)
    if result.decision != "Allow":
        why = "with an explicit deny" if result.decision == "Deny" else f"because no policy allows the {action} action"
        raise Denied(f"User: {who.arn} is not authorized to perform: {action} on resource: {resource} {why}")


def condition_keys(who, resource, context):
    from ministack.core import iam_evaluator

    # A request that names no tags has no aws:TagKeys.
    keys = {"aws:tagkeys": None, **{key.lower(): value for key, value in context.items()}}
    if iam_evaluator._names_condition_key(who.policies, "aws:resourcetag/"):
        from ministack.services.tagging import resource_tags

        tags = resource_tags(resource) or {}
        keys = {**{f"aws:resourcetag/{name}".lower(): value for name, value in tags.items()}, **keys}
    return keys


def assume(role_arn, service, source_arn, session, policy=None, seconds=LIFETIME_SECONDS):
    """Temporary credentials of a role, as a service of AWS gets them when it works for the resource `source_arn`. With
    `policy` they may do only what that allows as well."""
    check_trust(role_arn, service, source_arn)
    return issue(role_arn, session, policy, seconds)


def issue(role_arn, session, policy, seconds):
    """Temporary credentials of a role, whoever asks."""
    from ministack.services import sts

    account, _, role = find_role(role_arn)
    credentials = {
        "access_key_id": f"ASIA{secrets.token_hex(8).upper()}", "secret_access_key": secrets.token_hex(20),
        "session_token": secrets.token_hex(32),
    }
    sts.register_session(credentials["access_key_id"], {
        "Arn": session_arn(role_arn, session), "UserId": f"{role['RoleId']}:{session}",
        "SecretAccessKey": credentials["secret_access_key"], "SessionToken": credentials["session_token"],
        "Expiration": time.time() + seconds, "AccountId": account, "PrincipalType": "AssumedRole",
        "SessionPolicies": {"Policy": json.dumps(policy), "PolicyArns": []} if policy else None,
    })
    return {**credentials, "expires_in": seconds}


def check_trust(role_arn, service, source_arn):
    """Raises `Denied` unless the role trusts this service, working for this resource of this account."""
    from ministack.core import iam_evaluator

    document = trust_policy(role_arn)
    request = iam_evaluator.EvalContext(
        principal_arn=service, principal_type="Service", principal_account=account_id(), action="sts:AssumeRole",
        resource_arn=role_arn, region=region(), secure_transport=True,
        service_context={"aws:sourceaccount": account_id(), "aws:sourcearn": source_arn},
    )
    statements = [
        {**statement, "Resource": "*"} for statement in statements_of(document)
        if iam_evaluator._service_principal_matches(statement.get("Principal"), service)
    ]
    parsed = [iam_evaluator.parse_policy_document({"Statement": statements})]
    if iam_evaluator.evaluate(request, parsed).decision != "Allow":
        raise Denied(f"{service} may not assume role {role_arn} for {source_arn}: its trust policy does not allow it")


def check_trust_in(role_arn, by_arn, session):
    """Raises `Denied` unless the role trusts another role, or that one's account."""
    from ministack.core import iam_evaluator

    if not iam_evaluator.evaluate_trust_policy(trust_policy(role_arn), session_arn(by_arn, session)):
        raise Denied(f"role {by_arn} may not assume role {role_arn}: its trust policy does not allow it")


def account_id():
    from ministack.core.responses import get_account_id

    return get_account_id()


def region():
    from ministack.core.responses import get_region

    return get_region()


@dataclasses.dataclass
class Door:
    """POST /_flowgate/assume and /_flowgate/authorize, for flowgate itself. It is no gate: whoever reaches this emulator can
    be its root."""

    emulator: object

    async def __call__(self, scope, receive, send):
        actions = {ASSUME: assume_for, AUTHORIZE: permit_for}
        action = actions.get(scope.get("path")) if scope["type"] == "http" else None
        if action is None:
            return await self.emulator(scope, receive, send)
        status, answer = 200, {}
        try:
            answer = action(json.loads(await whole(receive))) or {}
        except Denied as denied:
            status, answer = 403, {"message": str(denied)}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            status, answer = 400, {"message": f"the question cannot be read: {error!r}"}
        body = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def assume_for(asked):
    """For a service, or for a session of the role `by`: one of the same role only narrows what it has."""
    role, session = asked["role"], asked.get("session") or str(uuid.uuid4())
    if "service" in asked:
        check_trust(role, asked["service"], asked["source"])
    elif asked["by"] != role:
        check_trust_in(role, asked["by"], session)
    return issue(role, session, asked.get("policy"), asked.get("seconds", LIFETIME_SECONDS))


def permit_for(asked):
    from patches.iam_record import ASKED

    context = {**(asked.get("context") or {}), ASKED: "true"}
    permit(asked["role"], asked["action"], asked["resource"], context, asked.get("session", "flowgate"))


async def whole(receive):
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
