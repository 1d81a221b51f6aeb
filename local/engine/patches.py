"""Everything we change in MiniStack, in the order it is applied."""

from __future__ import annotations

from local.engine import anchors
from local.engine.code_store import CodeStore


def install(store: CodeStore) -> None:
    """Check the engine and patch it; raises AnchorMissing if it is not the engine we know."""
    anchors.require_version()
    try:
        from local.engine import speed

        speed.install_before_services()
        from ministack.core import concurrency
        from ministack.services import stepfunctions

        from local.engine import functions, queues, streams, threads, timers, workflows
    except ImportError as error:
        raise anchors.AnchorMissing(f"MiniStack {anchors.ENGINE_VERSION} cannot be patched: {error}.") from error
    functions.install(store)
    streams.install()
    queues.install()
    workflows.install()
    threads.install(concurrency, stepfunctions)
    timers.install(stepfunctions)
    speed.install()
