#include "handlers/channel/channel_fields.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/core/ids.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {
namespace {

using nlohmann::ordered_json;

/// The number to which clients, all of them written in JavaScript, can count.
constexpr std::uint64_t kMaxNumber = std::uint64_t{1} << 53;
/// The most bytes of the name of a room's kind.
constexpr std::size_t kMaxKindBytes = 16;

const ordered_json& EmptyObject() {
  static const ordered_json empty = ordered_json::object();
  return empty;
}

const ordered_json& EmptyArray() {
  static const ordered_json empty = ordered_json::array();
  return empty;
}

}  // namespace

Result<ordered_json> ReadCommandBody(std::string_view body) {
  if (body.empty()) return ordered_json::object();
  if (body.size() > kMaxCommandBytes) return Error{Errc::kNotJson, "body: too long"};
  Result<ordered_json> parsed = ParseOrderedJson(body);
  if (!parsed) return Error{Errc::kNotJson, "body: " + parsed.error().detail};
  if (!parsed->is_object()) return Error{Errc::kNotJson, "body: not a JSON object"};
  return parsed;
}

void ChannelFields::Fail(Errc code, std::string_view name, std::string_view fault) {
  if (!outcome_) return;
  outcome_ = Error{code, std::string(name).append(": ").append(fault)};
}

const ordered_json* ChannelFields::Find(const char* name) const {
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

const ordered_json* ChannelFields::Required(const char* name) {
  const ordered_json* const value = Find(name);
  if (value == nullptr) Fail(Errc::kBadRequest, name, "missing");
  return value;
}

std::string ChannelFields::TextOf(const char* name, const ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  Fail(Errc::kNotJson, name, "not a string");
  return {};
}

std::uint64_t ChannelFields::NumberOf(const char* name, const ordered_json& value) {
  if (!value.is_number()) {
    Fail(Errc::kNotJson, name, "not a number");
    return 0;
  }
  const bool is_in_bounds = value.is_number_unsigned() && value.get<std::uint64_t>() <= kMaxNumber;
  if (!is_in_bounds) Fail(Errc::kBadRequest, name, "not a whole number from 0 to 2^53");
  return is_in_bounds ? value.get<std::uint64_t>() : 0;
}

RoomKey ChannelFields::Room() {
  const std::string kind = Text("kind", kMaxKindBytes);
  const auto* const named = std::ranges::find(kAllRoomKinds, kind, RoomKindName);
  if (named == std::end(kAllRoomKinds)) {
    Fail(Errc::kBadRequest, "kind", "not one of double, multi, live, webrtc");
    return {};
  }
  return {.kind = *named, .id = RoomIdOf("roomID")};
}

RoomKind ChannelFields::ListKind() {
  const std::string kind = Text("kind", kMaxKindBytes);
  for (const RoomKind listed : {RoomKind::kDouble, RoomKind::kMulti, RoomKind::kLive}) {
    if (kind == RoomKindName(listed)) return listed;
  }
  Fail(Errc::kBadRequest, "kind", "not one of double, multi, live");
  return {};
}

std::string ChannelFields::Text(const char* name, std::size_t most) {
  const ordered_json* const value = Required(name);
  std::string text = value == nullptr ? std::string() : TextOf(name, *value);
  if (text.empty()) Fail(Errc::kBadRequest, name, "empty");
  if (text.size() > most) Fail(Errc::kBadRequest, name, "too long");
  return text;
}

std::string ChannelFields::OptionalText(const char* name, std::size_t most) {
  std::string text = OptionalText(name);
  if (text.size() > most) Fail(Errc::kBadRequest, name, "too long");
  return text;
}

RoomId ChannelFields::Group() { return RoomIdOf("GroupId"); }

RoomId ChannelFields::RoomIdOf(const char* name) {
  const ordered_json* const value = Required(name);
  RoomId group{value == nullptr ? std::string() : TextOf(name, *value)};
  if (group.value.empty()) {
    Fail(Errc::kBadRequest, name, "missing");
  } else if (!IsRoomIdText(group.value)) {
    Fail(Errc::kRoomNotFound, name, "not a group's");
  }
  return group;
}

UserId ChannelFields::Account(const char* name) {
  const ordered_json* const value = Required(name);
  UserId account{value == nullptr ? std::string() : TextOf(name, *value)};
  if (!IsUserIdText(account.value)) Fail(Errc::kBadRequest, name, "not an account");
  return account;
}

const ordered_json& ChannelFields::Elements(const char* name, const ordered_json* array,
                                            std::size_t most) {
  if (array == nullptr) return EmptyArray();
  if (!array->is_array()) {
    Fail(Errc::kNotJson, name, "not an array");
    return EmptyArray();
  }
  if (array->size() > most) {
    Fail(Errc::kBadRequest, name, "too many elements");
    return EmptyArray();
  }
  return *array;
}

std::vector<std::string> ChannelFields::Texts(const char* name, std::size_t most) {
  std::vector<std::string> texts;
  for (const ordered_json& element : Elements(name, Required(name), most)) {
    texts.push_back(TextOf(name, element));
  }
  return texts;
}

std::string ChannelFields::OptionalText(const char* name) {
  const ordered_json* const value = Find(name);
  return value == nullptr ? std::string() : TextOf(name, *value);
}

std::uint64_t ChannelFields::Number(const char* name) {
  const ordered_json* const value = Required(name);
  return value == nullptr ? 0 : NumberOf(name, *value);
}

std::uint64_t ChannelFields::OptionalNumber(const char* name, std::uint64_t if_missing) {
  const ordered_json* const value = Find(name);
  return value == nullptr ? if_missing : NumberOf(name, *value);
}

std::size_t ChannelFields::Limit(const char* name, std::size_t most) {
  return std::clamp<std::uint64_t>(OptionalNumber(name, most), 1, most);
}

bool ChannelFields::OptionalFlag(const char* name) {
  const ordered_json* const value = Find(name);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  Fail(Errc::kNotJson, name, "not a boolean");
  return false;
}

const ordered_json& ChannelFields::OptionalObject(const char* name) {
  const ordered_json* const value = Find(name);
  if (value == nullptr) return EmptyObject();
  if (value->is_object()) return *value;
  Fail(Errc::kNotJson, name, "not an object");
  return EmptyObject();
}

std::vector<ChannelFields> ChannelFields::OptionalObjects(const char* name, std::size_t most) {
  std::vector<ChannelFields> objects;
  for (const ordered_json& element : Elements(name, Find(name), most)) {
    if (!element.is_object()) Fail(Errc::kNotJson, name, "an element is not an object");
    objects.emplace_back(element);
  }
  return objects;
}

Result<MessageBody> ChannelFields::Message() {
  const ordered_json* const value = Required("MsgBody");
  if (value == nullptr) return outcome_.error();
  Result<MessageBody> message = MessageBody::From(*value);
  if (message || message.error().code != Errc::kBadRequest) return message;
  return Error{Errc::kNotJson, message.error().detail};
}

}  // namespace rtcroom
