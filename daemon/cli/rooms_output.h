// Output formats of rooms for operators.
#pragma once

#include <ostream>
#include <string>

#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <rtcroom/v1/room.pb.h>
#include <rtcroom/v1/room_admin.pb.h>

namespace rtcroom {

/// "double", "multi", "live", or the number of an unknown kind.
std::string KindWord(v1::RoomKind kind);

/// UTC in RFC 3339 format.
std::string TimeText(const google::protobuf::Timestamp& time);

void PrintRoomsHead(std::ostream& out);
void PrintRoomLine(const v1::Room& room, std::ostream& out);
void PrintRoom(const v1::Room& room, std::ostream& out);

void PrintRecordingsHead(std::ostream& out);
void PrintRecordingLine(const v1::Recording& recording, std::ostream& out);

/// The message as one line of JSON, with the field names of its proto file.
std::string JsonLine(const google::protobuf::Message& message);

}  // namespace rtcroom
