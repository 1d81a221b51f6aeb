"""The HTTP shell: one event loop on the loopback address, kept-alive connections, timed answers."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import cast

from local.psp.core import Psp
from local.psp.courier import Courier
from local.psp.once import Answer
from local.psp.routes import Routes
from local.psp.wire import BadRequest, put_answer, take_request

HOST = "127.0.0.1"
TICK_SECONDS = 0.25
LARGEST_BACKLOG = 256 * 1024


class Shell:
    """The provider, its routes and its courier, tied to a running event loop."""

    def __init__(self, psp: Psp, courier: Courier, api_key: str) -> None:
        self.psp = psp
        self.courier = courier
        self.routes = Routes(psp, courier, api_key)
        self.loop = asyncio.get_running_loop()

    def tick(self) -> None:
        """Let holds expire and pending money settle without anybody asking."""
        self.psp.advance()
        self.send_events()
        self.loop.call_later(TICK_SECONDS, self.tick)

    def send_events(self, then: Callable[[], object] | None = None) -> None:
        """Give the courier all waiting events; `then` follows the first attempt at the last of them."""
        outgoing = self.psp.journal.outgoing
        if not outgoing and then is not None:
            then()
        while outgoing:
            event = outgoing.popleft()
            self.courier.deliver(event, None if outgoing else then)


class Connection(asyncio.Protocol):
    """One client: requests are answered in turn, and none is looked at while an answer is held back."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._buffer = bytearray()
        self._holding = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio itself sets TCP_NODELAY on its TCP sockets.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > LARGEST_BACKLOG:
            self._transport.close()
        else:
            self._work()

    def _work(self) -> None:
        while self._buffer and not self._holding and not self._transport.is_closing():
            try:
                request = take_request(self._buffer)
            except BadRequest as problem:
                self._transport.write(put_answer(problem.status, b"", close=True))
                self._transport.close()
                return
            if request is None:
                return
            self._reply(self._shell.routes.answer(request), request.keep_alive)

    def _reply(self, answer: Answer, keep_alive: bool) -> None:
        shell, settings = self._shell, self._shell.psp.settings
        if answer.events_first:
            self._holding = True
            shell.send_events(lambda: shell.loop.call_soon_threadsafe(self._release, answer, keep_alive))
            return
        shell.send_events()
        if answer.manner == "at_once":
            self._write(answer, keep_alive)
        elif answer.manner == "slow":
            self._holding = True
            shell.loop.call_later(settings.slow_milliseconds / 1000, self._release, answer, keep_alive)
        else:
            self._holding = True
            shell.loop.call_later(settings.hang_milliseconds / 1000, self._transport.close)

    def _release(self, answer: Answer, keep_alive: bool) -> None:
        if answer.key is not None:
            self._shell.psp.keys.finished(answer.key)
        self._holding = False
        self._write(answer, keep_alive)
        self._work()

    def _write(self, answer: Answer, keep_alive: bool) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(put_answer(answer.status, answer.payload, replayed=answer.replayed, close=not keep_alive))
        if not keep_alive:
            self._transport.close()


async def serve(psp: Psp, courier: Courier, api_key: str, port: int, started: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT; `started` hears the port, which the system chooses when it is 0."""
    loop = asyncio.get_running_loop()
    shell, stop = Shell(psp, courier, api_key), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: Connection(shell), HOST, port, backlog=512)
    started(server.sockets[0].getsockname()[1])
    shell.tick()
    await stop.wait()
    server.close()
    courier.close()
