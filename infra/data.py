"""Data: the key that encrypts everything, the tables, the bucket of exports, and our keys at providers and carriers."""

from __future__ import annotations

from aws_cdk import (
    Duration,
    RemovalPolicy,
    Stack,
)
from aws_cdk import (
    aws_dynamodb as dynamodb,
)
from aws_cdk import (
    aws_iam as iam,
)
from aws_cdk import (
    aws_kms as kms,
)
from aws_cdk import (
    aws_s3 as s3,
)
from aws_cdk import (
    aws_secretsmanager as secretsmanager,
)
from constructs import Construct

from infra.constructs.function import Resource
from infra.grants import INDEXES, TABLES
from infra.names import name_it, pascal

# Books are kept for ten years. Until then only somebody with the right to lift the lock may remove an export.
EXPORT_LOCK = Duration.days(3_653)
# What else hears of each change: the outbox is published, stock rows are summed up for browsing (decision 14). Every
# change of the other tables has its event in the same transaction.
_STREAMS = {
    "events": dynamodb.StreamViewType.NEW_IMAGE,
    "stock": dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
}
# What the index of orders carries: enough for lists, and nothing that changes with every step of an order, so that most
# steps do not write to it.
LISTED = {
    "orders": [
        *("body", "status", "payment_status", "fulfillment_status"),
        *("channel", "external_id", "total", "currency"),
    ]
}


class Key(Construct):
    """One customer-managed key for tables, buses, queues, streams, buckets and logs."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        self.key = kms.Key(
            self,
            "Key",
            description="Encrypts what Spine stores and sends.",
            enable_key_rotation=True,
            pending_window=Duration.days(30),
            removal_policy=RemovalPolicy.RETAIN,
        )
        name_it(self.key, "DataKey")
        use = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
        # No condition: what EventBridge asks of the key on its way to a queue does not say for whom, and would be
        # refused without a word. Each queue's own policy names the rules that may send to it.
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="BusesAndTheirTargets",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=use,
                resources=["*"],
            )
        )
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsOfThisAccount",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=use,
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            )
        )
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LogGroupsOfThisAccount",
                principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
                actions=[
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:Encrypt",
                    "kms:GenerateDataKey",
                    "kms:ReEncryptFrom",
                    "kms:ReEncryptTo",
                ],
                resources=["*"],
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": (
                            f"arn:aws:logs:{stack.region}:{stack.account}:log-group:*"
                        )
                    }
                },
            )
        )


class Data(Construct):
    """What the product remembers. All of it outlives the stack."""

    def __init__(self, scope: Construct, id: str, *, key: kms.IKey) -> None:
        super().__init__(scope, id)
        self.tables = {name: self._table(name, key) for name in TABLES}
        self.secret = secretsmanager.Secret(
            self,
            "PspSecret",
            description="The payment provider: endpoint, api_key, webhook_secret. Filled after the first deployment.",
            encryption_key=key,
            removal_policy=RemovalPolicy.RETAIN,
        )
        name_it(self.secret, "PspSecret")
        self.carrier_secret = secretsmanager.Secret(
            self,
            "CarrierSecret",
            description="Who carries parcels: keys of each account and its tenant. Filled after the first deployment.",
            encryption_key=key,
            removal_policy=RemovalPolicy.RETAIN,
        )
        name_it(self.carrier_secret, "CarrierSecret")
        self.webhook_secret = secretsmanager.Secret(
            self,
            "WebhookSecret",
            description="What the secrets of subscribers of outgoing webhooks are derived from; made once, at random.",
            encryption_key=key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template="{}",  # noqa: S106 - the template of a secret, and empty
                generate_string_key="master",
                password_length=64,
                exclude_punctuation=True,
            ),
            removal_policy=RemovalPolicy.RETAIN,
        )
        name_it(self.webhook_secret, "WebhookSecret")
        self.activation_secret = secretsmanager.Secret(
            self,
            "ActivationSecret",
            description="Who activates digital items: endpoint and api_key of each. Filled after the first deployment.",
            encryption_key=key,
            removal_policy=RemovalPolicy.RETAIN,
        )
        name_it(self.activation_secret, "ActivationSecret")
        self.bucket = self._export_bucket(key)

    def resources(self) -> dict[str, Resource]:
        """What functions may be granted of this."""
        found = {f"table:{name}": _table_resource(table) for name, table in self.tables.items()}
        found |= {f"index:{name}": _index_resource(name, self.tables[name]) for name in INDEXES}
        found["secret:psp"] = Resource((self.secret_arn,), self.secret_arn)
        found["secret:carrier"] = Resource((self.carrier_secret_arn,), self.carrier_secret_arn)
        found["secret:webhook"] = Resource((self.webhook_secret_arn,), self.webhook_secret_arn)
        found["secret:activation"] = Resource((self.activation_secret_arn,), self.activation_secret_arn)
        found["bucket:export"] = Resource((self.bucket.bucket_arn,), self.bucket.bucket_name)
        return found

    @property
    def secret_arn(self) -> str:
        """The secret's ARN, which the local engine gives by this attribute only."""
        return self.secret.node.default_child.attr_id

    @property
    def carrier_secret_arn(self) -> str:
        """The same of the carriers' secret."""
        return self.carrier_secret.node.default_child.attr_id

    @property
    def webhook_secret_arn(self) -> str:
        """The same of the secret of outgoing webhooks."""
        return self.webhook_secret.node.default_child.attr_id

    @property
    def activation_secret_arn(self) -> str:
        """The same of the secret of those who activate digital items."""
        return self.activation_secret.node.default_child.attr_id

    def _table(self, name: str, key: kms.IKey) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            f"{pascal(name)}Table",
            partition_key=_text("pk"),
            sort_key=_text("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="expires_at",
            stream=_STREAMS.get(name),
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        name_it(table, f"{pascal(name)}Table")
        for index in INDEXES.get(name, ()):
            table.add_global_secondary_index(
                index_name=index,
                partition_key=_text("gsi1pk"),
                sort_key=_text("gsi1sk"),
                projection_type=dynamodb.ProjectionType.INCLUDE if name in LISTED else dynamodb.ProjectionType.ALL,
                non_key_attributes=LISTED.get(name),
            )
        return table

    def _export_bucket(self, key: kms.IKey) -> s3.Bucket:
        self.access_logs = s3.Bucket(
            self,
            "ExportAccessLogs",
            # Amazon S3 delivers access logs only to buckets with its own kind of key.
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(365))],
            removal_policy=RemovalPolicy.RETAIN,
        )
        name_it(self.access_logs, "ExportAccessLogs")
        bucket = s3.Bucket(
            self,
            "ExportBucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            versioned=True,
            object_lock_default_retention=s3.ObjectLockRetention.governance(EXPORT_LOCK),
            server_access_logs_bucket=self.access_logs,
            server_access_logs_prefix="exports/",
            removal_policy=RemovalPolicy.RETAIN,
        )
        name_it(bucket, "ExportBucket")
        # Whoever writes, an object that stands is never replaced. Parts of a large upload carry no condition; the
        # call that makes an object of them does.
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="NothingIsOverwritten",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:PutObject"],
                resources=[bucket.arn_for_objects("*")],
                conditions={"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}},
            )
        )
        return bucket


def _table_resource(table: dynamodb.Table) -> Resource:
    return Resource((table.table_arn,), table.table_name)


def _index_resource(name: str, table: dynamodb.Table) -> Resource:
    return Resource(tuple(f"{table.table_arn}/index/{index}" for index in INDEXES[name]), table.table_name)


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
