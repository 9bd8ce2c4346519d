#include "handlers/fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include <fmt/format.h>

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr std::string_view kMissing = "missing";

/// JavaScript's notion of it, by which the gen-1 server looks for missing fields.
bool IsTruthy(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
    case json::value_t::discarded:
      return false;
    case json::value_t::boolean:
      return value.get<bool>();
    case json::value_t::string:
      return !value.get_ref<const std::string&>().empty();
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float:
      return value != 0;
    case json::value_t::object:
    case json::value_t::array:
    case json::value_t::binary:
      return true;
  }
  return false;
}

/// The whole number in `value`, cut to 64 bits.
std::optional<std::int64_t> WholeNumber(const json& value) {
  using Limits = std::numeric_limits<std::int64_t>;
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    return static_cast<std::int64_t>(std::min<std::uint64_t>(number, Limits::max()));
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_number_float()) return std::nullopt;
  // A double in two cases: `20.0`, the same as 20 to a JavaScript client, and 65 bits or more.
  const auto number = value.get<double>();
  if (std::trunc(number) != number) return std::nullopt;
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (number >= kTwoTo63) return Limits::max();
  if (number < -kTwoTo63) return Limits::min();
  return static_cast<std::int64_t>(number);
}

std::optional<std::int64_t> WholeNumber(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed_to, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed_to != end || fault == std::errc::invalid_argument) return std::nullopt;
  if (fault == std::errc::result_out_of_range) {
    using Limits = std::numeric_limits<std::int64_t>;
    return text.front() == '-' ? Limits::min() : Limits::max();
  }
  return number;
}

/// The text of an ID that was sent as a string or, as some clients do, as a whole number; nothing
/// when it is ill-typed.
std::optional<std::string> IdText(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  if (!value.is_number_float()) return std::nullopt;
  // A double holds whole numbers exactly up to 2^53 only; a greater one may be its neighbour.
  constexpr double kExact = 9007199254740992.0;
  if (std::abs(value.get<double>()) > kExact) return std::nullopt;
  const std::optional<std::int64_t> number = WholeNumber(value);
  if (!number) return std::nullopt;
  return std::to_string(*number);
}

}  // namespace

RoomId Fields::Room() { return {CheckedId(Find("roomID", "roomid"), kMaxRoomIdBytes)}; }

std::optional<RoomId> Fields::OptionalRoom() {
  const Field field = Find("roomID", "roomid");
  if (field.value == nullptr) return std::nullopt;
  return RoomId{CheckedId(field, kMaxRoomIdBytes)};
}

UserId Fields::User() { return {CheckedId(Find("userID"), kMaxUserIdBytes)}; }

std::string Fields::Text(std::string_view name, std::size_t max_bytes) {
  return CheckedText(Find(name), max_bytes);
}

std::string Fields::Text(std::string_view name, std::string_view alias, std::size_t max_bytes) {
  return CheckedText(Find(name, alias), max_bytes);
}

std::string Fields::OptionalText(std::string_view name) {
  const Field field = Find(name);
  if (field.value == nullptr || !field.value->is_string()) return {};
  return CheckedText(field, kMaxTextBytes);
}

std::optional<UserId> Fields::OptionalUser(std::string_view name) {
  const Field field = Find(name);
  if (field.value == nullptr || !IdText(*field.value)) return std::nullopt;
  return UserId{CheckedId(field, kMaxUserIdBytes)};
}

void Fields::RequireObject(std::string_view name, std::size_t max_bytes) {
  const Field field = Find(name);
  if (field.value == nullptr) return Fail(name, kMissing);
  if (!field.value->is_object()) return Fail(name, "not an object");
  if (field.value->dump().size() > max_bytes) FailTooLong(name, max_bytes);
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

Fields::Field Fields::Find(std::string_view name, std::string_view alias) const {
  for (const std::string_view key : {name, alias}) {
    if (key.empty()) continue;  // no alias: a field may well be named ""
    const auto found = body_.find(key);
    if (found != body_.end() && IsTruthy(*found)) return {.name = key, .value = &*found};
  }
  return {.name = name, .value = nullptr};
}

std::string Fields::CheckedId(const Field& field, std::size_t max_bytes) {
  if (field.value == nullptr) {
    Fail(field.name, kMissing);
    return {};
  }
  std::optional<std::string> id = IdText(*field.value);
  if (!id) {
    Fail(field.name, "neither a string nor a whole number");
    return {};
  }
  if (id->size() > max_bytes) FailTooLong(field.name, max_bytes);
  if (!IsIdText(*id)) Fail(field.name, "holds a forbidden character");
  return *std::move(id);
}

std::string Fields::CheckedText(const Field& field, std::size_t max_bytes) {
  if (field.value == nullptr) {
    Fail(field.name, kMissing);
    return {};
  }
  if (!field.value->is_string()) {
    Fail(field.name, "not a string");
    return {};
  }
  const auto& text = field.value->get_ref<const std::string&>();
  if (text.size() > max_bytes) FailTooLong(field.name, max_bytes);
  return text;
}

void Fields::Fail(std::string_view name, std::string_view fault) {
  if (outcome_) outcome_ = Error{Errc::kBadRequest, fmt::format("{}: {}", name, fault)};
}

void Fields::FailTooLong(std::string_view name, std::size_t max_bytes) {
  if (outcome_) {
    outcome_ = Error{Errc::kBadRequest, fmt::format("{}: longer than {} bytes", name, max_bytes)};
  }
}

}  // namespace rtcroom
