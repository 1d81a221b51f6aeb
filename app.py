"""The CDK entry: one app of two stacks, checked as it is synthesised.

`npx cdk synth` runs this with the context of cdk.json; nothing here calls AWS, so no credentials are needed.
"""

import aws_cdk as cdk

from infra.acknowledgements import check_and_acknowledge
from infra.door import SpineDoor
from infra.names import DOOR
from infra.settings import Settings
from infra.stack import SpineStack


def build() -> cdk.App:
    """The whole app, ready to be synthesised."""
    app = cdk.App(analytics_reporting=False)
    settings = Settings.from_context(app.node)
    core = SpineStack(app, "Spine", settings=settings)
    door = SpineDoor(app, DOOR, settings=settings, core=core)
    check_and_acknowledge(app, core, door)
    return app


if __name__ == "__main__":
    build().synth()
