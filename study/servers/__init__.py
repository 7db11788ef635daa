"""Programs that serve: the MLflow UI, a tracking server on PostgreSQL, and moving runs between stores."""
