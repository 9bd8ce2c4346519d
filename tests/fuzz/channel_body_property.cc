#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/base/text.h"
#include "handlers/shared/message_body.h"
#include "handlers/shared/message_guard.h"
#include "handlers/shared/request_text.h"
#include "tests/fuzz/parser_properties.h"

namespace rtcroom {
namespace {

using nlohmann::ordered_json;

constexpr auto kPriorities =
    std::to_array({MessagePriority::kCommon, MessagePriority::kLike, MessagePriority::kRedPacket});

/// Whether clients parse a JSON object from the elements. Written again, from the clients' code
/// rather than the guard's.
bool ClientsCanParse(const ordered_json& elements) {
  std::string content;
  for (const ordered_json& element : elements) {
    const ordered_json& inner = element["MsgContent"];
    if (element["MsgType"] != "TIMTextElem") {
      content += inner["Data"].get<std::string>();
      continue;
    }
    for (const char c : inner["Text"].get<std::string>()) {
      if (c == '"') {
        content += "&quot;";
      } else if (c == '<') {
        content += "&lt;";
      } else {
        content += c;
      }
    }
  }
  for (auto at = content.find("<br/>"); at != content.npos; at = content.find("<br/>", at)) {
    content.replace(at, 5, "\n");
  }
  const std::string command = content.substr(0, content.find("}}")) + "}}";
  return ordered_json::parse(command, nullptr, false).is_object();
}

std::optional<std::string> FaultOfRelayed(const MessageBody& message, const MessageBody& sent,
                                          std::string_view nick) {
  const std::string& text = message.text();
  if (text.size() > sent.text().size() + kMaxMendBytes) return "too long: " + text;
  Result<ordered_json> parsed = ParseOrderedJson(text);
  if (!parsed) return "not readable again: " + text;
  if (!ClientsCanParse(*parsed)) return "clients throw: " + text;
  const Result<MessageBody> body = MessageBody::From(*std::move(parsed), text.size());
  if (!body || body->text() != text) return "not the same when read again: " + text;
  const auto again = GuardRoomMessage(*body, MessagePriority::kCommon, nick);
  if (!again || *again != *body) return "does not pass again: " + text;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> FaultOfMessageGuard(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const std::size_t choice = static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  const MessagePriority priority = kPriorities.at(choice % kPriorities.size());
  const auto nicks = std::to_array<std::string_view>({bytes, "Ann", "}}\"\\<br/>\n\xFF"});
  const std::string_view nick = nicks.at(choice / kPriorities.size() % nicks.size());

  Result<ordered_json> parsed = ParseOrderedJson(bytes);
  if (!parsed) return std::nullopt;
  const Result<MessageBody> body = MessageBody::From(*std::move(parsed));
  if (!body) {
    const Error& error = body.error();
    const bool is_known = error.code == Errc::kBadRequest || error.code == Errc::kContentRefused ||
                          error.code == Errc::kContentTooLong;
    if (!is_known || error.detail.empty()) return "an error of another kind";
    return std::nullopt;
  }
  if (!IsUtf8(TextOf(*body))) return "a text that is not UTF-8";
  if (const Status direct = GuardDirectMessage(*body);
      !direct && direct.error().code != Errc::kContentRefused) {
    return "an error of another kind";
  }
  const auto guarded = GuardRoomMessage(*body, priority, nick);
  if (guarded) return FaultOfRelayed(*guarded, *body, nick);
  if (guarded.error().code != Errc::kContentRefused) return "an error of another kind";
  return std::nullopt;
}

}  // namespace rtcroom
