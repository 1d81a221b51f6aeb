"""The independent checker: its own model of the rules, written from the design, reading only what a run leaves behind.

    checker = Checker()                                   # one for each run
    violations = checker.after_commit(changes, evidence)  # after every commit: what must always hold
    violations = checker.when_quiet(evidence)             # once nothing is on its way: what must hold in the end

It imports nothing of the product and nothing of the machine, so that it can contradict both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.simulation.checker.activations import check_activations, check_activations_of_commit
from tests.simulation.checker.answers import check_answers
from tests.simulation.checker.backlog import check_backlog, check_backlog_of_commit
from tests.simulation.checker.banking import check_banking, check_banking_of_commit
from tests.simulation.checker.bounds import check_bounds, check_commit
from tests.simulation.checker.capacity import check_capacity, check_capacity_of_commit
from tests.simulation.checker.changes import check_changes, check_changes_of_commit
from tests.simulation.checker.devices import check_devices
from tests.simulation.checker.documents import check_documents, check_documents_of_commit
from tests.simulation.checker.drawers import check_drawers, check_drawers_of_commit
from tests.simulation.checker.events import EventRules, check_events
from tests.simulation.checker.evidence import Change, Evidence, Report, Violation
from tests.simulation.checker.exports import check_exports
from tests.simulation.checker.files import check_files
from tests.simulation.checker.given_back import check_given_back, check_given_back_of_commit
from tests.simulation.checker.goodwill import check_goodwill, check_goodwill_of_commit
from tests.simulation.checker.isolation import check_isolation, check_keys
from tests.simulation.checker.kits import check_kits
from tests.simulation.checker.labels import check_labels, check_labels_of_commit
from tests.simulation.checker.ledger import LedgerRules, check_ledger
from tests.simulation.checker.levels import check_levels
from tests.simulation.checker.liveness import check_liveness
from tests.simulation.checker.manifests import check_manifests, check_manifests_of_commit
from tests.simulation.checker.money import MoneyRules
from tests.simulation.checker.offers import check_offers, check_offers_of_commit
from tests.simulation.checker.order_files import check_order_files
from tests.simulation.checker.orders import OrderRules
from tests.simulation.checker.picture import Commit, Picture
from tests.simulation.checker.privacy import PrivacyRules
from tests.simulation.checker.refunds import check_refunds, check_refunds_of_commit
from tests.simulation.checker.replay import check_replay
from tests.simulation.checker.returned import check_returns, check_returns_of_commit
from tests.simulation.checker.settlement import check_settlement
from tests.simulation.checker.stock import StockRules
from tests.simulation.checker.stored_value import (
    check_stored_value,
    check_stored_value_of_commit,
    with_stored_value,
)
from tests.simulation.checker.supply import check_supply
from tests.simulation.checker.tasks import check_tasks_of_commit

__all__ = ["Change", "Checker", "Evidence", "Violation"]


class Checker:
    """All invariants over one run. A run that goes back to an earlier state needs a new one.

    `secrets` are texts that may be nowhere; `canaries` are personal words that may be nowhere but in the tables.
    """

    def __init__(self, secrets: Iterable[str] = (), canaries: Iterable[str] = ()) -> None:
        self._privacy = PrivacyRules(secrets, canaries)
        self._money = MoneyRules()
        self._picture: Picture | None = None

    def after_commit(self, changes: Sequence[Change], evidence: Evidence) -> list[Violation]:
        """What the commit that made these changes has broken; `evidence` is that of the moment after it."""
        report = Report()
        if self._picture is None:
            self._begin(changes, evidence)
        assert self._picture is not None
        commit = Commit(changes)
        self._picture.take(commit.all)
        check_keys(commit, report)
        check_commit(commit, evidence, report)
        self._stock.after_commit(commit, self._picture, report)
        self._orders.after_commit(commit, self._picture, report)
        check_capacity_of_commit(commit, self._picture, report)
        check_backlog_of_commit(commit, self._picture, report)
        check_offers_of_commit(commit, self._picture, report)
        check_tasks_of_commit(commit, report)
        check_labels_of_commit(commit, self._picture, report)
        check_activations_of_commit(commit, report)
        check_manifests_of_commit(commit, report)
        check_changes_of_commit(commit, report)
        self._money.after_commit(commit, self._picture, evidence, report)
        self._ledger.after_commit(commit, self._picture, report)
        check_drawers_of_commit(commit, report)
        check_stored_value_of_commit(commit, report)
        check_refunds_of_commit(commit, self._picture, report)
        check_given_back_of_commit(commit, self._picture, report)
        check_returns_of_commit(commit, self._picture, report)
        check_goodwill_of_commit(commit, report)
        check_banking_of_commit(commit, report)
        check_documents_of_commit(commit, report)
        self._events.after_commit(commit, self._picture, evidence, report)
        self._privacy.after_commit(commit)
        return report.found

    def when_quiet(self, evidence: Evidence) -> list[Violation]:
        """What is wrong with everything that the run has left behind, once nothing is on its way any more."""
        report = Report()
        # Read afresh, so that a commit that nobody showed us is seen here.
        picture = Picture(evidence.tables)
        StockRules(picture).everything(picture, report)
        OrderRules(picture).everything(picture, report)
        self._money.everything(picture, evidence, report)
        check_capacity(picture, report)
        check_supply(picture, report)
        check_backlog(picture, evidence, report)
        check_offers(picture, report)
        check_labels(picture, report)
        check_activations(picture, report)
        check_manifests(picture, report)
        check_devices(evidence, picture, report)
        check_levels(picture, report)
        check_kits(picture, report)
        check_changes(picture, report)
        check_files(picture, evidence, report)
        check_order_files(picture, evidence, report)
        check_ledger(picture, report)
        check_drawers(picture, report)
        check_stored_value(picture, report)
        check_goodwill(picture, report)
        check_banking(picture, report)
        check_documents(picture, report)
        check_settlement(picture, with_stored_value(picture, self._money.provider), report)
        check_refunds(picture, self._money.provider, report)
        check_given_back(picture, report)
        check_returns(picture, report)
        check_events(picture, evidence, report)
        check_replay(picture, report)
        check_liveness(picture, evidence, report)
        check_answers(evidence, picture, report)
        check_isolation(picture, evidence, report)
        check_exports(picture, evidence, report)
        check_bounds(picture, evidence, report)
        self._privacy.everything(picture, evidence, report)
        return report.found

    def _begin(self, changes: Sequence[Change], evidence: Evidence) -> None:
        """Take in what was there before the first commit that we are shown."""
        tables = {name: dict(items) for name, items in evidence.tables.items()}
        for change in changes:
            items = tables.setdefault(change.table, {})
            if change.before is None:
                items.pop((change.pk, change.sk), None)
            else:
                items[change.pk, change.sk] = change.before
        self._picture = Picture(tables)
        self._stock = StockRules(self._picture)
        self._orders = OrderRules(self._picture)
        self._ledger = LedgerRules(self._picture)
        self._events = EventRules(self._picture, evidence)
