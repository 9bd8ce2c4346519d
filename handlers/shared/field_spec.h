// The fields of requests: their names, forms and limits. Each stands here once; the endpoints list
// theirs in endpoint_spec.cc, and the handlers read them by these values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/core/ids.h"

namespace rtcroom {

/// The values of a field. `ProtocolTraits` adds when one counts as missing, and the form of push
/// URLs and mergeParams.
enum class FieldForm : std::uint8_t {
  kRoomId,
  kUserId,
  kTrtcRoomId,   ///< of webrtc_room: a number from 1 to 2147483647, or its decimal text
  kTrtcUserId,   ///< of webrtc_room: `^[a-zA-Z][a-zA-Z0-9_]{3,23}$`
  kText,         ///< a string
  kWord,         ///< a string that is never empty
  kOperation,    ///< `inc`, `dec` or `set`
  kPushUrl,      ///< a string
  kInfo,         ///< a string, with an error of its own when it is too long
  kInteger,      ///< a whole number, or its decimal text
  kPositive,     ///< the same, from 1
  kScalar,       ///< a string, a number or a boolean
  kMergeParams,  ///< an object, or its JSON text
};

enum class FieldPlace : std::uint8_t { kBody, kQuery };

struct FieldSpec {
  std::string_view name{};
  FieldForm form = FieldForm::kText;
  std::size_t max_bytes = 0;  ///< of a string, or of the JSON text of other values; 0: unlimited
  std::string_view alias{};   ///< read when `name` is missing (protocol C.4)
  /// Otherwise the field counts as absent when it is ill-typed, except the room of create_room.
  bool is_required = true;
  FieldPlace place = FieldPlace::kBody;
};

constexpr FieldSpec Optional(FieldSpec spec) {
  spec.is_required = false;
  return spec;
}
constexpr FieldSpec InQuery(FieldSpec spec) {
  spec.place = FieldPlace::kQuery;
  return spec;
}

/// @source protocol 0.3, A.3, B.4, B.5, B.8.
namespace field {

inline constexpr std::size_t kMaxNameBytes = 128;
inline constexpr std::size_t kMaxTextBytes = 1024;  ///< URLs, texts of rooms and users, login code

inline constexpr FieldSpec kRoomId{
    .name = "roomID", .form = FieldForm::kRoomId, .max_bytes = kMaxRoomIdBytes, .alias = "roomid"};
inline constexpr FieldSpec kUserId{
    .name = "userID", .form = FieldForm::kUserId, .max_bytes = kMaxUserIdBytes};
inline constexpr FieldSpec kTrtcRoomId{
    .name = "roomID", .form = FieldForm::kTrtcRoomId, .alias = "roomid"};
inline constexpr FieldSpec kTrtcUserId{
    .name = "userID", .form = FieldForm::kTrtcUserId, .max_bytes = 24};

inline constexpr FieldSpec kUserName{.name = "userName", .max_bytes = kMaxNameBytes};
inline constexpr FieldSpec kUserAvatar{.name = "userAvatar", .max_bytes = kMaxTextBytes};
inline constexpr FieldSpec kPushUrl{
    .name = "pushURL", .form = FieldForm::kPushUrl, .max_bytes = kMaxTextBytes};
/// The text of a room: gen-1, and the others.
inline constexpr FieldSpec kRoomName{
    .name = "roomName", .form = FieldForm::kInfo, .max_bytes = kMaxTextBytes, .alias = "roomInfo"};
inline constexpr FieldSpec kRoomInfo{
    .name = "roomInfo", .form = FieldForm::kInfo, .max_bytes = kMaxTextBytes, .alias = "roomName"};

/// The room of get_push_url: one that is no id counts as absent.
inline constexpr FieldSpec kRoomHint = Optional({.name = "roomID"});

/// The pusher that get_whep_url plays; missing, empty or ill-typed: the mix.
inline constexpr FieldSpec kOf = Optional({.name = "of", .max_bytes = kMaxUserIdBytes});

inline constexpr FieldSpec kIndex{.name = "index", .form = FieldForm::kInteger};
inline constexpr FieldSpec kCnt{.name = "cnt", .form = FieldForm::kInteger, .alias = "count"};
inline constexpr FieldSpec kCount{.name = "count", .form = FieldForm::kInteger, .alias = "cnt"};

inline constexpr FieldSpec kMergeParams{
    .name = "mergeParams", .form = FieldForm::kMergeParams, .max_bytes = std::size_t{16} * 1024};

inline constexpr FieldSpec kFieldName{
    .name = "fieldName", .form = FieldForm::kWord, .max_bytes = 64};
inline constexpr FieldSpec kOperation{
    .name = "operation", .form = FieldForm::kOperation, .max_bytes = 16};
/// Read for the operation `set` only.
inline constexpr FieldSpec kValue{
    .name = "value", .form = FieldForm::kScalar, .max_bytes = kMaxTextBytes};
inline constexpr FieldSpec kUserInfo{.name = "userInfo", .max_bytes = kMaxTextBytes};

/// The client's name; the next one is read only with it.
/// @source protocol C.7.
inline constexpr FieldSpec kClient = Optional({.name = "client"});
inline constexpr FieldSpec kStay = Optional({.name = "stay"});

inline constexpr FieldSpec kNickName = Optional({.name = "nickName", .max_bytes = kMaxNameBytes});
inline constexpr FieldSpec kRoomType = Optional({.name = "roomType", .max_bytes = kMaxTextBytes});

inline constexpr FieldSpec kUserIdPrefix{.name = "userIDPrefix", .max_bytes = kMaxTextBytes};
inline constexpr FieldSpec kCode = Optional({.name = "code", .max_bytes = kMaxTextBytes});
inline constexpr FieldSpec kImUserId =
    Optional({.name = "imuserid", .form = FieldForm::kUserId, .max_bytes = kMaxUserIdBytes});
inline constexpr FieldSpec kTime{.name = "time", .form = FieldForm::kPositive};

}  // namespace field
}  // namespace rtcroom
