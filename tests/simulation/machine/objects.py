"""S3 and Secrets Manager: objects that are written once, and the secrets of the provider and of the carrier."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from botocore.exceptions import ClientError

# Whom both accounts settle for; that at Stripe is spoken of over its partner bus only.
SETTLES_FOR = {"settlement": {"tenant": "acme", "legal_entity": "100"}}
PSP_SECRET = {
    **{"endpoint": "http://psp.simulated", "api_key": "key_simulated", "webhook_secret": "whsec_simulated"},
    **SETTLES_FOR,
    "stripe": {"api_key": "key_stripe", "webhook_secret": "whsec_stripe", **SETTLES_FOR},
}

CARRIER_SECRET = {
    "easypost": {
        **{"endpoint": "http://carrier.simulated", "api_key": "key_carrier", "webhook_secret": "whsec_carrier"},
        "tenant": "acme",
    }
}
# It is the process of the payment provider that activates what is digital, as in the local run.
ACTIVATION_SECRET = {"playbox": {"endpoint": PSP_SECRET["endpoint"], "api_key": PSP_SECRET["api_key"]}}
WEBHOOK_SECRET = {"master": "simulated"}
# By the logical id that a function has for an ARN.
SECRETS = {
    **{"PspSecret": PSP_SECRET, "CarrierSecret": CARRIER_SECRET},
    **{"WebhookSecret": WEBHOOK_SECRET, "ActivationSecret": ACTIVATION_SECRET},
}


class Objects:
    """Every object of the export bucket, by key."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}

    def put_object(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if request.get("IfNoneMatch") == "*" and request["Key"] in self.stored:
            raise _refusal("PutObject", "PreconditionFailed", 412)
        body = request["Body"]
        self.stored[request["Key"]] = body if isinstance(body, bytes) else body.read()
        return {}

    def get_object(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if request["Key"] not in self.stored:
            raise _refusal("GetObject", "NoSuchKey", 404)
        return {"Body": BytesIO(self.stored[request["Key"]])}

    def list_objects_v2(self, request: Mapping[str, Any]) -> dict[str, Any]:
        prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter")
        contents, folders = [], set()
        for key in sorted(self.stored):
            if not key.startswith(prefix):
                continue
            rest = key[len(prefix) :]
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.split(delimiter)[0] + delimiter)
            else:
                contents.append({"Key": key, "Size": len(self.stored[key])})
        return {"Contents": contents, "CommonPrefixes": [{"Prefix": name} for name in sorted(folders)]}


class Intake:
    """The intake bucket: every version of every object that was dropped or written, by key."""

    def __init__(self) -> None:
        self.versions: dict[str, list[bytes]] = {}

    def drop(self, key: str, content: bytes) -> str:
        """A new version of an object; its name."""
        self.versions.setdefault(key, []).append(content)
        return f"v{len(self.versions[key])}"

    def put_object(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if request.get("IfNoneMatch") == "*" and request["Key"] in self.versions:
            raise _refusal("PutObject", "PreconditionFailed", 412)
        body = request["Body"]
        return {"VersionId": self.drop(request["Key"], body if isinstance(body, bytes) else body.read())}

    def get_object(self, request: Mapping[str, Any]) -> dict[str, Any]:
        found = self.versions.get(request["Key"], [])
        version = request.get("VersionId", f"v{len(found)}")
        if not found or not 0 < int(version[1:]) <= len(found):
            raise _refusal("GetObject", "NoSuchKey", 404)
        content = found[int(version[1:]) - 1]
        if "Range" not in request:
            return {"Body": BytesIO(content), "VersionId": version}
        first, last = request["Range"].removeprefix("bytes=").split("-")
        told = f"bytes {first}-{last}/{len(content)}"
        return {"Body": BytesIO(content[int(first) : int(last) + 1]), "VersionId": version, "ContentRange": told}


def _refusal(operation: str, code: str, status: int) -> ClientError:
    """S3 says no, by a name and a status of HTTP."""
    details = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(details, operation)


def get_secret_value(request: Mapping[str, Any]) -> dict[str, Any]:
    """A secret of the account; one that it does not have fails loudly."""
    return {"SecretString": json.dumps(SECRETS[request["SecretId"]])}
