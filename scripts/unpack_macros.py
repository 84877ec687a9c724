#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Takes the SQL macro packages out of the dbt wheels in a folder: unpack_macros.py WHEELS OUT.

OUT/dbt is the package that every adapter builds on, OUT/dbt_duckdb the one for DuckDB; each keeps its LICENSE.
"""

import pathlib
import sys
import zipfile

# wheel name prefix -> (folder inside the wheel, folder to make)
PACKAGES = {
    "dbt_adapters-": ("dbt/include/global_project/", "dbt"),
    "dbt_duckdb-": ("dbt/include/duckdb/", "dbt_duckdb"),
}


def unpack(wheel: pathlib.Path, inside: str, out: pathlib.Path) -> int:
    """Writes the data files of `wheel` below `inside`, and its licence, into `out`; returns how many macro files."""
    macros = 0
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".dist-info/licenses/LICENSE"):
                relative = "LICENSE"
            elif name.startswith(inside) and not name.endswith(("/", ".py", ".pyc")):
                relative = name[len(inside):]
            else:
                continue
            target = out / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(name))
            macros += relative.startswith("macros/") and relative.endswith(".sql")
    return macros


def main() -> int:
    wheels, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for prefix, (inside, folder) in PACKAGES.items():
        found = sorted(wheels.glob(prefix + "*.whl"))
        if len(found) != 1:
            print(f"expected one wheel {prefix}*.whl, found {len(found)}", file=sys.stderr)
            return 1
        target = out / folder
        if unpack(found[0], inside, target) == 0 or not (target / "LICENSE").exists():
            print(f"{found[0].name}: no macros or no licence below {inside}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
