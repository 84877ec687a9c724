# SPDX-License-Identifier: Apache-2.0
"""in_dbt.py TARGET: validates artifacts against dbt-core's own JSON schemas and loads them in its own classes."""
import json
import sys
from pathlib import Path

import jsonschema
from dbt.artifacts.schemas.catalog import CatalogArtifact
from dbt.artifacts.schemas.freshness import FreshnessExecutionResultArtifact
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.artifacts.schemas.run import RunResultsArtifact
from dbt.contracts.graph.manifest import Manifest

target = Path(sys.argv[1])
problems = []
for artifact, name in ((WritableManifest, "manifest.json"), (RunResultsArtifact, "run_results.json"),
                       (CatalogArtifact, "catalog.json"), (FreshnessExecutionResultArtifact, "sources.json")):
    document = json.loads((target / name).read_text())
    schema = artifact.json_schema()
    for error in jsonschema.Draft202012Validator(schema).iter_errors(document):
        problems.append("%s: %s: %s" % (name, list(error.absolute_path), error.message[:200]))
    loaded = artifact.read_and_check_versions(str(target / name))
    if artifact is WritableManifest:
        Manifest.from_writable_manifest(loaded)
print("RESULT " + json.dumps(problems))
