"""Who uses git over HTTP where IAM is enforced, and whether they may: `codecommit:GitPush` and `codecommit:GitPull`."""

import base64
import datetime
import hmac

PULL, PUSH = "codecommit:GitPull", "codecommit:GitPush"
STAMP = "%Y%m%dT%H%M%S"
# As long as AWS takes a signature for a new one.
LIFETIME = datetime.timedelta(minutes=15)
WAYS = (
    "the user is an access key, and the password its secret; "
    "or both come from `aws codecommit credential-helper --ignore-host-check $@` with credential.UseHttpPath"
)


class Refused(Exception):
    """Nobody, or somebody who may not."""

    def __init__(self, status, why, headers=()):
        super().__init__(f"{why}\n")
        self.status, self.headers = status, headers


def permitted(scope):
    """The ARN of who asks, if they may; or raises `Refused`."""
    from patches import authority

    path = scope["path"]
    who = principal(dict(scope["headers"]), path)
    resource = f"arn:aws:codecommit:{authority.region()}:{authority.account_id()}:{repository(path)}"
    try:
        authority.decide(who, action(path, scope["query_string"]), resource)
    except authority.Denied as denied:
        raise Refused(403, str(denied)) from None
    return who.arn


def repository(path):
    return path.split("/")[3]


def action(path, query):
    # What names both is asked for the greater.
    return PUSH if "git-receive-pack" in path or b"receive-pack" in query else PULL


def principal(headers, path):
    from ministack.core import iam_evaluator
    from patches.authority import account_id

    user, password = credentials(headers.get(b"authorization", b"").decode("latin-1"))
    key, _, token = user.partition("%")
    found = iam_evaluator.resolve_credential(key, account_id(), session_token=token or None)
    if not isinstance(found, iam_evaluator.ResolvedCredential):
        raise Refused(403, f"{found.message} (git: {WAYS})")
    host = headers.get(b"host", b"").decode("latin-1").partition(":")[0]
    if not (is_secret(found, password) or is_signature(found, password, host, path)):
        raise Refused(403, f"this is neither the secret of {key} nor a signature of now: {WAYS}")
    return iam_evaluator.resolve_principal(key, account_id(), found)


def credentials(authorization):
    """User and password. Who gives none is asked for them, as git does only then."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        user = colon = password = ""
    if scheme.lower() != "basic" or not user or not colon:
        raise Refused(401, f"who are you? {WAYS}", [(b"www-authenticate", b'Basic realm="codecommit"')])
    return user, password


def is_secret(credential, password):
    return hmac.compare_digest(password.encode(), credential.secret_access_key.encode())


def is_signature(credential, password, host, path):
    """As the helper of AWS's command line makes it: the time, `Z`, and a signature of the repository's address."""
    stamp, _, signature = password.partition("Z")
    try:
        signed = datetime.datetime.strptime(stamp, STAMP)
    except ValueError:
        return False
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    expected = signature_of(credential, stamp, host, "/".join(path.split("/")[:4]))
    return abs(now - signed) <= LIFETIME and hmac.compare_digest(signature.encode(), expected.encode())


def signature_of(credential, stamp, host, address):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from patches.authority import region

    keys = Credentials(credential.access_key_id, credential.secret_access_key, credential.session_token)
    signer = SigV4Auth(keys, "codecommit", region())
    request = AWSRequest(method="GIT")
    request.context["timestamp"] = stamp
    canonical = f"GIT\n{address}\n\nhost:{host}\n\nhost\n"
    return signer.signature(signer.string_to_sign(request, canonical), request)
