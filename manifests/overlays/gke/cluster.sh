#!/usr/bin/env bash
# Makes what the overlay needs of Google Cloud, in the order in which it is needed; what is there already stays.
#   PROJECT=my-project BUCKET=my-bucket manifests/overlays/gke/cluster.sh [--dry-run]
set -euo pipefail

: "${PROJECT:?the project}" "${BUCKET:?the bucket, a name that nobody has yet}"
REGION=${REGION:-europe-west4}
ZONES=${ZONES:-europe-west4-a,europe-west4-b}  # with L4 and A100
CLUSTER=${CLUSTER:-skin-lesion}
REPOSITORY=${REPOSITORY:-skin-lesion}
NAMESPACE=skin-lesion
[[ "${1:-}" == --dry-run ]] && run=echo || run=

main() {
    services
    bucket
    repository
    cluster
    gpu_pool l4 nvidia-l4 1 g2-standard-12
    gpu_pool l4-x2 nvidia-l4 2 g2-standard-24
    gpu_pool l4-x4 nvidia-l4 4 g2-standard-48
    gpu_pool a100 nvidia-tesla-a100 1 a2-highgpu-1g
    gpu_pool a100-x2 nvidia-tesla-a100 2 a2-highgpu-2g
    gpu_pool a100-x4 nvidia-tesla-a100 4 a2-highgpu-4g
    # Pipelines run as pipeline-runner: of the profile's namespace, or, without profiles, of KFP's own.
    may_use_bucket "$NAMESPACE" pipeline-runner
    may_use_bucket kubeflow pipeline-runner
    may_use_bucket "$NAMESPACE" mlflow
    $run gcloud container clusters get-credentials "$CLUSTER" --project="$PROJECT" --location="$REGION"
}

services() {
    $run gcloud services enable container.googleapis.com artifactregistry.googleapis.com storage.googleapis.com \
        --project="$PROJECT"
}

bucket() {
    there gcloud storage buckets describe "gs://$BUCKET" --project="$PROJECT" ||
        $run gcloud storage buckets create "gs://$BUCKET" --project="$PROJECT" --location="$REGION" \
            --uniform-bucket-level-access --public-access-prevention --soft-delete-duration=7d
}

repository() {
    there gcloud artifacts repositories describe "$REPOSITORY" --project="$PROJECT" --location="$REGION" ||
        $run gcloud artifacts repositories create "$REPOSITORY" --project="$PROJECT" --location="$REGION" \
            --repository-format=docker --immutable-tags
}

# Dataplane V2 enforces network policies; the pool that is there from the start carries the services and KFP.
cluster() {
    there gcloud container clusters describe "$CLUSTER" --project="$PROJECT" --location="$REGION" ||
        $run gcloud container clusters create "$CLUSTER" --project="$PROJECT" --location="$REGION" \
            --node-locations="$ZONES" --release-channel=regular --workload-pool="$PROJECT.svc.id.goog" \
            --enable-dataplane-v2 --enable-ip-alias --enable-shielded-nodes --machine-type=e2-standard-8 \
            --num-nodes=1 --enable-autoscaling --min-nodes=1 --max-nodes=4 --autoscaling-profile=optimize-utilization
    # What is not training and large: preprocess and robustness ask for 16 cores.
    pool cpu n2-standard-32 4
}

# NAME ACCELERATOR COUNT MACHINE: one pool on demand and one of spot nodes, both empty until a task asks for them. A task
# that tolerates both taints and selects only the accelerator fits either, and the autoscaler adds nodes to the cheaper
# first.
gpu_pool() {
    local gpu=(--accelerator="type=$2,count=$3,gpu-driver-version=latest" --node-taints=nvidia.com/gpu=present:NoSchedule)
    pool "$1" "$4" 3 "${gpu[@]}"
    gpu[1]+=,cloud.google.com/gke-spot=true:NoSchedule
    pool "$1-spot" "$4" 3 "${gpu[@]}" --spot
}

# NAME MACHINE MOST MORE...
pool() {
    local name=$1 machine=$2 most=$3
    shift 3
    there gcloud container node-pools describe "$name" --cluster="$CLUSTER" --project="$PROJECT" --location="$REGION" ||
        $run gcloud container node-pools create "$name" --cluster="$CLUSTER" --project="$PROJECT" --location="$REGION" \
            --node-locations="$ZONES" --machine-type="$machine" --num-nodes=0 --enable-autoscaling \
            --total-min-nodes=0 --total-max-nodes="$most" --location-policy=ANY --workload-metadata=GKE_METADATA \
            --disk-type=pd-balanced --disk-size=200 "$@"
}

# NAMESPACE ACCOUNT: by Workload Identity Federation, without a Google service account between, and without keys.
may_use_bucket() {
    local pool="projects/$(project_number)/locations/global/workloadIdentityPools/$PROJECT.svc.id.goog"
    $run gcloud storage buckets add-iam-policy-binding "gs://$BUCKET" --project="$PROJECT" --role=roles/storage.objectUser \
        --member="principal://iam.googleapis.com/$pool/subject/ns/$1/sa/$2"
}

project_number() {
    [[ -n "$run" ]] && echo NUMBER || gcloud projects describe "$PROJECT" --format='value(projectNumber)'
}

# Whether it is there; when only printed, nothing is.
there() {
    [[ -z "$run" ]] && "$@" >/dev/null 2>&1
}

main
