"""Acknowledgements: the findings of the template's checks that we accept, each with its reason. Ten rules at
most, of all checks together; cfn-lint has none."""

from __future__ import annotations

from aws_cdk import Acknowledgment, App, Stack, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

_RUNTIME = (
    "Python 3.13 is the runtime that every pinned wheel is built for and tested on; 3.14 follows when they are. "
    "AWS supports 3.13 until 2029."
)
_EXPORT_FILES = (
    "The names of export files carry tenant, date and batch, so they are granted by their prefix, "
    "to the two functions of finance only."
)

# Finding id -> why it is right here. A rule with details is acknowledged for the named detail only.
ACKNOWLEDGED: dict[str, str] = {
    "AwsSolutions-L1": _RUNTIME,
    "Serverless-LambdaLatestVersion": _RUNTIME,
    "AwsSolutions-IAM5[Resource::*]": (
        "X-Ray and the delivery of workflow logs know no resources to narrow to; nothing else is granted on *. "
        "tests/infra holds the list."
    ),
    "Serverless-LambdaStarPermissions": (
        "It looks at rights inside roles, and finds the two actions by which each function sends its traces: X-Ray "
        "knows no resource. AwsSolutions-IAM5 judges the same statements one by one."
    ),
    "AwsSolutions-IAM5[Resource::<ExportBucket.Arn>/finance/*]": _EXPORT_FILES,
    # The same bucket, as the second stack names it.
    "AwsSolutions-IAM5[Resource::Spine:ExportsOutputFnGetAttExportBucketArn4DFA2B59/finance/*]": _EXPORT_FILES,
    "AwsSolutions-IAM5[Resource::<IntakeBucket.Arn>/stock/*]": (
        "Dropped files are named by those who drop them, below the prefix of their tenant; one function reads them."
    ),
    "AwsSolutions-IAM5[Resource::<IntakeBucket.Arn>/orders/*]": (
        "Dropped files of orders are named in the same way, and one function reads them."
    ),
    "AwsSolutions-IAM5[Resource::<IntakeBucket.Arn>/results/*]": (
        "Results carry the tenant and the name of the file that they answer, and are written once by the one function "
        "that reads it."
    ),
    "AwsSolutions-IAM5[Resource::<IntakeBucket.Arn>/notices/*]": (
        "Messages in the mail folder carry tenant, order and notice, and are written once, by the function that tells "
        "customers."
    ),
    # As the second stack, which has the function that buys labels, names the same bucket.
    "AwsSolutions-IAM5[Resource::Spine:ExportsOutputFnGetAttIntakeBucketArnF42B0024/labels/*]": (
        "Files of labels carry tenant and label, and are written once, by the function that buys labels."
    ),
    "AwsSolutions-APIG4": (
        "Five routes take no token: the provider's webhook proves itself by signature, a pay link by its name that "
        "nobody can guess, and the console's files hold no data. Their rows list them as open_routes and tests/infra "
        "counts them."
    ),
    "AwsSolutions-SF1": (
        "Failed and timed out runs are logged. Every step's outcome is already an event in the events table, and a "
        "log line for each state of each order would cost more than running it."
    ),
    "AwsSolutions-SMG4": (
        "The secrets are the payment provider's and the carriers': only they can issue a new key, so a person replaces "
        "it by the runbook and functions read it again within minutes."
    ),
    "AwsSolutions-KDS3": (
        "Stores of other accounts may be allowed to put stock movements, which the AWS-managed key would refuse; "
        "the stream uses the product's own key."
    ),
    "Serverless-SQSRedrivePolicy": (
        "Every work queue has a redrive policy; the findings are its dead-letter queues, the end of the line, "
        "which ring an alarm instead."
    ),
    "Serverless-LambdaEventSourceMappingDestination": (
        "A queue's mapping cannot have a destination: its failed messages go to the dead-letter queue by redrive. "
        "Both stream mappings have one."
    ),
}


def check_and_acknowledge(app: App, *stacks: Stack) -> None:
    """Run both rule packs at synthesis; a finding that is not acknowledged stops it."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(), ServerlessChecks())
    for stack in stacks:
        for finding, reason in ACKNOWLEDGED.items():
            Validations.of(stack).acknowledge(Acknowledgment(id=finding, reason=reason))
