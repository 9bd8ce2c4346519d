#include "storage/postgres/pg_room_writes.h"

#include <algorithm>

#include "storage/postgres/pg_text.h"
#include "storage/shared/mix_place_row.h"

namespace rtcroom {
namespace {

// `b.base` is the newest position before the group; `n` is 2^62 and more where it is provisional
// (`kPgProvisional`).
constexpr std::string_view kWithBase =
    "WITH b AS (SELECT greatest(trimmed_position, (SELECT coalesce(max(position), 0) FROM events))"
    " AS base, 4611686018427387904 AS provisional FROM meta)";
constexpr std::string_view kNumber =
    "v.number + CASE WHEN v.number > b.provisional THEN b.base - b.provisional ELSE 0 END";
constexpr std::string_view kPlace =
    "v.place + CASE WHEN v.place > b.provisional THEN b.base - b.provisional ELSE 0 END";
constexpr std::string_view kLastPosition =
    "v.last_position + CASE WHEN v.last_position > b.provisional"
    " THEN b.base - b.provisional ELSE 0 END";

constexpr PgStatement kDeleteRooms{
    "delete_rooms",
    "WITH d AS (DELETE FROM rooms r USING unnest($1::bigint[], $2::bigint[]) v(number, version)"
    " WHERE r.number = v.number AND r.version = v.version RETURNING 1)"
    " SELECT 1 / (CASE WHEN count(*) = $3 THEN 1 ELSE 0 END) FROM d"};
constexpr PgStatement kDeletePushersOf{"delete_pushers_of",
                                       "DELETE FROM pushers WHERE room = ANY($1)"};
constexpr PgStatement kDeleteViewersOf{"delete_viewers_of",
                                       "DELETE FROM audiences WHERE room = ANY($1)"};

constexpr std::string_view kUpdate =
    ", u AS (UPDATE rooms r SET creator = v.creator, info = v.info,"
    " mixed_play_url = v.mixed_play_url, custom = v.custom, audience_count = v.audience_count,"
    " last_event = v.last_event, mix_width = v.mix_width, mix_height = v.mix_height,"
    " version = r.version + 1, place = ";
constexpr std::string_view kAndLastPosition = ", last_position = ";
constexpr std::string_view kOfUpdated =
    " FROM b, unnest($1::bigint[], $2::bigint[], $3::text[], $4::bytea[], $5::bytea[], $6::bytea[],"
    " $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::int[], $12::int[])"
    " v(number, version, creator, info, mixed_play_url, custom, audience_count, last_event, place,"
    " last_position, mix_width, mix_height)"
    " WHERE r.number = v.number AND r.version = v.version RETURNING 1)"
    " SELECT 1 / (CASE WHEN count(*) = $13 THEN 1 ELSE 0 END) FROM u";
constexpr PgStatement kUpdateRooms{
    "update_rooms",
    kPgText<kWithBase, kUpdate, kPlace, kAndLastPosition, kLastPosition, kOfUpdated>};

constexpr std::string_view kInsert =
    " INSERT INTO rooms (id, kind, dialect, creator, info, mixed_play_url, created_at_ms, type,"
    " custom, audience_count, last_event, mix_width, mix_height, number, place, last_position)"
    " SELECT v.id, v.kind, v.dialect, v.creator, v.info, v.mixed_play_url, v.created_at_ms, v.type,"
    " v.custom, v.audience_count, v.last_event, v.mix_width, v.mix_height, ";
constexpr std::string_view kComma = ", ";
constexpr std::string_view kOfInserted =
    " FROM b, unnest($1::bigint[], $2::text[], $3::smallint[], $4::smallint[], $5::text[],"
    " $6::bytea[], $7::bytea[], $8::bigint[], $9::bytea[], $10::bytea[], $11::bigint[],"
    " $12::bigint[], $13::bigint[], $14::bigint[], $15::int[], $16::int[])"
    " v(number, id, kind, dialect, creator, info, mixed_play_url, created_at_ms, type, custom,"
    " audience_count, last_event, place, last_position, mix_width, mix_height)";
constexpr PgStatement kInsertRooms{
    "insert_rooms",
    kPgText<kWithBase, kInsert, kNumber, kComma, kPlace, kComma, kLastPosition, kOfInserted>};

constexpr PgStatement kDeletePushers{
    "delete_pushers",
    "DELETE FROM pushers p USING unnest($1::bigint[], $2::bigint[]) v(room, seat)"
    " WHERE p.room = v.room AND p.seat = v.seat"};
constexpr std::string_view kPutPusher =
    " INSERT INTO pushers (seat, user_id, user_name, user_avatar, push_url, accelerate_url,"
    " added_at_ms, mix_x, mix_y, mix_width, mix_height, mix_layer, mix_parts, bound_to,"
    " room) SELECT v.seat, v.user_id, v.user_name, v.user_avatar, v.push_url, v.accelerate_url,"
    " v.added_at_ms, v.mix_x, v.mix_y, v.mix_width, v.mix_height, v.mix_layer, v.mix_parts,"
    " v.bound_to, ";
constexpr std::string_view kOfPushers =
    " FROM b, unnest($1::bigint[], $2::bigint[], $3::text[], $4::bytea[], $5::bytea[], $6::bytea[],"
    " $7::bytea[], $8::bigint[], $9::int[], $10::int[], $11::int[], $12::int[], $13::smallint[],"
    " $14::smallint[], $15::text[]) v(number, seat, user_id, user_name, user_avatar, push_url, "
    "accelerate_url,"
    " added_at_ms, mix_x, mix_y, mix_width, mix_height, mix_layer, mix_parts, bound_to)"
    " ON CONFLICT (room, seat) DO UPDATE SET user_id = excluded.user_id,"
    " user_name = excluded.user_name, user_avatar = excluded.user_avatar,"
    " push_url = excluded.push_url, accelerate_url = excluded.accelerate_url,"
    " added_at_ms = excluded.added_at_ms, mix_x = excluded.mix_x, mix_y = excluded.mix_y,"
    " mix_width = excluded.mix_width, mix_height = excluded.mix_height,"
    " mix_layer = excluded.mix_layer, mix_parts = excluded.mix_parts,"
    " bound_to = excluded.bound_to";
constexpr PgStatement kPutPushers{"put_pushers",
                                  kPgText<kWithBase, kPutPusher, kNumber, kOfPushers>};

// Joining is the first heartbeat: there is no moment at which nothing is known of a pusher. That it
// left is found out later (`Cluster::RemoveLeftBeats`): nodes that report heartbeats hold up no
// group.
constexpr std::string_view kPutBeat =
    " INSERT INTO beats (at_ms, seat, room)"
    " SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, v.seat, ";
constexpr std::string_view kOfBeats =
    " FROM b, unnest($1::bigint[], $2::bigint[]) v(number, seat) ON CONFLICT (room, seat)"
    " DO UPDATE SET at_ms = greatest(beats.at_ms, excluded.at_ms)";
constexpr PgStatement kPutBeats{"put_beats", kPgText<kWithBase, kPutBeat, kNumber, kOfBeats>};

constexpr PgStatement kDeleteViewers{
    "delete_viewers",
    "DELETE FROM audiences a USING unnest($1::bigint[], $2::text[]) v(room, user_id)"
    " WHERE a.room = v.room AND a.user_id = v.user_id"};
constexpr std::string_view kPutViewer =
    " INSERT INTO audiences (user_id, user_info, seat, room) SELECT v.user_id, v.user_info, "
    "v.seat, ";
constexpr std::string_view kOfViewers =
    " FROM b, unnest($1::bigint[], $2::text[], $3::bytea[], $4::bigint[])"
    " v(number, user_id, user_info, seat) ON CONFLICT (room, user_id)"
    " DO UPDATE SET user_info = excluded.user_info, seat = excluded.seat";
constexpr PgStatement kPutViewers{"put_viewers",
                                  kPgText<kWithBase, kPutViewer, kNumber, kOfViewers>};

constexpr PgStatement kStatements[] = {
    kPutBeats,    kDeleteRooms,   kDeletePushersOf, kDeleteViewersOf, kUpdateRooms,
    kInsertRooms, kDeletePushers, kPutPushers,      kDeleteViewers,   kPutViewers};

const Pusher* PusherOfSeat(const Room& room, std::uint64_t seat) {
  const auto found = std::ranges::find(room.pushers, seat, &Pusher::seat);
  return found == room.pushers.end() ? nullptr : &*found;
}

}  // namespace

std::span<const PgStatement> PgRoomWriteStatements() { return kStatements; }

void PgRoomWrites::RoomArrays::Add(const Room& room, std::uint64_t version,
                                   std::uint64_t last_position) {
  const MixCanvas mix = room.mix.value_or(MixCanvas{});
  ++count;
  numbers.Add(room.sequence);
  versions.Add(version);
  ids.Add(room.key.id.value);
  kinds.Add(room.key.kind);
  dialects.Add(room.dialect);
  creators.Add(room.creator.value);
  infos.Add(PgBytes(room.info));
  mixed_play_urls.Add(PgBytes(room.mixed_play_url));
  created_at.Add(room.created_at);
  places.Add(room.place);
  types.Add(PgBytes(room.type));
  customs.Add(PgBytes(room.custom));
  audience_counts.Add(room.audience_count);
  last_events.Add(room.last_event);
  last_positions.Add(last_position);
  mix_widths.Add(mix.width);
  mix_heights.Add(mix.height);
}

void PgRoomWrites::PusherArrays::Add(std::uint64_t room, const Pusher& pusher) {
  const MixPlace place =
      pusher.mix_place.value_or(MixPlace{.layer = 0, .has_video = false, .has_audio = false});
  ++count;
  rooms.Add(room);
  seats.Add(pusher.seat);
  user_ids.Add(pusher.user_id.value);
  user_names.Add(PgBytes(pusher.user_name));
  user_avatars.Add(PgBytes(pusher.user_avatar));
  push_urls.Add(PgBytes(pusher.push_url));
  accelerate_urls.Add(PgBytes(pusher.accelerate_url));
  added_at.Add(pusher.added_at);
  xs.Add(place.x);
  ys.Add(place.y);
  widths.Add(place.width);
  heights.Add(place.height);
  layers.Add(place.layer);
  parts.Add(PartsOf(place));
  bound_to.Add(pusher.bound_to);
}

void PgRoomWrites::Delete(const PgRoom& room) {
  ++deleted_.count;
  deleted_.numbers.Add(room.room.sequence);
  deleted_.versions.Add(room.version);
}

void PgRoomWrites::Put(const PgRoom* before, const Room& room, std::uint64_t last_position) {
  if (before == nullptr) {
    inserted_.Add(room, 0, last_position);
  } else {
    updated_.Add(room, before->version, last_position);
    for (const Pusher& pusher : before->room.pushers) {
      if (PusherOfSeat(room, pusher.seat) != nullptr) continue;
      ++deleted_pushers_.count;
      deleted_pushers_.rooms.Add(room.sequence);
      deleted_pushers_.seats.Add(pusher.seat);
    }
  }
  for (const Pusher& pusher : room.pushers) {
    const Pusher* const stored =
        before != nullptr ? PusherOfSeat(before->room, pusher.seat) : nullptr;
    if (stored != nullptr && *stored == pusher) continue;
    put_pushers_.Add(room.sequence, pusher);
    if (stored != nullptr && stored->added_at == pusher.added_at) continue;
    joined_.push_back({.room_number = room.sequence, .seat = pusher.seat});
  }
}

void PgRoomWrites::PutViewer(std::uint64_t room, const UserId& user_id,
                             const std::optional<Audience>& viewer) {
  ViewerArrays& arrays = viewer ? put_viewers_ : deleted_viewers_;
  ++arrays.count;
  arrays.rooms.Add(room);
  arrays.user_ids.Add(user_id.value);
  if (!viewer) return;
  arrays.infos.Add(PgBytes(viewer->user_info));
  arrays.seats.Add(viewer->seat);
}

std::vector<PgCall> PgRoomWrites::Calls() const {
  std::vector<PgCall> calls;
  if (deleted_.count > 0) {
    calls.emplace_back(kDeleteRooms, deleted_.numbers, deleted_.versions, deleted_.count);
    calls.emplace_back(kDeletePushersOf, deleted_.numbers);
    calls.emplace_back(kDeleteViewersOf, deleted_.numbers);
  }
  if (updated_.count > 0) {
    const RoomArrays& to = updated_;
    calls.emplace_back(kUpdateRooms, to.numbers, to.versions, to.creators, to.infos,
                       to.mixed_play_urls, to.customs, to.audience_counts, to.last_events,
                       to.places, to.last_positions, to.mix_widths, to.mix_heights, to.count);
  }
  if (inserted_.count > 0) {
    const RoomArrays& to = inserted_;
    calls.emplace_back(kInsertRooms, to.numbers, to.ids, to.kinds, to.dialects, to.creators,
                       to.infos, to.mixed_play_urls, to.created_at, to.types, to.customs,
                       to.audience_counts, to.last_events, to.places, to.last_positions,
                       to.mix_widths, to.mix_heights);
  }
  if (deleted_pushers_.count > 0) {
    calls.emplace_back(kDeletePushers, deleted_pushers_.rooms, deleted_pushers_.seats);
  }
  if (put_pushers_.count > 0) {
    const PusherArrays& to = put_pushers_;
    calls.emplace_back(kPutPushers, to.rooms, to.seats, to.user_ids, to.user_names, to.user_avatars,
                       to.push_urls, to.accelerate_urls, to.added_at, to.xs, to.ys, to.widths,
                       to.heights, to.layers, to.parts, to.bound_to);
  }
  if (!joined_.empty()) {
    // The order is that in which nodes report heartbeats: locks are taken in one order.
    std::vector<SeatKey> seats = joined_;
    std::ranges::sort(seats);
    PgArray<std::uint64_t> rooms;
    PgArray<std::uint64_t> numbers;
    for (const SeatKey& seat : seats) {
      rooms.Add(seat.room_number);
      numbers.Add(seat.seat);
    }
    calls.emplace_back(kPutBeats, rooms, numbers);
  }
  if (deleted_viewers_.count > 0) {
    calls.emplace_back(kDeleteViewers, deleted_viewers_.rooms, deleted_viewers_.user_ids);
  }
  if (put_viewers_.count > 0) {
    const ViewerArrays& to = put_viewers_;
    calls.emplace_back(kPutViewers, to.rooms, to.user_ids, to.infos, to.seats);
  }
  return calls;
}

}  // namespace rtcroom
