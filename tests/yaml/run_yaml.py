#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks PyYAML what scalars and documents are, and checks that the committed answers, which the unit tests of
src/value hold the reader to, are those. Usage: run_yaml.py [FLOE]

FLOE_UPDATE_GOLDEN=1 rewrites tests/unit/value/data/pyyaml_*.json. Exit code 77 without PyYAML.
"""

import datetime
import itertools
import json
import math
import os
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "unit/value/data"

WORDS = """
yes Yes YES yEs no No NO on On ON oN off Off OFF oFF true True TRUE tRue false False FALSE y Y n N t f
null Null NULL nULL ~ ~~ nil none None . .. ... - -- + +- = == < << <<< > | & * ! % @ ` # ? : , none-null
"""
NUMBERS = """
0 00 000 1 01 07 08 09 010 0010 018 -1 +1 -0 +0 -010 +010 0o17 0O17 0o8 0b0 0b1 0b101 -0b11 0b2 0b 0b1_0 0b_ 0B1
0x0 0x1F 0xff 0xFG 0x -0x10 +0xA 0x1_F 0X1 1_000 1__0 _1 1_ 0_ 0_7 1,000 1e3 1e+3 1e-3 1E3 1.5e3 1.5e+3 1.5E-3 1.e+1
1. 1.0 1.5 -1.5 +1.5 .5 -.5 +.5 .5e+1 ._5 .5_ 1_0.5 1._5 1.5_5 1.2.3 1..2 .. .e1 0. 00.5 012.5 .inf -.inf +.inf .Inf
.INF .iNF .nan .NaN .NAN .Nan -.nan +.nan inf nan 1:30 01:30 1:60 1:5:9 1:2:60 12:30:45 -1:30 +1:30 190:20:30
190:20:30.15 1:30. 1:3.5 0:0 60:00 1:99 1:030 :30 1: 9223372036854775807 9223372036854775808 -9223372036854775808
-9223372036854775809 123456789012345678901234567890 0x7fffffffffffffff 0xffffffffffffffff 0777777777777777777777
1.7976931348623157e+308 1e400 4.9e-324 0.1 1e-7 1.0e-7 3.14159265358979 1a a1 1-2 1+1 1/2 --1 +-1 1.2e 1.2e+ 0xg 1_000.5
"""
DATES = """
2001-01-01 2001-1-1 2001-01-1 2001-13-01 2001-02-29 2000-02-29 2001-00-01 2001-01-00 0000-01-01 2001-12-14T21:59:43.10-05:00
2001-12-14t21:59:43.10-05:00 2001-12-15T02:59:43.1Z 2001-1-1T1:01:01 2001-01-01T1:1:1 2001-01-01T25:00:00 2001-01-01T24:00:00
2001-01-01T00:60:00 2001-01-01T00:00:60 2001-01-01T00:00:00. 2001-01-01T00:00:00Z 2001-01-01T00:00:00+1 2001-01-01T00:00:00+01:30
2001-01 2001 20010101 2001-01-01T 2001-01-01T00:00 2001/01/01 01-01-2001 2001-01-01x
"""
SPACED = ["2001-12-14 21:59:43.10 -5", "2001-12-15 2:59:43.10", "2001-12-15  2:59:43 Z", "2001-12-15 2:59:43 ",
          "2001-01-01 00:00:00 +01:00", "1 000", "yes no", "a: b", "a # b", "a#b", "- a", "-a", "? a", "?a", ":a", "a:",
          "[a, b]", "{a: b}", "[yes, 1:30, '1']", "'yes'", '"010"', "'it''s'", '"\\x41\\u00e9\\U0001F600\\n\\t\\\\\\/"', "''", '""',
          "!!str 1", "!!int '1'", "!!float 1", "!!float '1.5'", "!!bool 'yes'", "!!null ''", "!!str", "! 1", "!foo 1",
          "!!int x", "!!bool x", "!!timestamp '2001-01-01'", "!!seq [a]", "!!map {a: 1}", "!!python/name:os.system x",
          "|\n  a\n  b\n", ">\n  a\n  b\n\n  c\n", "|-\n  a\n", "|+\n  a\n\n", "|2\n   a\n", ">-\n  a\n   b\n", "",
          "a\n  b\n  c", '"a\n  b\n\n  c"', "'a\n\n  b'", "é", "日本", "\U0001F600", "a\tb", "\ta"]

DOCUMENTS = [
    "", "\n", "---\n", "--- a\n", "a: 1\n...\n", "a: 1\n---\nb: 2\n", "%YAML 1.1\n---\na: 1\n", "# only\n", "a: 1\nb: 2\n",
    "a:\n  b:\n    - 1\n    - c: 2\n      d: 3\n", "a:\n- 1\n- 2\n", "- - 1\n  - 2\n- 3\n", "a: &x {p: 1}\nb: *x\n",
    "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n", "b: {q: 3, <<: {p: 1, q: 2}}\n", "b: {<<: [{p: 1}, {p: 2, q: 2}], r: 3}\n",
    "b: {<<: {p: 1}, <<: {p: 2}}\n", "b: {<<: 1}\n", "b: {<<: [1]}\n", "b: {'<<': 1}\n", "a: 1\na: 2\n", "a: 1\nb: 2\na: 3\n",
    "yes: off\n", "1: a\n'1': b\n", "1: a\n0x1: b\n", "~: a\n", "? a\n: b\n", "? [a]\n: b\n", "? {a: 1}\n: b\n", "[a]: b\n", "{{ a }}: b\n",
    "a: {{ b }}\n", "a: '{{ b }}'\n", "=: 1\n", "a: =\n", "&a b: *a\n", "a: *b\n", "a: &x [*x]\n", "a: &x 1\nb: &x 2\nc: *x\n",
    "{a: 1, b}\n", "{a, b: 2}\n", "[a: 1, b: 2]\n", "[a, b,]\n", "{a: 1,}\n", "[,a]\n", "a: [1, 2\n", "a: {b: 1\n", "a: 'x\n", 'a: "x\n',
    "a: \"\\q\"\n", "a:\n\tb: 1\n", "\ta: 1\n", "a: 1\n\tb: 2\n", "a:\t1\n", "a: b: c\n", "a: 1\n b: 2\n", "a:\n  b: 1\n c: 2\n",
    "- a\nb: 1\n", "a: 1\n- b\n", "a\nb: 1\n", "a: @b\n", "a: `b`\n", "a: %b\n", "%a: 1\n", "a: *\n", "a: &\n", "a: !\n", "a: !!\n", "a: !<x> 1\n",
    "a: |\n  x\n y\n", "a: |0\n  x\n", "a: |x\n  x\n", "a: >\n\n  x\n\n\n  y\nb: 1\n", "a: |\n", "a: 'x' y\n", "a: [1] 2\n", "a: 'x'\n  y: 1\n",
    "a: 1\r\nb: 2\r\n", "a: |\r\n  x\r\n  y\r\n", "a: 1\rb: 2\r", "\ufeffa: 1\n", "a: \ufeff1\n", "a: \u0085b\n", "a: \u2028b\n", "a: \x07\n", "a: \"\x7f\"\n",
    "version: 2\nmodels:\n  - name: m\n    columns:\n      - {name: id, tests: [unique, not_null]}\n",
    "a: this is\n  a plain\n\n  scalar\n", "a: # c\n  b\n", "a: 'b' # c\n", "a: b # c\n# d\nc: d\n", "!!map {a: 1}\n", "!!set {a}\n", "!!binary aGk=\n",
    "a: !!python/object:x {}\n", "a : 1\n", "'a' : 1\n", "a:1\n", "http://a.b:80/c: 1\n", "a: http://a.b:80/c\n", "a: -\n", "-\n", "- \n-\n", "a: ? b\n", "a: - b\n",
    "a:\n  - b\n - c\n", "a: [\n1,\n2\n]\n", "a: {\nb: 1,\n}\n", "a: \"b\n---\nc\"\n", "a: b\n...\nc: d\n", "a: 1 # x\n\n\n", "   a: 1\n", "  - a\n  - b\n",
]


def plain(value):
    """A value as JSON that keeps what JSON cannot say: [kind, content]."""
    if value is None:
        return ["null"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["float", "nan" if math.isnan(value) else repr(value)]
    if isinstance(value, str):
        return ["string", value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return ["timestamp"]
    if isinstance(value, list):
        return ["list", [plain(item) for item in value]]
    if isinstance(value, dict):
        return ["map", [[plain(key), plain(item)] for key, item in value.items()]]
    return ["error"]


def answer(yaml, text):
    try:
        return plain(yaml.load(text, Loader=yaml.CSafeLoader))
    except Exception:  # PyYAML refuses with whatever its constructors run into: KeyError, IndexError, …
        return ["error"]


def scalar_texts():
    words = itertools.chain(WORDS.split(), NUMBERS.split(), DATES.split())
    return list(dict.fromkeys(itertools.chain(words, SPACED)))


def main():
    try:
        import yaml
        yaml.CSafeLoader
    except (ImportError, AttributeError):
        print("skipped: PyYAML with libyaml is not there")
        return 77
    scalars = [[text, answer(yaml, f"v: {text}")] for text in scalar_texts()]
    documents = [[text, answer(yaml, text)] for text in DOCUMENTS]
    status = 0
    for name, table in (("scalars", scalars), ("documents", documents)):
        path = DATA / f"pyyaml_{name}.json"
        lines = ",\n".join(json.dumps(row) for row in table)
        text = f"[\n{lines}\n]\n"
        if os.environ.get("FLOE_UPDATE_GOLDEN") == "1":
            DATA.mkdir(exist_ok=True)
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print(f"{path.name} is not what PyYAML {yaml.__version__} says")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
