"""What the local engine cannot provision: the one list by which the local template may differ from that for AWS."""

# Resource type -> what is lost locally without it.
LOCAL_GAPS = {
    "AWS::Events::EventBusPolicy": "who may put which source on a bus is not enforced locally",
    "AWS::Events::Archive": "events cannot be replayed from an archive locally; the events table still holds them all",
}
