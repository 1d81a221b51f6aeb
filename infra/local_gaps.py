"""What the local engine cannot provision: the one list by which the local template may differ from that for AWS."""

# Resource type -> what is lost locally without it.
LOCAL_GAPS = {
    "AWS::Events::EventBusPolicy": "who may put which source on a bus is not enforced locally",
    "AWS::Events::Archive": "events cannot be replayed from an archive locally; the events table still holds them all",
}
# Properties that the local template has as well, and the engine takes no notice of.
TAKEN_NO_NOTICE_OF = {
    ("AWS::S3::Bucket", "ObjectLockConfiguration"): "an export file can be removed locally",
    ("AWS::S3::BucketPolicy", "PolicyDocument"): "a put without its condition is refused by our own code only",
}
