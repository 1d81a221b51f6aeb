"""Where tasks live in table `orders`.

| access pattern | how |
|---|---|
| one task | GetItem pk T#<tenant>#TASK#<id>, sk TASK |
| open tasks of a node | index `by_status`, T#<tenant>#TASKS#NODE#<node>, by <due at>#<opened at>#<id> |
| open tasks of customer care | the same, T#<tenant>#TASKS#CARE |
"""

from __future__ import annotations

from oms.platform.dynamodb import Database
from oms.tasks.model import Task
from oms.tasks.writes import TABLE, task_key, task_list

INDEX = "by_status"
# Of a list no more than so many are read at once.
MOST_LISTED = 1_000


def load_task(database: Database, tenant: str, task_id: str) -> Task | None:
    """One task as it is stored, or None."""
    item = database.get(TABLE, task_key(tenant, task_id))
    return Task.model_validate_json(str(item["body"])) if item else None


def load_open_tasks(database: Database, tenant: str, node_id: str | None, most: int = MOST_LISTED) -> list[Task]:
    """The open tasks of a node, or of customer care, those that are due first first; no more than `most`."""
    page = database.query_index(TABLE, INDEX, task_list(tenant, node_id), limit=most)
    return [Task.model_validate_json(str(item["body"])) for item in page.items]
