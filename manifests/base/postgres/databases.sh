#!/bin/bash
# Run once by the image, when the volume is empty: one database and one login each for MLflow and the CAD service.
# Passwords come from the environment and pass through no command line.
set -euo pipefail
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv mlflow_password MLFLOW_PASSWORD
\getenv cad_password CAD_PASSWORD
CREATE ROLE mlflow LOGIN PASSWORD :'mlflow_password';
CREATE ROLE cad LOGIN PASSWORD :'cad_password';
CREATE DATABASE mlflow OWNER mlflow;
CREATE DATABASE cad OWNER cad;
REVOKE CONNECT, TEMPORARY ON DATABASE mlflow, cad, postgres FROM PUBLIC;
SQL
