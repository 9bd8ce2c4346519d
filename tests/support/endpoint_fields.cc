#include "tests/support/endpoint_fields.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "handlers/rooms/endpoint_spec.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using namespace std::string_view_literals;

constexpr std::string_view kProtocolNames[] = {"gen1", "gen2", "webrtc"};

bool IsId(FieldForm form) {
  using enum FieldForm;
  return form == kRoomId || form == kUserId || form == kTrtcRoomId || form == kTrtcUserId;
}

std::vector<std::string_view> AreasOf(const EndpointSpec& endpoint) {
  switch (endpoint.scope) {
    case RouteScope::kEveryRoomKind:
      return {"double_room", "multi_room", "live_room"};
    case RouteScope::kLiveRoom:
      return {"live_room"};
    case RouteScope::kWebrtcRoom:
      return {"webrtc_room"};
    case RouteScope::kUtils:
      return {"utils"};
  }
  return {};
}

/// A form whose required values may be empty where the presence of the key is enough.
bool IsText(FieldForm form) {
  using enum FieldForm;
  return form == kText || form == kPushUrl || form == kInfo;
}

bool IsNumber(FieldForm form) {
  return form == FieldForm::kInteger || form == FieldForm::kPositive;
}

bool IsString(FieldForm form) {
  return IsText(form) || form == FieldForm::kWord || form == FieldForm::kOperation;
}

json GoodValue(const FieldSpec& field) {
  switch (field.form) {
    case FieldForm::kRoomId:
      return "r1";
    case FieldForm::kUserId:
      return "u1";
    case FieldForm::kTrtcRoomId:
      return "1";
    case FieldForm::kTrtcUserId:
      return "user_1";
    case FieldForm::kText:
    case FieldForm::kWord:
    case FieldForm::kInfo:
      return "text";
    case FieldForm::kOperation:
      return "set";
    case FieldForm::kPushUrl:
      return "rtmp://push.invalid/live/8888_u1?bizid=8888";
    case FieldForm::kInteger:
    case FieldForm::kPositive:
      return 20;
    case FieldForm::kScalar:
      return true;
    case FieldForm::kMergeParams:
      return {{"interface", "mix"}};
  }
  return nullptr;
}

/// @param bytes  its size as JSON text.
json ObjectOf(std::size_t bytes) {
  return {{"a", std::string(bytes - R"({"a":""})"sv.size(), 'x')}};
}

json TextOf(const FieldSpec& field, std::size_t bytes) {
  switch (field.form) {
    case FieldForm::kMergeParams:
      return ObjectOf(bytes);
    case FieldForm::kScalar:
      return std::string(bytes - R"("")"sv.size(), 'x');
    case FieldForm::kPushUrl:
      return "rtmp://" + std::string(bytes - "rtmp://"sv.size(), 'x');
    default:
      return std::string(bytes, 'x');
  }
}

std::string_view TypeFault(FieldForm form) {
  if (IsId(form)) return "neither a string nor a whole number";
  if (IsString(form)) return "not a string";
  if (IsNumber(form)) return "not a whole number";
  if (form == FieldForm::kMergeParams) return "not an object";
  return "neither a string nor a number nor a boolean";
}

/// A value of no type that any field has, or of another type than this one's.
bool IsIllTyped(const json& value, FieldForm form) {
  if (value.is_array()) return true;
  if (value.is_object()) return form != FieldForm::kMergeParams;
  if (value.is_string()) return IsNumber(form) || form == FieldForm::kMergeParams;
  if (form == FieldForm::kScalar) return false;
  if (value.is_number_integer()) return !IsId(form) && !IsNumber(form);
  return true;  // a fraction or a boolean
}

class Values {
 public:
  Values(const FieldSpec& field, Protocol protocol) : field_(field), traits_(TraitsOf(protocol)) {}

  std::vector<BadValue> Bad() {
    if (field_.is_required) Add(FieldFault::kMissing, std::nullopt, "missing");
    // An optional field of another type counts as absent, except the room of create_room.
    if (field_.is_required || field_.form == FieldForm::kRoomId) {
      for (const json& value : Falsy()) AddFalsy(value);
      AddIllTyped();
    }
    AddMalformed();
    if (field_.max_bytes > 0) AddTooLong();
    return std::move(bad_);
  }

  [[nodiscard]] std::vector<json> Unusual() const {
    std::vector<json> values;
    const bool ignores_types = !field_.is_required && field_.form != FieldForm::kRoomId;
    for (const json& value : Falsy()) {
      const Kind kind = KindOf(value);
      const bool is_absent = kind == Kind::kMissing && !field_.is_required;
      if (kind == Kind::kTaken || is_absent || (kind == Kind::kIllTyped && ignores_types)) {
        values.push_back(value);
      }
    }
    if (ignores_types) {
      values.insert(values.end(), {json(true), json(1.5), json::array({"u1"}), json::object()});
    }
    if (field_.form == FieldForm::kMergeParams && TakesText()) {
      values.insert(values.end(), {R"( {"a":[1]} )", ObjectOf(field_.max_bytes).dump()});
    }
    return values;
  }

 private:
  enum class Kind : std::uint8_t { kTaken, kMissing, kIllTyped, kMalformed };

  /// The values that JavaScript takes for false.
  static std::vector<json> Falsy() { return {nullptr, "", false, 0}; }

  [[nodiscard]] bool TakesText() const {
    return traits_.merge_params == MergeParams::kObjectOrText;
  }
  /// The treatment of one of them in a required field.
  [[nodiscard]] Kind KindOf(const json& value) const {
    const bool is_empty = value.is_null() || value.is_string();
    const FieldForm form = field_.form;
    if (IsNumber(form)) {
      if (value != 0) return Kind::kIllTyped;
      return form == FieldForm::kInteger ? Kind::kTaken : Kind::kMalformed;
    }
    if (form == FieldForm::kScalar) return value.is_null() ? Kind::kMissing : Kind::kTaken;
    if (traits_.presence == Presence::kTruthy) return Kind::kMissing;
    if (traits_.presence == Presence::kKey && IsText(form)) {
      return is_empty ? Kind::kTaken : Kind::kIllTyped;
    }
    if (is_empty) return Kind::kMissing;
    if (!IsId(form) || value.is_boolean()) return Kind::kIllTyped;
    return form == FieldForm::kRoomId || form == FieldForm::kUserId ? Kind::kTaken
                                                                    : Kind::kMalformed;
  }

  void Add(FieldFault fault, std::optional<json> value, std::string_view detail,
           Errc code = Errc::kBadRequest) {
    bad_.push_back({.fault = fault,
                    .value = std::move(value),
                    .detail = fmt::format("{}: {}", field_.name, detail),
                    .code = code});
  }
  void AddFalsy(const json& value) {
    const Kind kind = KindOf(value);
    if (kind == Kind::kMissing && field_.is_required) Add(FieldFault::kMissing, value, "missing");
    if (kind == Kind::kIllTyped) Add(FieldFault::kIllTyped, value, TypeFault(field_.form));
  }
  void AddIllTyped() {
    for (const json& value : {json(true), json(1.5), json::array({"u1"}), json::array({1, 2}),
                              json{{"a", 1}}, json(7), json("text")}) {
      if (!IsIllTyped(value, field_.form)) continue;
      if (field_.form == FieldForm::kMergeParams && value.is_string() && TakesText()) {
        Add(FieldFault::kMalformed, value, "not valid JSON", Errc::kNotJson);
      } else {
        Add(FieldFault::kIllTyped, value, TypeFault(field_.form));
      }
    }
  }
  void AddMalformed() {
    const auto add = [this](std::initializer_list<const char*> values, std::string_view detail,
                            Errc code = Errc::kBadRequest) {
      for (const char* value : values) Add(FieldFault::kMalformed, value, detail, code);
    };
    switch (field_.form) {
      case FieldForm::kRoomId:
        add({"@TGS#1"}, "holds a forbidden character");
        [[fallthrough]];
      case FieldForm::kUserId:
        add({"a b", "a/b", "a\"b", "a%b", "a\tb", "a\\b", "\u00e9", "\U0001F600"},
            "holds a forbidden character");
        break;
      case FieldForm::kTrtcRoomId:
        add({"abc", "0", "-1", "2147483648", "1 ", "@TGS#1"}, "not a number from 1 to 2147483647");
        break;
      case FieldForm::kTrtcUserId:
        add({"abc", "1abcd", "_abcd", "user-1", "user 1", "user_1\n", "us\u00e9r1", "12345"},
            kTrtcUserFault, Errc::kBadIdentity);
        break;
      case FieldForm::kPushUrl:
        if (traits_.push_urls != PushUrls::kRtmpOrNone) break;
        add({"http://push.invalid/live/s", "live/s"}, "neither an rtmp URL nor empty");
        break;
      case FieldForm::kOperation:
        add({"add", "INC"}, "unknown");
        break;
      case FieldForm::kPositive:
        add({"0", "-5"}, "less than 1");
        break;
      case FieldForm::kText:
      case FieldForm::kWord:
      case FieldForm::kInfo:
      case FieldForm::kInteger:
      case FieldForm::kScalar:
      case FieldForm::kMergeParams:
        break;
    }
  }
  void AddTooLong() {
    const json value = TextOf(field_, field_.max_bytes + 1);
    if (field_.form == FieldForm::kTrtcUserId) {
      return Add(FieldFault::kTooLong, value, kTrtcUserFault, Errc::kBadIdentity);
    }
    const Errc code = field_.form == FieldForm::kInfo ? traits_.info_too_long : Errc::kBadRequest;
    Add(FieldFault::kTooLong, value, fmt::format("longer than {} bytes", field_.max_bytes), code);
  }

  static constexpr std::string_view kTrtcUserFault = "not of the form that is asked for";

  const FieldSpec& field_;
  const ProtocolTraits& traits_;
  std::vector<BadValue> bad_;
};

}  // namespace

std::string EndpointCall::name() const {
  return fmt::format("{}{}_{}", method == "POST" ? "" : "GET_",
                     kProtocolNames[static_cast<std::size_t>(protocol)], endpoint);
}

std::ostream& operator<<(std::ostream& out, const EndpointCall& call) { return out << call.name(); }

std::vector<EndpointCall> AllCalls() {
  std::vector<EndpointCall> calls;
  for (const EndpointSpec& endpoint : AllEndpoints()) {
    for (const Protocol protocol : kAllProtocols) {
      const bool alike = endpoint.protocol == RouteProtocol::kAlike;
      if (alike ? protocol != Protocol::kGen1 : !Serves(endpoint, protocol)) continue;
      calls.push_back({.endpoint = endpoint.endpoint,
                       .method = endpoint.method,
                       .protocol = protocol,
                       .areas = AreasOf(endpoint),
                       .fields = RequestFields(endpoint, protocol),
                       .needs_token = protocol == Protocol::kGen2 &&
                                      endpoint.scope != RouteScope::kUtils &&
                                      endpoint.login == RouteLogin::kNeeded});
    }
  }
  return calls;
}

std::vector<EndpointCall> CallsWithBody() {
  std::vector<EndpointCall> calls = AllCalls();
  std::erase_if(calls, [](const EndpointCall& call) {
    return std::ranges::none_of(
        call.fields, [](const FieldSpec& field) { return field.place == FieldPlace::kBody; });
  });
  return calls;
}

json GoodBody(const EndpointCall& call) {
  json body = json::object();
  for (const FieldSpec& field : call.fields) {
    if (field.is_required && field.place == FieldPlace::kBody) body[field.name] = GoodValue(field);
  }
  return body;
}

std::optional<json> LongestValue(const FieldSpec& field) {
  if (field.max_bytes == 0 || field.form == FieldForm::kOperation) return std::nullopt;
  return TextOf(field, field.max_bytes);
}

std::vector<json> UnusualValues(const FieldSpec& field, Protocol protocol) {
  return Values(field, protocol).Unusual();
}

std::vector<BadValue> BadValues(const FieldSpec& field, Protocol protocol) {
  return Values(field, protocol).Bad();
}

json BodyWith(json good, const FieldSpec& field, const BadValue& bad) {
  if (bad.value) {
    good[field.name] = *bad.value;
  } else {
    good.erase(std::string(field.name));
  }
  return good;
}

std::vector<std::string> BodiesOfNoText(json good, const FieldSpec& field) {
  constexpr std::string_view kPlaceholder = "@spelling@";
  good[field.name] = kPlaceholder;
  const std::string text = good.dump();
  const std::size_t at = text.find(kPlaceholder);
  std::vector<std::string> bodies;
  // A byte of no character, an overlong form, a surrogate as UTF-8, a character cut short, a NUL.
  for (const char* spelling : {"a\xff", "a\xc0\xaf", "a\xed\xa0\x80", "a\xe4\xb8", "a\\u0000"}) {
    bodies.push_back(std::string(text).replace(at, kPlaceholder.size(), spelling));
  }
  return bodies;
}

}  // namespace rtcroom
