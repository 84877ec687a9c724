def model(dbt, session):
    dbt.config(
        materialized = "table",  # not a view
        enabled= False,
        # the next one is "needed" (really)
        packages = ["textblob"]
    )
    df = dbt.ref("b")
    return df
