// Rooms as an operator reads them.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <rtcroom/v1/room.pb.h>

namespace rtcroom {

/// The text on one line, safe for a terminal: what would move its cursor, or turn the direction of
/// writing round, is written as its number. Users choose these texts.
/// @param most  bytes after which it is cut; 0: never.
std::string Printable(std::string_view text, std::size_t most = 0);

/// "double", "multi", "live", or the number of a kind that this program does not know.
std::string KindWord(v1::RoomKind kind);

/// In UTC, as RFC 3339 writes it.
std::string TimeText(const google::protobuf::Timestamp& time);

void PrintRoomsHead(std::ostream& out);
void PrintRoomLine(const v1::Room& room, std::ostream& out);
void PrintRoom(const v1::Room& room, std::ostream& out);

/// The message as one line of JSON, with the names of its proto file.
std::string JsonLine(const google::protobuf::Message& message);

}  // namespace rtcroom
