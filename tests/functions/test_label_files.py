"""The files of labels: fetched from the carrier once, kept, and given out by a link that ends."""

from __future__ import annotations

from typing import Any

import pytest

from oms.carriers.adapters.files import Files
from oms.carriers.adapters.label_bucket import LabelBucket
from oms.carriers.port import Declined
from tests.fake_easypost import FakeEasyPost
from tests.functions.test_labels import ASKED, ask, carrier_fixture, void
from tests.functions.test_packages import open_work
from tests.intake_doors import LabelObjects as Objects
from tests.order_doors import Doors, doors
from tests.order_world import line, world

__all__ = ["carrier_fixture", "doors", "world"]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Objects:
    """The bucket in which files of labels are kept."""
    objects = Objects()
    monkeypatch.setenv("INTAKE_BUCKET", "files")
    monkeypatch.setattr("oms.carriers.label_files.LabelBucket", lambda: LabelBucket(objects))
    return objects


def file_of(doors: Doors, label: str, **more: Any) -> Any:
    with doors.world.unchanged():
        return doors.api("fulfillment").get(f"/v1/labels/{label}/file", **more)


FORMATS = {
    "pdf": b"%PDF-1.4\nlabel of shp_1 to Ann\n%%EOF\n",
    "zpl": b"^XA^FDlabel of shp_1 to Ann^FS^XZ",
}


@pytest.mark.capability("H4")
@pytest.mark.parametrize("form", FORMATS)
def test_the_file_of_a_label_is_fetched_once_and_kept(doors: Doors, at: FakeEasyPost, kept: Objects, form: str):
    _, work = open_work(doors, line("A", 1))
    label = ask(doors, work, {**ASKED, "format": form}).body["id"]
    shown = file_of(doors, label)
    key = f"labels/acme/{label}.{form}"
    assert (shown.status, shown.body) == (
        200,
        {
            "label_id": label,
            "format": form,
            "bytes": len(FORMATS[form]),
            "url": f"https://files.example/files/{key}?seconds=900",
        },
    )
    assert kept.stored == {key: FORMATS[form]}
    assert file_of(doors, label).body == shown.body
    assert at.fetched == [f"https://labels.example/shp_1.{form}"]


@pytest.mark.capability("H4")
def test_a_file_that_lies_there_already_stays(doors: Doors, at: FakeEasyPost, kept: Objects):
    _, work = open_work(doors, line("A", 1))
    label = ask(doors, work).body["id"]
    key = f"labels/acme/{label}.pdf"
    kept.before_put = lambda _: kept.drop(key, b"%PDF-1.4 of the other call")
    assert file_of(doors, label).body["bytes"] == 26
    assert kept.stored == {key: b"%PDF-1.4 of the other call"}


@pytest.mark.capability("H4")
@pytest.mark.parametrize(
    ("step", "status", "code", "detail"),
    [
        ("lost_before", 503, "busy", "The carrier did not answer; nothing was asked of it that lasts."),
        ("declined", 409, "action_not_available", "The carrier says status_404."),
    ],
)
def test_without_an_answer_of_the_carrier_nothing_is_kept(
    doors: Doors, at: FakeEasyPost, kept: Objects, step: str, status: int, code: str, detail: str
):
    _, work = open_work(doors, line("A", 1))
    label = ask(doors, work).body["id"]
    at.script["file"] = [step]
    refused = file_of(doors, label)
    assert (refused.status, refused.body["code"], refused.body["detail"]) == (status, code, detail)
    assert kept.stored == {}
    assert file_of(doors, label).status == 200


@pytest.mark.capability("H4")
def test_what_is_no_label_is_not_kept(doors: Doors, at: FakeEasyPost, kept: Objects, monkeypatch: pytest.MonkeyPatch):
    _, work = open_work(doors, line("A", 1))
    label = ask(doors, work).body["id"]
    monkeypatch.setattr(at, "file", lambda url: b"<html>come back later</html>")
    refused = file_of(doors, label)
    assert (refused.status, refused.body["code"], kept.stored) == (409, "action_not_available", {})


@pytest.mark.capability("H4")
def test_only_a_label_of_ones_own_that_was_bought_is_printed(doors: Doors, at: FakeEasyPost, kept: Objects):
    _, work = open_work(doors, line("A", 1))
    label = ask(doors, work).body["id"]
    for who in ({"tenant": "other"}, {"scopes": ("fulfillment.read", "node.S9")}):
        assert file_of(doors, label, **who).status == 404
    assert void(doors, label).body["status"] == "VOIDED"
    refused = file_of(doors, label)
    assert (refused.status, refused.body["code"]) == (409, "action_not_available")
    assert (at.fetched, kept.stored) == ([], {})


@pytest.mark.capability("H4")
@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest",
        "http://127.0.0.1:8/x.pdf",
        "file:///etc/passwd",
        "https://a@b/x",
        "https://b:x/",
    ],
)
def test_files_are_fetched_over_https_or_from_the_carrier_itself(url: str):
    assert Files("http://127.0.0.1:9").fetch(url) == Declined("address_not_allowed")
