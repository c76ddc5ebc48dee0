#!/bin/sh
# Prints the secrets of an overlay, with new random passwords: manifests/secrets.sh OVERLAY [token] | kubectl create -f -
# `create` refuses what is there already, so no password in use is ever replaced.
set -eu

random() {
    head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'
}

# secret NAME KEY=VALUE...
secret() {
    printf -- '---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: skin-lesion\nstringData:\n' "$1"
    shift
    for pair in "$@"; do
        printf '  %s: "%s"\n' "${pair%%=*}" "${pair#*=}"
    done
}

databases() {
    mlflow=$(random)
    cad=$(random)
    secret postgres "password=$(random)" "mlflow_password=$mlflow" "cad_password=$cad"
    secret mlflow-database "url=postgresql+psycopg://mlflow:$mlflow@postgres:5432/mlflow"
    secret cad-database "url=postgresql://cad:$cad@postgres:5432/cad"
}

object_store() {
    secret minio "user=root-$(random | cut -c -8)" "password=$(random)"
    secret mlflow-artifacts "access_key=mlflow-$(random | cut -c -8)" "secret_key=$(random)"
}

token() {
    secret cad-token "token=$(random)"
}

[ $# -gt 0 ] || set -- nothing
for wanted in "$@"; do
    case "$wanted" in
        gke) databases ;;
        onprem) databases && object_store ;;
        local) databases && object_store && token ;;
        token) token ;;
        *) echo "usage: $0 gke|onprem|local [token]" >&2 && exit 2 ;;
    esac
done
