#include "handlers/tim/tim_envelope.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/parse_integer.h"
#include "daemon/base/text.h"
#include "handlers/channel/channel_codes.h"
#include "handlers/shared/request_text.h"
#include "handlers/tim/tim_commands.h"

namespace rtcroom::tim {
namespace {

int CodeOf(Errc error) {
  // The SDK knows by these two that its login is over, and why.
  if (error == Errc::kNoSession) return code::kNotLoggedIn;
  if (error == Errc::kInstanceKicked) return code::kKicked;
  return ChannelCodeOf({}, error).code;
}

constexpr std::uint64_t kMaxNumber = std::uint64_t{1} << 53;

/// Takes `start` off the front of the text, if it begins so.
constexpr bool Take(std::string_view start, std::string_view& text) {
  if (!text.starts_with(start)) return false;
  text.remove_prefix(start.size());
  return true;
}

/// Takes what comes before the first character that `kIsPart` refuses.
template <bool (*kIsPart)(char)>
std::string_view TakeWhile(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, kIsPart);
  const std::string_view part(text.begin(), end);
  text.remove_prefix(part.size());
  return part;
}

bool IsPlain(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

/// Takes an object of plain texts and whole numbers.
/// @param on_member  called with the name and the value of each, and whether that is a number.
template <typename OnMember>
bool TakePlainObject(std::string_view& text, OnMember on_member) {
  constexpr std::size_t kMaxDigits = 15;  // below 2^53
  if (!Take("{", text)) return false;
  if (Take("}", text)) return true;
  do {
    if (!Take("\"", text)) return false;
    const std::string_view name = TakeWhile<IsPlain>(text);
    if (!Take("\":", text)) return false;
    const bool is_number = !Take("\"", text);
    const std::string_view value =
        is_number ? TakeWhile<IsAsciiDigit>(text) : TakeWhile<IsPlain>(text);
    const bool is_good = is_number ? !value.empty() && value.size() <= kMaxDigits &&
                                         (value == "0" || value.front() != '0')
                                   : Take("\"", text);
    if (!is_good || !on_member(name, value, is_number)) return false;
  } while (Take(",", text));
  return Take("}", text);
}

template <typename Json>
std::string TextIn(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  const auto& text = found->template get_ref<const std::string&>();
  return text.size() > kMaxHeadText ? std::string() : text;
}

template <typename Json>
std::optional<Head> ReadHead(const Json& frame) {
  if (!frame.is_object()) return std::nullopt;
  const auto head = frame.find("head");
  if (head == frame.end() || !head->is_object()) return std::nullopt;
  const auto seq = head->find("seq");
  if (seq == head->end() || !seq->is_number_unsigned()) return std::nullopt;
  Head read{.servcmd = TextIn(*head, "servcmd"),
            .seq = seq->template get<std::uint64_t>(),
            .identifier = TextIn(*head, "identifier"),
            .user_sig = TextIn(*head, "usersig"),
            .a2 = TextIn(*head, "a2"),
            .tiny_id = TextIn(*head, "tinyid")};
  if (read.servcmd.empty() || read.seq > kMaxNumber) return std::nullopt;
  read.command = FindCommand(read.servcmd);
  return read;
}

/// Spells U+FFFD in place of every escape of a NUL, which no parser of this program accepts: users
/// paste them into texts.
std::string WithoutNuls(std::string_view text) {
  constexpr std::string_view kNul = "\\u0000";
  std::string plain(text);
  for (std::size_t at = plain.find(kNul); at != std::string::npos; at = plain.find(kNul, at)) {
    plain.replace(at, kNul.size(), "\\ufffd");
  }
  return plain;
}

/// Reads a frame in the form in which SDKs greet, of which there are most, without a tree of JSON:
/// head and body are plain objects, and its command does not read the body.
std::optional<Head> ReadGreeting(std::string_view text) {
  constexpr std::size_t kMaxBytes = 2048;
  if (text.size() > kMaxBytes || !Take(R"({"head":)", text)) return std::nullopt;
  Head head;
  bool has_seq = false;
  const auto read_member = [&](std::string_view name, std::string_view value, bool is_number) {
    if (name == "seq") {
      has_seq = is_number;
      head.seq = ParseInteger<std::uint64_t>(value).value_or(0);
      return is_number;
    }
    std::string* const member = name == "servcmd"  ? &head.servcmd
                                : name == "a2"     ? &head.a2
                                : name == "tinyid" ? &head.tiny_id
                                                   : nullptr;
    if (member != nullptr) *member = value;
    return member == nullptr || !is_number;
  };
  const auto skip = [](auto... /*member*/) { return true; };
  const bool is_read = TakePlainObject(text, read_member) && Take(R"(,"body":)", text) &&
                       TakePlainObject(text, skip) && text == "}";
  if (!is_read || !has_seq) return std::nullopt;
  head.command = FindCommand(head.servcmd);
  if (head.command == nullptr || head.command->ReadsBody()) return std::nullopt;
  return head;
}

}  // namespace

Failure::Failure(const Error& error)
    : code(CodeOf(error.code)), info(InfoOf(error, ChannelCodeOf({}, error.code))) {}

std::optional<Envelope> ReadEnvelope(std::string_view text) {
  if (std::optional<Head> head = ReadGreeting(text)) {
    return Envelope{.head = *std::move(head), .body = nlohmann::ordered_json()};
  }
  Result<nlohmann::ordered_json> frame = ParseOrderedJson(text);
  if (!frame) {
    // The SDK repeats what is not answered, after a new connection too: what is JSON is answered.
    const Result<nlohmann::json> any = ParseJson(WithoutNuls(text));
    std::optional<Head> head = any ? ReadHead(*any) : std::nullopt;
    if (!head) return std::nullopt;
    return Envelope{.head = *std::move(head), .body = frame.error()};
  }
  std::optional<Head> head = ReadHead(*frame);
  if (!head) return std::nullopt;
  Envelope envelope{.head = *std::move(head)};
  const auto body = frame->find("body");
  if (body == frame->end() || body->is_null()) return envelope;
  if (body->is_object()) {
    envelope.body = std::move(*body);
  } else {
    envelope.body = Error{Errc::kNotJson, "body: not an object"};
  }
  return envelope;
}

std::string ReplyTo(const Head& head, const Reply& reply) {
  constexpr std::size_t kUsualBytes = 256;  // without members
  const auto* const failure = std::get_if<Failure>(&reply);
  const std::string_view members =
      failure == nullptr ? std::get<JsonText>(reply).text() : std::string_view();
  JsonText frame(kUsualBytes + members.size());
  frame.BeginObject()
      .BeginObject("head")
      .Field("servcmd", head.servcmd)
      .Field("seq", head.seq)
      .EndObject()
      .BeginObject("body")
      .Field("ActionStatus", failure == nullptr ? "OK" : "FAIL")
      .Field("ErrorCode", failure == nullptr ? 0 : failure->code)
      .Field("ErrorInfo", failure == nullptr ? std::string_view() : failure->info);
  if (failure != nullptr && failure->code == code::kKicked && failure->kick) {
    frame.Field("KickType", static_cast<int>(*failure->kick))
        .BeginObject("NewInstInfo")
        .EndObject();
  }
  return std::string(frame.Json(members).EndObject().EndObject().text());
}

std::string MessagePush(std::string_view events, std::string_view session, bool needs_ack) {
  return fmt::format(
      R"({{"head":{{"servcmd":"im_open_push.msg_push","seq":0}},"body":{{"EventArray":[{}],"NeedAck":{},"SessionData":"{}"}}}})",
      events, needs_ack ? 1 : 0, session);
}

std::string KickPush(KickType type) {
  return fmt::format(
      R"({{"head":{{"servcmd":"im_open_status.stat_forceoffline","seq":0}},"body":{{"EventArray":[)"
      R"({{"Event":10,"C2cNotifyMsgArray":[{{"KickoutMsgNotify":{{"KickType":{},"NewInstInfo":{{}}}}}}]}})"
      R"(],"NeedAck":0}}}})",
      static_cast<int>(type));
}

std::string SessionOf(const Received& received) {
  if (received.room_number == 0) return fmt::format("d-{}", received.until);
  return fmt::format("{}-{}", received.room_number, received.until);
}

std::optional<Received> ReadSession(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint64_t> until = ParseInteger<std::uint64_t>(text.substr(dash + 1));
  if (!until) return std::nullopt;
  if (text.substr(0, dash) == "d") return Received{.until = *until};
  const std::optional<std::uint64_t> room_number =
      ParseInteger<std::uint64_t>(text.substr(0, dash));
  if (!room_number || *room_number == 0) return std::nullopt;
  return Received{.room_number = *room_number, .until = *until};
}

}  // namespace rtcroom::tim
