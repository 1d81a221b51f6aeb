"""Scenario tables of money, played through the functions, and the runner's own judgement."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.finance_scenarios.grammar import Scenario, read_scenarios
from tests.finance_scenarios.run import faults_of, main, scenarios_of

OWN = Path(__file__).parents[1] / "finance_scenarios" / "scenarios.md"
# The design's own tables, where they lie beside the clone.
DESIGN = Path(__file__).parents[3] / "shared" / "design" / "finance.md"
# What a scenario shows beside entries that balance.
SHOWS = {
    **dict.fromkeys(("F01", "F02", "F05", "M07", "M15", "M16"), ("N6",)),
    **dict.fromkeys(("F03", "F04"), ("K2",)),
    **dict.fromkeys(("F06", "F07", "F08", "M08", "M09"), ("K8",)),
    **dict.fromkeys(("F09", "M13", "M14"), ("L2", "L3")),
    **dict.fromkeys(("F10",), ("K7", "N6")),
    **dict.fromkeys(("F11", "F12", "M03", "M05", "M19"), ("N2",)),
    **dict.fromkeys(("F13", "F14", "M04", "M12"), ("N4",)),
    **dict.fromkeys(("F15", "M10"), ("K12",)),
    **dict.fromkeys(("M11", *(f"N{n:02}" for n in range(1, 11))), ("N9",)),
    **dict.fromkeys(("N11", "N28"), ("N3",)),
    **dict.fromkeys(("N13", "N14", "N15", "N34", "N37"), ("K8",)),
    **dict.fromkeys(("N16", "N39", "N40"), ("K12",)),
    **dict.fromkeys(("N17", "N18", "N19", "N20", "N21"), ("N4",)),
    **dict.fromkeys(("N22", "N23", "N24", "N25", "N26", "N27"), ("N2",)),
    **dict.fromkeys(("N29", "N30", "N31"), ("J7",)),
    **dict.fromkeys(("N41", "N42"), ("J7", "N9")),
}
ONE = """
| **T1** | **An order** (goods 10.00) | |
| T1.1 | payment.authorized order=O amount=10.00 | Dr 9010 10.00; Cr 9020 10.00 |
| T1.2 | goods.transferred order=O mode=ship gross=10.00 | Dr 2010 10.00; Cr 4010 10.00 |
| T1.3 | payment.captured order=O amount=10.00 | Dr 1110 10.00; Cr 2010 10.00; Dr 9020 10.00; Cr 9010 10.00 |
| T1= | net change | 1110 10.00; 4010 -10.00 |
"""


def _of(path: Path) -> list[object]:
    found = scenarios_of(path) if path.exists() else []
    return [
        pytest.param(
            one,
            {other.name: other for other in found},
            marks=pytest.mark.capability("N1", "N7", *SHOWS.get(one.name, ())),
            id=f"{path.stem}-{one.name}",
        )
        for one in found
    ]


@pytest.mark.parametrize(("scenario", "others"), [*_of(OWN), *_of(DESIGN)])
def test_a_scenario_posts_its_lines_in_every_variant(scenario: Scenario, others: dict[str, Scenario]):
    assert faults_of(scenario, others) == []


def faults(text: str) -> list[str]:
    (one,) = read_scenarios(text)
    return faults_of(one, {})


def test_a_scenario_that_holds_has_no_fault():
    assert faults(ONE) == []


@pytest.mark.parametrize(
    ("found", "instead", "fault"),
    [
        (
            "Cr 4010 10.00 |",
            "Cr 4010 10.01 |",
            "T1.2, expected Dr 2010 10.00; Cr 4010 10.01, got Dr 2010 10.00; Cr 4010 10.00",
        ),
        ("Dr 2010 10.00; Cr 4010 10.00 |", "none |", "T1.2, expected none, got besides Dr 2010 10.00; Cr 4010 10.00"),
        ("1110 10.00; 4010", "1110 10.01; 4010", "T1=, expected 1110 10.01; 4010 -10.00, got 1110 10.00; 4010 -10.00"),
        ("order=O mode", "order=O expect=REFUSED_UNDELIVERED mode", "T1.2, expected REFUSED_UNDELIVERED, got done"),
        ("goods.transferred", "goods.moved", "T1.2, line 4: there is no verb 'goods.moved'"),
        ("Dr 9010 10.00;", "Dr 9010 ten;", "T1.1, line 3: 'Dr 9010 ten' is no line"),
        ("amount=10.00 | Dr 1110", "amount=10.005 | Dr 1110", "T1, 10.005 is no whole number of minor units of USD"),
        ("| T1= | net change | 1110 10.00; 4010 -10.00 |", "", "T1=, expected a net-change row, got none"),
    ],
)
def test_whatever_is_wrong_is_named(found: str, instead: str, fault: str):
    assert found in ONE
    assert faults(ONE.replace(found, instead))[:1] == [fault]


def test_the_status_says_whether_all_scenarios_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "some.md"
    file.write_text(ONE, "utf-8")
    assert main([str(file)]) == 0
    file.write_text(ONE + ONE.replace("T1", "T2").replace("Cr 4010 10.00", "Cr 4020 10.00"), "utf-8")
    assert main([str(file)]) == 1
    file.write_text("no table", "utf-8")
    assert main([str(file)]) == 2
    assert main([str(tmp_path / "none.md")]) == 2
    assert main([]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "PASS T1",
        "PASS T1",
        "FAIL T2: T2.2, expected Dr 2010 10.00; Cr 4020 10.00, got Dr 2010 10.00; Cr 4010 10.00",
    ]
