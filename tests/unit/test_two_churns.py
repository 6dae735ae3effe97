"""Purchase and subscription churn are told in the same words: whoever can read one table can read the other."""

import yaml

from wellkept.deployment.paths import DBT_PROJECT

MARTS = DBT_PROJECT / "models" / "marts"


def test_both_risks_are_published_with_the_same_columns() -> None:
    columns = [
        [(column["name"], column["data_type"]) for column in yaml.safe_load(text)["models"][0]["columns"]]
        for text in ((MARTS / f"{name}.yml").read_text() for name in ("churn_risk", "subscription_churn_risk"))
    ]
    assert columns[0] == columns[1]


def test_each_table_holds_the_scores_of_its_own_model() -> None:
    purchase, subscription = ((MARTS / f"{name}.sql").read_text() for name in ("churn_risk", "subscription_churn_risk"))
    assert "model_name = 'churn_risk'" in purchase
    assert purchase.replace("model_name = 'churn_risk'", "model_name = 'subscription_churn_risk'") == subscription
