"""Runs the snippets of ci/ as their services would: their scripts, with the inputs and variables that they declare.

    python snippets.py COMMAND

COMMAND is the airssys-wasm to judge with. Needs the package `pyyaml`. What takes hours or the service itself (installing,
uploading, measuring a base) is not run, but read: it must be YAML of the right shape.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

CI = pathlib.Path(__file__).resolve().parent.parent / "ci"
REPORTS = ["badge.svg", "junit.xml", "report.html", "report.json"]


def run(script, variables, place):
    environment = dict(os.environ)
    for name in ("CI_NODE_TOTAL", "CI_NODE_INDEX"):
        environment.pop(name, None)
    environment.update({name: value for name, value in variables.items() if value is not None})
    return subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=place, env=environment,
                          capture_output=True, text=True)


def github(kind):
    action = yaml.safe_load((CI / "github" / kind / "action.yml").read_text())
    assert action["name"] and action["description"] and action["runs"]["using"] == "composite", kind
    inputs = {name: declared["default"] for name, declared in action["inputs"].items()}
    for step in action["runs"]["steps"]:
        assert step["name"] and ("uses" in step or step["shell"] == "bash"), step
        for value in step.get("env", {}).values():
            for name in re.findall(r"inputs\.([a-z-]+)", value):
                assert name in inputs, f"{kind}: {value}"
    return action, inputs


def of_github(command, given, place):
    """What the judging step of the conformance action ends with."""
    action, inputs = github("conformance")
    inputs.update({**given, "command": command})
    step = next(step for step in action["runs"]["steps"] if step["name"] == "Judge the runtime")
    variables = {name: inputs[re.search(r"inputs\.([a-z-]+)", value)[1]] for name, value in step["env"].items()}
    return run(step["run"], {**variables, "GITHUB_STEP_SUMMARY": str(place / "summary.md")}, place)


def of_gitlab(command, given, place):
    """What the script of the conformance job ends with."""
    job = yaml.safe_load((CI / "gitlab" / "conformance.yml").read_text())[".airssys-wasm-conformance"]
    assert job["artifacts"]["when"] == "always"
    names = {"adapter": "ADAPTER", "cases": "CASES", "expected-failures": "EXPECTED_FAILURES"}
    variables = {**job["variables"], **{names[name]: value for name, value in given.items()}, "COMMAND": command}
    return run("\n".join(job["script"]), variables, place)


def main(command):
    command = str(pathlib.Path(command).resolve())
    github("performance")
    yaml.safe_load((CI / "gitlab" / "performance.yml").read_text())
    table = [
        ({"cases": "config time/start"}, 0),
        ({"cases": "config", "adapter": f"'{command}' adapter"}, 0),
        ({"cases": "config", "adapter": "sh -c 'echo nonsense'"}, 3),
    ]
    for judge in (of_github, of_gitlab):
        for given, code in table:
            with tempfile.TemporaryDirectory() as place:
                place = pathlib.Path(place)
                ended = judge(command, given, place)
                assert ended.returncode == code, (judge.__name__, given, ended)
                found = sorted(path.name for path in (place / "conformance-reports").iterdir())
                assert [name for name in REPORTS if name not in found] == [], (judge.__name__, given, found)
                if judge is of_github:
                    assert (place / "summary.md").stat().st_size > 0, given
                print(f"{judge.__name__} {given}: {code}")


if __name__ == "__main__":
    main(*sys.argv[1:])
