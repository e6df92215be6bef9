#!/usr/bin/env bash
# A real S3 for the S3 tests: a Ceph of one monitor, one storage daemon (on a sparse file) and one RADOS gateway, on loopback.
#
#   ceph-rgw.sh prepare          installs Debian's packages; where it cannot, one line says why, and the exit code is 1
#   ceph-rgw.sh run COMMAND...   starts it, runs COMMAND with IOLAUS_TEST_S3_ENDPOINT and AWS_* set, ends it and removes its folder
#
# Takes about 15 s and 1 GB of memory. CEPH_RGW_KEEP=1 keeps the folder (its logs) when something failed.
set -euo pipefail

PACKAGES=(ceph-mon ceph-osd ceph-mgr radosgw ceph-common)
PROGRAMS=(ceph-mon ceph-osd ceph-mgr radosgw radosgw-admin ceph ceph-authtool monmaptool)

missing_programs() {
  local program
  for program in "${PROGRAMS[@]}"; do command -v "$program" >/dev/null || echo "$program"; done
}

prepare() {
  local missing log
  missing=$(missing_programs | tr '\n' ' ')
  [ "$(id -u)" -eq 0 ] || { echo "it takes root"; return 1; }
  grep -qsE '^ID=debian' /etc/os-release || { echo "this is not Debian"; return 1; }
  [ -n "$missing" ] || return 0
  log=$(mktemp)
  if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -q -y --no-install-recommends "${PACKAGES[@]}"; } >"$log" 2>&1; then
    echo "apt-get could not install ${PACKAGES[*]}: $(grep -m1 '^E:' "$log" || tail -n1 "$log")"
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
  missing=$(missing_programs | tr '\n' ' ')
  [ -z "$missing" ] || { echo "the packages did not bring $missing"; return 1; }
}

free_ports() {
  node -e '
    const servers = Array.from({ length: 2 }, () => require("net").createServer().listen(0, "127.0.0.1"));
    Promise.all(servers.map((s) => new Promise((done) => s.on("listening", done)))).then(() => {
      console.log(servers.map((s) => s.address().port).join(" "));
      servers.forEach((s) => s.close());
    });'
}

pids=()
# In a session of its own: an interrupt at the terminal is for this script, which ends them in order.
daemon() {
  local name=$1
  shift
  setsid "$@" </dev/null >"$dir/$name.out" 2>&1 &
  pids+=($!)
}

# wait_for SECONDS WHAT COMMAND...: until it succeeds
wait_for() {
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$until" ]; then
      echo "ceph: $what did not come up" >&2
      tail -n 20 "$dir"/*.out "$dir"/*.log >&2 || true
      return 1
    fi
    sleep 0.2
  done
}

end() {
  status=$?
  trap - EXIT
  local i pid
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
  done
  wait 2>/dev/null || true
  if [ "$status" -ne 0 ] && [ -n "${CEPH_RGW_KEEP:-}" ]; then
    echo "ceph: its folder is kept: $dir" >&2
  else
    rm -rf "$dir"
  fi
  exit "$status"
}

configure() {
  local mon_port rgw_port
  read -r mon_port rgw_port < <(free_ports)
  endpoint="http://127.0.0.1:$rgw_port"
  fsid=$(cat /proc/sys/kernel/random/uuid)
  mkdir "$dir"/{mon,mgr,osd,rgw}
  cat >"$dir/ceph.conf" <<CONF
[global]
fsid = $fsid
mon host = v2:127.0.0.1:$mon_port
public addr = 127.0.0.1
auth allow insecure global id reclaim = false
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd crush chooseleaf type = 0
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon max pg per osd = 2000
mon data avail crit = 1
mon data avail warn = 2
run dir = $dir
admin socket = $dir/\$name.asok
log file = $dir/\$name.log
keyring = $dir/keyring
[mon]
mon data = $dir/mon
[mgr]
mgr data = $dir/mgr
mgr initial modules =
[osd]
osd data = $dir/osd
osd objectstore = bluestore
bluestore block size = 8589934592
# The default of 2048 does not fit every file system; RGW's longest key is 1024 and lies in the index.
osd max object name len = 256
osd memory target = 939524096
[client.rgw]
rgw data = $dir/rgw
rgw frontends = beast endpoint=127.0.0.1:$rgw_port tcp_nodelay=1
rgw thread pool size = 32
rgw enable usage log = false
rgw run sync thread = false
CONF
  export CEPH_CONF=$dir/ceph.conf
  local all=(--cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *')
  ceph-authtool "$dir/keyring" --create-keyring --gen-key -n mon. --cap mon 'allow *' >/dev/null
  local who
  for who in client.admin client.rgw mgr.x; do ceph-authtool "$dir/keyring" --gen-key -n "$who" "${all[@]}" >/dev/null; done
  # `ceph osd new` refuses a key whose capabilities are not exactly these.
  ceph-authtool "$dir/keyring" --gen-key -n osd.0 \
    --cap mon 'allow profile osd' --cap osd 'allow *' --cap mgr 'allow profile osd' >/dev/null
  monmaptool --create --addv a "v2:127.0.0.1:$mon_port" --fsid "$fsid" "$dir/monmap" >/dev/null
}

up() {
  configure
  ceph-mon --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring"
  cp "$dir/keyring" "$dir/mon/keyring"
  daemon mon ceph-mon -f -i a
  wait_for 30 'the monitor' timeout 5 ceph -s
  daemon mgr ceph-mgr -f -i x
  local osd_uuid
  osd_uuid=$(cat /proc/sys/kernel/random/uuid)
  # Not by the command line, where every process could read it.
  printf '{"cephx_secret":"%s"}' "$(ceph-authtool "$dir/keyring" -n osd.0 -p)" >"$dir/osd-secret.json"
  ceph osd new "$osd_uuid" 0 -i "$dir/osd-secret.json" >/dev/null
  ceph-osd -i 0 --mkfs --osd-uuid "$osd_uuid" >"$dir/osd-mkfs.out" 2>&1
  daemon osd ceph-osd -f -i 0
  wait_for 60 'the storage daemon' bash -c 'timeout 5 ceph osd stat | grep -q "1 up"'
  daemon rgw radosgw -f -n client.rgw
  wait_for 90 'the gateway' curl -sf "$endpoint/"
  export AWS_ACCESS_KEY_ID=IOLAUSTEST AWS_SECRET_ACCESS_KEY AWS_REGION=us-east-1 IOLAUS_TEST_S3_ENDPOINT=$endpoint
  AWS_SECRET_ACCESS_KEY=$(head -c 30 /dev/urandom | base64 | tr -d '+/=')
  unset AWS_SESSION_TOKEN AWS_PROFILE
  radosgw-admin user create --uid=test --display-name=test --max-buckets=10000 \
    --access-key="$AWS_ACCESS_KEY_ID" --secret-key="$AWS_SECRET_ACCESS_KEY" >"$dir/user.json" 2>"$dir/user.out"
}

case ${1:-} in
  prepare) prepare ;;
  run)
    shift
    [ $# -gt 0 ] || { echo 'ceph-rgw.sh run COMMAND...' >&2; exit 2; }
    # Short: unix sockets lie in it.
    dir=$(mktemp -d /tmp/iolaus-ceph-XXXXXX)
    trap end EXIT
    trap 'exit 130' INT TERM
    begun=$SECONDS
    up
    echo "ceph: $(ceph --version | cut -d' ' -f1-3) serves S3 at $endpoint after $((SECONDS - begun)) s" >&2
    "$@"
    ;;
  *) echo 'ceph-rgw.sh prepare | run COMMAND...' >&2; exit 2 ;;
esac
