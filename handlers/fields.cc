#include "handlers/fields.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/text.h"
#include "handlers/body.h"
#include "handlers/json_values.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr std::string_view kMissing = "missing";

bool IsRtmpUrl(std::string_view url) {
  return StartsWithIgnoringCase(url, "rtmp://") || StartsWithIgnoringCase(url, "rtmps://");
}

/// `^[a-zA-Z][a-zA-Z0-9_]{3,23}$`
/// @source protocol B.8.
bool IsTrtcUserId(std::string_view id) {
  return id.size() >= 4 && id.size() <= 24 && IsAsciiLetter(id.front()) &&
         std::ranges::all_of(
             id, [](char c) { return IsAsciiLetter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

RoomId Fields::Room() { return CheckedRoom(Find("roomID", "roomid")); }

std::optional<RoomId> Fields::OptionalRoom() {
  const Field field = Find("roomID", "roomid");
  if (field.value == nullptr) return std::nullopt;
  return CheckedRoom(field);
}

UserId Fields::User() { return CheckedUser(Find("userID")); }

std::string Fields::Text(std::string_view name, std::size_t max_bytes) {
  return CheckedText(Find(name, {}, MayBeEmpty::kYes), max_bytes);
}

std::string Fields::Word(std::string_view name, std::size_t max_bytes) {
  return CheckedText(Find(name), max_bytes);
}

std::string Fields::OptionalText(std::string_view name, std::size_t max_bytes) {
  const Field field = Find(name);
  if (field.value == nullptr || !field.value->is_string()) return {};
  return CheckedText(field, max_bytes);
}

std::optional<UserId> Fields::OptionalUser(std::string_view name) {
  const Field field = Find(name);
  if (field.value == nullptr || !IdText(*field.value)) return std::nullopt;
  return CheckedUser(field);
}

std::string Fields::PushUrl() {
  constexpr std::string_view kName = "pushURL";
  std::string url = Text(kName);
  switch (traits_.push_urls) {
    case PushUrls::kAny:
      break;
    case PushUrls::kRtmpOrNone:
      if (!url.empty() && !IsRtmpUrl(url)) Fail(kName, "neither an rtmp URL nor empty");
  }
  return url;
}

std::string Fields::Info() {
  return CheckedText(Find(traits_.info_name, traits_.info_alias, MayBeEmpty::kYes), kMaxTextBytes,
                     traits_.info_too_long);
}

std::string Fields::OptionalInfo() {
  const Field field = Find(traits_.info_name, traits_.info_alias);
  if (field.value == nullptr || !field.value->is_string()) return {};
  return CheckedText(field, kMaxTextBytes, traits_.info_too_long);
}

void Fields::CheckMergeParams() {
  const Field field = Find("mergeParams");
  if (field.value == nullptr) return Fail(field.name, kMissing);
  json parsed;
  const json* params = field.value;
  if (traits_.merge_params == MergeParams::kObjectOrText && params->is_string()) {
    Result<json> read = ParseJson(params->get_ref<const std::string&>());
    if (!read)
      return Refuse({read.error().code, fmt::format("mergeParams: {}", read.error().detail)});
    parsed = *std::move(read);
    params = &parsed;
  }
  if (!params->is_object()) return Fail(field.name, "not an object");
  if (params->dump().size() > kMaxMergeParamsBytes) FailTooLong(field.name, kMaxMergeParamsBytes);
}

json Fields::Scalar(std::string_view name, std::size_t max_bytes) {
  const auto found = body_.find(name);
  if (found == body_.end() || found->is_null()) {
    Fail(name, kMissing);
    return {};
  }
  if (!found->is_string() && !found->is_number() && !found->is_boolean()) {
    Fail(name, "neither a string nor a number nor a boolean");
    return {};
  }
  if (found->dump().size() > max_bytes) FailTooLong(name, max_bytes);
  return *found;
}

std::int64_t Fields::Integer(std::string_view name, std::string_view alias) {
  auto found = body_.find(name);
  if (found == body_.end() && !alias.empty()) {
    found = body_.find(alias);
    if (found != body_.end()) name = alias;
  }
  if (found == body_.end()) {
    Fail(name, kMissing);
    return 0;
  }
  const std::optional<std::int64_t> number =
      found->is_string() ? WholeNumber(std::string_view(found->get_ref<const std::string&>()))
                         : WholeNumber(*found);
  if (!number) Fail(name, "not a whole number");
  return number.value_or(0);
}

bool Fields::IsGiven(const json& value, MayBeEmpty may_be_empty) const {
  switch (traits_.presence) {
    case Presence::kTruthy:
      return IsTruthy(value);
    case Presence::kKey:
      return may_be_empty == MayBeEmpty::kYes || !IsEmptyValue(value);
    case Presence::kNonEmpty:
      return !IsEmptyValue(value);
  }
  return false;
}

Fields::Field Fields::Find(std::string_view name, std::string_view alias,
                           MayBeEmpty may_be_empty) const {
  for (const std::string_view key : {name, alias}) {
    if (key.empty()) continue;  // no alias: a field may be named ""
    const auto found = body_.find(key);
    if (found != body_.end() && IsGiven(*found, may_be_empty)) {
      return {.name = key, .value = &*found};
    }
  }
  return {.name = name, .value = nullptr};
}

RoomId Fields::CheckedRoom(const Field& field) {
  std::string id = CheckedId(field);
  if (!ok()) return {};
  switch (traits_.ids) {
    case Ids::kPrintable:
      CheckIdText(field, id, kMaxRoomIdBytes);
      return {std::move(id)};
    case Ids::kTrtc: {
      constexpr std::int64_t kGreatest = 2'147'483'647;
      const std::int64_t number = WholeNumber(std::string_view(id)).value_or(0);
      if (number < 1 || number > kGreatest) Fail(field.name, "not a number from 1 to 2147483647");
      return {std::to_string(number)};
    }
  }
  return {};
}

UserId Fields::CheckedUser(const Field& field) {
  std::string id = CheckedId(field);
  if (!ok()) return {};
  switch (traits_.ids) {
    case Ids::kPrintable:
      CheckIdText(field, id, kMaxUserIdBytes);
      break;
    case Ids::kTrtc:
      if (!IsTrtcUserId(id))
        Refuse({Errc::kBadIdentity, "userID: not of the form that is asked for"});
  }
  return {std::move(id)};
}

std::string Fields::CheckedId(const Field& field) {
  if (field.value == nullptr) {
    Fail(field.name, kMissing);
    return {};
  }
  std::optional<std::string> id = IdText(*field.value);
  if (!id) Fail(field.name, "neither a string nor a whole number");
  return id.value_or("");
}

void Fields::CheckIdText(const Field& field, std::string_view id, std::size_t max_bytes) {
  if (id.size() > max_bytes) FailTooLong(field.name, max_bytes);
  if (!IsIdText(id)) Fail(field.name, "holds a forbidden character");
}

std::string Fields::CheckedText(const Field& field, std::size_t max_bytes, Errc too_long) {
  if (field.value == nullptr) {
    Fail(field.name, kMissing);
    return {};
  }
  if (field.value->is_null()) return {};
  if (!field.value->is_string()) {
    Fail(field.name, "not a string");
    return {};
  }
  const auto& text = field.value->get_ref<const std::string&>();
  if (text.size() > max_bytes) FailTooLong(field.name, max_bytes, too_long);
  return text;
}

void Fields::Refuse(Error error) {
  if (outcome_) outcome_ = std::move(error);
}

void Fields::Fail(std::string_view name, std::string_view fault) {
  Refuse({Errc::kBadRequest, fmt::format("{}: {}", name, fault)});
}

void Fields::FailTooLong(std::string_view name, std::size_t max_bytes, Errc code) {
  Refuse({code, fmt::format("{}: longer than {} bytes", name, max_bytes)});
}

}  // namespace rtcroom
