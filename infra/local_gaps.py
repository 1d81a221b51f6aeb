"""What the local engine cannot provision: the one list by which the local template may differ from that for AWS."""

# Resource type -> what is lost locally without it.
LOCAL_GAPS = {
    "AWS::Events::EventBusPolicy": "who may put which source on a bus is not enforced locally",
    "AWS::Events::Archive": "events cannot be replayed from an archive locally; the events table still holds them all",
    "AWS::Glue::Database": "exports cannot be queried where they lie locally; any reader of Parquet takes the files",
    "AWS::Glue::Table": "the tables over the exports are compared with the files by a test, which runs the queries",
    "AWS::Athena::NamedQuery": "the saved queries are files in infra/queries, which DuckDB runs as they are",
}
# Properties that the local template has as well, and the engine takes no notice of.
TAKEN_NO_NOTICE_OF = {
    ("AWS::S3::Bucket", "ObjectLockConfiguration"): "an export file can be removed locally",
    ("AWS::S3::BucketPolicy", "PolicyDocument"): "a put without its condition is refused by our own code only",
}
