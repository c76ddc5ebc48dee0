# Makes MLflow's bucket, and a user who may use that and nothing else. Can be repeated.
set -euo pipefail
until mc ready minio --quiet; do sleep 2; done
mc mb --ignore-existing minio/mlflow
mc admin policy create minio mlflow-artifacts /setup/policy.json
mc admin user add minio "$MLFLOW_ACCESS_KEY" "$MLFLOW_SECRET_KEY"
# It fails where that is so already.
mc admin policy attach minio mlflow-artifacts --user "$MLFLOW_ACCESS_KEY" ||
    [[ "$(mc admin user info minio "$MLFLOW_ACCESS_KEY")" == *mlflow-artifacts* ]]
