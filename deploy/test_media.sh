# The media server beside the service, tried in a fresh system: sourced by deploy/test-packages.
# shellcheck shell=bash disable=SC2154  # its variables, and those of deploy/test_systems.sh

push() {  # URL SECONDS: real time, from a clip
  ffmpeg -v error -re -stream_loop -1 -t "$2" -i "$work/clip.flv" -c copy -f flv "$1"
}

push_url() {  # USER: signed by the server, with this machine's address
  request "$http" get_push_url "{\"userID\":\"$1\"}" |
    sed -n 's|.*"pushURL":"rtmp://rooms.example.com/\([^"]*\)".*|rtmp://127.0.0.1/\1|p'
}

live_request() {  # ENDPOINT BODY
  local reply
  reply=$(curl --silent --show-error --max-time 20 --json "$2" "$http/weapp/live_room/$1")
  [[ $reply == '{"code":0,'* ]] || fail "$1: $reply"
}

# The host's picture is 128x96 and that of the mix 360x640, so the size tells them apart.
try_mix() {  # INSTALL-COMMAND...
  part "media: a mix"
  edit_config
  in_machine "$@" --mix
  local host guest size tries
  host=$(push_url host) guest=$(push_url guest)
  push "$host" 60 &
  local -a pushers=($!)
  push "$guest" 60 &
  pushers+=($!)
  local profile='"userName":"n","userAvatar":"a.png"'
  live_request create_room "{\"roomID\":\"show\",\"userID\":\"host\",$profile,
    \"pushURL\":\"$host\",\"roomInfo\":\"r\"}"
  live_request add_pusher "{\"roomID\":\"show\",\"userID\":\"guest\",$profile,
    \"pushURL\":\"$guest\"}"
  local host_stream=${host#*/live/} guest_stream=${guest#*/live/}
  host_stream=${host_stream%%\?*} guest_stream=${guest_stream%%\?*}
  live_request merge_stream "{\"roomID\":\"show\",\"userID\":\"host\",\"mergeParams\":
    {\"interface\":{\"para\":{\"output_stream_id\":\"$host_stream\",\"input_stream_list\":[
      {\"input_stream_id\":\"$host_stream\",\"layout_params\":
        {\"image_layer\":1,\"image_width\":360,\"image_height\":640}},
      {\"input_stream_id\":\"$guest_stream\",\"layout_params\":
        {\"image_layer\":2,\"image_width\":90,\"image_height\":160}}]}}}}"
  for tries in {1..20}; do
    size=$(ffprobe -v error -rw_timeout 3000000 -select_streams v -show_entries stream=width,height \
      -of csv=p=0 "rtmp://127.0.0.1/mix/$host_stream" 2> "$work/probe" || true)
    [[ $size != 360,640 ]] || break
    [[ $tries -lt 20 ]] || fail "no mix: $size $(< "$work/probe") $(in_machine journalctl \
      --unit rtcroomd-mix --no-pager | tail -20)"
    sleep 0.5
  done
  kill "${pushers[@]}"
  wait "${pushers[@]}" || true

  part "media: no mixes any more"
  in_machine "$@"
  if in_machine systemctl is-active rtcroomd-mix; then fail "the worker is still there"; fi
}

# What a worker reaches that somebody has taken over.
try_calls_of_a_worker() {
  part "media: a worker makes no call of operators"
  local socket said
  for socket in rtcroomd rtcroomd-worker; do
    if said=$(in_machine setpriv --reuid=rtcroomd-web --regid=rtcroomd-web \
      --groups=rtcroomd-worker rtcroomd rooms list --target unix:/run/$socket/grpc.sock 2>&1); then
      fail "the worker lists rooms: $said"
    fi
  done
  [[ $said == *'for workers only'* ]] || fail "it is refused otherwise: $said"
  in_machine rtcroomd rooms list > /dev/null || fail "the operator does not list rooms"
}

# What such a worker finds in its sandbox; of files, what not even root would find there.
try_sandbox_of_a_worker() {
  part "media: a worker reads and changes nothing of the others"
  local pid path said
  pid=$(in_machine systemctl show --property=MainPID --value rtcroomd-web)
  local within=(in_machine nsenter --target "$pid" --mount)
  for path in /etc/rtcroomd /etc/rtcroomd-media /var/lib/rtcroomd /var/lib/rtcroomd-media; do
    [[ -n $(in_machine ls -A $path) ]] || fail "$path is empty for all"
    said=$("${within[@]}" ls -A $path 2>&1 || true)
    [[ -z $said || $said == *'Permission denied' ]] || fail "the worker sees $path: $said"
  done
  for path in /etc /usr/bin /var/lib; do
    if "${within[@]}" touch $path/probe 2> /dev/null; then fail "the worker writes to $path"; fi
  done
  local as_worker=("${within[@]}" setpriv --reuid=rtcroomd-web --regid=rtcroomd-web --clear-groups)
  "${as_worker[@]}" touch /var/cache/rtcroomd-web/probe || fail "the worker has no folder of its own"
  "${as_worker[@]}" test -e /proc/self || fail "the worker has no /proc"
  if "${as_worker[@]}" test -e /proc/1; then fail "the worker sees other processes"; fi
  said=$(in_machine grep --extended-regexp '^(CapBnd|NoNewPrivs|Seccomp):' "/proc/$pid/status" | tr '\n\t' ' ')
  [[ $said == 'CapBnd: 0000000000000000 NoNewPrivs: 1 Seccomp: 2 ' ]] ||
    fail "the worker's rights: $said"
}

# A browser's offer, made once, which the worker answers with its address and its port.
try_web() {  # INSTALL-COMMAND...
  part "media: browsers"
  in_machine "$@" --web --web-address 192.0.2.1 | grep --quiet 'UDP 50000-50199' ||
    fail "the installer does not tell the ports"
  local url reply tries
  reply=$(request "$http" create_room "{\"roomID\":\"faces\",\"userID\":\"alice\",\"userName\":\"A\",
    \"userAvatar\":\"a.png\",\"pushURL\":\"$(push_url alice)\",\"roomName\":\"r\"}")
  [[ $reply == '{"code":0,'* ]] || fail "create_room: $reply"
  url=$(request "$http" get_whip_url '{"userID":"alice","roomID":"faces"}' | sed -n 's|.*"whipURL":"\([^"]*\)".*|\1|p')
  [[ -n $url ]] || fail "no address to publish to"
  for tries in {1..100}; do
    reply=$(curl --silent --max-time 20 --write-out '\n%{http_code}' --header 'Content-Type: application/sdp' \
      --data-binary @<(sed 's/$/\r/' tests/deploy/offer.sdp) "$http$url")
    [[ $reply != *$'\n201' ]] || break
    [[ $tries -lt 100 ]] || fail "no answer: $reply $(in_machine journalctl --unit rtcroomd-web --no-pager | tail -20)"
    sleep 0.1
  done
  grep --quiet '^a=candidate:.* 192\.0\.2\.1 50[01][0-9][0-9] ' <<< "$reply" ||
    fail "the answer has another address: $reply"

  try_calls_of_a_worker
  try_sandbox_of_a_worker

  part "media: no browsers any more"
  in_machine "$@"
  if in_machine systemctl is-active rtcroomd-web; then fail "the worker is still there"; fi
}

of_worker() { in_machine journalctl --unit rtcroomd-web --no-pager --output cat; }

# The worker where the media library is another than that with which the package was made.
compile_worker() {
  part "browsers: the worker is compiled and its tests run"
  fresh_system compile
  mkdir "$root/src"
  git ls-files -z | tar --create --null --files-from - | tar --extract --directory "$root/src"
  add_packages clang-19 lld-19 libclang-rt-19-dev libgtest-dev libgmock-dev
  local packages program
  for packages in build media; do
    with_network chroot "$root" /src/deploy/install-packages $packages > "$work/apt.log" 2>&1 ||
      fail "$(tail -20 "$work/apt.log")"
  done
  local -a tests=(unit_web_tests unit_web_worker_tests)
  in_root env --chdir=/src bash -c 'cmake --preset unit && cmake --build build/unit --target "$@"' \
    - rtcroomd-web "${tests[@]}" > build/worker.log 2>&1 || fail "$(tail -20 build/worker.log)"
  for program in "${tests[@]}"; do
    in_root "/src/build/unit/tests/unit/web/$program" --gtest_brief=1
  done
}

# Chromium of this machine in rooms of the service, by what GStreamer and nginx are in the system.
try_browsers() {
  [[ $release == "$(. /etc/os-release && echo "$VERSION_CODENAME")" ]] || compile_worker
  part "browsers: installation"
  [[ ! tests/console/package-lock.json -nt tests/console/node_modules/.package-lock.json ]] ||
    with_network npm ci --prefix tests/console --no-audit --no-fund --loglevel=error
  fresh_system browsers
  add_packages systemd systemd-sysv dbus nginx libnginx-mod-rtmp \
    gstreamer1.0-{nice,plugins-bad,plugins-good,plugins-base,libav}
  add_dependencies
  cp "$deb" "$root/rtcroomd.deb"
  cp deploy/install.sh "$root/install.sh"
  boot
  local address=198.51.100.2
  in_machine /install.sh --from /rtcroomd.deb --behind-proxy --media $address --web
  edit_config
  in_machine systemctl restart rtcroomd
  in_machine dpkg-query --show gstreamer1.0-plugins-bad libnice10 libnginx-mod-rtmp 'libssl3*' |
    awk 'NF == 2 { print "   " $1, $2 }'

  part "browsers: the worker's trial of what it needs"
  # It is active only after it.
  [[ $(in_machine systemctl is-active rtcroomd-web) == active ]] || fail "$(of_worker)"

  part "browsers: pictures and sound, and forged certificates"
  node tests/media/web_system.mjs "$http" $address || fail "$(of_worker | tail -40)"
  [[ $(of_worker | grep --count '"reason":"fingerprint"') -eq 2 ]] || fail "$(of_worker | tail -40)"
  shut_down
}

try_media() {
  part "media: installation"
  fresh_system media
  add_packages systemd systemd-sysv dbus nginx libnginx-mod-rtmp ffmpeg \
    gstreamer1.0-{nice,plugins-bad,plugins-good,plugins-base,libav}
  add_dependencies
  cp "$deb" "$root/rtcroomd.deb"
  cp deploy/install.sh "$root/install.sh"
  boot
  local install=(/install.sh --behind-proxy --media rooms.example.com --record)
  in_machine "${install[@]}" --from /rtcroomd.deb
  ffmpeg -v error -y -f lavfi -i testsrc=size=128x96:rate=10:duration=2 -c:v libx264 -g 10 \
    -pix_fmt yuv420p "$work/clip.flv"

  part "media: streams, and a recording"
  local url secret file
  url=$(push_url alice)
  push "$url" 3 || fail "a signed stream is refused"
  if push "${url/alice/bob}" 3 2> /dev/null; then fail "another stream's signature is accepted"; fi
  file=$(find "$root/var/lib/rtcroomd-media/recordings" -name 'alice-*.flv')
  ffmpeg -v error -i "$file" -f null - || fail "the recording does not play"
  secret=${url#*txSecret=}
  in_machine journalctl --no-pager > "$work/journal"
  if grep --quiet --fixed-strings -e "${secret%%&*}" \
    -f <(cat "$root"/etc/rtcroomd-media/*-{secret,key}) "$work/journal"; then
    fail "a secret is in a log"
  fi

  part "media: another run and an upgrade leave streams alone"
  local pid pusher
  pid=$(in_machine systemctl show --property=MainPID --value rtcroomd-media)
  push "$url" 30 &
  pusher=$!
  in_machine "${install[@]}"
  newer_deb
  apt_in_machine install /next.deb
  wait "$pusher" || fail "the stream ended"
  [[ $(in_machine systemctl show --property=MainPID --value rtcroomd-media) == "$pid" ]] ||
    fail "the media server was restarted"

  try_mix "${install[@]}"
  try_web "${install[@]}"

  part "media: a crash, an end of it, and a purge"
  in_machine systemctl kill --kill-whom=main --signal=KILL rtcroomd-media
  until push "$url" 1 2> /dev/null; do sleep 0.1; done
  in_machine /install.sh --behind-proxy
  [[ $(in_machine systemctl is-active rtcroomd-media) != active ]] || fail "it still runs"
  in_machine "${install[@]}"
  apt_in_machine purge rtcroomd
  [[ $(in_machine systemctl is-active rtcroomd-media) != active ]] || fail "it runs"
  [[ -z $(find "$root/etc" "$root/var/lib" -path '*rtcroomd-media*' -print -quit) ]] ||
    fail "files are left"
  shut_down
}
