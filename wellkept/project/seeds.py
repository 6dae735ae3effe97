"""The small fixed tables that come with the dbt project."""

from wellkept.deployment.paths import DBT_PROJECT

FX_RATES = DBT_PROJECT / "seeds" / "fx_rates.csv"
"""Exchange rates by currency and day."""
