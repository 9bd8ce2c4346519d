#include "daemon/cli/rooms_output.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include "daemon/base/text.h"
#include "daemon/core/ids.h"
#include "daemon/events/event_messages.h"

namespace rtcroom {
namespace {

/// Wide enough for most values; a longer one shifts the rest of its line.
constexpr const char* kColumns = "{:<7} {:<24} {:>7}  {:<20}  {:<24} {}\n";
constexpr std::size_t kMaxInfo = 60;

bool IsControl(char32_t code) { return code < 0x20 || (code >= 0x7f && code < 0xa0); }

/// Marks that change the writing direction, and line separators beyond ASCII.
bool IsBidiControl(char32_t code) {
  return (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

/// The code of one well-formed UTF-8 character.
char32_t CodeOf(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return lead;
  char32_t code = lead & (0x7fU >> character.size());
  for (const char byte : character.substr(1)) {
    code = code << 6 | (static_cast<unsigned char>(byte) & 0x3fU);
  }
  return code;
}

}  // namespace

std::string Printable(std::string_view text, std::size_t most) {
  std::string printable;
  const auto out = std::back_inserter(printable);
  const bool is_cut = most > 0 && text.size() > most;
  const std::size_t end = is_cut ? most : text.size();
  for (std::size_t at = 0; at < end;) {
    const Utf8Piece piece = FirstUtf8Piece(text.substr(at));
    if (!piece.is_character) {
      fmt::format_to(out, "\\x{:02x}", static_cast<unsigned char>(text[at]));
      ++at;
      continue;
    }
    const std::string_view character = text.substr(at, piece.length);
    const char32_t code = CodeOf(character);
    if (IsControl(code) || IsBidiControl(code)) {
      fmt::format_to(out, "\\u{:04x}", static_cast<unsigned>(code));
    } else if (code == '\\') {
      printable += "\\\\";
    } else {
      printable += character;
    }
    at += piece.length;
  }
  if (is_cut) printable += "...";
  return printable;
}

std::string KindWord(v1::RoomKind kind) {
  const std::optional<RoomKind> known = KindOf(kind);
  return known ? std::string(RoomKindName(*known)) : fmt::format("{}", static_cast<int>(kind));
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  // To whole seconds; the library cannot format times outside the calendar's range.
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
  }
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
