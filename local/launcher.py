"""Start the local engine: MiniStack with our corrections, on this machine only.

    <engine python> local/launcher.py

Environment: GATEWAY_PORT (4566), LOCAL_LAMBDA_CONCURRENCY (4 environments for each function),
SPINE_CLOCK_FILE (handed to the functions), PERSIST_STATE (0), LOG_LEVEL (WARNING). Logs go to stdout.
SIGTERM and SIGINT end it within seconds, together with every worker process.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path

LOOPBACK = ("127.0.0.1", "::1", "localhost")
DEFAULTS = {
    "GATEWAY_PORT": "4566",
    "BIND_HOST": "127.0.0.1",
    "MINISTACK_HOST": "localhost",
    "SFTP_ENABLED": "0",
    "IOT_MTLS_ENABLED": "0",
    "PERSIST_STATE": "0",
    "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    "AWS_EC2_METADATA_DISABLED": "true",
}
SECONDS_FOR_CALLS = 0.5
SECONDS_TO_STOP = 5.0
SECONDS_TO_SAVE = 20.0
logger = logging.getLogger("spine.launcher")


class CannotStart(Exception):
    """One sentence for the person at the terminal."""


def main() -> int:
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        host, port = _address()
        _log_to_stdout()
        return _serve(host, port)
    except CannotStart as problem:
        print(f"cannot start the local engine: {problem}", file=sys.stderr)
        return 1


def _address() -> tuple[str, int]:
    """The address to listen on; raises CannotStart unless it is loopback and free."""
    host = os.environ["BIND_HOST"]
    if host not in LOOPBACK:
        raise CannotStart(f"BIND_HOST is {host}, but the engine has no locks and may listen on 127.0.0.1 only.")
    try:
        port = int(os.environ["GATEWAY_PORT"])
    except ValueError:
        raise CannotStart(f"GATEWAY_PORT is {os.environ['GATEWAY_PORT']!r}, not a number.") from None
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise CannotStart(f"port {port} is in use; stop what listens there or set GATEWAY_PORT.")
    return host, port


def _log_to_stdout() -> None:
    """Our own lines always; the engine's only from LOG_LEVEL up, for it writes several lines for each call."""
    level = os.environ.setdefault("LOG_LEVEL", "WARNING").upper()
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stdout)
    logging.getLogger("spine").setLevel(min(logging.INFO, logging.getLevelName(level)))


def _serve(host: str, port: int) -> int:
    from local.engine.anchors import AnchorMissing
    from local.engine.code_store import CodeStore

    store = CodeStore()
    try:
        from local.engine import patches

        patches.install(store)
        from ministack.app import app

        from local.engine.partner_door import with_door

        asyncio.run(_until_stopped(with_door(app), host, port, store))
    except AnchorMissing as missing:
        raise CannotStart(str(missing)) from None
    finally:
        _clean_up(store)
    return 0


async def _until_stopped(app: object, host: str, port: int, store: object) -> None:
    from local.engine.http_server import serve

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        logger.info("stopping")
        # The engine loads its SFTP server, a second of work, only to tell it to stop.
        sys.modules.setdefault("ministack.services.transfer", None)  # type: ignore[arg-type]
        stop.set()
        # A request that waits for a handler would be waited for: end the handlers. And a pool thread that
        # never ends must not keep the process: leave anyway after a while.
        last = SECONDS_TO_SAVE if os.environ["PERSIST_STATE"] == "1" else SECONDS_TO_STOP
        for seconds, act in ((SECONDS_FOR_CALLS, _kill_workers), (last, _leave)):
            timer = threading.Timer(seconds, act, args=(store,))
            timer.daemon = True
            timer.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    await serve(app, host, port, stop, SECONDS_FOR_CALLS)  # type: ignore[arg-type]
    _leave(store)


def _leave(store: object) -> None:
    """End now: the pool threads of the engine may wait for ever, and nothing they hold is needed."""
    _clean_up(store)
    sys.stdout.flush()
    os._exit(0)


def _clean_up(store: object) -> None:
    """Kill every worker process and remove the unpacked code."""
    _kill_workers(store)
    store.remove()  # type: ignore[attr-defined]


def _kill_workers(_store: object) -> None:
    with contextlib.suppress(ImportError):
        from ministack.core import lambda_runtime

        from local.engine.worker import PythonWorker

        PythonWorker.stopping = True
        lambda_runtime.reset()
        PythonWorker.nurseries.close()


if __name__ == "__main__":
    sys.exit(main())
