"""Purchase and subscription churn are told in the same words: whoever can read one table can read the other."""

from wellkept.deployment.paths import DBT_PROJECT
from wellkept.project.yml import read_yml

MARTS = DBT_PROJECT / "models" / "marts"


def test_both_risks_are_published_with_the_same_columns() -> None:
    purchase, subscription = (columns_of(name) for name in ("churn_risk", "subscription_churn_risk"))
    assert purchase == subscription


def test_every_column_of_the_score_table_but_who_is_champion_is_published() -> None:
    said = [column for column in columns_of("feature_customer__churn_risk") if column[0] != "is_champion"]
    assert columns_of("churn_risk_history") == said
    assert columns_of("churn_risk")[: len(said)] == said


def columns_of(model: str) -> list[tuple[str, str]]:
    """Name and type of each column, from the yml that the tables of scores share."""
    described = read_yml(DBT_PROJECT / "models" / "scores" / "feature_customer__churn_risk.yml")["models"]
    [columns] = [one["columns"] for one in described if one["name"] == model]
    return [(column["name"], column["data_type"]) for column in columns]


def test_each_table_holds_the_scores_of_its_own_model() -> None:
    purchase, subscription = ((MARTS / f"{name}.sql").read_text() for name in ("churn_risk", "subscription_churn_risk"))
    assert "model_name = 'churn_risk'" in purchase
    assert purchase.replace("model_name = 'churn_risk'", "model_name = 'subscription_churn_risk'") == subscription
