{{ scores_of_the_day(model_name = 'subscription_churn_risk') }}
