"""Who asks GitHub's API, where IAM is enforced: a user of IAM by their access key and its secret, or by a token that is both."""

import json

from patches import git_access

READ = ("GET", "HEAD")
# What nobody reads who does not say who they are.
PRIVATE = "hooks"
STATUS = 401


class Refused(Exception):
    """Nobody, in GitHub's words."""

    def __init__(self, message):
        answer = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(STATUS)}
        super().__init__(json.dumps(answer))


def asking(scope):
    """The ARN of who asks, none where it does not matter; or raises `Refused`."""
    headers = dict(scope["headers"])
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    is_private = PRIVATE in scope["path"].split("/")[6:7]
    if not scheme and scope["method"] in READ and not is_private:
        return None
    if not scheme:
        raise Refused("Requires authentication")
    try:
        is_token = scheme.lower() in ("bearer", "token")
        return (bearer(token.strip()) if is_token else git_access.principal(headers, scope["path"])).arn
    except git_access.Refused:
        raise Refused("Bad credentials") from None


def bearer(token):
    """Here the secret of a person is their access key."""
    from ministack.core import iam_evaluator
    from patches.authority import account_id

    found = iam_evaluator.resolve_credential(token, account_id(), session_token=None)
    if not isinstance(found, iam_evaluator.ResolvedCredential) or not git_access.is_secret(found, token):
        raise git_access.Refused(401, "this is the token of nobody")
    return iam_evaluator.resolve_principal(token, account_id(), found)
