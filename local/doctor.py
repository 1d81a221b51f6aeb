"""Look at this machine before anything is installed: one clear sentence and a non-zero exit when something is missing.

Standard library only, and written so that an old Python can still run it and say that it is too old.
"""

import argparse
import json
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENGINE_LOCK = ROOT / "requirements" / "engine.lock"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20


class Unfit(Exception):
    """This machine cannot run the command; the text is the sentence to print."""


def check_python(version=sys.version_info):
    """Refuse a Python that is too old, or one that came without the means to make environments."""
    if tuple(version[:2]) < OLDEST_PYTHON:
        wanted, found = ".".join(map(str, OLDEST_PYTHON)), ".".join(map(str, version[:2]))
        raise Unfit(
            f"Python {wanted} or newer is needed and this is {found}: "
            "install one, or name it as in `make run PYTHON=python3.12`."
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise Unfit(
            "This Python cannot make environments: install its venv package (on Debian: apt install python3-venv)."
        ) from None


def check_tools():
    """Refuse a machine without git, npm or a recent enough Node."""
    for tool in ("git", "node", "npm"):
        if shutil.which(tool) is None:
            wanted = f"Node.js {OLDEST_NODE} or newer, which brings npm," if tool != "git" else "git"
            raise Unfit(f"`{tool}` was not found: install {wanted} and try again.")
    said = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, check=False).stdout.decode().strip()
    major = re.match(r"v?(\d+)\.", said)
    if major is None or int(major.group(1)) < OLDEST_NODE:
        raise Unfit("Node.js {} or newer is needed and this is {}.".format(OLDEST_NODE, said or "an unknown version"))


def pinned_engine_version():
    """Return the MiniStack version that requirements/engine.lock pins."""
    found = re.search(r"^ministack(?:\[[^\]]*\])?==(\S+)", ENGINE_LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise Unfit("requirements/engine.lock pins no ministack: run `make lock`.")
    return found.group(1)


def check_installed_engine(folder=ROOT / ".local" / "engine"):
    """Refuse an engine environment in which somebody installed another version by hand."""
    pinned = pinned_engine_version()
    for found in folder.glob("lib/python*/site-packages/ministack-*.dist-info"):
        version = found.name[len("ministack-") : -len(".dist-info")]
        if version != pinned and stamp_is_current(folder):
            raise Unfit(
                f"The engine in {folder.relative_to(ROOT)} is MiniStack {version} but the project needs {pinned}: "
                "remove that folder and try again."
            )


def stamp_is_current(folder):
    """Say whether an environment claims to hold what its lock file pins now."""
    from local.run import lock_hash  # only after the Python version is known to be good

    try:
        return lock_hash("engine") in json.loads((folder / "stamp.json").read_text())["locks"].values()
    except (OSError, ValueError, KeyError):
        return False


def check_ports(port, state):
    """Refuse ports that other programs hold. The PSP takes the port after the engine's."""
    if not 1024 <= port <= 65534:
        raise Unfit(f"PORT={port} cannot be used: choose a number from 1024 to 65534.")
    from local.stop import running_processes

    if running_processes(state):
        return  # ours; `make run` finds out whether it still listens where it should
    for number in (port, port + 1):
        if is_taken(number):
            raise Unfit(
                f"Port {number} is in use by {describe_listener(number)}: stop it, "
                f"or choose another port, as PORT={next_free_pair(port + 2)}."
            )


def is_taken(port):
    """Say whether anything listens on a loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def next_free_pair(port):
    """Return the first port from here on that is free together with the one after it."""
    while is_taken(port) or is_taken(port + 1):
        port += 2
    return port


def describe_listener(port):
    """Return what listens on a port, as far as it says so itself."""
    from local.state import Http

    try:
        health = Http(f"http://127.0.0.1:{port}", timeout=1).request("GET", "/_ministack/health").json()
        version = health["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return "another program"
    return f"a MiniStack {version} that was not started from this state folder"


def check(port, state, needs_ports):
    """Run every check, from what is needed first to what is needed last. Raises Unfit at the first that fails."""
    check_python()
    check_tools()
    check_installed_engine()
    if needs_ports:
        check_ports(port, state)


def main():
    """Print nothing and exit 0 on a fit machine, else print one sentence and exit 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", default="")
    parser.add_argument("--state", default=".local/state")
    asked = parser.parse_args()
    try:
        if asked.port and not asked.port.isdigit():
            raise Unfit(f"PORT={asked.port} is not a port number.")
        check(int(asked.port or 0), Path(asked.state), needs_ports=bool(asked.port))
    except Unfit as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
