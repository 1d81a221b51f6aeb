"""Names: the logical ids of the template are the names that people use."""

from __future__ import annotations

from aws_cdk import CfnElement
from constructs import IConstruct

# The stack of the HTTP API and its functions.
DOOR = "SpineDoor"


def pascal(snake: str) -> str:
    """`place_order` or `call-centre` -> `PlaceOrder`, `CallCentre`."""
    return "".join(part.capitalize() for part in snake.replace("-", "_").replace(".", "_").split("_"))


def name_it(construct: IConstruct, logical_id: str) -> None:
    """Give the CloudFormation resource behind a construct this exact logical id."""
    resource = construct if isinstance(construct, CfnElement) else construct.node.default_child
    resource.override_logical_id(logical_id)


def wait_for_nothing_more(construct: IConstruct) -> None:
    """Leave to a resource only the dependencies that it states by naming another resource's attribute.

    The CDK states that of a function or a workflow on its role twice.
    """
    construct.node.default_child.add_deletion_override("DependsOn")
