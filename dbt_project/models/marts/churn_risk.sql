{{ scores_of_the_day(model_name = 'churn_risk') }}
