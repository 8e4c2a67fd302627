"""A function needs its code."""


def apply(settings):
    """Gap: a Lambda function whose S3 object does not exist becomes CREATE_COMPLETE and answers every call with a mock.
    The message is AWS's own."""
    from ministack.services import lambda_svc
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    create = handlers["create"]

    def create_with_code(logical_id, props, stack_name):
        code = props.get("Code", {})
        bucket, key, version = code.get("S3Bucket"), code.get("S3Key"), code.get("S3ObjectVersion")
        if bucket and key and lambda_svc._fetch_code_from_s3(bucket, key, version_id=version) is None:
            raise ValueError(
                "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does"
                f" not exist: s3://{bucket}/{key} (Service: Lambda, Status Code: 400)"
            )
        return create(logical_id, props, stack_name)

    handlers["create"] = create_with_code
