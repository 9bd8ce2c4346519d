# Shared functions of the benchmark scripts, which source it with `work` set to a folder of their
# own. It runs the release build of rtcroomd on a store with many rooms, and reads the CPU time of
# processes from the kernel.
# shellcheck shell=bash

binary=build/release/daemon/rtcroomd

# Prints a configuration for load: the limits per client are off, since all load comes from one
# address; streams are signed, as on a server with a stream service. Arguments are further lines for
# the section [server].
server_config() {
  cat <<TOML
[server]
http_listen = "127.0.0.1:0"
max_connections_per_address = 20000
$(printf '%s\n' "$@")
[admin]
listen = "127.0.0.1:0"
[grpc]
listen = ""
[store]
data_dir = "$work/data"
[room]
heartbeat_timeout = "1h"
max_pushers_multi = 8
max_rooms = 2000000
[live]
bizid = "8888"
push_key = "testpushkey0123456789"
play_key = "testplaykey0123456789"
[limits]
per_address_rate = "0/s"
signing_rate = "0/h"
per_user_rate = "0/s"
pushers_rate = "0/s"
rooms_per_address = 0
rooms_per_user = 0
TOML
}

# The port of a listener ("http", "https", "admin"), from the server's log.
port_of() {
  sed -n 's/.*"listener":"'"$1"'","address":"127.0.0.1:\([0-9]*\)".*/\1/p' "$work/log"
}

# Starts the server with $work/config.toml and waits until it is ready. Sets `server`, its process,
# and `started_in`, the seconds until it was ready.
start_server() {
  : >"$work/log"
  "$binary" serve --config "$work/config.toml" 2>"$work/log" &
  server=$!
  local began=$EPOCHREALTIME
  until grep -q '"event":"ready"' "$work/log"; do
    kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.05
  done
  # shellcheck disable=SC2034  # for the script that asked
  started_in=$(awk "BEGIN {print $EPOCHREALTIME - $began}")
}

stop_server() {
  kill -TERM "$server"
  wait "$server"
  server=
}

# Creates a new store with $1 rooms (room1, room2, ...) of $2 pushers (u1, u2, ...) each.
fill_store() {
  rm -rf "$work/data"
  mkdir "$work/data"
  start_server # creates the tables
  stop_server
  sqlite3 "$work/data/rtcroomd.db" >/dev/null <<SQL
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
  INSERT INTO rooms (sequence, id, kind, dialect, creator, info, mixed_play_url, created_at_ms,
      last_event, place)
    SELECT i, 'room' || i, 2, 1, 'u1', 'bench', 'https://h/live/1.flv', 1700000000000, $2 + 1, i
    FROM n;
WITH RECURSIVE s(seat) AS (SELECT 2 UNION ALL SELECT seat + 1 FROM s WHERE seat <= $2)
  INSERT INTO pushers (room, seat, user_id, user_name, user_avatar, push_url, accelerate_url,
      added_at_ms)
    SELECT r.sequence, s.seat, 'u' || (s.seat - 1), 'name', 'avatar.png',
      'rtmp://h/live/1',
      'rtmp://h/live/1?bizid=8888&txSecret=5e98c8138018c0eedc060e5962151b24&txTime=655D2B80',
      1700000000000 FROM rooms r, s;
UPDATE meta SET last_room_sequence = $1;
SQL
}

# The CPU seconds that the processes $1 ... have used so far, all their threads counted.
cpu_seconds() {
  local process
  for process in "$@"; do cat "/proc/$process/stat"; done |
    awk -v hz="$(getconf CLK_TCK)" '{used += $14 + $15} END {print used / hz}'
}

machine() { printf '%s, %s cores, %s\n' "$(uname -m)" "$(nproc)" "$(date -u +%F)"; }
