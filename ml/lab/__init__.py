"""The definition laboratory: what another definition of churn would have meant in this home's own past."""
