"""The synthesised template for tests, and its tables, queues, buses and the rest made in moto.

    from tests.template import deployed, template          # the fixture and the function

    def test_places_an_order(deployed, monkeypatch):
        deployed.enter(monkeypatch, "place_order")           # exactly the environment that the template gives it
        ...                                                  # boto3 now talks to moto

    deployed.name("OrdersTable")                             # real name of a resource, by its logical id

`template()` synthesises at most once for each state of app.py, cdk.json and infra/, and keeps the result below .local/.
Handlers and wheels are stood in for by empty ones, since the template does not depend on what is inside them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tools.stacks import template_files, whole_template

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".local" / "templates"
# How many states of the sources keep their templates.
KEPT = 4
SYNTHESIS_SECONDS = 180.0
ACCOUNT = "123456789012"
REGION = "us-east-1"

Template = dict[str, Any]

# What a deployment may name beside what cdk.json says: who sends its mails, and from where its provider's events come.
NAMED = {
    "notice_identity": "shop.example",
    "notice_sender": "orders@shop.example",
    "notice_configuration_set": "spine",
    "stripe_event_source": "aws.partner/stripe.com/ed_test_61ExampleDestination",
}


@cache
def template(target: str = "aws") -> Template:
    """Both stacks as one: for `aws`, for AWS with all that may be `named`, or for the `local` engine.

    Do not change it: others get the same one.
    """
    return whole_template(assembly(target))


def assembly(target: str) -> Path:
    """The folder that holds the template, synthesised if the sources have changed."""
    folder = CACHE / _fingerprint() / target
    if not folder.exists():
        _synthesise(target, folder)
    return folder


def _fingerprint() -> str:
    sources = [ROOT / "app.py", ROOT / "cdk.json", *sorted((ROOT / "infra").rglob("*"))]
    digest = hashlib.sha256(sys.version.encode())
    for path in sources:
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(ROOT)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _synthesise(target: str, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        more = NAMED if target == "named" else {}
        done, out = run_app("aws" if more else target, Path(scratch), **more)
        if done.returncode:
            raise RuntimeError(f"the template for {target} was not synthesised:\n{done.stdout}\n{done.stderr}"[-6000:])
        kept = Path(scratch) / "kept"
        kept.mkdir()
        for path in template_files(out):
            shutil.copy(path, kept)
        # Another test run may have been quicker; then its result stands.
        if not folder.exists():
            kept.rename(folder)
    _forget_old(folder.parent)


def run_app(
    target: str, scratch: Path, program: Sequence[str] = ("app.py",), **more: str
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Run the CDK app as the CDK's command line would, and return how it went and the folder that it wrote."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"] | _stand_ins(scratch)
    context |= {"layers": target, "local": str(target == "local").lower(), **more}
    out = scratch / "out"
    environment = {**os.environ, "CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": json.dumps(context)}
    environment["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "1"
    done = subprocess.run(
        [sys.executable, *program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SYNTHESIS_SECONDS,
        check=False,
    )
    return done, out


def _stand_ins(folder: Path) -> dict[str, str]:
    """Context that puts an empty handler in the place of each function, and empty layers in that of the wheels."""
    from infra.functions import FUNCTIONS

    for name in FUNCTIONS:
        (folder / "functions" / name).mkdir(parents=True)
        (folder / "functions" / name / "handler.py").write_text(f'"""{name}"""\n')
    for target in ("aws", "local"):
        for layer in ("deps", "export", "broker", "papers"):
            (folder / "layers" / target / layer / "python").mkdir(parents=True)
            stamp = {"fingerprint": hashlib.sha256(f"{target} {layer}".encode()).hexdigest()}
            (folder / "layers" / target / f"{layer}.json").write_text(json.dumps(stamp))
    return {"functions_root": str(folder / "functions"), "layers_root": str(folder / "layers")}


def _forget_old(current: Path) -> None:
    others = sorted((path for path in CACHE.iterdir() if path != current), key=lambda path: path.stat().st_mtime)
    for path in others[: -(KEPT - 1)]:
        shutil.rmtree(path, ignore_errors=True)


def gateway_key(route: str) -> str:
    """The route of the gateway by which a route of the contract is reached."""
    found = re.fullmatch(r"\S+ (.+/\{rule_set_id\})(/.+)?", route)
    if found is None:
        return route
    return f"ANY {found[1]}/{{proxy+}}" if found[2] else f"ANY {found[1]}"


def of_type(found: Template, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a type such as `AWS::SQS::Queue`, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in found["Resources"].items()
        if resource["Type"] == kind
    }


def function_name(logical_id: str) -> str:
    """`PlaceOrderFunction` -> `place_order`, the folder's name."""
    words = logical_id.removesuffix("Function")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in words).lstrip("_")


# How the ARN of a resource ends, by its type; its name is its logical id, in small letters where AWS wants them.
_ARNS = {
    "AWS::DynamoDB::Table": "dynamodb:{region}:{account}:table/{name}",
    "AWS::Events::EventBus": "events:{region}:{account}:event-bus/{name}",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::Kinesis::Stream": "kinesis:{region}:{account}:stream/{name}",
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{name}",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{name}",
    "AWS::StepFunctions::StateMachine": "states:{region}:{account}:stateMachine:{name}",
}


@dataclass(frozen=True, slots=True)
class Deployed:
    """The template's resources as they are in moto; see the head of this file."""

    template: Template
    refs: Mapping[str, str]

    def name(self, logical_id: str) -> str:
        """What `Ref` gives: the name of a table, bucket, stream or bus, a queue's URL, a workflow's or secret's ARN."""
        return self.refs[logical_id]

    def arn(self, logical_id: str) -> str:
        """The ARN of a resource."""
        return self.resolve({"Fn::GetAtt": [logical_id, "Arn"]})

    def environment(self, function: str) -> dict[str, str]:
        """The environment variables of a function, by its folder's name."""
        for logical_id, properties in of_type(self.template, "AWS::Lambda::Function").items():
            if function_name(logical_id) == function:
                return self.resolve(properties["Environment"]["Variables"])
        raise KeyError(f"no function {function} in the template")

    def enter(self, monkeypatch: pytest.MonkeyPatch, *functions: str) -> None:
        """Set the environment of one function, or of several that share a test."""
        for function in functions:
            for variable, value in self.environment(function).items():
                monkeypatch.setenv(variable, value)

    def resolve(self, value: Any) -> Any:
        """A value of the template with its references filled in."""
        if isinstance(value, list):
            return [self.resolve(part) for part in value]
        if not isinstance(value, dict):
            return value
        if "Ref" in value:
            return self.refs[value["Ref"]]
        if "Fn::GetAtt" in value:
            return self._attribute(*value["Fn::GetAtt"])
        if "Fn::Join" in value:
            separator, parts = value["Fn::Join"]
            return separator.join(self.resolve(parts))
        return {name: self.resolve(part) for name, part in value.items()}

    def _attribute(self, logical_id: str, attribute: str) -> str:
        kind = self.template["Resources"][logical_id]["Type"]
        if attribute == "Arn" and kind in _ARNS:
            ending = _ARNS[kind].format(region=REGION, account=ACCOUNT, name=physical_name(self.template, logical_id))
            return f"arn:aws:{ending}"
        if kind == "AWS::SecretsManager::Secret":
            return self.refs[logical_id]
        if attribute in ("QueueName", "Name"):
            return physical_name(self.template, logical_id)
        return f"{logical_id}.{attribute}"


def physical_name(found: Template, logical_id: str) -> str:
    """The name that a resource has in moto."""
    resource = found["Resources"][logical_id]
    given = resource.get("Properties", {}).get("Name")
    if resource["Type"] in ("AWS::S3::Bucket", "AWS::Kinesis::Stream"):
        return logical_id.lower()
    return given if isinstance(given, str) and resource["Type"] == "AWS::Events::EventBus" else logical_id


@pytest.fixture(name="template")
def template_fixture() -> Template:
    """The template for AWS."""
    return template()


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """moto with everything in it that functions use, empty; gone after the test."""
    from moto import mock_aws

    from tests.moto_resources import create

    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(variable, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield create(template())
