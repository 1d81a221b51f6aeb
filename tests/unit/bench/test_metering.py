"""What DynamoDB counts, against sizes that were added up by hand."""

import pytest

from bench.metering import Index, get_units, index_units, item_bytes, query_units, write_units

BY_STATUS = Index(("gsi1pk", "gsi1sk"), frozenset({"status"}))


def item(**attributes):
    return {"pk": {"S": "p"}, "sk": {"S": "s"}, **attributes}


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ({}, 6),
        ({"a": {"S": "é"}}, 6 + 1 + 2),
        ({"n": {"N": "0"}}, 6 + 1 + 1),
        ({"n": {"N": "4995"}}, 6 + 1 + 3),
        ({"n": {"N": "-7"}}, 6 + 1 + 3),
        ({"b": {"BOOL": True}}, 6 + 1 + 1),
        ({"x": {"NULL": True}}, 6 + 1 + 1),
        ({"l": {"L": [{"S": "ab"}, {"NULL": True}]}}, 6 + 1 + 3 + (1 + 2) + (1 + 1)),
        ({"m": {"M": {"k": {"S": "v"}}}}, 6 + 1 + 3 + (1 + 1 + 1)),
    ],
)
def test_the_size_of_an_item(attributes, size):
    assert item_bytes(item(**attributes)) == size


def test_an_attribute_that_nobody_uses_is_not_guessed():
    with pytest.raises(ValueError, match="SS"):
        item_bytes(item(a={"SS": ["x"]}))


@pytest.mark.parametrize(("text", "units"), [(0, 1), (1024 - 7, 1), (1024 - 6, 2), (3000, 3)])
def test_a_write_counts_begun_kilobytes(text, units):
    after = item(a={"S": "x" * text})
    assert write_units(None, after, transactional=False) == units
    assert write_units(None, after, transactional=True) == 2 * units


def test_a_write_counts_its_larger_image():
    large = item(a={"S": "x" * 2000})
    assert write_units(large, item(), transactional=False) == 2
    assert write_units(large, None, transactional=False) == 2
    assert write_units(None, None, transactional=True) == 2  # a condition on an item that is not there


def listed(status, sort="1", **more):
    return item(gsi1pk={"S": "day"}, gsi1sk={"S": sort}, status={"S": status}, **more)


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, listed("NEW"), 1),
        (listed("NEW"), listed("NEW", version={"N": "2"}), 0),
        (listed("NEW"), listed("DONE"), 1),
        (listed("NEW"), listed("NEW", sort="2"), 2),
        (listed("NEW"), None, 1),
        (item(), item(version={"N": "2"}), 0),
    ],
)
def test_an_index_counts_what_it_carries(before, after, units):
    assert index_units(BY_STATUS, before, after) == units


def test_an_index_of_everything_counts_every_change():
    everything = Index(("gsi1pk", "gsi1sk"), None)
    assert index_units(everything, listed("NEW"), listed("NEW", version={"N": "2"})) == 1


def test_a_query_adds_up_what_it_read_and_a_get_does_not():
    two = [item(a={"S": "x" * 3000}), item(a={"S": "x" * 3000})]
    assert query_units(two, consistent=True) == 2
    assert query_units(two, consistent=False) == 1
    assert query_units([], consistent=True) == 1
    assert get_units(two, 2, consistent=True) == 2
    assert get_units([], 1, consistent=False) == 0.5
    assert get_units(two[:1], 3, consistent=True) == 3
