#include "handlers/shared/plain_message.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

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

/// The text is encoded as old clients encode theirs. They leave `&` as it is, so it is encoded only
/// where it would be decoded.
std::string EncodeEntities(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size() + text.size() / 4);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&' && EntityAt(text.substr(i)) != nullptr) {
      encoded += "&amp;";
    } else {
      AppendWithEntity(text[i], encoded);
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
std::optional<MessageContent> ReadCommand(std::span<const MessageElement> elements) {
  const json command = json::parse(elements.front().text, nullptr, /*allow_exceptions=*/false);
  if (!command.is_object()) return std::nullopt;
  const auto inner = command.find("data");
  if (inner == command.end() || !inner->is_object()) return std::nullopt;
  const std::string name = TextIn(command, "cmd");
  if (name != kTextCommand && name != kCustomCommand) return std::nullopt;
  const bool is_text = name == kTextCommand;
  return MessageContent{
      .nick = TextIn(*inner, "nickName"),
      .body = ShownOf(elements.subspan(1)),
      .type = is_text ? MessageType::kText : MessageType::kCustom,
      .cmd = is_text ? std::string() : TextIn(*inner, "cmd"),
      .avatar = TextIn(*inner, "headPic"),
  };
}

/// The text of a webrtc room; nullopt when it is none.
std::optional<MessageContent> ReadWebrtcText(const ordered_json& content) {
  if (TextIn(content, "Ext") != kWebrtcText) return std::nullopt;
  MessageContent message{.body = TextIn(content, "Data"), .type = MessageType::kText};
  const json sender = json::parse(TextIn(content, "Desc"), nullptr, /*allow_exceptions=*/false);
  if (sender.is_object()) {
    message.nick = TextIn(sender, "nickName");
    message.avatar = TextIn(sender, "headPic");
  }
  return message;
}

/// @param body  what the elements are views into.
MessageContent MessageOf(std::span<const MessageElement> elements, const ordered_json& body) {
  const auto text_of = [](std::span<const MessageElement> shown) {
    return MessageContent{.body = ShownOf(shown), .type = MessageType::kText};
  };
  const auto custom = std::ranges::find(elements, ElementKind::kCustom, &MessageElement::kind);
  if (custom == elements.end()) return text_of(elements);
  if (custom == elements.begin()) {
    // Double rooms of gen-1 put an empty custom element before their texts.
    if (custom->text.empty() && elements.size() > 1) return text_of(elements.subspan(1));
    if (auto command = ReadCommand(elements)) return *std::move(command);
    if (auto text = ReadWebrtcText(body[0]["MsgContent"])) return *std::move(text);
  }
  return {.body = std::string(custom->text), .type = MessageType::kCustom};
}

std::string AsText(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

MessageContent ReadPlain(MessageContent content) {
  if (content.type != MessageType::kElements) return content;
  const Result<MessageBody> body = MessageBody::Parse(content.body, kMaxStoredBytes);
  MessageContent read = body ? MessageOf(body->Elements(), body->json())
                             : MessageContent{.type = MessageType::kCustom};
  content.type = read.type;
  content.body = std::move(read.body);
  content.cmd = std::move(read.cmd);
  content.avatar = std::move(read.avatar);
  if (!read.nick.empty()) content.nick = std::move(read.nick);
  return content;
}

std::string WriteElements(const MessageContent& content, std::optional<RoomKind> room) {
  if (content.type == MessageType::kElements) return content.body;
  const bool is_text = content.type == MessageType::kText;
  ordered_json elements = ordered_json::array();
  if (is_text && room == RoomKind::kWebrtc) {
    const ordered_json sender = {{"nickName", content.nick}, {"headPic", content.avatar}};
    elements.push_back(CustomElement(content.body, AsText(sender), kWebrtcText));
  } else if (room || !content.cmd.empty()) {
    elements.push_back(
        CustomElement(is_text ? MakeTextCommand(content.nick, content.avatar)
                              : MakeCustomCommand(content.nick, content.avatar, content.cmd)));
    elements.push_back(TextElement(content.body));
  } else {
    elements.push_back(is_text ? TextElement(content.body) : CustomElement(content.body));
  }
  return AsText(elements);
}

Status GuardInRoom(MessageContent& content, MessagePriority priority) {
  if (content.type != MessageType::kElements) return {};
  Result<MessageBody> body = MessageBody::Parse(content.body);
  if (!body) return body.error();
  const std::string& nick = content.nick.empty() ? content.sender.value : content.nick;
  const auto guarded = GuardRoomMessage(*std::move(body), priority, nick);
  if (!guarded) return guarded.error();
  content.body = guarded->text();
  return {};
}

Status GuardDirect(const MessageContent& content) {
  const auto body = MessageBody::Parse(WriteElements(content, std::nullopt), kMaxStoredBytes);
  return body ? GuardDirectMessage(*body) : body.error();
}

}  // namespace rtcroom
