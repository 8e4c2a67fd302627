"""The subject of a notification is one line."""

import unicodedata


def apply(settings):
    """Gap: SNS takes any subject. AWS documents fewer than 100 characters, and neither line breaks nor control
    characters."""
    from ministack.services import sns

    publish = sns._publish

    def publish_with_subject(params):
        if not is_subject(sns._p(params, "Subject")):
            return sns._error("InvalidParameter", "Invalid parameter: Subject", 400)
        return publish(params)

    sns._publish = publish_with_subject


def is_subject(text):
    return len(text) < 100 and not any(unicodedata.category(character) == "Cc" for character in text)
