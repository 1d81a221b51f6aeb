"""One seed from beginning to end, or one recorded run again; what was broken, what was found, how it is written down.

A trace names a run completely: its seed, and the decisions that were not the harmless ones, as [position, number].
"""

from __future__ import annotations

import contextlib
import json
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.simulation import planted as planted_faults
from tests.simulation.machine.evidence import Violation
from tests.simulation.machine.lambdas import Runaway
from tests.simulation.machine.simulation import Simulation, Stopped
from tests.simulation.workload import Workload
from tests.simulation.world import simulated

CORPUS = Path(__file__).with_name("corpus")
# Files take long to write, so only some seeds have them written.
EXPORTS_EVERY = 400
# In one seed of so many customers want money back, gift cards pay and a till sells.
MONEY_EVERY = 4
# In one of so many an operator and nodes reshape work.
RESHAPING_EVERY = 8
# In one of so many devices of stores work without a network, besides whoever else works there.
DEVICES_EVERY = 8
MOST_STORY_LINES = 400


@dataclass(slots=True)
class Played:
    """How a run went. `points` counts faults by kind, function and operation; `calls` what each function asked for."""

    seed: int
    violations: list[Violation]
    choices: list[int]
    points: Counter[tuple[str, ...]] = field(default_factory=Counter)
    calls: set[tuple[str, str, str]] = field(default_factory=set)
    invocations: int = 0
    digest: str = ""
    story: list[str] = field(default_factory=list)

    @property
    def invariants(self) -> list[str]:
        return sorted({violation.invariant for violation in self.violations})


def play(
    seed: int,
    choices: Sequence[int] | None = None,
    *,
    plant: str | None = None,
    told: bool = False,
    stop_at: str | None = None,
) -> Played:
    """Run a seed, or with `choices` repeat a run of it; `told` writes its story and digest down.

    `stop_at` names an invariant at whose first violation the run ends.
    """
    with _planted(plant), contextlib.ExitStack() as knobs:
        simulation = simulated(seed, choices)
        for knob in sorted(simulation.faults.knobs):
            for patch in getattr(planted_faults, knob)():
                knobs.enter_context(patch)
        simulation.stop_at = stop_at
        if told:
            simulation.story = []
        try:
            export = seed % EXPORTS_EVERY == EXPORTS_EVERY - 1
            Workload(
                simulation,
                export=export,
                money=seed % MONEY_EVERY == 2,
                reshaping=seed % RESHAPING_EVERY == 5,
                devices=seed % DEVICES_EVERY == 3,
            ).run()
        except Stopped:
            pass
        except Runaway as error:
            simulation.violations.append(Violation("LIVENESS", "the account", f"it goes in a circle: {error}"))
        except Exception as error:  # noqa: BLE001 - a run that breaks the machine is a finding like any other
            where = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
            simulation.violations.append(Violation("MACHINE", "the simulation itself", what))
    played = Played(seed, simulation.violations, simulation.choices.compact(), simulation.faults.fired)
    played.calls, played.invocations = simulation.aws.seen, simulation.lambdas.invocations
    if told:
        played.digest, played.story = simulation.digest(), story(simulation)
    return played


def story(simulation: Simulation) -> list[str]:
    """What happened, one line for each thing."""
    lines = []
    for instant, who, what, detail in simulation.story or ():
        lines.append(f"{simulation.at(instant)}  {who:<22} {what}{'' if detail is None else f' {detail}'}")
    return lines


@contextlib.contextmanager
def _planted(name: str | None) -> Iterator[None]:
    """The product with a known fault in it, while the run lasts."""
    if name is None:
        yield
        return
    with planted_faults.planted(name):
        yield


@dataclass(slots=True)
class Trace:
    """A run that found something, as it is kept in the corpus."""

    seed: int
    choices: list[int]
    invariant: str
    plant: str | None = None
    story: list[str] = field(default_factory=list)

    def replay(self, *, told: bool = False) -> Played:
        return play(self.seed, self.choices, plant=self.plant, told=told)

    def save(self, path: Path) -> None:
        document: dict[str, Any] = {
            "seed": self.seed,
            "plant": self.plant,
            "invariant": self.invariant,
            "length": len(self.choices),
            "choices": [[place, number] for place, number in enumerate(self.choices) if number],
            "story": self.story[-MOST_STORY_LINES:],
        }
        # One line for each part and each line of the story, so that a change of it can be read.
        parts = [f"{json.dumps(name)}: {json.dumps(part)}" for name, part in document.items() if name != "story"]
        lines = ",\n  ".join(json.dumps(line) for line in document["story"])
        path.write_text("{\n " + ",\n ".join([*parts, f'"story": [\n  {lines}\n ]']) + "\n}\n")


def load(path: Path) -> Trace:
    """A trace as it was saved."""
    document = json.loads(path.read_text())
    choices = [0] * document["length"]
    for place, number in document["choices"]:
        choices[place] = number
    return Trace(document["seed"], choices, document["invariant"], document["plant"], document["story"])
