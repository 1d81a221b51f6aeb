"""The door to DynamoDB: what it sends, and what it makes of each way in which the service says no."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from oms.platform.dynamodb import Conflict, Database, from_attributes, to_attributes
from oms.platform.problems import Busy
from oms.platform.writes import Key, Kind, Write, create, merge, put, remove

KEY = Key("T#acme#X", "X")


class Client:
    """Gives scripted answers and remembers what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def run(**request: Any) -> Any:
            self.asked.append((operation, request))
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return run


def error(code: str, **more: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}, **more}, "operation")


def cancelled(*codes: str, item: Any = None) -> ClientError:
    reasons = [{"Code": code} | ({"Item": item} if item and code == "ConditionalCheckFailed" else {}) for code in codes]
    return error("TransactionCanceledException", CancellationReasons=reasons)


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    for table in ("ORDERS", "STOCK", "COMMANDS"):
        monkeypatch.setenv(f"TABLE_{table}", f"{table.lower()}-table")


@pytest.mark.capability("O3")
@pytest.mark.parametrize(
    "failure",
    [
        error("ProvisionedThroughputExceededException"),
        error("ThrottlingException"),
        error("RequestLimitExceeded"),
        error("InternalServerError"),
        error("TransactionInProgressException"),
        cancelled("ThrottlingError"),
        cancelled("None", "ProvisionedThroughputExceeded"),
        EndpointConnectionError(endpoint_url="x"),
        ConnectTimeoutError(endpoint_url="x"),
        ReadTimeoutError(endpoint_url="x"),
    ],
)
def test_a_store_that_cannot_is_busy(failure: Exception):
    with pytest.raises(Busy):
        Database(Client(failure)).commit([create("orders", KEY, {"a": 1}), put("orders", Key("p", "s"), {})])
    if not isinstance(failure, ClientError) or failure.response["Error"]["Code"] != "TransactionCanceledException":
        with pytest.raises(Busy):
            Database(Client(failure)).get("orders", KEY)


def test_a_failed_condition_is_a_conflict_that_shows_what_is_stored():
    stored = to_attributes({"pk": "T#acme#X", "sk": "X", "n": 5})
    database = Database(Client(cancelled("None", "ConditionalCheckFailed", item=stored)))
    writes = [put("orders", Key("p", "s"), {}), create("orders", KEY, {"a": 1})]
    with pytest.raises(Conflict) as conflict:
        database.commit(writes)
    assert conflict.value.lost == ((writes[1], {"pk": "T#acme#X", "sk": "X", "n": 5}),)
    assert conflict.value.contended is False
    with pytest.raises(Conflict) as contended:
        Database(Client(cancelled("TransactionConflict", "None"))).commit(writes)
    assert (contended.value.lost, contended.value.contended) == ((), True)


@pytest.mark.parametrize("failure", [error("ValidationException"), cancelled("ValidationError"), error("Other")])
def test_a_fault_of_ours_is_not_hidden(failure: ClientError):
    with pytest.raises(ClientError):
        Database(Client(failure)).commit([create("orders", KEY, {"a": 1})])


def test_what_is_sent():
    client = Client({})
    change = Write(
        Kind.CHANGE,
        "stock",
        KEY,
        set={"status": "x"},
        add={"n": -2},
        unset=("old",),
        at_least={"n": 2},
        equals={"version": 3},
        must_exist=True,
    )
    check = Write(Kind.CHECK, "commands", Key("c", "c"), equals={"runner": "me"})
    Database(client).commit(
        [change, create("orders", KEY, {"a": [1, {"b": None, "c": True}]}), remove("orders", Key("r", "r")), check]
    )
    ((operation, request),) = client.asked
    assert operation == "transact_write_items"
    update, made, deleted, checked = request["TransactItems"]
    assert update["Update"] == {
        "TableName": "stock-table",
        "Key": {"pk": {"S": "T#acme#X"}, "sk": {"S": "X"}},
        "UpdateExpression": "SET #status = :v2 ADD #n :v3 REMOVE #old",
        "ConditionExpression": "#n >= :v0 AND #version = :v1 AND attribute_exists(#pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        "ExpressionAttributeNames": {"#n": "n", "#version": "version", "#pk": "pk", "#status": "status", "#old": "old"},
        "ExpressionAttributeValues": {":v0": {"N": "2"}, ":v1": {"N": "3"}, ":v2": {"S": "x"}, ":v3": {"N": "-2"}},
    }
    assert made["Put"]["Item"]["a"] == {"L": [{"N": "1"}, {"M": {"b": {"NULL": True}, "c": {"BOOL": True}}}]}
    assert made["Put"]["ConditionExpression"] == "attribute_not_exists(#pk)"
    assert "ConditionExpression" not in deleted["Delete"]
    assert checked["ConditionCheck"]["ConditionExpression"] == "#runner = :v0"


def test_values_come_back_as_they_went():
    item = {"s": "é", "n": 10**30, "neg": -1, "t": True, "f": False, "none": None, "l": ["a", 1], "m": {"x": {"y": 2}}}
    assert from_attributes(to_attributes(item)) == item


@pytest.mark.parametrize("value", [1.5, b"x", {1, 2}, object()])
def test_what_is_never_stored(value: Any):
    with pytest.raises(TypeError):
        to_attributes({"a": [value]})


def test_a_transaction_is_held_to_ninety_actions():
    writes = [create("orders", Key("p", str(n)), {}) for n in range(91)]
    with pytest.raises(ValueError):
        Database(Client({})).commit(writes)
    with pytest.raises(ValueError):
        Database(Client({})).commit([])
    Database(Client({})).commit(writes[:90])


def test_long_partitions_are_read_to_their_end():
    rows = [to_attributes({"pk": "p", "sk": str(n)}) for n in range(3)]
    client = Client({"Items": rows[:2], "LastEvaluatedKey": {"pk": {"S": "p"}}}, {"Items": rows[2:]})
    assert [row["sk"] for row in Database(client).query("orders", "p", begins="x")] == ["0", "1", "2"]
    assert client.asked[1][1]["ExclusiveStartKey"] == {"pk": {"S": "p"}}
    assert client.asked[0][1]["ConsistentRead"] is True


def test_a_batch_asks_again_for_what_was_left_out():
    row = to_attributes({"pk": "a", "sk": "a"})
    left = {"orders-table": {"Keys": [{"pk": {"S": "b"}, "sk": {"S": "b"}}]}}
    client = Client(
        {"Responses": {"orders-table": [row]}, "UnprocessedKeys": left},
        {"Responses": {"orders-table": [to_attributes({"pk": "b", "sk": "b"})]}, "UnprocessedKeys": {}},
    )
    found = Database(client).get_many([("orders", Key("a", "a")), ("orders", Key("b", "b"))])
    assert sorted(key.pk for _, key in found) == ["a", "b"]
    assert client.asked[1][1]["RequestItems"] == left


def test_a_version_counts_the_commit_and_not_the_changes_that_were_merged_into_it():
    row = Key("T#acme#SKU#A", "NODE#S1")
    writes = [
        Write(Kind.CHANGE, "stock", row, add={"reserved": -2, "version": 1}, at_least={"reserved": 2}),
        Write(Kind.CHANGE, "stock", row, add={"allocated": 1, "version": 1}),
        Write(Kind.CHANGE, "stock", row, add={"allocated": 1, "version": 1}),
    ]
    assert merge(writes) == [
        Write(
            Kind.CHANGE,
            "stock",
            row,
            add={"reserved": -2, "allocated": 2, "version": 1},
            at_least={"reserved": 2},
        )
    ]
