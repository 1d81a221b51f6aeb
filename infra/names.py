"""Names: the logical ids of the template are the names that people use."""

from __future__ import annotations

from aws_cdk import CfnElement
from constructs import IConstruct


def pascal(snake: str) -> str:
    """`place_order` or `call-centre` -> `PlaceOrder`, `CallCentre`."""
    return "".join(part.capitalize() for part in snake.replace("-", "_").replace(".", "_").split("_"))


def name_it(construct: IConstruct, logical_id: str) -> None:
    """Give the CloudFormation resource behind a construct this exact logical id."""
    resource = construct if isinstance(construct, CfnElement) else construct.node.default_child
    resource.override_logical_id(logical_id)


def wait_only_for(construct: IConstruct, *logical_ids: str) -> None:
    """Leave to a resource only these dependencies that it does not state by naming another resource's attribute.

    The CDK states that of a function or a workflow on its role twice.
    """
    construct.node.default_child.add_override("DependsOn", list(logical_ids))
