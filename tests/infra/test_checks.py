"""The rule packs and the linter find nothing that is not acknowledged with a reason."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.acknowledgements import ACKNOWLEDGED
from tests.template import ROOT, assembly, run_app
from tools.stacks import template_files

# Runs the app with nothing acknowledged; the app then ends with an error and a report.
BARE = "import app, infra.acknowledgements as a; a.ACKNOWLEDGED.clear(); app.build().synth()"


@pytest.mark.parametrize("target", ["aws", "local"])
def test_the_rule_packs_let_the_template_pass(target):
    # The packs run inside the synthesis, which an unacknowledged finding stops.
    assert all(path.exists() for path in template_files(assembly(target)))


def test_the_acknowledgements_are_exactly_what_the_rule_packs_find(tmp_path):
    assert _found_without_acknowledgements(tmp_path) == set(ACKNOWLEDGED)


def _found_without_acknowledgements(scratch: Path) -> set[str]:
    """All findings of both packs; kept beside the template, which they belong to."""
    kept = assembly("aws") / "findings.json"
    if not kept.exists():
        done, out = run_app("aws", scratch, ["-c", BARE])
        assert done.returncode != 0
        packs = json.loads((out / "validation-report.json").read_text())["pluginReports"]
        assert {pack["pluginName"] for pack in packs} == {"AwsSolutions", "Serverless"}
        kept.write_text(json.dumps([one["ruleName"] for pack in packs for one in pack["violations"]]))
    return set(json.loads(kept.read_text()))


def test_at_most_ten_rules_are_acknowledged_each_finding_with_a_reason():
    """Of all checks together; a rule may name several places. The linter has no list, here or in `make synth`."""
    assert len({finding.partition("[")[0] for finding in ACKNOWLEDGED}) <= 10
    assert "ignore-checks" not in (ROOT / "Makefile").read_text()
    assert not [name for name in (".cfnlintrc", ".cfnlintrc.yaml", ".cfnlintrc.yml") if (ROOT / name).exists()]
    for finding, reason in ACKNOWLEDGED.items():
        assert len(reason) >= 60, finding


def test_the_linter_finds_nothing_and_is_told_to_ignore_nothing():
    command = [Path(sys.executable).with_name("cfn-lint"), "--format", "json"]
    done = subprocess.run(
        [*command, "--template", *template_files(assembly("aws"))],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert json.loads(done.stdout or "[]") == [], done.stdout[:4000]
    assert done.returncode == 0, done.stderr[-2000:]
