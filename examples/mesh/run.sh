#!/bin/sh
# Three data products of two domains, from the first publication to a change that would break one of them.
# Usage: run.sh FLOE_BINARY [WORK_FOLDER [EXPECTED]]; works on a copy. With EXPECTED, compares what was said with that file.
set -eu

floe=$(readlink -f "$1")
here=$(dirname "$(readlink -f "$0")")
work=${2:-build/mesh}
expected=${3:+$(readlink -f "$3")}

rm -rf "$work"
mkdir -p "$work"
cp -R "$here/enterprise" "$here/sales" "$here/logistics" "$work/"
cd "$work"
export XDG_CACHE_HOME="$PWD/.cache" NO_COLOR=1

# show FOLDER EXIT_CODE ARGUMENTS…: runs floe in a folder, with its words as a reader would see them.
show() {
  folder=$1
  wanted=$2
  shift 2
  printf '\n%s $ floe %s\n' "$folder" "$*"
  status=0
  (cd "$folder" && "$floe" "$@" 2>&1) || status=$?
  [ "$status" -eq "$wanted" ] || { echo "exit code $status, not $wanted"; exit 1; }
  [ "$status" -eq 0 ] || echo "(exit code $status)"
}

story() {
  echo "1. The enterprise publishes what holds everywhere; each domain inherits it and publishes its own platform."
  show enterprise/platform 0 platform publish v1.0.0 --registry oci-layout:../../registry/enterprise
  show sales/platform 0 platform publish v1.0.0 --registry oci-layout:../../registry/sales
  show logistics/platform 0 platform publish v1.0.0 --registry oci-layout:../../registry/logistics
  show sales/platform 0 platform explain governance.quality_gates.required_tests

  printf '\nA domain that loosens what it inherits is refused.\n'
  sed -i 's/compatibility: full/compatibility: none/' logistics/platform/manifest.yaml
  show logistics/platform 2 platform compile
  sed -i 's/compatibility: none/compatibility: full/' logistics/platform/manifest.yaml

  printf '\n2. Sales: orders are computed and published, with a contract in the Open Data Contract Standard.\n'
  show sales/orders 0 contracts check
  (cd sales/orders && "$floe" run --env dev >/dev/null 2>&1)
  show sales/orders 0 products publish v1.0

  printf '\n3. Customers, of the same domain, read the port of orders; floe.lock pins its version.\n'
  show sales/customers 0 contracts check
  (cd sales/customers && "$floe" run --env dev >/dev/null 2>&1)
  grep -A4 'products:' sales/customers/floe.lock
  show sales/customers 0 show gold_customers --env dev
  show sales/customers 0 products publish v1.0

  printf '\n4. Delivery, of another domain, may read only some of the columns.\n'
  sed -i 's/- {name: city, type: varchar}/&\n      - {name: total}/' logistics/delivery/floe.yaml
  show logistics/delivery 1 contracts check
  sed -i '/- {name: total}/d' logistics/delivery/floe.yaml
  show logistics/delivery 0 contracts check
  (cd logistics/delivery && "$floe" run --env dev >/dev/null 2>&1)
  show logistics/delivery 0 show gold_parcels --env dev

  printf '\n5. Orders would like to drop the city. Its platform protects who reads it.\n'
  sed -i 's/version: "1.0"/version: "1.1"/' sales/orders/floe.yaml
  sed -i '/- name: city/,+1d' sales/orders/contracts/daily.odcs.yaml
  show sales/orders 1 contracts check
  show sales/orders 1 contracts diff v1.0 --exit-code=breaking

  printf '\n6. What is added breaks nobody.\n'
  cp "$here/sales/orders/contracts/daily.odcs.yaml" sales/orders/contracts/daily.odcs.yaml
  sed -i 's/^slaProperties:/      - {name: channel, logicalType: string}\n&/' sales/orders/contracts/daily.odcs.yaml
  sed -i 's/^select order_id, /&cast(null as varchar) as channel, /' sales/orders/models/gold_orders.sql
  sed -i 's/- {name: city, data_type: varchar}/&\n      - {name: channel, data_type: varchar}/' sales/orders/models/models.yml
  show sales/orders 0 contracts diff v1.0
  show sales/orders 0 products publish v1.1
  show sales/customers 0 contracts check
}

if [ -z "$expected" ]; then
  story
  exit
fi
set +e
(set -e; story) > said.txt 2>&1
status=$?
set -e
[ "$status" -eq 0 ] || { cat said.txt; exit 1; }
sed -i 's/sha256:[0-9a-f]\{64\}/sha256:…/' said.txt
if [ "${FLOE_UPDATE_GOLDEN:-}" = 1 ]; then cp said.txt "$expected"; fi
diff -u "$expected" said.txt
