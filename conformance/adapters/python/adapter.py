#!/usr/bin/env python3
"""A skeleton of an adapter: it speaks the whole protocol, and has no runtime yet.

It reads requests from standard input, one JSON object a line, and answers each by a line on standard output. What is not done
is answered by `unsupported`, which makes a case untestable and never wrong. Fill in `Case`, from the top down; declare in
FEATURES what of the contract the runtime has, and in HOOKS what this adapter can do besides. `suite doctor` tells what is next.

It needs nothing but Python 3.9.
"""

import base64
import json
import shutil
import sys
import tempfile
from pathlib import Path

PROTOCOL = 1

#: Areas of cases that the runtime implements. Cases of others are not applicable; one at least must be named.
FEATURES = ["lifecycle"]

#: What this adapter can do beyond calling components, such as "virtual-clock" and "inspect". Cases that need others are
#: untestable. `replace-file` is done below, and needs no runtime.
HOOKS = ["replace-file"]


class Unsupported(Exception):
    """The runtime, or this adapter, cannot do that (yet)."""


class NotUnderstood(Exception):
    """What came is not of the protocol."""


DONE = {"is": "done"}


def inside(directory, path):
    """A path of the case's world. What would lie outside of it is refused."""
    if path.startswith("/") or ".." in path.split("/"):
        raise NotUnderstood(f"{path} is not below the directory of the case")
    return directory / path


def put(directory, file):
    """Writes a file, a link, a directory or an executable of the world."""
    target = inside(directory, file["path"])
    target.parent.mkdir(parents=True, exist_ok=True)
    kind = file.get("kind")
    if kind == "directory":
        target.mkdir(exist_ok=True)
        return
    if kind in ("fifo", "socket"):
        raise Unsupported(f"a {kind} in the world")
    target.unlink(missing_ok=True)
    if file.get("link") is not None:
        target.symlink_to(file["link"])
        return
    target.write_bytes(base64.b64decode(file.get("bytes", "")))
    if kind == "executable":
        target.chmod(0o755)


class Case:
    """One case: a fresh runtime in a fresh directory, and what the suite does to it.

    Each method answers the stimulus of its name; its parameters are the fields of that, and it gives a reply. A field that may
    be left out may also be None.
    """

    def __init__(self, world):
        # The surroundings that are not looked at below are the runtime's to have: say so, rather than pass a case for the
        # wrong reason. Take out what you implement.
        for field in ("contract", "policy", "host-functions", "storage", "store-file", "audit-file", "audit-capacity"):
            if world.get(field):
                raise Unsupported(f"`{field}` in the world")
        if world.get("limits"):
            raise Unsupported("the operator's limits")
        self.world = world
        self.directory = Path(tempfile.mkdtemp(prefix="adapter-"))
        (self.directory / "root").mkdir()
        try:
            for file in world.get("files", []):
                put(self.directory, file)
        except BaseException:
            shutil.rmtree(self.directory)
            raise
        # HERE: start the runtime. Components see `self.directory / "root"` as `/`. Time is what `world["clock"]` says: with
        # "virtual" it starts at `world["now-ms"]` and stands still; without the hook `virtual-clock` it is always "real".

    def end(self):
        """Ends the runtime and removes what it left. Count what is left, if you can: all of it must be 0."""
        # HERE: end the runtime.
        shutil.rmtree(self.directory)
        return {"is": "ended"}

    # -- Loading. Start here: these three make the doctor go on. ------------------------------------------------------------

    def load(self, directory, env=None, config=None, config_data=None):
        # HERE: load the component in `inside(self.directory, directory)`, and give
        #   {"is": "loaded", "component": NAME}, or
        #   {"is": "refused", "phase": PHASE, "code": CODE, "message": TEXT}.
        raise Unsupported("to load components")

    def execute(self, component, operation, caller=None, request_id=None, timeout_ms=None, trace_context=None):
        # HERE: call `execute` with `base64.b64decode(operation)`, and give
        #   {"is": "returned", "output": BASE64},
        #   {"is": "failed", "case": "invalid-input", "value": TEXT_OR_NUMBER_OR_NONE}: the guest's own error,
        #   {"is": "trapped", "kind": "unreachable"}, or
        #   {"is": "rejected", "code": "not-running"}: the runtime's own answer.
        raise Unsupported("to execute")

    def health(self, component):
        # HERE: {"is": "health", "healthy": True, "reason": None}, or `rejected`.
        raise Unsupported("to ask for health")

    # -- Life: `done`, `failed`, `trapped` or `rejected`; `start` may also be `refused`. -------------------------------------

    def shutdown(self, component):
        raise Unsupported("to shut down")

    def start(self, component):
        raise Unsupported("to start again")

    def unload(self, component):
        raise Unsupported("to unload")

    def update(self, component, directory, strategy, approved=False):
        raise Unsupported("to update")

    # -- Messages. `deliver` waits until it was handled; `send` and `request` need the hook `peer`. --------------------------

    def deliver(self, component, sender, payload, request_id=None):
        raise Unsupported("to deliver messages")

    def send(self, component, sender, payload, within_ms=None):
        raise Unsupported("to send messages")

    def request(self, component, sender, payload, timeout_ms=0):
        raise Unsupported("to ask components")

    # -- Hooks: doing things at a time, `begin`; time, `virtual-clock`. ------------------------------------------------------

    def begin(self, ticket, stimulus):
        # HERE: start what `stimulus` says, in a thread or a task, and give DONE at once.
        raise Unsupported("to do things at a time")

    def await_(self, ticket):
        # HERE: wait for what was begun, and give its reply.
        raise Unsupported("to do things at a time")

    def advance(self, ms):
        raise Unsupported("a virtual clock")

    def quiesce(self):
        # Nothing runs between two stimuli, as long as nothing can be begun.
        return DONE

    # -- Hooks: files, `replace-file`; what is at a path needs none. ---------------------------------------------------------

    def replace_file(self, path, bytes="", link=None, kind=None):
        put(self.directory, {"path": path, "bytes": bytes, "link": link, "kind": kind})
        return DONE

    def look_at(self, path):
        target = inside(self.directory, path)
        if target.is_symlink():
            state = {"link": str(target.readlink())}
        elif target.is_dir():
            state = {"directory": sorted(entry.name for entry in target.iterdir())}
        elif target.is_file():
            state = {"content": base64.b64encode(target.read_bytes()).decode()}
        else:
            state = "special" if target.exists() else "absent"
        return {"is": "file", "state": state}

    # -- Hooks: `revoke`, `fill-store`, `crash`. -----------------------------------------------------------------------------

    def revoke(self, component, **which):
        raise Unsupported("to revoke grants")

    def fill_store(self, full):
        raise Unsupported("a store whose disk is full")

    def crash(self):
        raise Unsupported("to crash")

    # -- Hooks: what happened, `logs`, `events`, `audit`, `verify-audit`; what there is, `inspect`. --------------------------
    # Each thing is told once: in the answer, or as an event of its own as it happens (see `tell`).

    def logs(self):
        raise Unsupported("logs")

    def events(self):
        raise Unsupported("events")

    def audit(self):
        raise Unsupported("the audit trail")

    def verify_audit(self, tamper=None):
        raise Unsupported("to verify the audit trail")

    def inspect(self):
        raise Unsupported("to inspect")


def write(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def tell(event):
    """Tells something unasked, such as {"event": "log", "component": "a", "level": "info", "message": "ready"}."""
    write(event)


#: Every stimulus of a case, by its name.
STIMULI = {
    name: name.replace("-", "_") if name != "await" else "await_"
    for name in (
        "load execute health shutdown start unload update deliver send request begin await advance quiesce replace-file "
        "look-at revoke fill-store crash logs events audit verify-audit inspect"
    ).split()
}


class Adapter:
    def __init__(self):
        self.case = None

    def hello(self):
        return {
            "is": "hello",
            "protocol": PROTOCOL,
            "runtime": "skeleton",
            "version": "0.1.0",
            "contract": "1.0",
            "features": FEATURES,
            "hooks": HOOKS,
        }

    def end(self):
        case, self.case = self.case, None
        return case.end() if case else {"is": "ended"}

    def answer(self, stimulus):
        name = stimulus.pop("do")
        if name == "hello":
            return self.hello()
        if name == "case.begin":
            self.end()
            self.case = Case(stimulus)
            return DONE
        if name == "case.end":
            return self.end()
        if name not in STIMULI:
            raise NotUnderstood(f"there is no stimulus `{name}`")
        if self.case is None:
            raise NotUnderstood(f"`{name}` without a case")
        fields = {field.replace("-", "_"): value for field, value in stimulus.items()}
        return getattr(self.case, STIMULI[name])(**fields)

    def reply(self, line):
        """The answer to a line, which may be anything."""
        number = {}
        try:
            request = json.loads(line)
            if not isinstance(request, dict) or not isinstance(request.get("do"), str) or not isinstance(request.get("id"), int):
                raise NotUnderstood("a request is an object with `id` and `do`")
            number = {"id": request.pop("id")}
            return {**number, **self.answer(request)}
        except Unsupported as what:
            return {**number, "is": "unsupported", "what": str(what)}
        except (NotUnderstood, ValueError, TypeError, KeyError) as what:
            return {**number, "is": "not-understood", "what": f"{type(what).__name__}: {what}"}


def main():
    adapter = Adapter()
    try:
        for line in sys.stdin:
            if line.strip():
                write(adapter.reply(line))
    finally:
        adapter.end()


if __name__ == "__main__":
    main()
