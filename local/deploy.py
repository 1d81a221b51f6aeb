"""Put the real CDK app onto the local engine: bootstrap, synthesise when something changed, deploy, collect keys.

The synthesised app is kept in .local/assembly with a fingerprint of everything it was made from.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from local.progress import Failed, run
from local.seed.seed import LEGAL_ENTITY, TENANT
from local.state import ACCOUNT, REGION, ROOT, STACKS, Http, aws_client, aws_environment, local_api_url, stack_outputs

ASSEMBLY = ROOT / ".local" / "assembly"
FINGERPRINT = ROOT / ".local" / "assembly.fingerprint"
CDK = ROOT / "node_modules" / ".bin" / "cdk"
DEPLOY_TIMEOUT_SECONDS = 240.0
BOOTSTRAP_VERSION = "30"
QUALIFIER = "hnb659fds"
PSP_PROVIDER = "strict"
# Everything that the template and its assets are made from.
PRODUCT = ("app.py", "cdk.json", "infra", "functions", "layers", "console", "requirements", "tools/build_layer.py")
BUILT_LAYERS = "build/layers/local"
# What plays the outside world; a change here restarts the bots, not the engine.
WORLD = ("local/psp", "local/world")
ENGINE = ("local/launcher.py", "local/engine", "local/world/clock.py", "requirements/engine.lock")


def fingerprint(parts: Iterable[str], *, contents: bool = True) -> str:
    """Return one hash over the files below these paths of the clone: their names and contents, or sizes and times."""
    digest = hashlib.sha256()
    for part in parts:
        for path in _files(ROOT / part):
            digest.update(f"{path.relative_to(ROOT)}\0".encode())
            if contents:
                digest.update(path.read_bytes())
            else:
                stat = path.stat()
                digest.update(f"{stat.st_size} {stat.st_mtime_ns}".encode())
            digest.update(b"\0")
    return digest.hexdigest()


def _files(top: Path) -> Iterator[Path]:
    if top.is_file():
        yield top
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if name not in ("__pycache__", "node_modules", ".mypy_cache"))
        yield from (Path(folder) / name for name in sorted(names) if not name.endswith(".pyc"))


def product_fingerprint() -> str:
    """Return the hash that says whether the deployed product is the one in this clone."""
    built = fingerprint([BUILT_LAYERS], contents=False)
    return hashlib.sha256(f"{fingerprint(PRODUCT)} {built} {sys.version}".encode()).hexdigest()


def bootstrap(endpoint: str) -> None:
    """Give the engine what `cdk bootstrap` would: the asset bucket, its version and the roles the CDK assumes."""
    s3, ssm, iam = (aws_client(endpoint, name) for name in ("s3", "ssm", "iam"))
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
        s3.create_bucket(Bucket=f"cdk-{QUALIFIER}-assets-{ACCOUNT}-{REGION}")
    ssm.put_parameter(
        Name=f"/cdk-bootstrap/{QUALIFIER}/version", Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True
    )
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    for purpose in ("deploy", "file-publishing", "image-publishing", "lookup", "cfn-exec"):
        name = f"cdk-{QUALIFIER}-{purpose}-role-{ACCOUNT}-{REGION}"
        with suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy)


def assembly_is_current(product: str) -> bool:
    """Say whether the stored cloud assembly was made from exactly this product."""
    try:
        return FINGERPRINT.read_text().strip() == product and (ASSEMBLY / "manifest.json").exists()
    except OSError:
        return False


def deploy(endpoint: str, state: Path, product: str) -> None:
    """Deploy the app to the engine and leave the outputs of its stacks in STATE/out.json.

    Synthesises in the same go unless the stored assembly is current. Raises Failed when it takes too long or fails,
    ValueError when the endpoint is not on this machine.
    """
    environment = cdk_environment(endpoint)
    current = assembly_is_current(product)
    if not current:
        FINGERPRINT.unlink(missing_ok=True)
    made_from = [ASSEMBLY] if current else [f'"{sys.executable}" app.py', "--output", ASSEMBLY]
    options = ["--require-approval", "never", "--no-notices", "--method", "direct", "--progress", "events"]
    context = ["-c", "layers=local", "-c", "local=true"]
    outputs = ["--outputs-file", state / "out.json"]
    run(
        [CDK, "deploy", *STACKS, "--app", *made_from, *options, *context, *outputs],
        state / "deploy.log",
        timeout=DEPLOY_TIMEOUT_SECONDS,
        environment=environment,
        folder=ROOT,
    )
    if not (state / "out.json").exists():
        raise Failed("the deployment ended without outputs", state / "deploy.log")
    FINGERPRINT.write_text(product + "\n")


def cdk_environment(endpoint: str) -> dict[str, str]:
    """Return the environment of the CDK command line: this engine, no configuration of the person's own account."""
    return {
        **clean_environment(),
        **aws_environment(endpoint),
        "CDK_HOME": str(ROOT / ".local" / "cdk"),
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": REGION,
        # The versions of Node that the bindings warn about although they do what is needed here.
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20,21,22,23",
        "NODE_NO_WARNINGS": "1",
    }


def clean_environment() -> dict[str, str]:
    """Return this process's environment without anything that could lead to a real AWS account."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}


def collect_clients(endpoint: str, state: Path) -> dict[str, dict[str, str]]:
    """Write the ids and secrets of the channel clients to STATE/clients.json, for the owner's eyes only.

    Returns client name -> {"client_id", "client_secret", "scopes"}.
    """
    cognito = aws_client(endpoint, "cognito-idp")
    clients: dict[str, dict[str, str]] = {}
    for pool in cognito.list_user_pools(MaxResults=60)["UserPools"]:
        listed = cognito.get_paginator("list_user_pool_clients").paginate(UserPoolId=pool["Id"])
        for page in listed:
            for client in page["UserPoolClients"]:
                known = cognito.describe_user_pool_client(UserPoolId=pool["Id"], ClientId=client["ClientId"])
                clients.update(_client(known["UserPoolClient"]))
    if not clients:
        raise Failed("the deployed stack has no channel clients", state / "deploy.log")
    write_private(state / "clients.json", clients)
    return clients


def _client(known: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    scopes = " ".join(sorted(known.get("AllowedOAuthScopes", [])))
    secret = known.get("ClientSecret", "")
    return {known["ClientName"]: {"client_id": known["ClientId"], "client_secret": secret, "scopes": scopes}}


def connect_psp(endpoint: str, state: Path) -> None:
    """Tell the product where the fake PSP is and how to sign in, and the PSP where its webhooks go."""
    outputs = stack_outputs(state)
    psp = json.loads((state / "psp.json").read_text())
    secret: dict[str, Any] = {name: psp[name] for name in ("endpoint", "api_key", "webhook_secret")}
    # Whose account it is: payouts and disputes of the provider go into the books of this company.
    secret["settlement"] = {"tenant": TENANT, "legal_entity": LEGAL_ENTITY}
    aws_client(endpoint, "secretsmanager").put_secret_value(
        SecretId=outputs["PspSecretArn"], SecretString=json.dumps(secret)
    )
    # The same process activates what is digital.
    partners = {"playbox": {"endpoint": psp["endpoint"], "api_key": psp["api_key"]}}
    aws_client(endpoint, "secretsmanager").put_secret_value(
        SecretId=outputs["ActivationSecretArn"], SecretString=json.dumps(partners)
    )
    url = f"{local_api_url(endpoint, outputs['ApiUrl'])}/v1/webhooks/{PSP_PROVIDER}"
    answer = Http(psp["endpoint"]).request(
        "POST",
        "/_config",
        {"webhook": {"url": url, "secret": psp["webhook_secret"]}},
        {"authorization": f"Bearer {psp['api_key']}"},
    )
    if not answer.ok:
        raise Failed(f"the fake PSP refused its webhook address: {answer.status} {answer.body!r}", state / "psp.log")


def write_private(path: Path, content: Any) -> None:
    """Write JSON that only the owner may read; a reader finds the old or the new content, never half of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=1)
        file.write("\n")
    draft.replace(path)
