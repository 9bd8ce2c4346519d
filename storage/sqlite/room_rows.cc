#include "storage/sqlite/room_rows.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "storage/shared/mix_place_row.h"
#include "storage/sqlite/database.h"

namespace rtcroom {
namespace {

enum RoomColumn : int {
  kSequence,
  kRoomId,
  kKind,
  kDialect,
  kCreator,
  kInfo,
  kMixedPlayUrl,
  kCreatedAt,
  kLastEvent,
  kPlace,
  kRoomType,
  kCustom,
  kAudienceCount,
  kMixWidth,
  kMixHeight,
};

enum PusherColumn : int {
  kSeat,
  kUserId,
  kUserName,
  kUserAvatar,
  kPushUrl,
  kAccelerateUrl,
  kAddedAt,
  kPlaceX,
  kPlaceY,
  kPlaceWidth,
  kPlaceHeight,
  kPlaceLayer,
  kPlaceParts,
};

std::optional<MixCanvas> ReadCanvas(const StatementRun& run) {
  const auto width = static_cast<std::uint16_t>(run.Integer(kMixWidth));
  if (width == 0) return std::nullopt;
  return MixCanvas{.width = width, .height = static_cast<std::uint16_t>(run.Integer(kMixHeight))};
}

Room ReadRoom(const StatementRun& run) {
  return Room{
      .key = {.kind = static_cast<RoomKind>(run.Integer(kKind)), .id = {run.Text(kRoomId)}},
      .dialect = static_cast<Dialect>(run.Integer(kDialect)),
      .creator = {run.Text(kCreator)},
      .info = run.Text(kInfo),
      .mixed_play_url = run.Text(kMixedPlayUrl),
      .created_at = run.Time(kCreatedAt),
      .sequence = run.Unsigned(kSequence),
      .place = run.Unsigned(kPlace),
      .last_event = run.Unsigned(kLastEvent),
      .type = run.Text(kRoomType),
      .custom = run.Text(kCustom),
      .audience_count = run.Unsigned(kAudienceCount),
      .mix = ReadCanvas(run),
      .pushers = {},
  };
}

Pusher ReadPusher(const StatementRun& run) {
  return Pusher{
      .user_id = {run.Text(kUserId)},
      .user_name = run.Text(kUserName),
      .user_avatar = run.Text(kUserAvatar),
      .push_url = run.Text(kPushUrl),
      .accelerate_url = run.Text(kAccelerateUrl),
      .added_at = run.Time(kAddedAt),
      .seat = run.Unsigned(kSeat),
      .mix_place = MixPlaceOf(run, kPlaceX),
  };
}

const Pusher* PusherOfSeat(const Room& room, std::uint64_t seat) {
  const auto found = std::ranges::find(room.pushers, seat, &Pusher::seat);
  return found == room.pushers.end() ? nullptr : &*found;
}

}  // namespace

std::string SelectRooms(const std::string& where_and_order) {
  return "SELECT sequence, id, kind, dialect, creator, info, mixed_play_url, created_at_ms,"
         " last_event, place, type, custom, audience_count, mix_width, mix_height FROM rooms " +
         where_and_order;
}

Result<std::vector<Room>> CollectRooms(std::size_t max_rooms, Statement& pushers,
                                       StatementRun&& rooms) {
  constexpr std::size_t kUsualPushers = 4;
  std::vector<Room> collected;
  while (collected.size() < max_rooms && rooms.Next()) {
    Room& room = collected.emplace_back(ReadRoom(rooms));
    room.pushers.reserve(kUsualPushers);
    StatementRun run(pushers, room.sequence);
    while (run.Next()) room.pushers.push_back(ReadPusher(run));
    if (!run.status()) return run.status().error();
  }
  if (!rooms.status()) return rooms.status().error();
  return collected;
}

Status RoomWriter::Prepare(Database& database) {
  return PrepareAll(
      database,
      {{insert_room_, "INSERT INTO rooms VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
       // The update omits indexed columns and so leaves the indexes alone: kind, dialect, type and
       // id never change, and the place does so once.
       {update_room_,
        "UPDATE rooms SET creator = ?, info = ?, mixed_play_url = ?, created_at_ms = ?,"
        " last_event = ?, custom = ?, audience_count = ?, last_position = ?, mix_width = ?,"
        " mix_height = ? WHERE sequence = ?"},
       {place_room_, "UPDATE rooms SET place = ? WHERE sequence = ?"},
       {delete_room_, "DELETE FROM rooms WHERE sequence = ?"},
       {put_pusher_,
        "INSERT OR REPLACE INTO pushers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
       {delete_pusher_, "DELETE FROM pushers WHERE room = ? AND seat = ?"},
       {put_audience_, "INSERT OR REPLACE INTO audiences VALUES (?, ?, ?, ?)"},
       {delete_audience_, "DELETE FROM audiences WHERE room = ? AND user_id = ?"}});
}

Status RoomWriter::Insert(const Room& room, std::uint64_t last_position) {
  const MixCanvas mix = room.mix.value_or(MixCanvas{});
  const Status inserted = Run(insert_room_, room.sequence, room.key.id.value, room.key.kind,
                              room.dialect, room.creator.value, room.info, room.mixed_play_url,
                              room.created_at, room.last_event, room.place, room.type, room.custom,
                              room.audience_count, last_position, mix.width, mix.height);
  if (!inserted) return inserted;
  for (const Pusher& pusher : room.pushers) {
    if (const Status put = PutPusher(room, pusher); !put) return put;
  }
  return {};
}

Status RoomWriter::Update(const Room& before, const Room& after, std::uint64_t last_position) {
  const MixCanvas mix = after.mix.value_or(MixCanvas{});
  const Status updated = Run(update_room_, after.creator.value, after.info, after.mixed_play_url,
                             after.created_at, after.last_event, after.custom, after.audience_count,
                             last_position, mix.width, mix.height, after.sequence);
  if (!updated) return updated;
  if (after.place != before.place) {
    const Status placed = Run(place_room_, after.place, after.sequence);
    if (!placed) return placed;
  }
  for (const Pusher& pusher : before.pushers) {
    if (PusherOfSeat(after, pusher.seat) != nullptr) continue;
    if (const Status deleted = Run(delete_pusher_, after.sequence, pusher.seat); !deleted) {
      return deleted;
    }
  }
  for (const Pusher& pusher : after.pushers) {
    const Pusher* const stored = PusherOfSeat(before, pusher.seat);
    if (stored != nullptr && *stored == pusher) continue;
    if (const Status put = PutPusher(after, pusher); !put) return put;
  }
  return UpdateAudiences(before, after);
}

Status RoomWriter::UpdateAudiences(const Room& before, const Room& after) {
  for (const Audience& viewer : before.audiences) {
    if (FindAudience(after, viewer.user_id) != nullptr) continue;
    const Status deleted = Run(delete_audience_, after.sequence, viewer.user_id.value);
    if (!deleted) return deleted;
  }
  for (const Audience& viewer : after.audiences) {
    const Audience* const stored = FindAudience(before, viewer.user_id);
    if (stored != nullptr && *stored == viewer) continue;
    const Status put =
        Run(put_audience_, after.sequence, viewer.user_id.value, viewer.user_info, viewer.seat);
    if (!put) return put;
  }
  return {};
}

Status RoomWriter::Delete(const Room& room) { return Run(delete_room_, room.sequence); }

Status RoomWriter::PutPusher(const Room& room, const Pusher& pusher) {
  const MixPlace place =
      pusher.mix_place.value_or(MixPlace{.layer = 0, .has_video = false, .has_audio = false});
  return Run(put_pusher_, room.sequence, pusher.seat, pusher.user_id.value, pusher.user_name,
             pusher.user_avatar, pusher.push_url, pusher.accelerate_url, pusher.added_at, place.x,
             place.y, place.width, place.height, place.layer, PartsOf(place));
}

}  // namespace rtcroom
