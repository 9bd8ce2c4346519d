#include "tests/e2e/gen2_fields.h"

#include <utility>

#include "tests/e2e/endpoint_fields.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr const char* kGoodPushUrl = "rtmp://push.invalid/live/8888_u1_0123abcd?bizid=8888";

/// A refused value, and the reply.
struct Bad {
  std::string what = {};
  json value = {};
  ExpectedReply expected = {};
};

bool IsWebrtc(Gen2Form form) {
  return form == Gen2Form::kTrtcUserId || form == Gen2Form::kTrtcRoomId ||
         form == Gen2Form::kTrtcInfo || form == Gen2Form::kTrtcNumber;
}

/// The reply to a field that is missing; an ill-typed one gets the same (protocol 0.3).
ExpectedReply MissingReply(Gen2Form form) {
  return IsWebrtc(form) ? sentences::kWebrtcMissing : sentences::kMissing;
}

/// Values that are invalid for every field.
std::vector<Bad> OfNoType(const ExpectedReply& expected) {
  return {{"an array", json::array({"u1"}), expected},
          {"an empty array", json::array(), expected},
          {"a nested array", json::array({json::array({"r1"})}), expected}};
}

std::vector<Bad> Empty(const ExpectedReply& expected) {
  return {{"null", nullptr, expected}, {"empty", "", expected}};
}

std::vector<Bad> NoString(const ExpectedReply& expected) {
  return {{"an object", {{"a", 1}}, expected},
          {"true", true, expected},
          {"false", false, expected},
          {"a fraction", 1.5, expected}};
}

std::vector<Bad> BadIdTexts(std::size_t max_bytes, const ExpectedReply& expected) {
  std::vector<Bad> bad = {{"too long", std::string(max_bytes + 1, 'a'), expected},
                          {"a control", "a\tb", expected},
                          {"not ASCII", "\u00e9", expected},
                          {"an emoji", "\U0001F600", expected}};
  for (const char forbidden : std::string(" /?#&%+\"\\")) {
    bad.push_back(
        {std::string("the character ") + forbidden, std::string("a") + forbidden + "b", expected});
  }
  return bad;
}

void Append(std::vector<Bad>& bad, const std::vector<Bad>& more) {
  bad.insert(bad.end(), more.begin(), more.end());
}

std::vector<Bad> BadTrtcUsers() {
  const ExpectedReply expected = sentences::kWebrtcBadUser;
  return {{"too short", "abc", expected},
          {"too long", std::string(25, 'a'), expected},
          {"begun by a digit", "1abcd", expected},
          {"begun by a line", "_abcd", expected},
          {"with a hyphen", "user-1", expected},
          {"with a space", "user 1", expected},
          {"with a line break", "user_1\n", expected},
          {"a number", 12345, expected},
          {"not ASCII", "us\u00e9r1", expected}};
}

std::vector<Bad> BadInfos(std::size_t max_bytes, const ExpectedReply& expected) {
  std::string wide;  // fewer characters than the limit, but more bytes
  for (std::size_t i = 0; i <= max_bytes / 3; ++i) wide += "房";
  return {{"too long", std::string(max_bytes + 1, 'a'), expected},
          {"too long in bytes", wide, expected}};
}

std::vector<Bad> BadValues(const Gen2Field& field, Callers callers) {
  const ExpectedReply missing = MissingReply(field.form);
  std::vector<Bad> bad;
  switch (field.form) {
    case Gen2Form::kUserId:
      Append(bad, Empty(missing));
      Append(bad, NoString(missing));
      Append(bad, BadIdTexts(field.max_bytes,
                             callers == Callers::kProven ? sentences::kWrongToken : missing));
      break;
    case Gen2Form::kRoomId:
      // Where it is optional, an empty one requests an ID chosen by the server.
      if (field.required) Append(bad, Empty(missing));
      Append(bad, {{"an object", {{"a", 1}}, missing},
                   {"true", true, missing},
                   {"a fraction", 1.5, missing},
                   {"the prefix of the IM service", "@TGS#1", missing}});
      Append(bad, BadIdTexts(field.max_bytes, missing));
      break;
    case Gen2Form::kText:
    case Gen2Form::kPushUrl:
      Append(bad, NoString(missing));
      bad.push_back({"too long", "rtmp://" + std::string(field.max_bytes - 6, 'a'), missing});
      if (field.form == Gen2Form::kText) break;
      Append(bad, {{"another scheme", "http://push.invalid/live/8888_u1", missing},
                   {"no URL", "live/8888_u1", missing}});
      break;
    case Gen2Form::kInfo:
      if (field.required) Append(bad, NoString(missing));
      Append(bad, BadInfos(field.max_bytes, sentences::kInfoTooLong));
      break;
    case Gen2Form::kNumber:
    case Gen2Form::kTrtcNumber:
      Append(bad, Empty(missing));
      Append(bad, NoString(missing));
      Append(bad, {{"a word", "ten", missing}, {"a number and more", "10 ", missing}});
      break;
    case Gen2Form::kWord:
    case Gen2Form::kOperation:
      Append(bad, Empty(missing));
      Append(bad, NoString(missing));
      bad.push_back({"too long", std::string(field.max_bytes + 1, 'a'), missing});
      if (field.form == Gen2Form::kWord) break;
      Append(bad, {{"unknown", "add", missing}, {"in capitals", "INC", missing}});
      break;
    case Gen2Form::kScalar:
      Append(bad, {{"null", nullptr, missing},
                   {"an object", {{"a", 1}}, missing},
                   {"too long once serialised", std::string(field.max_bytes - 1, 'a'), missing}});
      break;
    case Gen2Form::kMergeParams:
      Append(bad, Empty(missing));
      Append(bad, {{"true", true, missing},
                   {"a number", 7, missing},
                   {"too long", {{"a", std::string(field.max_bytes, 'a')}}, missing},
                   {"no JSON", "mix", sentences::kMergeParamsNotJson},
                   {"JSON cut short", R"({"interface":"mix")", sentences::kMergeParamsNotJson}});
      break;
    case Gen2Form::kTrtcUserId:
      Append(bad, Empty(missing));
      Append(bad, NoString(missing));
      Append(bad, BadTrtcUsers());
      break;
    case Gen2Form::kTrtcRoomId:
      Append(bad, Empty(missing));
      Append(bad, NoString(missing));
      break;
    case Gen2Form::kTrtcInfo:
      Append(bad, Empty(missing));
      Append(bad, NoString(missing));
      Append(bad, BadInfos(field.max_bytes, sentences::kWebrtcInfoTooLong));
      break;
  }
  // An optional text of another type counts as absent.
  if (field.required || field.form == Gen2Form::kRoomId) Append(bad, OfNoType(missing));
  return bad;
}

}  // namespace

std::vector<RefusedBody> RefusedBodies(const Gen2Endpoint& endpoint, const Gen2Field& field,
                                       Callers callers) {
  std::vector<RefusedBody> bodies;
  json body = endpoint.good;
  if (field.required) {
    body.erase(field.name);
    bodies.push_back(
        {.what = "missing", .text = body.dump(), .expected = MissingReply(field.form)});
  }
  for (const Bad& bad : BadValues(field, callers)) {
    body[field.name] = bad.value;
    bodies.push_back({.what = bad.what, .text = body.dump(), .expected = bad.expected});
  }
  for (BadBody& spelled : BodiesOfNoText(endpoint.good, field.name)) {
    bodies.push_back({.what = std::move(spelled.what),
                      .text = std::move(spelled.text),
                      .expected = MissingReply(field.form)});
  }
  return bodies;
}

std::vector<Gen2Endpoint> Gen2Endpoints() {
  using enum Gen2Form;
  const Gen2Field room{"roomID", kRoomId, 48};
  const Gen2Field user{"userID", kUserId, 64};
  const Gen2Field name{"userName", kText, 128};
  const Gen2Field avatar{"userAvatar", kText, 1024};
  const Gen2Field push_url{"pushURL", kPushUrl, 1024};
  const json member = {{"roomID", "r1"}, {"userID", "u1"}};
  const auto with = [&member](json more) {
    more.update(member);
    return more;
  };
  return {
      {"get_push_url", {user}, {{"userID", "u1"}}},
      {"create_room",
       {user, {"roomInfo", kInfo, 1024}, {"roomID", kRoomId, 48, false}},
       {{"userID", "u1"}, {"roomInfo", "text"}}},
      {"add_pusher",
       {room, user, name, avatar, push_url, {"roomInfo", kInfo, 1024, false}},
       with({{"userName", "n"}, {"userAvatar", "a"}, {"pushURL", kGoodPushUrl}})},
      {"delete_pusher", {room, user}, member},
      {"destroy_room", {room, user}, member},
      {"get_pushers", {room}, {{"roomID", "r1"}}},
      {"pusher_heartbeat", {room, user}, member},
      {"get_room_list", {{"cnt", kNumber}, {"index", kNumber}}, {{"cnt", 20}, {"index", 0}}},
      {"set_custom_field",
       {room, {"fieldName", kWord, 64}, {"operation", kOperation, 16}, {"value", kScalar, 1024}},
       {{"roomID", "r1"}, {"fieldName", "f"}, {"operation", "set"}, {"value", "v"}},
       true},
      {"get_custom_info", {room}, {{"roomID", "r1"}}, true},
      {"add_audience", {room, user, {"userInfo", kText, 1024}}, with({{"userInfo", "i"}}), true},
      {"delete_audience", {room, user}, member, true},
      {"get_audiences", {room}, {{"roomID", "r1"}}, true},
      {"merge_stream",
       {room, user, {"mergeParams", kMergeParams, 16'384}},
       with({{"mergeParams", {{"interface", "mix"}}}}),
       true},
  };
}

std::vector<Gen2Endpoint> WebrtcEndpoints(const std::string& room_id) {
  using enum Gen2Form;
  const Gen2Field room{"roomID", kTrtcRoomId};
  const Gen2Field user{"userID", kTrtcUserId};
  const json member = {{"roomID", room_id}, {"userID", "user_1"}};
  return {
      {"create_room",
       {user, {"roomInfo", kTrtcInfo, 1024}},
       {{"userID", "user_1"}, {"roomInfo", "text"}}},
      {"enter_room", {room, user}, member},
      {"quit_room", {room, user}, member},
      {"heartbeat", {room, user}, member},
      {"get_room_list",
       {{"index", kTrtcNumber}, {"count", kTrtcNumber}},
       {{"index", 0}, {"count", 20}}},
      {"get_room_members", {room}, {{"roomID", room_id}}},
  };
}

}  // namespace rtcroom
