"""The intake: a bucket into which others drop files, each tenant below its own prefix, and what tells of each drop."""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.function import Resource
from infra.names import name_it

STOCK_DROPS, ORDER_DROPS, RESULTS = "stock/", "orders/", "results/"
NOTICES, LABELS = "notices/", "labels/"
# A file has been taken in within minutes; its results are looked at within weeks.
KEEP_DROPS, KEEP_RESULTS, KEEP_OLD_VERSIONS = Duration.days(30), Duration.days(90), Duration.days(30)
# Messages to customers that nothing sends hold addresses, and are looked at within days.
KEEP_NOTICES, KEEP_OLD_NOTICES = Duration.days(14), Duration.days(1)
# A label is printed within days of its purchase and holds an address; its carrier has it for longer.
KEEP_LABELS, KEEP_OLD_LABELS = Duration.days(30), Duration.days(1)
# The tag of a role or user that says for which tenant it drops files.
TENANT_TAG = "${aws:PrincipalTag/tenant}"


class Intake(Construct):
    """The bucket, which says of each new object to EventBridge's default bus, the only one that S3 knows."""

    def __init__(self, scope: Construct, id: str, *, key: kms.IKey, access_logs: s3.IBucket) -> None:
        super().__init__(scope, id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            # A file is read by its version: one that is dropped over it in the meantime is another file.
            versioned=True,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix="intake/",
            lifecycle_rules=[
                *(
                    s3.LifecycleRule(
                        prefix=drops, expiration=KEEP_DROPS, noncurrent_version_expiration=KEEP_OLD_VERSIONS
                    )
                    for drops in (STOCK_DROPS, ORDER_DROPS)
                ),
                s3.LifecycleRule(
                    prefix=RESULTS, expiration=KEEP_RESULTS, noncurrent_version_expiration=KEEP_OLD_VERSIONS
                ),
                s3.LifecycleRule(
                    prefix=NOTICES, expiration=KEEP_NOTICES, noncurrent_version_expiration=KEEP_OLD_NOTICES
                ),
                s3.LifecycleRule(prefix=LABELS, expiration=KEEP_LABELS, noncurrent_version_expiration=KEEP_OLD_LABELS),
            ],
            removal_policy=RemovalPolicy.RETAIN,
        )
        name_it(self.bucket, "IntakeBucket")
        # By the plain property: the CDK's own switch would bring a function of its own that sets it.
        self.bucket.node.default_child.add_property_override(
            "NotificationConfiguration", {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
        )

    def resources(self) -> dict[str, Resource]:
        """What functions may be granted of this."""
        return {"bucket:intake": Resource((self.bucket.bucket_arn,), self.bucket.bucket_name)}

    def drops(self, prefix: str) -> dict[str, Any]:
        """The events of files that were dropped below a prefix; results lie elsewhere, so none is taken for a file."""
        return {
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {"bucket": {"name": [self.bucket.bucket_name]}, "object": {"key": [{"prefix": prefix}]}},
        }

    def guard(self, *writer_role_arns: str) -> None:
        """Who drops files does so below the prefix of its tenant.

        Only the functions that take them in answer, only the one that tells customers writes into the mail folder, and
        only the one that buys labels keeps their files.
        """
        results = self.bucket.arn_for_objects(f"{RESULTS}*")
        notices = self.bucket.arn_for_objects(f"{NOTICES}*")
        labels = self.bucket.arn_for_objects(f"{LABELS}*")
        neither = {"ArnNotEquals": {"aws:PrincipalArn": [*writer_role_arns]}}
        drops_of_tenant = [self.bucket.arn_for_objects(f"{one}{TENANT_TAG}/*") for one in (STOCK_DROPS, ORDER_DROPS)]
        results_of_tenant = self.bucket.arn_for_objects(f"{RESULTS}{TENANT_TAG}/*")
        self._deny("OwnPrefixOnly", ["s3:PutObject"], neither, other_than=drops_of_tenant)
        self._deny(
            "OwnFilesOnly",
            ["s3:GetObject", "s3:GetObjectVersion"],
            {"Null": {"aws:PrincipalTag/tenant": "false"}},
            other_than=[*drops_of_tenant, results_of_tenant],
        )
        self._deny(
            "NoResultIsOverwritten",
            ["s3:PutObject"],
            {"Null": {"s3:if-none-match": "true"}},
            on=[results, notices, labels],
        )

    def _deny(
        self,
        name: str,
        actions: list[str],
        conditions: dict[str, Any],
        *,
        on: list[str] | None = None,
        other_than: list[str] | None = None,
    ) -> None:
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid=name,
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=actions,
                resources=on,
                not_resources=other_than,
                conditions=conditions,
            )
        )
