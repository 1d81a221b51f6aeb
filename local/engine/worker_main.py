"""The program inside a worker process: import the handler once, then answer one call per line.

Started as `python worker_main.py <requests fd> <replies fd>`, or forked by a nursery, which is this program
started as `python worker_main.py nursery <control fd>`. Requests and replies are JSON lines on two
pipes of their own, so nothing a handler prints can be mistaken for an answer; stdout and stderr are the log.
Only the standard library may be imported here: the handler's own path decides everything else.
"""

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback

LIBRARIES = (
    "boto3.session",
    "botocore.handlers",
    "botocore.httpsession",
    "botocore.endpoint",
    "pydantic",
    "aws_lambda_powertools",
    "aws_lambda_powertools.metrics",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.event_handler",
)
MESSAGE_LIMIT = 256 * 1024
# On AWS every function has a processor of its own. On one machine somebody who waits for an answer goes first.
BACKGROUND_NICENESS = 5
HERE = os.path.dirname(os.path.abspath(__file__))
CHANGING = ("_X_AMZN_TRACE_ID", "_MINISTACK_INVOKE_DEPTH")


class InitFailure(Exception):
    """The handler cannot be loaded; carries the name that Lambda gives to this."""

    def __init__(self, name, message):
        super().__init__(message)
        self.name = name


class Context:
    """What a handler receives as `context`."""

    identity = None
    client_context = None

    def __init__(self, about, call):
        self.function_name = about["function_name"]
        self.function_version = about["version"]
        self.memory_limit_in_mb = about["memory"]
        self.log_group_name = about["log_group"]
        self.log_stream_name = about["log_stream"]
        self.aws_request_id = call["request_id"]
        self.invoked_function_arn = call["arn"]
        self._deadline = time.monotonic() + about["timeout"]

    def get_remaining_time_in_millis(self):
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def described(error):
    """An exception as Lambda reports it: its class name, its text, its trace."""
    return {
        "errorType": getattr(error, "name", None) if isinstance(error, InitFailure) else type(error).__name__,
        "errorMessage": str(error),
        "stackTrace": traceback.format_exception(type(error), error, error.__traceback__),
    }


def load(about):
    """The handler function; raises whatever its import raises."""
    for folder in about["path"]:
        if folder not in sys.path:
            sys.path.insert(0, folder)
    adjust_sdk()
    module, _, name = about["handler"].rpartition(".")
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        raise InitFailure("Runtime.ImportModuleError", f"Unable to import module '{module}': {error}") from error
    if not hasattr(loaded, name):
        raise InitFailure("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module}'")
    return getattr(loaded, name)


def adjust_sdk():
    """Prepare botocore before any client is made; once in a process, also when it was forked later."""
    if not _adjusted:
        _adjusted.append(True)
        # By its path: this folder must not be on the handler's import path.
        spec = importlib.util.spec_from_file_location("spine_worker_sdk", os.path.join(HERE, "worker_sdk.py"))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.install()


_adjusted = []


def leave_with_the_engine(requests_fd):
    """End this process when the engine is gone, even in the middle of a call."""
    watch = select.poll()
    watch.register(requests_fd, 0)
    while not watch.poll():
        pass
    os._exit(0)


def answer(handler, about, call):
    for name in CHANGING:
        value = call["env"].get(name)
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    try:
        result = handler(call["event"], Context(about, call))
    except Exception as error:  # noqa: BLE001 - whatever a handler raised is its answer
        return {"error": described(error)}
    try:
        return json.dumps({"result": result})
    except (TypeError, ValueError) as error:
        text = f"Unable to marshal response: {error}"
        return {"error": {"errorType": "Runtime.MarshalError", "errorMessage": text, "stackTrace": []}}


def work(requests_fd, replies_fd):
    requests = os.fdopen(requests_fd, "rb")
    sys.stdout.reconfigure(line_buffering=True)

    def reply(message):
        text = message if isinstance(message, str) else json.dumps(message)
        sys.stdout.flush()
        sys.stderr.flush()
        data = memoryview(text.encode() + b"\n")
        while data:
            data = data[os.write(replies_fd, data) :]

    about = json.loads(requests.readline())
    if about["background"]:
        with contextlib.suppress(OSError):
            os.nice(BACKGROUND_NICENESS)
    threading.Thread(target=leave_with_the_engine, args=(requests_fd,), daemon=True).start()
    try:
        handler = load(about)
    except Exception as error:  # noqa: BLE001 - whatever the import raised is the answer
        reply({"error": described(error)})
        return
    # What the imports made stays for the life of the process; collecting it again and again finds nothing.
    gc.freeze()
    reply({"ready": True})
    for line in requests:
        reply(answer(handler, about, json.loads(line)))


def be_a_nursery(control_fd):
    """Load the common libraries, then fork a worker for each message until the engine closes the line."""
    control = socket.socket(fileno=control_fd)
    for folder in json.loads(control.recv(MESSAGE_LIMIT))["path"]:
        sys.path.insert(0, folder)
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    adjust_sdk()
    gc.collect()
    gc.freeze()
    # Workers that end are nobody's concern here; without this they would stay as zombies.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, descriptors, _flags, _address = socket.recv_fds(control, MESSAGE_LIMIT, 3)
        if not message:
            return
        worker = os.fork()
        if worker == 0:
            control.close()
            become_worker(json.loads(message), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        control.send(str(worker).encode())


def become_worker(start, requests_fd, replies_fd, log_fd):
    """In the forked process: take over its own environment, folder and log, and work until the engine ends it."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setpgid(0, 0)
        os.dup2(log_fd, 1)
        os.dup2(log_fd, 2)
        os.close(log_fd)
        os.environ.clear()
        os.environ.update(start["env"])
        time.tzset()
        os.chdir(start["cwd"])
        work(requests_fd, replies_fd)
        sys.stdout.flush()
    finally:
        os._exit(0)


def main():
    if sys.argv[1] == "nursery":
        be_a_nursery(int(sys.argv[2]))
    else:
        work(int(sys.argv[1]), int(sys.argv[2]))


if __name__ == "__main__":
    main()
