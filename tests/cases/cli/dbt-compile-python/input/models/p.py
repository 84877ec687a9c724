def model(dbt, session):
    dbt.config(materialized="table", meta={"owner": "sales"})
    limit = dbt.config.get("limit", 7)
    owner = dbt.config.meta_get("owner")
    return dbt.ref("a")
