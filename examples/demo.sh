#!/bin/sh
# The whole story in one run: a platform is published, a data product is refused, mended, run.
# Usage: demo.sh FLOE_BINARY [WORK_FOLDER]; works on a copy, the example itself stays as it is.
set -eu

floe=$(readlink -f "$1")
here=$(dirname "$(readlink -f "$0")")
work=${2:-build/demo}

rm -rf "$work"
mkdir -p "$work"
cp -R "$here/coffee/." "$work/"
cd "$work"
export XDG_CACHE_HOME="$PWD/.cache"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }
show() {
  printf '\n$ %s\n' "$*"
}

say "1. The platform team writes manifest.yaml, compiles and tests it, and publishes it as an immutable artifact."
show "floe platform compile"
(cd platform && "$floe" platform compile)
show "floe platform test"
(cd platform && "$floe" platform test)
show "floe platform publish v1.2.3 --registry oci-layout:../registry"
(cd platform && "$floe" platform publish v1.2.3 --registry oci-layout:../registry)

cd sales
say "2. The data team takes the platform into its product: floe.lock pins it by digest."
show "floe init --platform=v1.2.3"
"$floe" init --platform=v1.2.3

say "3. Its first attempt breaks two rules. Nothing runs."
show "floe compile"
status=0
"$floe" compile 2>&1 || status=$?
echo "(exit code $status)"
[ "$status" -eq 1 ] || { echo "the demo expects a refusal here" >&2; exit 1; }

say "4. It does what floe says: the model gets its layer's prefix, gold reads silver."
cat <<'FIX'

$ mv models/bronze/stg_payments.sql models/bronze/bronze_payments.sql
$ sed -i 's/stg_payments/bronze_payments/' models/bronze/bronze.yml models/silver/silver_payments.sql
$ sed -i 's/bronze_customers/silver_customers/' models/gold/gold_customer_value.sql
FIX
mv models/bronze/stg_payments.sql models/bronze/bronze_payments.sql
sed -i 's/stg_payments/bronze_payments/' models/bronze/bronze.yml models/silver/silver_payments.sql
sed -i 's/bronze_customers/silver_customers/' models/gold/gold_customer_value.sql
show "floe compile"
"$floe" compile

say "5. What passed runs, on the platform's engine: seeds, snapshot, models and tests in the order of the graph."
show "floe run"
"$floe" run

say "6. The gold layer, ready to be read."
show "floe show gold_monthly_revenue --limit 6"
"$floe" show gold_monthly_revenue --limit 6
