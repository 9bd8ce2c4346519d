#include "handlers/rooms/fields.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/text.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {
namespace {

using nlohmann::json;

bool IsRtmpUrl(std::string_view url) {
  return StartsWithIgnoringCase(url, "rtmp://") || StartsWithIgnoringCase(url, "rtmps://");
}

/// `^[a-zA-Z][a-zA-Z0-9_]{3,23}$`
/// @source protocol B.8.
bool IsTrtcUserId(std::string_view id) {
  return id.size() >= 4 && id.size() <= field::kTrtcUserId.max_bytes && IsAsciiLetter(id.front()) &&
         std::ranges::all_of(id, [](char c) { return IsAsciiAlphanumeric(c) || c == '_'; });
}

}  // namespace

RoomId Fields::Room() { return CheckedRoom(Find(field::kRoomId)); }

std::optional<RoomId> Fields::OptionalRoom() {
  const Field room = Find(field::kRoomId);
  if (room.value == nullptr) return std::nullopt;
  return CheckedRoom(room);
}

UserId Fields::User() { return CheckedUser(Find(field::kUserId)); }

std::string Fields::Text(const FieldSpec& spec) {
  const Field text = Find(spec, MayBeEmptyText(spec));
  if (!spec.is_required && (text.value == nullptr || !text.value->is_string())) return {};
  return CheckedText(text, spec.max_bytes);
}

std::optional<UserId> Fields::OptionalUser(const FieldSpec& spec) {
  const Field field = Find(spec);
  if (field.value == nullptr || !IdText(*field.value)) return std::nullopt;
  return CheckedUser(field);
}

std::string Fields::PushUrl() {
  std::string url = Text(field::kPushUrl);
  switch (traits_.push_urls) {
    case PushUrls::kAny:
      break;
    case PushUrls::kRtmpOrNone:
      if (!url.empty() && !IsRtmpUrl(url)) {
        Fail(field::kPushUrl.name, "neither an rtmp URL nor empty");
      }
  }
  return url;
}

std::string Fields::Info() {
  return CheckedText(Find(traits_.info, MayBeEmpty::kYes), traits_.info.max_bytes,
                     traits_.info_too_long);
}

std::string Fields::OptionalInfo() {
  const Field text = Find(traits_.info);
  if (text.value == nullptr || !text.value->is_string()) return {};
  return CheckedText(text, traits_.info.max_bytes, traits_.info_too_long);
}

json Fields::MergeParams() {
  constexpr const FieldSpec& kSpec = field::kMergeParams;
  const json* const sent = Find(kSpec).value;
  if (sent == nullptr) {
    FailAsMissing(kSpec.name);
    return {};
  }
  json params = *sent;
  if (traits_.merge_params == rtcroom::MergeParams::kObjectOrText && sent->is_string()) {
    Result<json> parsed = ParseJson(sent->get_ref<const std::string&>());
    if (!parsed) {
      Refuse({parsed.error().code, fmt::format("mergeParams: {}", parsed.error().detail)});
      return {};
    }
    params = *std::move(parsed);
  }
  if (!params.is_object()) Fail(kSpec.name, "not an object");
  if (params.dump().size() > kSpec.max_bytes) FailTooLong(kSpec.name, kSpec.max_bytes);
  return params;
}

json Fields::Scalar(const FieldSpec& spec) {
  const auto found = body_.find(spec.name);
  if (found == body_.end() || found->is_null()) {
    FailAsMissing(spec.name);
    return {};
  }
  if (!found->is_string() && !found->is_number() && !found->is_boolean()) {
    Fail(spec.name, "neither a string nor a number nor a boolean");
    return {};
  }
  if (found->dump().size() > spec.max_bytes) FailTooLong(spec.name, spec.max_bytes);
  return *found;
}

std::int64_t Fields::Integer(const FieldSpec& spec) {
  std::string_view name = spec.name;
  auto found = body_.find(name);
  if (found == body_.end() && !spec.alias.empty()) {
    found = body_.find(spec.alias);
    if (found != body_.end()) name = spec.alias;
  }
  if (found == body_.end()) {
    FailAsMissing(name);
    return 0;
  }
  const std::optional<std::int64_t> number =
      found->is_string() ? WholeNumber(std::string_view(found->get_ref<const std::string&>()))
                         : WholeNumber(*found);
  if (!number) Fail(name, "not a whole number");
  return number.value_or(0);
}

Fields::MayBeEmpty Fields::MayBeEmptyText(const FieldSpec& spec) {
  const bool is_word = spec.form == FieldForm::kWord || spec.form == FieldForm::kOperation;
  return spec.is_required && !is_word ? MayBeEmpty::kYes : MayBeEmpty::kNo;
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

Fields::Field Fields::Find(const FieldSpec& spec, MayBeEmpty may_be_empty) const {
  for (const std::string_view key : {spec.name, spec.alias}) {
    if (key.empty()) continue;  // no alias: a field may be named ""
    const auto found = body_.find(key);
    if (found != body_.end() && IsGiven(*found, may_be_empty)) {
      return {.name = key, .value = &*found};
    }
  }
  return {.name = spec.name, .value = nullptr};
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
    FailAsMissing(field.name);
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
    FailAsMissing(field.name);
    return {};
  }
  if (field.value->is_null()) return {};
  if (!field.value->is_string()) {
    Fail(field.name, "not a string");
    return {};
  }
  const auto& text = field.value->get_ref<const std::string&>();
  if (max_bytes > 0 && text.size() > max_bytes) FailTooLong(field.name, max_bytes, too_long);
  return text;
}

void Fields::Refuse(Error error) {
  if (outcome_) outcome_ = std::move(error);
}

void Fields::Fail(std::string_view name, std::string_view fault) {
  Refuse({Errc::kBadRequest, fmt::format("{}: {}", name, fault)});
}

void Fields::FailAsMissing(std::string_view name) {
  if (unread_.empty()) return Fail(name, "missing");
  Refuse({Errc::kBadRequest, std::string(unread_)});
}

void Fields::FailTooLong(std::string_view name, std::size_t max_bytes, Errc code) {
  Refuse({code, fmt::format("{}: longer than {} bytes", name, max_bytes)});
}

Fields FieldsOf(const Request& request) { return {request.body, request.traits(), request.unread}; }

std::string QueryValue(const Request& request, std::string_view name) {
  return std::string(FirstOrEmpty(request.query, name));
}

RoomKey ReadRoomKey(Fields& fields, const Request& request) {
  return {.kind = request.room_kind, .id = fields.Room()};
}

MemberCommand ReadMember(Fields& fields, const Request& request) {
  return {.room = ReadRoomKey(fields, request),
          .dialect = request.dialect(),
          .user_id = fields.User(),
          .from = request.from};
}

PusherProfile ReadProfile(Fields& fields) {
  return {.user_name = fields.Text(field::kUserName),
          .user_avatar = fields.Text(field::kUserAvatar),
          .push_url = fields.PushUrl()};
}

bool NamesClient(const Request& request) { return !FieldsOf(request).Text(field::kClient).empty(); }

StayWish ReadStayWish(const Request& request) {
  return NamesClient(request) ? std::make_shared<std::string>() : nullptr;
}

std::string ReadStay(Fields& fields, const Request& request) {
  return NamesClient(request) ? fields.Text(field::kStay) : std::string();
}

JsonText WithStay(JsonText reply, const StayWish& stay) {
  if (stay != nullptr && !stay->empty()) reply.Field("stay", *stay);
  return reply;
}

Result<Room> LoadNamedRoom(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const RoomKey key = ReadRoomKey(fields, request);
  if (!fields.ok()) return fields.error();
  return context.services.rooms.LoadRoom(key, request.dialect());
}

Reply FailureOver(const RoomId& room_id, Error error, const ProtocolTraits& traits) {
  const bool includes_room_id = traits.names_room && error.code == Errc::kRoomExists;
  return Reply::Failure(std::move(error),
                        includes_room_id ? JsonText().Field("roomID", room_id.value) : JsonText());
}

}  // namespace rtcroom
