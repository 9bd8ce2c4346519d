#!/usr/bin/env bash
# Sets rtcroomd up as a service on a plain Debian 12 or 13, in one step. As root:
#
#   install.sh [--from FILE] --domain NAME --cert FILE --key FILE [--listen ADDRESS:PORT]
#   install.sh [--from FILE] --self-signed NAME [--listen ADDRESS:PORT]
#   install.sh [--from FILE] --behind-proxy
#
# and with any of them: [--media HOST [--record] [--check-play | --mix]
#                        [--web [--web-address IP[,IP]]]]
#
#   --from FILE     the package (.deb) or the archive (.tar.gz). Left out: the unpacked archive that
#                   this script lies in, or else the program that is installed already
#   --domain NAME   serve HTTPS publicly, with this certificate for this name (PEM, with chain)
#   --self-signed NAME
#                   the same with a certificate made here, which phones will not trust: for trying
#                   out. It is kept when the script runs again
#   --behind-proxy  serve plain HTTP on 127.0.0.1:5757, for a proxy on this machine (nginx)
#   --listen A:P    where HTTPS is served (0.0.0.0:443)
#   --media HOST    with a media server on this machine, nginx-rtmp, which phones reach by this name
#                   on port 1935. docs/media-server.md explains it
#   --record        it writes every stream to a file, below /var/lib/rtcroomd-media/recordings
#   --check-play    players, too, need an address that rtcroomd has signed
#   --mix           the streams of live rooms are mixed, by ffmpeg on this machine
#   --web           browsers take part with camera and microphone, by GStreamer on this machine
#   --web-address   where browsers reach it behind NAT that forwards its ports: an address of IPv4,
#                   of IPv6, or one of each
#
# It may run again at any time, with a new version or with other choices, which replace the earlier
# ones: rooms, and what you have changed in /etc/rtcroomd/rtcroomd.toml, stay. Its choices are
# variables (RTCROOMD_SECTION_KEY) in a drop-in, which count before that file:
# /etc/systemd/system/rtcroomd.service.d/50-install.conf. Yours go into another, by
# `systemctl edit rtcroomd`, which counts before both. Without systemd it puts everything into its
# place and says how to start the server.
set -euo pipefail

readonly config_dir=/etc/rtcroomd
readonly config=$config_dir/rtcroomd.toml
readonly data_dir=/var/lib/rtcroomd
readonly archive_root=/opt/rtcroomd
readonly units=/etc/systemd/system
readonly service_drop_in=$units/rtcroomd.service.d/50-install.conf
readonly socket_drop_in=$units/rtcroomd.socket.d/50-install.conf
readonly web_drop_in=$units/rtcroomd-web.service.d/50-install.conf
readonly media_dir=/etc/rtcroomd-media
readonly media_data=/var/lib/rtcroomd-media

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

usage() {
  sed -n '4,6s/^#   //p; 8,9s/^# //p' "$0" >&2
  exit 2
}

mode='' from='' name='' cert='' key='' listen=0.0.0.0:443 media='' media_options=() mix=''
web='' web_address=''
while [[ $# -gt 0 ]]; do
  case $1 in
    --behind-proxy)
      mode+=proxy
      shift
      continue
      ;;
    --record | --check-play)
      media_options+=("$1")
      shift
      continue
      ;;
    --mix)
      mix=yes
      shift
      continue
      ;;
    --web)
      web=yes
      shift
      continue
      ;;
    --domain | --self-signed | --from | --cert | --key | --listen | --media | --web-address)
      [[ $# -ge 2 ]] || usage
      ;;
    --help | -h)
      sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *) usage ;;
  esac
  case $1 in
    --domain) mode+=domain name=$2 ;;
    --self-signed) mode+=self name=$2 ;;
    --from) from=$2 ;;
    --cert) cert=$2 ;;
    --key) key=$2 ;;
    --listen) listen=$2 ;;
    --media) media=$2 ;;
    --web-address) web_address=$2 ;;
  esac
  shift 2
done
case $mode in
  domain) [[ -n $cert && -n $key ]] || usage ;;
  self | proxy) [[ -z $cert && -z $key ]] || usage ;;
  *) usage ;;
esac
[[ -z $name || $name =~ ^[A-Za-z0-9.-]+$ ]] || fail "$name: not a host name"
[[ $listen =~ ^([0-9.]+|\[[0-9a-fA-F:]+\]):[0-9]+$ ]] ||
  fail "--listen $listen: must be an address and a port, like 0.0.0.0:443"
[[ -z $media || $media =~ ^[A-Za-z0-9.-]+$ ]] || fail "--media $media: not a host name"
[[ -n $media || ${#media_options[@]} -eq 0 && -z $mix$web ]] || usage
[[ -n $web || -z $web_address ]] || usage
[[ $web_address =~ ^[0-9a-fA-F.:,]*$ ]] || fail "--web-address $web_address: not an address"
[[ -z $mix || " ${media_options[*]} " != *" --check-play "* ]] ||
  fail "--mix: not with --check-play, because mixes are played without a signature"
[[ $EUID -eq 0 ]] || fail "must run as root"

has_systemd() { [[ -d /run/systemd/system ]]; }

# Before any change: a certificate that does not match would keep the server from starting.
check_certificate() {
  [[ -r $cert ]] || fail "$cert: cannot be read"
  [[ -r $key ]] || fail "$key: cannot be read"
  command -v openssl > /dev/null || return 0  # then check-config reports it later
  local of_cert of_key
  of_cert=$(openssl x509 -in "$cert" -noout -pubkey) || fail "$cert: no certificate"
  of_key=$(openssl pkey -in "$key" -pubout) || fail "$key: no private key"
  [[ $of_cert == "$of_key" ]] || fail "$cert and $key do not belong together"
  openssl x509 -in "$cert" -noout -checkhost "$name" | grep -q 'does match' ||
    fail "$cert: is not for $name"
}

install_deb() {
  command -v apt-get > /dev/null || fail "a .deb needs a Debian system"
  # Non-interactive: an edited configuration stays as it is.
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$(realpath "$1")"
  program=/usr/bin/rtcroomd
  remove_units_of_archive
}

# Files of an archive in the search paths of systemd and shells hide those of the package.
remove_units_of_archive() {
  if grep --quiet --no-messages "^ExecStart=$archive_root/" $units/rtcroomd.service; then
    rm -f $units/rtcroomd.service $units/rtcroomd.socket
    if [[ -e $units/rtcroomd-media.service ]]; then
      rm $units/rtcroomd-media.service
      systemctl daemon-reload
      [[ ! -e $media_dir/nginx.conf ]] || systemctl reenable --quiet rtcroomd-media.service
    fi
    # start_worker enables them again.
    rm -f $units/rtcroomd-{mix,web}.service
    # The archive's units enabled these links; start() creates new ones, to the package's units.
    find $units -mindepth 2 -maxdepth 2 -lname "$units/rtcroomd.*" -delete
  fi
  if [[ $(readlink /usr/local/bin/rtcroomd) == "$archive_root/bin/rtcroomd" ]]; then
    rm /usr/local/bin/rtcroomd
    echo "The files of the archive in $archive_root are no longer used, and may be removed."
  fi
}

add_user() {
  if command -v systemd-sysusers > /dev/null; then
    systemd-sysusers "$1/systemd/rtcroomd.sysusers"
  elif ! getent passwd rtcroomd > /dev/null; then
    useradd --system --user-group --home-dir $data_dir --no-create-home \
      --shell /usr/sbin/nologin --comment "Room server for mini-programs" rtcroomd
  fi
}

# $1: an unpacked archive.
install_archive() {
  [[ -x $1/bin/rtcroomd && -d $1/lib ]] || fail "$1: not an archive of rtcroomd"
  add_user "$1"
  # Each file is replaced, not overwritten: a running server continues with the old ones.
  install -d $archive_root/bin $archive_root/lib $units
  install -m 644 "$1"/lib/* $archive_root/lib/
  install -m 755 "$1"/bin/* $archive_root/bin/
  local part
  for part in README.md README.zh-CN.md CHANGELOG.md CONTRIBUTING.md SECURITY.md docs deploy proto \
    clients; do
    rm -rf "${archive_root:?}/$part"
    # An older archive does not have all of them.
    [[ ! -e $1/$part ]] || cp -r "$1/$part" $archive_root/
  done
  ln -sf $archive_root/bin/rtcroomd /usr/local/bin/rtcroomd
  install -m 644 "$1"/systemd/rtcroomd{.socket,-media.service} $units/
  for part in rtcroomd.service rtcroomd-{mix,web}.service; do
    # An older archive does not have all of them.
    [[ ! -e $1/systemd/$part ]] ||
      sed "s|^ExecStart=/usr/bin/|ExecStart=$archive_root/bin/|" "$1/systemd/$part" > "$units/$part"
  done
  install -d -m 750 -g rtcroomd $config_dir
  install -d -m 700 -o rtcroomd -g rtcroomd $data_dir
  [[ -e $config ]] || install -m 644 "$1/etc/rtcroomd.toml" $config
  program=$archive_root/bin/rtcroomd
}

install_program() {
  local here unpacked
  here=$(dirname "$(realpath "$0")")
  case $from in
    *.deb) install_deb "$from" ;;
    *.tar.gz)
      unpacked=$(mktemp --directory)
      tar --extract --file "$from" --directory "$unpacked" --strip-components 1 --no-same-owner
      install_archive "$unpacked"
      rm -r "$unpacked"
      ;;
    '')
      if [[ -e $here/systemd/rtcroomd.service && -x $here/bin/rtcroomd ]]; then
        install_archive "$here"
      elif [[ -x /usr/bin/rtcroomd && -e /lib/systemd/system/rtcroomd.service ]]; then
        program=/usr/bin/rtcroomd
      elif [[ -x $archive_root/bin/rtcroomd ]]; then
        program=$archive_root/bin/rtcroomd
      else
        fail "rtcroomd is not installed: say --from FILE"
      fi
      ;;
    *) fail "$from: neither a .deb nor a .tar.gz" ;;
  esac
}

make_certificate() {
  if [[ -e $cert && -e $key ]] && openssl x509 -in "$cert" -noout -checkhost "$name" |
    grep -q 'does match'; then
    return
  fi
  command -v openssl > /dev/null || fail "--self-signed needs openssl: apt-get install openssl"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 3650 \
    -keyout "$key" -out "$cert" -subj "/CN=$name" -addext "subjectAltName=DNS:$name" 2> /dev/null
}

configure_https() {
  install -d -m 750 -g rtcroomd $config_dir/tls
  if [[ $mode == self ]]; then
    cert=$config_dir/tls/cert.pem key=$config_dir/tls/key.pem
    make_certificate
  else
    [[ $cert -ef $config_dir/tls/cert.pem ]] || cp "$cert" $config_dir/tls/cert.pem
    [[ $key -ef $config_dir/tls/key.pem ]] || cp "$key" $config_dir/tls/key.pem
  fi
  chown root:rtcroomd $config_dir/tls/*.pem
  chmod 640 $config_dir/tls/*.pem
  # No proxy in between, so none is trusted.
  settings+=(
    "RTCROOMD_SERVER_TLS_CERT=$config_dir/tls/cert.pem"
    "RTCROOMD_SERVER_TLS_KEY=$config_dir/tls/key.pem"
    "RTCROOMD_SERVER_HTTPS_LISTEN=$listen"
    RTCROOMD_SERVER_HTTP_LISTEN=
    RTCROOMD_SERVER_TRUSTED_PROXIES=)
  address=$listen listener=https
}

configure_http() {
  settings+=(
    RTCROOMD_SERVER_HTTP_LISTEN=127.0.0.1:5757
    RTCROOMD_SERVER_HTTPS_LISTEN=
    "RTCROOMD_SERVER_TRUSTED_PROXIES=127.0.0.1,::1")
  address=127.0.0.1:5757 listener=http
}

# Debian starts the nginx that it installs, on port 80; the media server needs only the program.
install_media() {
  local -a packages=()
  [[ -z $mix || -x /usr/bin/ffmpeg ]] || packages+=(ffmpeg)
  [[ -z $web ]] || packages+=(gstreamer1.0-{nice,plugins-bad,plugins-good,plugins-base,libav})
  [[ ${#packages[@]} -eq 0 ]] || DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --no-install-recommends --no-upgrade "${packages[@]}"
  [[ -z $web ]] || "$program" web-worker --help > /dev/null ||
    fail "--web: this program has no worker for browsers"
  [[ ! -e /usr/lib/nginx/modules/ngx_rtmp_module.so ]] || return 0
  local is_new=yes
  ! dpkg-query --status nginx > /dev/null 2>&1 || is_new=''
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
    nginx libnginx-mod-rtmp
  [[ -z $is_new ]] || systemctl disable --quiet --now nginx.service
}

configure_media() {
  local check_play=false mixed=live max=0 sessions=0
  [[ " ${media_options[*]} " != *" --check-play "* ]] || check_play=true
  [[ -z $mix ]] || mixed=mix max=4
  [[ -z $web ]] || sessions=64
  settings+=(
    RTCROOMD_LIVE_API=nginx-rtmp
    RTCROOMD_LIVE_API_BASE_URL=http://127.0.0.1:8086
    "RTCROOMD_LIVE_PUSH_HOST=$media"
    "RTCROOMD_LIVE_PLAY_HOST=$media"
    "RTCROOMD_LIVE_MIXED_PLAY_URL=rtmp://{host}/$mixed/{stream}"
    "RTCROOMD_LIVE_CHECK_PLAY=$check_play"
    "RTCROOMD_MIX_MAX=$max"
    "RTCROOMD_WEB_MAX_SESSIONS=$sessions")
  # Without --record it stays, for the recordings that are there.
  [[ " ${media_options[*]} " != *" --record "* && ! -d $media_data/recordings ]] ||
    settings+=(
      "RTCROOMD_RECORDING_ROOT=$media_data/recordings"
      RTCROOMD_RECORDING_MIN_FREE_BYTES=2000000000)
}

# The drop-in that gives rtcroomd its settings and, of the media server, the secrets and the group
# for recordings.
service_drop_in() {
  local name
  printf '%s\n' '# Written by install.sh at each run.' '[Service]'
  printf 'Environment="%s"\n' "${settings[@]}"
  [[ -n $media ]] || return 0
  printf '%s\n' SupplementaryGroups=rtcroomd-media "ReadWritePaths=-$media_data/recordings"
  for name in rtmp-callback-secret control-key push-key play-key; do
    printf 'LoadCredential=%s:%s\nEnvironment="RTCROOMD_LIVE_%s_FILE=%%d/%s"\n' \
      $name $media_dir/${name#rtmp-} "$(tr 'a-z-' 'A-Z_' <<< $name)" $name
  done
}

# Collects the variables that other drop-ins give to the service. A secret in a file is read from
# where systemd takes it.
find_other_settings() {
  has_systemd || return 0
  local own setting name path
  local -a all=()
  own=$(sed -n 's/^Environment="*\([A-Z_]*\)=.*/\1/p' $service_drop_in 2> /dev/null || true)
  # systemd quotes them for a shell.
  eval "all=($(systemctl show --property=Environment --value rtcroomd.service))"
  for setting in "${all[@]}"; do
    ! grep --quiet --line-regexp "${setting%%=*}" <<< "$own" || continue
    while IFS=: read -r name path; do
      [[ ${setting#*=} != "/run/credentials/rtcroomd.service/$name" ]] ||
        setting=${setting%%=*}=$path
    done < <(systemctl cat rtcroomd.service | sed -n 's/^LoadCredential=//p')
    other_settings+=("$setting")
  done
}

# Runs a command of the program as the service will run.
as_configured() {
  env "${settings[@]}" "${other_settings[@]}" "${secrets[@]}" "$program" "$1" --config $config
}

# Installs the media server's configuration and secrets, and starts it. When nothing has changed its
# streams go on.
start_media() {
  local tools=/usr/share/rtcroomd/media tries before
  [[ $program != "$archive_root"/* ]] || tools=$archive_root/deploy/media
  before=$(cat $media_dir/*.conf 2> /dev/null || true)
  "$tools/prepare" --data $media_data --rtmp 0.0.0.0:1935 "${media_options[@]}" $media_dir
  chgrp -R rtcroomd-media $media_dir
  chmod 750 $media_dir
  chmod 640 $media_dir/*.conf
  systemctl daemon-reload
  systemctl enable --quiet rtcroomd-media.service
  [[ $before == "$(cat $media_dir/*.conf)" ]] || systemctl stop rtcroomd-media.service
  systemctl start rtcroomd-media.service
  for tries in {1..50}; do
    [[ ! -S /run/rtcroomd-media/relay.sock ]] || return 0
    [[ $tries -lt 50 ]] || fail "the media server does not start: journalctl -u rtcroomd-media"
    sleep 0.2
  done
}

# The drop-in that gives the worker for browsers its settings.
web_drop_in() {
  printf '%s\n' '# Written by install.sh at each run.' '[Service]' \
    "Environment=RTCROOMD_WEB_PUBLIC_ADDRESS=$web_address"
}

start_web() {
  install -d ${web_drop_in%/*}
  web_drop_in > $web_drop_in
  systemctl daemon-reload
  start_worker rtcroomd-web.service
}

start_worker() {
  systemctl enable --quiet "$1"
  systemctl restart "$1"
}

# Stops a unit that an earlier run has enabled.
stop() {
  if has_systemd && systemctl is-enabled --quiet "$1" 2> /dev/null; then
    systemctl disable --quiet --now "$1"
  fi
}

# The drop-in that sets address and name of the socket unit.
socket_drop_in() {
  printf '[Socket]\nListenStream=\nListenStream=%s\nFileDescriptorName=%s\n' "$address" "$listener"
}

# Whether systemd has the port open.
port_is_held() {
  local inode
  while read -r inode; do
    [[ -z $(find /proc/1/fd -lname "socket:\\[$inode\\]") ]] || return 0
  done < <(awk -v port="$(printf ':%04X' "${address##*:}")" \
    '$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }' \
    /proc/net/tcp /proc/net/tcp6 2> /dev/null)
  return 1
}

# Installs the drop-ins.
change_over() {
  # Only another port requires closing the old one, and before the drop-in changes: if the address
  # changes while the old port is open, systemd loses track of it and opens none until it is
  # stopped. The same applies where another program has made it lose its port.
  if has_systemd && systemctl is-active --quiet rtcroomd.socket &&
    ! { socket_drop_in | cmp --quiet - $socket_drop_in && port_is_held; }; then
    systemctl stop rtcroomd.socket rtcroomd.service
  fi
  install -d ${service_drop_in%/*} ${socket_drop_in%/*}
  service_drop_in > $service_drop_in
  socket_drop_in > $socket_drop_in
}

start() {
  if ! has_systemd; then
    echo
    echo "systemd does not run here, so nothing was started. By hand, as its unit would:"
    echo "  install -d -m 750 -o rtcroomd -g rtcroomd /run/rtcroomd && cd $data_dir && setpriv \\"
    echo "    --reuid=rtcroomd --regid=rtcroomd --clear-groups \\"
    printf '    env \\\n'
    printf '    %q \\\n' "${settings[@]}"
    echo "    $program serve --config $config"
    [[ $mode == proxy || ${listen##*:} -ge 1024 ]] ||
      echo "A port below 1024 takes another user, or setpriv with capabilities."
    return
  fi
  systemctl daemon-reload
  systemctl enable --quiet rtcroomd.socket rtcroomd.service
  systemctl start rtcroomd.socket
  systemctl restart rtcroomd.service
  local tries
  for tries in {1..50}; do
    if as_configured health-check > /dev/null 2>&1; then break; fi
    [[ $tries -lt 50 ]] || fail "the server does not become ready: journalctl -u rtcroomd"
    sleep 0.2
  done
  echo "rtcroomd is ready. What was chosen now counts before $config: $service_drop_in"
}

program='' address='' listener='' settings=() other_settings=() secrets=()
[[ $mode != domain ]] || check_certificate
[[ -z $media ]] || has_systemd || fail "--media needs systemd"
install_program
[[ -z $media ]] || install_media
case $mode in
  domain | self) configure_https ;;
  proxy) configure_http ;;
esac
if [[ -n $media ]]; then
  configure_media
  # In the place of the secret that the service gets from its drop-in.
  secrets=(RTCROOMD_LIVE_RTMP_CALLBACK_SECRET=0123456789abcdef0123456789abcdef)
fi
find_other_settings
as_configured check-config
[[ -z $media ]] || start_media
change_over
start
if [[ -n $mix ]]; then start_worker rtcroomd-mix.service; else stop rtcroomd-mix.service; fi
if [[ -n $web ]]; then start_web; else stop rtcroomd-web.service; fi
[[ -n $media ]] || stop rtcroomd-media.service
case $mode in
  proxy)
    documents=/usr/share/doc/rtcroomd
    [[ $program != "$archive_root"/* ]] || documents=$archive_root
    echo "Clients reach it through your proxy; for nginx: $documents/deploy/nginx/rtcroomd.conf"
    ;;
  *)
    port=:${listen##*:}
    echo "In the mini-program's config.js: url: 'https://$name${port%:443}'"
    ;;
esac
[[ -z $web ]] ||
  echo "For browsers, open in your firewall: UDP 50000-50199 to this machine${web_address:+, for $web_address}"
