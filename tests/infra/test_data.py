"""What the product stores is encrypted, recoverable and outlives the stack."""

import pytest

from tests.infra.policies import place
from tests.template import of_type

TABLE = "AWS::DynamoDB::Table"
TABLES = {"OrdersTable", "StockTable", "RegistryTable", "LedgerTable", "EventsTable", "CommandsTable"}
# What the indexes carry. That of orders leaves out what changes with every step, so that most steps do not write to it.
INDEXES = {
    "OrdersTable": (
        "by_status",
        {"body", "status", "payment_status", "fulfillment_status", "channel", "external_id", "total", "currency"},
    ),
    "LedgerTable": ("by_order", "ALL"),
}
STREAMS = {"EventsTable": "NEW_IMAGE", "StockTable": "NEW_AND_OLD_IMAGES"}
OURS = {"Fn::GetAtt": ["DataKey", "Arn"]}
KEPT = (
    TABLE,
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::Kinesis::Stream",
    "AWS::SecretsManager::Secret",
    "AWS::Cognito::UserPool",
)


def test_the_tables_are_those_of_the_design(template):
    assert set(of_type(template, TABLE)) == TABLES


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table(template, name):
    table = of_type(template, TABLE)[name]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"KMSMasterKeyId": OURS, "SSEEnabled": True, "SSEType": "KMS"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["DeletionProtectionEnabled"] is True
    assert table.get("StreamSpecification", {}).get("StreamViewType") == STREAMS.get(name)
    indexes = [
        (index["IndexName"], set(index["Projection"].get("NonKeyAttributes", ())) or "ALL")
        for index in table.get("GlobalSecondaryIndexes", [])
    ]
    assert indexes == ([INDEXES[name]] if name in INDEXES else [])


def test_what_holds_data_outlives_the_stack(template):
    for name, resource in template["Resources"].items():
        if resource["Type"] in KEPT:
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain"), name


def test_one_key_encrypts_it_all_and_turns_every_year(template):
    ((name, key),) = of_type(template, "AWS::KMS::Key").items()
    assert name == "DataKey"
    assert key["EnableKeyRotation"] is True
    for kind, field in (
        ("AWS::Events::EventBus", "KmsKeyIdentifier"),
        ("AWS::SecretsManager::Secret", "KmsKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
    ):
        for row in of_type(template, kind).values():
            assert row[field] == OURS, kind
    (stream,) = of_type(template, "AWS::Kinesis::Stream").values()
    assert stream["StreamEncryption"] == {"EncryptionType": "KMS", "KeyId": OURS}


def test_services_use_the_key_for_this_account_only(template):
    (key,) = of_type(template, "AWS::KMS::Key").values()
    for statement in key["KeyPolicy"]["Statement"]:
        if "Service" in statement["Principal"]:
            assert not [action for action in statement["Action"] if "*" in action]
            # EventBridge names no account when it sends to an encrypted queue; the queues' policies name the rules.
            if statement["Principal"]["Service"] != "events.amazonaws.com":
                assert "AWS::AccountId" in str(statement["Condition"])


def test_the_export_bucket_is_private_versioned_and_speaks_tls_only(template):
    for name, bucket in of_type(template, "AWS::S3::Bucket").items():
        assert all(bucket["PublicAccessBlockConfiguration"].values()), name
    bucket = of_type(template, "AWS::S3::Bucket")["ExportBucket"]
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"KMSMasterKeyID": OURS, "SSEAlgorithm": "aws:kms"}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["ObjectLockEnabled"] is True
    assert bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Days": 3_653}
    policies = list(of_type(template, "AWS::S3::BucketPolicy").values())
    for policy in policies:
        assert {"Bool": {"aws:SecureTransport": "false"}} in [
            one.get("Condition") for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"
        ]
    assert {row["Bucket"]["Ref"] for row in policies} == set(of_type(template, "AWS::S3::Bucket"))


def test_nobody_may_put_an_export_over_another(template):
    """The condition is asked of every call that makes an object, whoever makes it; parts of one make none."""
    (policy,) = [
        row for row in of_type(template, "AWS::S3::BucketPolicy").values() if row["Bucket"] == {"Ref": "ExportBucket"}
    ]
    (deny,) = [one for one in policy["PolicyDocument"]["Statement"] if one.get("Sid") == "NothingIsOverwritten"]
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", {"AWS": "*"}, "s3:PutObject")
    assert place(deny["Resource"]) == "ExportBucket/*"
    assert deny["Condition"] == {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}}


def test_the_intake_bucket_is_private_versioned_and_forgets(template):
    bucket = of_type(template, "AWS::S3::Bucket")["IntakeBucket"]
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"KMSMasterKeyID": OURS, "SSEAlgorithm": "aws:kms"}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    kept = {rule["Prefix"]: rule["ExpirationInDays"] for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert kept == {"stock/": 30, "orders/": 30, "results/": 90, "notices/": 14, "labels/": 30}


def test_files_are_dropped_below_the_prefix_of_their_tenant_and_answered_by_one_function(template):
    (policy,) = [
        row for row in of_type(template, "AWS::S3::BucketPolicy").values() if row["Bucket"] == {"Ref": "IntakeBucket"}
    ]
    denied = {one["Sid"]: one for one in policy["PolicyDocument"]["Statement"] if "Sid" in one}
    assert {one["Effect"] for one in denied.values()} == {"Deny"}
    drops = [f"IntakeBucket/{room}/${{aws:PrincipalTag/tenant}}/*" for room in ("stock", "orders")]
    results = "IntakeBucket/results/${aws:PrincipalTag/tenant}/*"
    roles = ("StockFilesRole", "OrderFilesRole", "SendNoticesRole")
    # That of the other stack by the name that CloudFormation gives it.
    account = ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}]
    labeller = {"Fn::Join": ["", [*account, ":role/SpineDoor-FulfillmentRole-*"]]}
    own_roles = [{"Fn::GetAtt": [role, "Arn"]} for role in roles]
    ours = {"ArnNotEquals": {"aws:PrincipalArn": [*own_roles, labeller]}}
    own = denied["OwnPrefixOnly"]
    assert (own["Action"], own["Condition"]) == ("s3:PutObject", ours)
    assert [place(one) for one in own["NotResource"]] == drops
    read = denied["OwnFilesOnly"]
    assert read["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
    assert [place(one) for one in read["NotResource"]] == [*drops, results]
    assert read["Condition"] == {"Null": {"aws:PrincipalTag/tenant": "false"}}
    once = denied["NoResultIsOverwritten"]
    assert once["Action"] == "s3:PutObject"
    written_once = {f"IntakeBucket/{room}/*" for room in ("results", "notices", "labels")}
    assert {place(one) for one in once["Resource"]} == written_once
    assert once["Condition"] == {"Null": {"s3:if-none-match": "true"}}
    assert not [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]


def test_each_stream_of_a_table_has_its_reader(template):
    """The outbox is read by the publisher, stock rows by who sums them up (docs/decisions/0014)."""
    read = {
        row["EventSourceArn"]["Fn::GetAtt"][0]
        for row in of_type(template, "AWS::Lambda::EventSourceMapping").values()
        if row["EventSourceArn"]["Fn::GetAtt"][1] == "StreamArn"
    }
    assert read == set(STREAMS)
