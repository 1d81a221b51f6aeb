"""S3 and Secrets Manager: objects that are written once, and the provider's secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from botocore.exceptions import ClientError

PSP_SECRET = {"endpoint": "http://psp.simulated", "api_key": "key_simulated", "webhook_secret": "whsec_simulated"}


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


def _refusal(operation: str, code: str, status: int) -> ClientError:
    """S3 says no, by a name and a status of HTTP."""
    details = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(details, operation)


def get_secret_value(request: Mapping[str, Any]) -> dict[str, Any]:
    """The one secret of the account."""
    return {"SecretString": json.dumps(PSP_SECRET)}
