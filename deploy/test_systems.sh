# Fresh Debian systems for testing packages: sourced by deploy/test-packages. One at a time; `root`
# is its folder, `release` its release.
# shellcheck shell=bash

readonly roots=$PWD/build/roots
readonly work=$roots/work

root=''
release=''
deb=''
archive=''
container=''  # systemd-nspawn, and in it
machine=''    # the first process of a booted system
server=''     # a process started by hand
part_name=''
part_began=0

fail() {
  echo "FAILED: ${release:+$release: }${part_name:-before the first part}: $*" >&2
  exit 1
}

say() { echo "   $*"; }

# Begins a part, and prints how long the previous one took.
part() {
  if [[ -n $part_name ]]; then say "$((SECONDS - part_began)) s"; fi
  part_name=$1 part_began=$SECONDS
  if [[ -n $part_name ]]; then echo "== ${release:+$release: }$part_name"; fi
}

# Restarts the script in a network of its own with free ports, and with an address beside loopback,
# which browsers' media does without; descriptor 9 leads back to the network.
own_network() {
  if [[ $EUID -ne 0 ]]; then
    echo "$0: must run as root" >&2
    exit 1
  fi
  if [[ -z ${RTCROOM_OWN_NETWORK:-} ]]; then
    exec 9< /proc/self/ns/net
    RTCROOM_OWN_NETWORK=1 exec unshare --net "$0" "$@"
  fi
  ip link set lo up
  ip link add lan type veth peer name other_end
  ip address add 198.51.100.2/24 dev lan
  ip link set lan up
  ip link set other_end up
}

with_network() { nsenter --net=/proc/$$/fd/9 "$@"; }

prepare() {
  local version arch
  trap clean_up EXIT
  mkdir -p "$roots/fetched/partial" "$work"
  with_network deploy/install-packages deploy
  part packages
  with_network deploy/package > build/package.log 2>&1 || fail "$(tail -20 build/package.log)"
  version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' build/package/CMakeCache.txt)
  arch=$(dpkg --print-architecture)
  deb=dist/rtcroomd_${version}_$arch.deb
  # shellcheck disable=SC2034  # for the script that sources this
  archive=dist/rtcroomd-$version-linux-$arch.tar.gz
  lintian --fail-on error --allow-root "$deb" || fail lintian
  suits_older_systems
}

# The archive is for Debian 12, Ubuntu 24.04 and later ones: it may need no newer version of a
# symbol than Debian 12 has, the oldest of them.
suits_older_systems() {
  local limit newest
  rm -rf "$work/unpacked"
  mkdir "$work/unpacked"
  tar --extract --file "$archive" --directory "$work/unpacked" --strip-components 1
  for limit in GLIBC_2.36 GLIBCXX_3.4.30 CXXABI_1.3.13 ZLIB_1.2.12; do
    newest=$(objdump --dynamic-syms "$work"/unpacked/{bin,lib}/* |
      grep --only-matching "\b${limit%%_*}_[0-9.]*" | sort --version-sort --unique | tail -1)
    [[ $(printf '%s\n' "$limit" "$newest" | sort --version-sort | tail -1) == "$limit" ]] ||
      fail "the archive needs $newest, and Debian 12 has $limit"
    say "$limit is there, ${newest:-none} is needed"
  done
}

clean_up() {
  stop_server
  if [[ -n $container ]]; then
    kill -KILL "$machine" || true
    wait "$container" || true
  fi
  drop_system
  rm -rf "$work"
}

drop_system() {
  [[ -n $root ]] || return 0
  unmount
  rm -rf "$root"
  root=''
}

unmount() {
  local folder
  for folder in var/cache/apt/archives proc; do
    if mountpoint --quiet "$root/$folder"; then umount "$root/$folder"; fi
  done
}

# A system with nothing added, for `in_root`.
fresh_system() {
  local plain=$roots/$release.tar
  if [[ ! -e $plain ]]; then
    with_network mmdebstrap --quiet --variant=minbase --mode=root --format=tar "$release" \
      "$plain.part"
    mv "$plain.part" "$plain"
  fi
  drop_system
  root=$roots/$1
  rm -rf "$root"
  mkdir "$root"
  tar --extract --file "$plain" --directory "$root"
  cp --dereference /etc/resolv.conf "$root/etc/"
  mount --bind "$roots/fetched" "$root/var/cache/apt/archives"
  mount -t proc proc "$root/proc"
}

in_root() { chroot "$root" "$@"; }

add_packages() {
  local apt=(with_network chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes)
  "${apt[@]}" update > "$work/apt.log" 2>&1 || fail "$(< "$work/apt.log")"
  "${apt[@]}" install --no-install-recommends -o APT::Keep-Downloaded-Packages=true "$@" \
    > "$work/apt.log" 2>&1 || fail "$(< "$work/apt.log")"
}

# Starts the system and waits until it is up.
boot() {
  unmount
  systemd-nspawn --quiet --register=no --keep-unit --directory "$root" --boot \
    --console=pipe < /dev/null > "$work/console" 2>&1 &
  container=$!
  local tries
  for tries in {1..200}; do
    machine=$(pgrep --parent "$container" || true)
    if [[ -n $machine ]] && in_machine systemctl is-system-running 2> /dev/null |
      grep --quiet --extended-regexp 'running|degraded'; then
      return
    fi
    sleep 0.1
  done
  fail "the system does not come up after $tries tries: $(tail "$work/console")"
}

in_machine() {
  nsenter --target "$machine" --mount --uts --ipc --pid --root --wd \
    env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "$@"
}

apt_in_machine() {
  in_machine apt-get --quiet --yes "$@" > "$work/apt.log" 2>&1 || fail "$(< "$work/apt.log")"
}

shut_down() {
  # The end of the system may end the call, too.
  in_machine systemctl poweroff || true
  wait "$container" || true
  container='' machine=''
}

# Starts a server by hand, and waits until it is ready.
start_server() {
  chroot "$root" "$@" > "$work/server.log" 2>&1 &
  server=$!
  local tries
  for tries in {1..100}; do
    if curl --silent --fail --output /dev/null http://127.0.0.1:5758/readyz; then return; fi
    sleep 0.1
  done
  fail "not ready after $tries tries: $(< "$work/server.log")"
}

stop_server() {
  [[ -n $server ]] || return 0
  kill "$server"
  wait "$server" || fail "it stopped with $?"
  server=''
}
