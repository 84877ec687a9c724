# SPDX-License-Identifier: Apache-2.0
"""in_dagster.py PROJECT DBT: an unmodified @dbt_assets over a project; prints what Dagster recorded as JSON."""
import json
import sys
from pathlib import Path

from dagster import AssetExecutionContext, materialize
from dagster_dbt import DbtCliResource, dbt_assets

PROJECT = Path(sys.argv[1])


@dbt_assets(manifest=PROJECT / "target" / "manifest.json")
def shop(context: AssetExecutionContext, dbt: DbtCliResource):
    yield from dbt.cli(["build"], context=context).stream()


resource = DbtCliResource(project_dir=str(PROJECT), profiles_dir=str(PROJECT), dbt_executable=sys.argv[2])
result = materialize([shop], resources={"dbt": resource}, raise_on_error=False)
checks = result.get_asset_check_evaluations()
print("RESULT " + json.dumps({
    "success": result.success,
    "materialized": sorted(e.asset_key.to_user_string() for e in result.get_asset_materialization_events()),
    "passed": sum(c.passed for c in checks),
    "failed": sum(not c.passed for c in checks),
}))
