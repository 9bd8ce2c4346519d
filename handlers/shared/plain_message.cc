#include "handlers/shared/plain_message.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "handlers/shared/message_guard.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// The guard may have to add to it.
constexpr std::size_t kMaxMadeBytes = kMaxStoredBytes - kMaxMendBytes;

constexpr std::string_view kTextCommand = "CustomTextMsg";
constexpr std::string_view kCustomCommand = "CustomCmdMsg";
/// The `Ext` of texts in webrtc rooms.
constexpr std::string_view kWebrtcText = "TEXT";

struct Entity {
  std::string_view name{};
  std::string_view meaning{};
};
constexpr auto kEntities = std::to_array<Entity>({{"&lt;", "<"},
                                                  {"&gt;", ">"},
                                                  {"&quot;", "\""},
                                                  {"&amp;", "&"},
                                                  {"&apos;", "'"},
                                                  {"&#39;", "'"},
                                                  {"&nbsp;", " "}});

/// The entity at the front of `text`; null when there is none.
const Entity* EntityAt(std::string_view text) {
  for (const Entity& entity : kEntities) {
    if (text.starts_with(entity.name)) return &entity;
  }
  return nullptr;
}

std::string DecodeEntities(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  while (!text.empty()) {
    const std::string_view plain = text.substr(0, text.find('&'));
    decoded += plain;
    text.remove_prefix(plain.size());
    if (text.empty()) break;
    const Entity* const entity = EntityAt(text);
    decoded += entity == nullptr ? text.substr(0, 1) : entity->meaning;
    text.remove_prefix(entity == nullptr ? 1 : entity->name.size());
  }
  return decoded;
}

/// As old clients encode their texts. They leave `&` as it is, so it is encoded only where it would
/// be decoded.
std::string EncodeEntities(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size() + text.size() / 4);
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '<':
        encoded += "&lt;";
        break;
      case '>':
        encoded += "&gt;";
        break;
      case '"':
        encoded += "&quot;";
        break;
      case '&':
        encoded += EntityAt(text.substr(i)) == nullptr ? "&" : "&amp;";
        break;
      default:
        encoded += text[i];
    }
  }
  return encoded;
}

/// The text of a member; empty when it is missing or of another type.
template <typename Json>
std::string TextIn(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  return found->template get<std::string>();
}

ordered_json CustomElement(std::string_view data, std::string_view desc = {},
                           std::string_view ext = {}) {
  return {{"MsgType", "TIMCustomElem"},
          {"MsgContent", {{"Data", data}, {"Desc", desc}, {"Ext", ext}}}};
}

ordered_json TextElement(std::string_view text) {
  return {{"MsgType", "TIMTextElem"}, {"MsgContent", {{"Text", EncodeEntities(text)}}}};
}

/// The texts and faces.
std::string ShownOf(std::span<const MessageElement> elements) {
  const bool shows = std::ranges::any_of(
      elements, [](const MessageElement& element) { return element.kind != ElementKind::kCustom; });
  return shows ? DecodeEntities(TextOf(elements)) : std::string();
}

/// The message that begins with a command of the room libraries; nullopt when it is none.
std::optional<PlainMessage> ReadCommand(std::span<const MessageElement> elements) {
  const json command = json::parse(elements.front().text, nullptr, /*allow_exceptions=*/false);
  if (!command.is_object()) return std::nullopt;
  const auto inner = command.find("data");
  if (inner == command.end() || !inner->is_object()) return std::nullopt;
  const std::string name = TextIn(command, "cmd");
  if (name != kTextCommand && name != kCustomCommand) return std::nullopt;
  const bool is_text = name == kTextCommand;
  return PlainMessage{
      .type = is_text ? PlainMessage::Type::kText : PlainMessage::Type::kCustom,
      .body = ShownOf(elements.subspan(1)),
      .cmd = is_text ? std::string() : TextIn(*inner, "cmd"),
      .nick = TextIn(*inner, "nickName"),
      .avatar = TextIn(*inner, "headPic"),
  };
}

/// The text of a webrtc room; nullopt when it is none.
std::optional<PlainMessage> ReadWebrtcText(const ordered_json& content) {
  if (TextIn(content, "Ext") != kWebrtcText) return std::nullopt;
  PlainMessage message{.body = TextIn(content, "Data")};
  const json sender = json::parse(TextIn(content, "Desc"), nullptr, /*allow_exceptions=*/false);
  if (sender.is_object()) {
    message.nick = TextIn(sender, "nickName");
    message.avatar = TextIn(sender, "headPic");
  }
  return message;
}

/// @param body  what the elements are views into.
PlainMessage MessageOf(std::span<const MessageElement> elements, const ordered_json& body) {
  const auto custom = std::ranges::find(elements, ElementKind::kCustom, &MessageElement::kind);
  if (custom == elements.end()) return {.body = ShownOf(elements)};
  if (custom == elements.begin()) {
    // Double rooms of gen-1 put an empty custom element before their texts.
    if (custom->text.empty() && elements.size() > 1) return {.body = ShownOf(elements.subspan(1))};
    if (auto command = ReadCommand(elements)) return *std::move(command);
    if (auto text = ReadWebrtcText(body[0]["MsgContent"])) return *std::move(text);
  }
  return {.type = PlainMessage::Type::kCustom, .body = std::string(custom->text)};
}

}  // namespace

PlainMessage ReadPlainMessage(std::string_view stored) {
  const PlainMessage unreadable{.type = PlainMessage::Type::kCustom};
  if (stored.size() > kMaxStoredBytes) return unreadable;
  const ordered_json body = ordered_json::parse(stored, nullptr, /*allow_exceptions=*/false);
  if (body.is_discarded()) return unreadable;
  const Result<std::vector<MessageElement>> elements = ReadElements(body);
  return elements ? MessageOf(*elements, body) : unreadable;
}

Result<MessageBody> MakeRoomBody(const PlainMessage& message, RoomKind kind) {
  ordered_json elements = ordered_json::array();
  if (message.type == PlainMessage::Type::kCustom) {
    elements.push_back(CustomElement(MakeCustomCommand(message.nick, message.avatar, message.cmd)));
    elements.push_back(TextElement(message.body));
  } else if (kind == RoomKind::kWebrtc) {
    const ordered_json sender = {{"nickName", message.nick}, {"headPic", message.avatar}};
    elements.push_back(CustomElement(
        message.body, sender.dump(-1, ' ', false, ordered_json::error_handler_t::replace),
        kWebrtcText));
  } else {
    elements.push_back(CustomElement(MakeTextCommand(message.nick, message.avatar)));
    elements.push_back(TextElement(message.body));
  }
  return MessageBody::From(std::move(elements), kMaxMadeBytes);
}

Result<MessageBody> MakeDirectBody(const PlainMessage& message) {
  ordered_json elements = ordered_json::array();
  if (message.type == PlainMessage::Type::kText) {
    elements.push_back(TextElement(message.body));
  } else if (message.cmd.empty()) {
    elements.push_back(CustomElement(message.body));
  } else {
    return MakeRoomBody(message, RoomKind::kDouble);
  }
  return MessageBody::From(std::move(elements), kMaxMadeBytes);
}

}  // namespace rtcroom
