"""Which permissions CloudFormation uses to make, change and delete a resource, by its type."""
