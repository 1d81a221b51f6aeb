"""`make run`: install, build, start the engine, deploy the app, fill it, place one order, leave it running.

The first half (prepare) uses the standard library only and makes the environments; the second half (bring_up) runs
in one of them. Whatever fails, nothing that this command started stays behind.
"""

import argparse
import contextlib
import hashlib
import json
import os
import sys
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path

from local.doctor import Unfit, check_ports, pinned_engine_version
from local.progress import Failed, Progress, end_open_tools, explain, interruptible, only_one_at_a_time, run
from local.state import ROOT, Http, NotRunning, Running, aws_environment
from local.stop import Started, clear, end, launch, nothing_left_behind, running_processes

VENV = ROOT / ".local" / "venv"
ENGINE_VENV = ROOT / ".local" / "engine"
LOGS = ROOT / ".local" / "logs"
INSTALL_TIMEOUT_SECONDS = 600.0


def lock_hash(name: str) -> str:
    """Return the hash by which an environment knows that it was made from requirements/<name>.lock as it is now."""
    return hashlib.sha256((ROOT / "requirements" / f"{name}.lock").read_bytes()).hexdigest()


def prepare(progress: Progress, lock: str) -> None:
    """Install what is missing and build the layers for this machine. `lock` is `run` or, for the tests, `test`."""
    with only_one_at_a_time(progress), ThreadPoolExecutor(3) as pool:
        jobs = [
            pool.submit(_install_app_environment, progress, lock),
            pool.submit(_install_engine_and_layers, progress),
            pool.submit(_install_cdk_command, progress),
        ]
        try:
            done, _ = wait(jobs, return_when=FIRST_EXCEPTION)
            for job in done:
                job.result()
        except BaseException:
            end_open_tools()
            raise


def _install_app_environment(progress: Progress, lock: str) -> None:
    if _install_environment(progress, VENV, lock, "app environment"):
        # The first import compiles what the app needs of the CDK and unpacks its runtime. It is done here, while the
        # layers are being built; should the app be broken, the synthesis will say so better.
        with contextlib.suppress(Failed), progress.step("first import of the CDK"):
            command = [VENV / "bin" / "python", "-c", "import infra.stack"]
            run(command, LOGS / "first-import.log", timeout=INSTALL_TIMEOUT_SECONDS, folder=ROOT)


def _install_engine_and_layers(progress: Progress) -> None:
    _install_environment(progress, ENGINE_VENV, "engine", "engine environment")
    python = ENGINE_VENV / "bin" / "python"
    command: list[str | Path] = [sys.executable, "-m", "tools.build_layer", "--target", "local", "--python", python]
    with progress.step("layers for this machine"):
        run(command, LOGS / "layers.log", timeout=INSTALL_TIMEOUT_SECONDS, folder=ROOT)


def _install_cdk_command(progress: Progress) -> None:
    stamp = ROOT / "node_modules" / ".installed-from"
    wanted = hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    with progress.step("CDK command line"):
        run(["npm", "ci", "--no-progress"], LOGS / "npm.log", timeout=INSTALL_TIMEOUT_SECONDS, folder=ROOT)
    stamp.write_text(wanted)


def _install_environment(progress: Progress, folder: Path, lock: str, title: str) -> bool:
    """Make a virtual environment hold a lock file, and say whether there was anything to do.

    What it holds from before stays when all of that is still right; otherwise it is made anew.
    """
    locks = {lock: lock_hash(lock)}
    if lock == "test":
        _check_covers("test", "run")
        locks["run"] = lock_hash("run")
    had = _installed_locks(folder)
    if locks.items() <= had.items():
        return False
    still_right = bool(had) and all(lock_hash(name) == value for name, value in had.items())
    with progress.step(title):
        python = folder / "bin" / "python"
        log = LOGS / f"{folder.name}.log"
        (folder / "stamp.json").unlink(missing_ok=True)
        if not still_right:
            run([sys.executable, "-m", "venv", "--clear", folder], log, timeout=INSTALL_TIMEOUT_SECONDS)
        # Compiling every module of the CDK takes longer than installing it; what is used compiles at its first import.
        options = ["--require-hashes", "--no-deps", "--no-compile", "--no-input", "--disable-pip-version-check"]
        wheels = ["-r", ROOT / "requirements" / f"{lock}.lock"]
        run([python, "-m", "pip", "install", *options, *wheels], log, timeout=INSTALL_TIMEOUT_SECONDS)
    kept = had if still_right else {}
    (folder / "stamp.json").write_text(json.dumps({"python": _python(), "locks": {**kept, **locks}}, indent=1) + "\n")
    return True


def _installed_locks(folder: Path) -> dict[str, str]:
    """Return lock name -> hash of what an environment was made from; empty when it has to be made anew."""
    try:
        stamp = json.loads((folder / "stamp.json").read_text())
    except (OSError, ValueError):
        return {}
    usable = stamp.get("python") == _python() and (folder / "bin" / "python").exists()
    return dict(stamp["locks"]) if usable else {}


def _python() -> str:
    return f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor}"


def _check_covers(larger: str, smaller: str) -> None:
    """Refuse lock files that have drifted apart: the test environment serves `make run` too."""
    pins = {
        name: {
            line.split(" ")[0]
            for line in (ROOT / "requirements" / f"{name}.lock").read_text().splitlines()
            if "==" in line and not line.startswith((" ", "#"))
        }
        for name in (larger, smaller)
    }
    missing = sorted(pins[smaller] - pins[larger])
    if missing:
        raise Failed(f"requirements/{larger}.lock lacks {missing[0]} of {smaller}.lock: run `make lock`")


def bring_up(state: Path, port: int, progress: Progress, started: list[Started]) -> Running:
    """Make the system of this clone run from a state folder and return it, seeded.

    A system that runs already is kept and brought up to date. What is started is added to `started`; raises Failed.
    """
    from local import deploy  # these need what prepare has installed
    from local.seed.seed import seed

    engine = deploy.fingerprint(deploy.ENGINE)
    world = deploy.fingerprint(deploy.WORLD)
    product = deploy.product_fingerprint()
    endpoint = f"http://127.0.0.1:{port}"
    known = _known_run(state, port)
    if known.get("engine") != engine or not _answers(endpoint):
        end(running_processes(state), state)
        clear(state)
        known = {}
        _refuse_taken_ports(port, state)
        with progress.step("engine"):
            _start_engine(state, port, started)
            deploy.bootstrap(endpoint)
    if known.get("product") != product:
        title = "deploy" if deploy.assembly_is_current(product) else "synthesise and deploy"
        with only_one_at_a_time(progress), progress.step(title):
            deploy.deploy(endpoint, state, product)
        deploy.collect_clients(endpoint, state)
    if known.get("world") != world or len(running_processes(state)) < 3:
        with progress.step("the world outside: PSP, stores and warehouses"):
            end([process for process in running_processes(state) if process.name != "engine"], state)
            _start_psp(state, port, endpoint, started)
            deploy.connect_psp(endpoint, state)
            _write_run(state, port, {})
            _start_world(state, endpoint, started)
    running = Running(state)
    if not known.get("seeded"):
        with progress.step("seed: 2 distribution centres, 12 stores, 300 items and their stock"):
            seed(running)
    _write_run(state, port, {"engine": engine, "world": world, "product": product, "seeded": True})
    return running


def _refuse_taken_ports(port: int, state: Path) -> None:
    """For whoever brings a system up: the first run has asked the doctor, the replay and the bench have not."""
    try:
        check_ports(port, state)
    except Unfit as reason:
        raise Failed(str(reason)) from None


def _known_run(state: Path, port: int) -> dict[str, object]:
    """Return what running.json says of a system that still runs here; empty when there is none."""
    if not any(process.name == "engine" for process in running_processes(state)):
        return {}
    try:
        known: dict[str, object] = json.loads((state / "running.json").read_text())
    except (OSError, ValueError):
        return {}
    if known["port"] != port:
        raise Failed(
            f"A system runs from {state} on port {known['port']}: `make stop STATE={state}` ends it, "
            "or give this one another STATE."
        )
    return known


def _write_run(state: Path, port: int, facts: dict[str, object]) -> None:
    draft = state / "running.json.new"
    draft.write_text(json.dumps({"port": port, "psp_port": port + 1, **facts}, indent=1) + "\n")
    draft.replace(state / "running.json")


def _start_engine(state: Path, port: int, started: list[Started]) -> None:
    from local.deploy import clean_environment

    scratch = state / "tmp"
    scratch.mkdir(exist_ok=True)
    environment = {
        **clean_environment(),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "0",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        "SPINE_CLOCK_FILE": str(state / "clock"),
        # Who is to hear of events in a local run is on the same machine.
        "WEBHOOKS_TO_LOOPBACK": "true",
        "TMPDIR": str(scratch),  # the engine unpacks functions here; gone with the system
    }
    command = [str(ENGINE_VENV / "bin" / "python"), "-m", "local.launcher"]
    health = Http(f"http://127.0.0.1:{port}", timeout=2)
    launch("engine", command, state, environment, started, lambda: health.request("GET", "/_ministack/health").ok)
    version = health.request("GET", "/_ministack/health").json()["version"]
    if version != pinned_engine_version():
        raise Failed(f"the engine is MiniStack {version} but the project needs {pinned_engine_version()}")


def _start_psp(state: Path, port: int, endpoint: str, started: list[Started]) -> None:
    command = [sys.executable, "-m", "local.psp", "--port", str(port + 1), "--state", str(state)]
    health = Http(f"http://127.0.0.1:{port + 1}", timeout=2)
    environment = _bot_environment(state, endpoint)
    launch("psp", command, state, environment, started, lambda: health.request("GET", "/health").ok)


def _start_world(state: Path, endpoint: str, started: list[Started]) -> None:
    command = [sys.executable, "-m", "local.world", "--state", str(state)]
    environment = _bot_environment(state, endpoint)
    launch("world", command, state, environment, started, lambda: (state / "world.log").stat().st_size > 0)


def _bot_environment(state: Path, endpoint: str) -> dict[str, str]:
    from local.deploy import clean_environment

    clock = {"SPINE_CLOCK_FILE": str(state / "clock"), "PYTHONUNBUFFERED": "1"}
    return {**clean_environment(), **aws_environment(endpoint), **clock}


def _answers(endpoint: str) -> bool:
    try:
        return Http(endpoint, timeout=2).request("GET", "/_ministack/health").ok
    except OSError:
        return False


def main() -> int:
    parser = argparse.ArgumentParser(description="Bring the whole system up on this machine.")
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--state", type=Path, default=Path(".local/state"))
    parser.add_argument("--prepare-only", choices=("run", "test"), help="install and build, then return")
    parser.add_argument("--since", type=float, help="second half: when the command was typed")
    asked = parser.parse_args()
    interruptible()
    progress = Progress(asked.since)
    try:
        if asked.since is None:
            prepare(progress, asked.prepare_only or "run")
            if asked.prepare_only:
                return 0
            python = str(VENV / "bin" / "python")
            again = ["--port", str(asked.port), "--state", str(asked.state), "--since", str(progress.since)]
            os.execv(python, [python, "-m", "local.run", *again])
        from local.order import show_first_order, show_urls

        state = asked.state.resolve()
        with nothing_left_behind(state) as started:
            running = bring_up(state, asked.port, progress, started)
            show_first_order(running, progress)
            show_urls(running, progress)
    except Failed as failure:
        explain(failure)
        return 1
    except NotRunning as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: everything that this command had started was ended.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
