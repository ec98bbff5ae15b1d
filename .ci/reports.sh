#!/usr/bin/env bash
# Holds the reports against those who read them: bash .ci/reports.sh
#
# JUnit's XML by Jenkins's schema, which PyPI carries in the sources of pytest; the JSON by its own schema; the page in a
# browser. Needs python3 with venv, xmllint (Debian: libxml2-utils), Node 20 with npm, and Chromium (which CHROMIUM names,
# or /usr/bin/chromium). What is fetched and made is in the directory of the build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=${CARGO_TARGET_DIR:-$PWD/target}/reports
mkdir -p "$out"

step() {
    printf '\n== %s\n' "$*"
}

suite() {
    cargo run --locked --quiet -- suite "$@"
}

step 'one run, every report'
rm -f "$out/summary.md"
suite run --report "json=$out/report.json" --report "junit=$out/report.xml" --report "markdown=$out/summary.md" \
    --report "html=$out/report.html" --report "badge=$out/badge.svg" --report "shields=$out/shields.json"

step 'results that are made up, some by somebody who means harm, as tests/reports.rs has them'
for result in plain hostile; do
    for format in json junit badge; do
        # A snapshot begins with a head of its own, between two lines of hyphens.
        awk 'behind; /^---$/ && ++lines == 2 { behind = 1 }' "tests/snapshots/reports__${result}_$format.snap" \
            >"$out/$result.$format"
    done
done
suite compare "$out/plain.json" "$out/hostile.json" --html "$out/made-up.html"
suite compare "$out/report.json" "$out/plain.json" --html "$out/compared.html"

step 'JUnit'
pytest=pytest-8.3.4
schema=$pytest/testing/example_scripts/junit-10.xsd
if [ ! -f "$out/$schema" ]; then
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --dest "$out" "pytest==8.3.4"
    tar -xf "$out/$pytest.tar.gz" -C "$out" "$schema"
fi
xmllint --noout --schema "$out/$schema" "$out/report.xml" "$out/plain.junit" "$out/hostile.junit"
xmllint --noout "$out/badge.svg" "$out/plain.badge" "$out/hostile.badge"

step 'JSON'
[ -d "$out/venv" ] || python3 -m venv "$out/venv"
"$out/venv/bin/pip" install --quiet --disable-pip-version-check 'jsonschema==4.25.1'
"$out/venv/bin/python" - conformance/protocol/report.json "$out"/{report,plain,hostile}.json <<'PYTHON'
import json, sys
import jsonschema

schema, *reports = [json.load(open(path, encoding="utf-8")) for path in sys.argv[1:]]
jsonschema.Draft202012Validator.check_schema(schema)
for path, report in zip(sys.argv[2:], reports):
    jsonschema.Draft202012Validator(schema).validate(report)
    print(f"{path}: {len(report['cases'])} cases, as the schema has them")
PYTHON

step 'HTML'
mkdir -p "$out/browser"
cp tests/html/check.mjs tests/html/package.json tests/html/package-lock.json "$out/browser/"
npm ci --prefix "$out/browser" --silent --no-audit --no-fund
node "$out/browser/check.mjs" "$out/report.html" "$out/compared.html" "$out/made-up.html" --screenshots "$out/screenshots"

step 'the reports are what their readers take'
