#include "daemon/cli/rooms_output.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include "daemon/cli/printable.h"
#include "daemon/core/ids.h"
#include "daemon/grpc/event_messages.h"

namespace rtcroom {
namespace {

/// Wide enough for most values; a longer one shifts the rest of its line.
constexpr const char* kColumns = "{:<7} {:<24} {:>7}  {:<20}  {:<24} {}\n";
constexpr const char* kRecordingColumns = "{:<7} {:<24} {:<20} {:<20}  {:>12} {}\n";
constexpr std::size_t kMaxInfo = 60;

std::string SignsText(const v1::PusherSigns& signs) {
  // The server measured it by its own clock: that of this machine may differ.
  std::string text = fmt::format("last heartbeat {} s ago", signs.silent_for().seconds());
  switch (signs.stream()) {
    case v1::STREAM_STATE_ON:
      return text + fmt::format(", stream on since {} s", signs.stream_lasting().seconds());
    case v1::STREAM_STATE_OFF:
      return text + fmt::format(", stream off since {} s", signs.stream_lasting().seconds());
    case v1::STREAM_STATE_NONE:
      return text + ", no stream";
    case v1::STREAM_STATE_UNKNOWN:
      return text + ", stream unknown: the media server does not answer";
    default:
      return text;
  }
}

}  // namespace

std::string KindWord(v1::RoomKind kind) {
  const std::optional<RoomKind> known = KindOf(kind);
  return known ? std::string(RoomKindName(*known)) : fmt::format("{}", static_cast<int>(kind));
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  // The text has whole seconds; the library cannot format times outside the calendar's range.
  google::protobuf::Timestamp seconds;
  seconds.set_seconds(std::clamp(time.seconds(),
                                 google::protobuf::util::TimeUtil::kTimestampMinSeconds,
                                 google::protobuf::util::TimeUtil::kTimestampMaxSeconds));
  return google::protobuf::util::TimeUtil::ToString(seconds);
}

void PrintRoomsHead(std::ostream& out) {
  out << fmt::format(fmt::runtime(kColumns), "KIND", "ROOM", "PUSHERS", "CREATED", "CREATOR",
                     "INFO");
}

void PrintRoomLine(const v1::Room& room, std::ostream& out) {
  out << fmt::format(fmt::runtime(kColumns), KindWord(room.room().kind()),
                     Printable(room.room().room_id()), room.pushers_size(),
                     TimeText(room.created_at()), Printable(room.creator()),
                     Printable(room.room_info(), kMaxInfo));
}

void PrintRoom(const v1::Room& room, std::ostream& out) {
  out << "room:    " << KindWord(room.room().kind()) << ' ' << Printable(room.room().room_id())
      << "\ninfo:    " << Printable(room.room_info()) << "\ncreator: " << Printable(room.creator())
      << "\ncreated: " << TimeText(room.created_at())
      << "\ndialect: " << (room.dialect() == v1::DIALECT_GEN2 ? "gen-2" : "gen-1")
      << "\npushers: " << room.pushers_size() << '\n';
  for (const v1::Pusher& pusher : room.pushers()) {
    out << fmt::format("  {:<24} since {}  {}\n", Printable(pusher.user_id()),
                       TimeText(pusher.added_at()), Printable(pusher.user_name()));
    out << fmt::format("  {:<24} {}\n", "", SignsText(pusher.signs()));
  }
}

void PrintRecordingsHead(std::ostream& out) {
  out << fmt::format(fmt::runtime(kRecordingColumns), "KIND", "ROOM", "USER", "ENDED", "BYTES",
                     "FILE");
}

void PrintRecordingLine(const v1::Recording& recording, std::ostream& out) {
  const bool is_known = recording.has_room();
  out << fmt::format(
      fmt::runtime(kRecordingColumns), is_known ? KindWord(recording.room().kind()) : "-",
      is_known ? Printable(recording.room().room_id()) : "-",
      is_known ? Printable(recording.user_id()) : "-", TimeText(recording.ended_at()),
      recording.bytes(), Printable(recording.file()));
}

std::string JsonLine(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  // Conversion fails for times outside the calendar's range; only the output line is lost then.
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) json = "{}";
  return json + "\n";
}

}  // namespace rtcroom
