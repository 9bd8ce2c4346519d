#include "tests/e2e/endpoint_fields.h"

#include <utility>

namespace rtcroom {
namespace {

using nlohmann::json;
using Cases = std::vector<std::pair<std::string, json>>;

json GoodValue(const FieldRow& field) {
  switch (field.type) {
    case FieldType::kUserId:
      return "u1";
    case FieldType::kRoomId:
      return "r1";
    case FieldType::kText:
      return "text";
    case FieldType::kNumber:
      return 0;
    case FieldType::kObject:
      return {{"interface", "mix"}};
  }
  return nullptr;
}

Cases ValuesOfNoType() {
  return {{"null", nullptr}, {"empty", ""}, {"true", true}, {"an array", json::array({"u1"})}};
}

// Wrong for a string, but valid for an object.
Cases ValuesOfOtherTypes() { return {{"an object", {{"a", 1}}}, {"false", false}, {"zero", 0}}; }

Cases BadIds(FieldType type) {
  Cases cases = {{"a fraction", 1.5},  {"a space", "a b"},        {"a slash", "a/b"},
                 {"a quote", "a\"b"},  {"a percent sign", "a%b"}, {"not ASCII", "\u00e9"},
                 {"a control", "a\tb"}};
  if (type == FieldType::kRoomId) cases.emplace_back("the prefix of the IM service", "@TGS#1");
  return cases;
}

Cases BadValues(const FieldRow& field) {
  Cases cases = ValuesOfNoType();
  const auto add = [&cases](const Cases& more) {
    cases.insert(cases.end(), more.begin(), more.end());
  };
  switch (field.type) {
    case FieldType::kUserId:
    case FieldType::kRoomId:
      add(ValuesOfOtherTypes());
      add(BadIds(field.type));
      break;
    case FieldType::kText:
      add(ValuesOfOtherTypes());
      break;
    case FieldType::kNumber:
      add({{"a word", "ten"}, {"a fraction", 1.5}, {"an object", json::object()}});
      break;
    case FieldType::kObject:
      add({{"a word", "text"}, {"a number", 7}});
      if (field.max_bytes > 0) {
        cases.emplace_back("too long", json{{"a", std::string(field.max_bytes, 'a')}});
      }
      return cases;
  }
  if (field.max_bytes > 0) {
    cases.emplace_back("too long", std::string(field.max_bytes + 1, 'a'));
  }
  return cases;
}

/// Spellings between the quotes of a JSON string that are not valid text (RFC 3629, protocol 0.3,
/// F.6).
std::vector<std::pair<std::string, std::string>> BadSpellings() {
  return {{"a byte of no character", "a\xff"},
          {"an overlong form", "a\xc0\xaf"},
          {"a surrogate as UTF-8", "a\xed\xa0\x80"},
          {"a character cut short", "a\xe4\xb8"},
          {"a NUL", "a\\u0000"}};
}

}  // namespace

std::vector<EndpointRow> EndpointTable() {
  const FieldRow room{"roomID", FieldType::kRoomId, 48};
  const FieldRow user{"userID", FieldType::kUserId, 64};
  const FieldRow name{"userName", FieldType::kText, 128};
  const FieldRow avatar{"userAvatar", FieldType::kText, 1024};
  const FieldRow push_url{"pushURL", FieldType::kText, 1024};
  return {
      {"get_im_login_info", {{"userIDPrefix", FieldType::kText, 0}}},
      {"get_push_url", {user}},
      {"create_room", {user, name, avatar, push_url, {"roomName", FieldType::kText, 1024}}},
      {"destroy_room", {room, user}},
      {"add_pusher", {room, user, name, avatar, push_url}},
      {"delete_pusher", {room, user}},
      {"get_pushers", {room}},
      {"pusher_heartbeat", {room, user}},
      {"get_room_list", {{"cnt", FieldType::kNumber, 0}, {"index", FieldType::kNumber, 0}}},
      {.name = "merge_stream",
       .required = {room, user, {"mergeParams", FieldType::kObject, 16'384}},
       .live_only = true},
  };
}

json GoodBody(const EndpointRow& endpoint) {
  json body = json::object();
  for (const FieldRow& field : endpoint.required) body[field.name] = GoodValue(field);
  return body;
}

std::vector<BadBody> BodiesOfNoText(json good, const std::string& field) {
  const std::string placeholder = "@spelling@";
  good[field] = placeholder;
  const std::string text = good.dump();
  const std::size_t at = text.find(placeholder);
  std::vector<BadBody> bodies;
  for (const auto& [what, spelling] : BadSpellings()) {
    std::string spelled = text;
    spelled.replace(at, placeholder.size(), spelling);
    bodies.push_back({.what = what, .text = std::move(spelled), .is_json = false});
  }
  return bodies;
}

std::vector<BadBody> BadBodies(const json& good, const FieldRow& field) {
  std::vector<BadBody> bodies;
  json body = good;
  body.erase(field.name);
  bodies.push_back({.what = "missing", .text = body.dump()});
  for (const auto& [what, value] : BadValues(field)) {
    body[field.name] = value;
    bodies.push_back({.what = what, .text = body.dump()});
  }

  for (BadBody& spelled : BodiesOfNoText(good, field.name)) bodies.push_back(std::move(spelled));
  return bodies;
}

}  // namespace rtcroom
