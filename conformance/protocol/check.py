"""Holds what suite and adapter said against the schemas beside this file.

    python check.py REQUESTS.jsonl ANSWERS.jsonl

Needs the package `jsonschema`. Ends with 1 if a line is not of its schema, and names it.
"""

import json
import pathlib
import sys

import jsonschema

HERE = pathlib.Path(__file__).parent


def validator(name):
    schema = json.loads((HERE / name).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema, jsonschema.Draft202012Validator(schema)


def by_kind(schema, validator, key):
    """A validator a kind: the error of the one that is meant says more than that of all of them."""
    kinds = {kind["properties"][key]["const"]: kind for kind in schema["oneOf"]}
    return {name: validator.evolve(schema={**kind, "$defs": schema.get("$defs", {})}) for name, kind in kinds.items()}


def main(requests, answers):
    request, reply, event = (by_kind(*validator(f"{name}.json"), key) for name, key in
                             [("request", "do"), ("reply", "is"), ("event", "event")])
    checked, faults = 0, 0
    for path, sides in ((requests, (("do", request),)), (answers, (("is", reply), ("event", event)))):
        for number, line in enumerate(open(path, encoding="utf-8"), 1):
            message = json.loads(line)
            key, kinds = next(((key, kinds) for key, kinds in sides if key in message), (None, {}))
            kind = kinds.get(message.get(key))
            errors = ["no such kind"] if kind is None else [error.message for error in kind.iter_errors(message)]
            checked += 1
            for error in errors:
                faults += 1
                print(f"{path}:{number}: {error[:300]}: {line[:200]}")
    print(f"{checked} messages, {faults} faults")
    return 1 if faults or not checked else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
