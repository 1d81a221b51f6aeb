"""What a worker changes in botocore: less work for each call, and nothing that a handler could notice.

Loaded by path from worker_main.py. Only the standard library may be imported at the top: what else there is depends on
the function's layers.
"""

import os
import select
import socket
from urllib.parse import urlsplit


def install():
    """Before any client is made."""
    pass_on_depth()
    make_user_agent_once()
    talk_plainly_to_the_engine()


def pass_on_depth():
    """Stamp each SDK call with how deep in a chain of invocations it is; the engine stops endless loops."""
    try:
        import botocore.handlers
    except ImportError:
        return

    def stamp(params, **_):
        depth = os.environ.get("_MINISTACK_INVOKE_DEPTH")
        if depth:
            params["headers"].setdefault("X-Ministack-Invoke-Depth", depth)

    botocore.handlers.BUILTIN_HANDLERS.append(("before-call", stamp))


def make_user_agent_once():
    """The SDK puts the same User-Agent together twice for each request, a tenth of its processor time."""
    try:
        from botocore.context import get_context
        from botocore.useragent import UserAgentString
    except ImportError:
        return
    compose = UserAgentString.to_string

    def remembered(self):
        context = get_context()
        features = frozenset(context.features) if context else None
        made = self.__dict__.setdefault("_made", {})
        if features not in made:
            made[features] = compose(self)
        return made[features]

    UserAgentString.to_string = remembered


def talk_plainly_to_the_engine():
    """Calls of the engine go over one kept socket, read and written in one piece.

    The pool, the retries and the header classes of urllib3 cost more processor time than the rest of such a call. What
    streams, or is not a plain call of this machine's engine, still goes through them.
    """
    try:
        from botocore import awsrequest, exceptions, httpsession
    except ImportError:
        return
    through_urllib3 = httpsession.URLLib3Session.send
    engine = os.environ.get("AWS_ENDPOINT_URL", "")

    def send(self, request):
        body = request.body
        plain = not request.stream_output and (body is None or isinstance(body, bytes))
        if not plain or not request.url.startswith(engine or "http://127.0.0.1:") or "Expect" in request.headers:
            return through_urllib3(self, request)
        idle = self.__dict__.setdefault("_idle_lines", [])
        line = idle.pop() if idle else Line()
        try:
            status, headers, content = line.exchange(request, self._timeout)
        except TimeoutError as error:
            line.close()
            raise exceptions.ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except ConnectionRefusedError as error:
            line.close()
            raise exceptions.EndpointConnectionError(endpoint_url=request.url, error=error) from error
        except (OSError, ValueError) as error:
            line.close()
            raise exceptions.ConnectionClosedError(error=error, request=request, endpoint_url=request.url) from error
        if line.is_open:
            idle.append(line)
        answer = awsrequest.AWSResponse(request.url, status, headers, None)
        answer._content = content
        return answer

    httpsession.URLLib3Session.send = send


class Line:
    """One connection to the engine, for one call at a time."""

    def __init__(self):
        self._socket = None
        self._rest = b""

    @property
    def is_open(self):
        return self._socket is not None

    def close(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def exchange(self, request, timeout):
        """Send a request and return status, headers and body of its answer; raises OSError or ValueError."""
        parts = urlsplit(request.url)
        self._connect(parts.hostname, parts.port, timeout)
        self._socket.sendall(_written(request, parts))
        head = self._read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(head[0].split(" ", 2)[1])
        headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
        small = {name.lower(): value for name, value in headers.items()}
        if request.method == "HEAD" or status in (204, 304):
            content = b""
        elif "content-length" in small:
            content = self._read(int(small["content-length"]))
        else:
            raise ValueError("an answer without a length")
        if small.get("connection") == "close":
            self.close()
        return status, headers, content

    def _connect(self, host, port, timeout):
        kept = self._socket
        # Nothing is due, so anything to read is the end of the connection.
        if kept is not None and select.select([kept], [], [], 0)[0]:
            self.close()
        if self._socket is None:
            self._rest = b""
            self._socket = socket.create_connection((host, port), getattr(timeout, "connect_timeout", timeout))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(getattr(timeout, "read_timeout", timeout))

    def _read_until(self, end):
        while (at := self._rest.find(end)) < 0:
            self._more()
        head, self._rest = self._rest[:at], self._rest[at + len(end) :]
        return head

    def _read(self, length):
        while len(self._rest) < length:
            self._more()
        content, self._rest = self._rest[:length], self._rest[length:]
        return content

    def _more(self):
        chunk = self._socket.recv(1 << 18)
        if not chunk:
            raise ConnectionResetError("the engine closed the connection")
        self._rest += chunk


def _written(request, parts):
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{request.method} {target} HTTP/1.1"]
    named = set()
    for name, value in request.headers.items():
        named.add(name.lower())
        lines.append(f"{name}: {value.decode('latin-1') if isinstance(value, bytes) else value}")
    if "host" not in named:
        lines.append(f"Host: {parts.netloc}")
    if "content-length" not in named:
        lines.append(f"Content-Length: {len(request.body or b'')}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (request.body or b"")
