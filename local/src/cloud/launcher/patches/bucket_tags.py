"""Buckets have tags, as all else that a stack makes."""

from xml.sax.saxutils import escape


def apply(settings):
    """Gap: a bucket of a stack has neither the template's tags, nor the stack's, nor those that CloudFormation adds."""
    from ministack.services import s3
    from ministack.services.cloudformation import provisioners

    provisioners._STACK_TAG_PROPERTY["AWS::S3::Bucket"] = ("Tags", "list")
    provisioners._S3_BUCKET_CONFIGURATIONS += (
        ("Tags", tags_xml, s3._put_bucket_tagging, s3._delete_bucket_tagging),)


def tags_xml(tags):
    pairs = ((escape(str(tag["Key"])), escape(str(tag["Value"]))) for tag in tags)
    members = "".join(f"<Tag><Key>{key}</Key><Value>{value}</Value></Tag>" for key, value in pairs)
    return f"<Tagging><TagSet>{members}</TagSet></Tagging>".encode()
