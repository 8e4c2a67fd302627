"""DynamoDB's condition key `dynamodb:LeadingKeys`: a function sees only its own items of the state table."""


def apply(settings):
    """Gap: not closed yet."""
