"""Amazon SES: the message is handed over by the v2 API (SendEmail).

SES keeps no key of a call and cannot be asked for one, so a repeat after an answer that never came may be a second
message. Each carries its notice in a header and in a tag, by which events of the configuration set name it.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from oms.notifications.port import Accepted, Answer, Message, Refused, Unavailable
from oms.platform.effects import NoTrace, Unknown
from oms.platform.settings import setting

# What SES says of the message itself: it will never take it. All else is about the account or the moment.
REFUSALS = frozenset({"MessageRejected", "BadRequestException"})
SENDER, CONFIGURATION_SET = "NOTICE_SENDER", "NOTICE_CONFIGURATION_SET"


@lru_cache(maxsize=1)
def _client() -> Any:
    # One try: a repeat by the client itself could be a second message of which nobody knows.
    config = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=2, read_timeout=10)
    return boto3.client("sesv2", config=config)


class Ses:
    """The identity of this account that functions may send from."""

    knows_repeats = False

    def __init__(self, client: Any = None) -> None:
        self._given = client

    def send(self, key: str, message: Message) -> Answer | Unknown:
        """Hand over a message; where SES says no to the account or to the moment, it may be taken later."""
        client = self._given if self._given is not None else _client()
        try:
            answer = client.send_email(**_request(key, message))
        except ClientError as error:
            code = str(error.response["Error"]["Code"])
            if code in REFUSALS:
                return Refused(code)
            # A fault of SES may come after the message was taken; a refusal does not.
            failed = error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
            return Unknown(code) if failed else Unavailable(code)
        except (ConnectionError, HTTPClientError) as error:
            return Unknown(type(error).__name__)
        return Accepted(str(answer["MessageId"]))

    def look_up(self, key: str) -> Accepted | Unknown | NoTrace:
        """SES knows nothing of keys."""
        return NoTrace()


def _request(key: str, message: Message) -> dict[str, Any]:
    request: dict[str, Any] = {
        "FromEmailAddress": message.sender or setting(SENDER),
        "Destination": {"ToAddresses": [message.to]},
        "Content": {
            "Simple": {
                "Subject": _utf8(message.subject),
                "Body": {"Text": _utf8(message.text), "Html": _utf8(message.html)},
                "Headers": [{"Name": "X-Spine-Notice", "Value": key}],
            }
        },
        "EmailTags": [{"Name": "notice", "Value": key.rpartition("/")[2]}],
    }
    configuration_set = os.environ.get(CONFIGURATION_SET)
    return request | ({"ConfigurationSetName": configuration_set} if configuration_set else {})


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
