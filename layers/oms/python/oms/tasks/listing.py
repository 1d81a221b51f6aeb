"""What a node and customer care see of their queues, over HTTP."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any

from oms.fulfillment.model import FulfillmentOrder
from oms.fulfillment.views import work_view
from oms.orders.reads import versions_of, work_of_node
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.cursors import bad_cursor, decode_cursor, encode_cursor
from oms.platform.principal import Principal, authorize
from oms.platform.problems import NotFound
from oms.registry.model import Node
from oms.registry.reads import known_nodes
from oms.tasks.commands import own_task
from oms.tasks.model import Task
from oms.tasks.queue import STEP_OF, Entry, counts, entries_of, minutes_left
from oms.tasks.requests import CareQuery, QueueQuery
from oms.tasks.store import MOST_LISTED, load_open_tasks
from oms.tasks.views import CareTasks, NodeCounts, NodeQueue, QueueEntry, TaskView, task_view
from oms.tasks.writes import task_list

READ = "fulfillment.read"
_POSITION = ("due_at", "since", "id")


def read_queue(runtime: Runtime, principal: Principal, node_id: str, query: QueueQuery) -> NodeQueue:
    """The work and the tasks of a node by the open time that is left for each, with the counts of all of it.

    An unknown node and one that is not the caller's raise NotFound. Of what stands at one step, and of tasks, 1,000 are
    read; `more_at` names the steps of which there is more.
    """
    tenant, now = principal.tenant, runtime.clock.now()
    authorize(principal, READ, task_list(tenant, node_id), node=node_id)
    node = known_nodes(runtime.database, tenant, now, named=[node_id]).get(node_id)
    if node is None:
        raise NotFound(f"There is no node {node_id}.")
    works: list[FulfillmentOrder] = []
    more = []
    for status, step in STEP_OF.items():
        found = list(islice(work_of_node(runtime.database, tenant, node_id, status.value), MOST_LISTED + 1))
        works += found[:MOST_LISTED]
        more += [step.value] if len(found) > MOST_LISTED else []
    tasks = load_open_tasks(runtime.database, tenant, node_id, MOST_LISTED + 1)
    more += ["tasks"] if len(tasks) > MOST_LISTED else []
    entries = entries_of(works, tasks[:MOST_LISTED])
    at, wanted = format_instant(now), query.wanted()
    page, cursor = _page([one for one in entries if wanted.admits(one, at)], query.limit, query.cursor)
    return NodeQueue(
        node_id=node_id,
        at=at,
        counts=NodeCounts.model_validate(counts(entries, at)),
        more_at=more,
        entries=_shown(runtime, tenant, page, node, now),
        next_cursor=cursor,
    )


def read_care_tasks(runtime: Runtime, principal: Principal, query: CareQuery) -> CareTasks:
    """The open tasks of customer care, those that are due first first; a caller of some node raises NotFound."""
    authorize(principal, READ, task_list(principal.tenant, None))
    if principal.nodes:
        raise NotFound("There is no list of tasks besides those of a node.")
    found = entries_of([], load_open_tasks(runtime.database, principal.tenant, None))
    page, cursor = _page([one for one in found if query.kind in (None, one.kind)], query.limit, query.cursor)
    tasks = [task_view(one.item) for one in page if isinstance(one.item, Task)]
    return CareTasks(tasks=tasks, next_cursor=cursor)


def read_task(runtime: Runtime, principal: Principal, task_id: str) -> TaskView:
    """One task, open or done; unknown or somebody else's raises NotFound."""
    return task_view(own_task(runtime, principal, READ, task_id))


def _shown(runtime: Runtime, tenant: str, page: list[Entry], node: Node, now: datetime) -> list[QueueEntry]:
    works = [one.item for one in page if isinstance(one.item, FulfillmentOrder)]
    versions = versions_of(runtime.database, tenant, {work.order_id for work in works}) if works else {}
    at = format_instant(now)
    shown = []
    for one in page:
        content: dict[str, Any] = {}
        if isinstance(one.item, Task):
            content["task"] = task_view(one.item)
        else:
            version = versions[one.item.order_id]
            content["fulfillment_order"] = work_view(one.item, version, node_id=node.id, now=at)
        shown.append(
            QueueEntry(
                step=one.step.value if one.step else None,
                kind=one.kind.value if one.kind else None,
                due_at=one.due_at,
                minutes_left=minutes_left(one, node, now),
                overdue=one.is_overdue(at),
                **content,
            )
        )
    return shown


def _page(entries: list[Entry], limit: int, cursor: str | None) -> tuple[list[Entry], str | None]:
    """Some entries behind a position, and the position of the last one where more come after it."""
    if cursor is not None:
        position = decode_cursor(cursor)
        if position.keys() != set(_POSITION):
            raise bad_cursor()
        after = tuple(position[name] for name in _POSITION)
        entries = [one for one in entries if one.position > after]
    page = entries[:limit]
    if len(entries) <= limit:
        return page, None
    return page, encode_cursor(dict(zip(_POSITION, page[-1].position, strict=True)))
