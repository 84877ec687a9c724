# SPDX-License-Identifier: Apache-2.0
"""An unmodified Cosmos DbtDag over the project in SHOP_PROJECT, read by `dbt ls` of the executable SHOP_DBT (an Airflow dag file)."""
import os
from datetime import datetime

from cosmos import DbtDag, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import ExecutionMode, InvocationMode, LoadMode

project, dbt = os.environ["SHOP_PROJECT"], os.environ["SHOP_DBT"]
dag = DbtDag(
    dag_id="shop", start_date=datetime(2026, 1, 1), schedule=None,
    project_config=ProjectConfig(project, install_dbt_deps=False),
    profile_config=ProfileConfig(profile_name="corner_shop", target_name="dev",
                                 profiles_yml_filepath=project + "/profiles.yml"),
    execution_config=ExecutionConfig(dbt_executable_path=dbt, execution_mode=ExecutionMode.LOCAL,
                                     invocation_mode=InvocationMode.SUBPROCESS),
    render_config=RenderConfig(load_method=LoadMode.DBT_LS, dbt_executable_path=dbt,
                               invocation_mode=InvocationMode.SUBPROCESS))
