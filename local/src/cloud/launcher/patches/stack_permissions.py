"""CloudFormation changes a stack's resources as the stack's role, and may do what that role may."""


def apply(settings):
    """Gap: not closed yet."""
