"""What our DAGs share, and Airflow run here and now."""
