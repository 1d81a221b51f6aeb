"""List prices in US dollars, us-east-1, without free tier and without discounts; the table that every cost uses."""

from __future__ import annotations

# For one million of them, unless another unit is named.
WRITE_UNIT = 0.625
READ_UNIT = 0.125
LAMBDA_REQUEST = 0.20
LAMBDA_GB_SECOND = 13.33  # arm
HTTP_API_REQUEST = 1.00
EVENT = 1.00  # each begun 64 KB
TRANSITION = 25.00  # Standard
EXPRESS_REQUEST = 1.00
EXPRESS_GB_SECOND = 16.67
SQS_REQUEST = 0.40
TRACE = 5.00
KMS_REQUEST = 3.00
OBJECT_PUT = 5.00  # PUT and LIST
OBJECT_GET = 0.40
# For one GB.
LOG_GB = 0.50
ARCHIVED_GB = 0.10
STORED_GB_MONTH = 0.25
BACKED_UP_GB_MONTH = 0.20
# For one month.
HOURS_A_MONTH = 730
KEY = 1.00
ALARM = 0.10
DASHBOARD = 3.00
SECRET = 0.40
SHARD_HOUR = 0.015
MACHINE_CLIENT = 6.00  # Cognito, client credentials
TOKEN = 2.25 / 1000  # one token, not a million
