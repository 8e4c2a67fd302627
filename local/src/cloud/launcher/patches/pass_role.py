"""iam:PassRole: whoever hands a role to a service must be allowed to."""


def apply(settings):
    """Gap: not closed yet."""
