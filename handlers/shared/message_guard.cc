#include "handlers/shared/message_guard.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::string_view kCommandEnd = "}}";

/// The clients' last step before they parse a text replaces this by a line feed, which no JSON
/// string may hold.
constexpr std::string_view kLineBreak = "<br/>";

Error Refused() { return {Errc::kContentRefused, "clients could not read the message"}; }

/// The text that clients make of a message.
std::string ContentOf(const MessageBody& body) {
  std::string content;
  for (const MessageElement& element : body.Elements()) {
    if (element.kind == ElementKind::kText) {
      // Clients receive texts with entities, whether or not the sender has written them.
      for (const char c : element.text) AppendWithEntity(c, content);
    } else {
      content += element.text;
    }
  }
  return content;
}

/// The value of `text` if the JSON parser of every client accepts it.
std::optional<json> ParseAsClients(std::string_view text) {
  // Ours would skip a byte order mark and ignore what follows a NUL; theirs throw.
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark) || HasNul(text)) return std::nullopt;
  if (text.find(kLineBreak) != std::string_view::npos) return std::nullopt;
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded() || IsNestedDeeperThan(kMaxMessageNesting, value)) return std::nullopt;
  return value;
}

/// Whether a client can evaluate the `cmd` of `object`, and its `data` where that is one of
/// `with_data`.
bool IsHandled(const json& object, std::span<const std::string_view> with_data) {
  const auto cmd = object.find("cmd");
  if (cmd == object.end()) return true;
  // JavaScript compares an object with a text by converting it to text, which can throw or yield
  // one of the names.
  if (cmd->is_structured()) return false;
  if (!cmd->is_string()) return true;
  if (std::ranges::find(with_data, cmd->get_ref<const std::string&>()) == with_data.end()) {
    return true;
  }
  const auto data = object.find("data");
  return data != object.end() && data->is_object();
}

bool IsReadableInRooms(std::string_view content) {
  constexpr auto kWithData = std::to_array<std::string_view>({"CustomTextMsg", "CustomCmdMsg"});
  const std::size_t end = content.find(kCommandEnd);
  if (end == std::string_view::npos) return false;
  const std::optional<json> command = ParseAsClients(content.substr(0, end + kCommandEnd.size()));
  return command && command->is_object() && IsHandled(*command, kWithData);
}

/// Escapes what may be in a JSON string, but not in a command: `}`, at which clients cut, and the
/// beginning of a line break.
std::string WithoutMarks(std::string_view json_text) {
  std::string escaped;
  for (const char c : json_text) {
    if (c == '}') {
      escaped += "\\u007d";
    } else if (c == '<') {
      escaped += "\\u003c";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

/// `text` between the quotes of a JSON string in a command.
std::string Escaped(std::string_view text) {
  const std::string quoted = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  return WithoutMarks(std::string_view(quoted).substr(1, quoted.size() - 2));
}

std::string EscapedNick(std::string_view nick) {
  constexpr std::size_t kMaxBytes = 400;
  std::string escaped;
  while (!nick.empty()) {
    const std::size_t length = FirstUtf8Piece(nick).length;
    const std::string character = Escaped(nick.substr(0, length));
    if (escaped.size() + character.size() > kMaxBytes) break;
    escaped += character;
    nick.remove_prefix(length);
  }
  return escaped;
}

// How the libraries write commands: the values stand between these texts, with nothing escaped.
using CommandFrame = std::span<const std::string_view>;  ///< one more than values
constexpr std::string_view kTextFrame[] = {R"({"cmd":"CustomTextMsg","data":{"nickName":")",
                                           R"(","headPic":")", R"("}})"};
constexpr std::string_view kCmdFrame[] = {R"({"cmd":"CustomCmdMsg","data":{"nickName":")",
                                          R"(","headPic":")", R"(","cmd":")", R"("}})"};
constexpr CommandFrame kFrames[] = {kTextFrame, kCmdFrame};

/// The values of a command in this form; nullopt when it has another.
std::optional<std::vector<std::string_view>> ValuesIn(std::string_view command,
                                                      CommandFrame frame) {
  const std::string_view first = frame.front();
  const std::string_view last = frame.back();
  if (!command.starts_with(first)) return std::nullopt;
  command.remove_prefix(first.size());
  if (!command.ends_with(last)) return std::nullopt;
  command.remove_suffix(last.size());

  std::vector<std::string_view> values;
  for (const std::string_view separator : frame.subspan(1, frame.size() - 2)) {
    const std::size_t end = command.find(separator);
    if (end == std::string_view::npos) return std::nullopt;
    values.push_back(command.substr(0, end));
    command.remove_prefix(end + separator.size());
  }
  values.push_back(command);
  return values;
}

std::string Filled(CommandFrame frame, const std::vector<std::string>& values) {
  std::string command(frame.front());
  for (std::size_t i = 0; i < values.size(); ++i) {
    command += values[i];
    command += frame[i + 1];
  }
  return command;
}

bool IsJsonStringContent(std::string_view text) {
  return json::accept(std::string("\"").append(text).append("\""));
}

/// The command with escaped values; nullopt when it has another form.
std::optional<std::string> MendCommand(std::string_view command) {
  for (const CommandFrame frame : kFrames) {
    const auto values = ValuesIn(command, frame);
    if (!values) continue;
    // A client that escapes them itself is cut at a `}}` nonetheless.
    const bool are_escaped = std::ranges::all_of(*values, IsJsonStringContent);
    std::vector<std::string> escaped;
    for (const std::string_view value : *values) {
      escaped.push_back(are_escaped ? WithoutMarks(value) : Escaped(value));
    }
    return Filled(frame, escaped);
  }
  return std::nullopt;
}

/// Texts and faces behind an element that names their sender.
ordered_json WithSender(const MessageBody& body, std::string_view nick) {
  ordered_json elements = ordered_json::array();
  elements.push_back(CustomElement(MakeTextCommand(nick, "")));
  for (const ordered_json& element : body.json()) elements.push_back(element);
  return elements;
}

Result<MessageBody> Mended(ordered_json elements, std::size_t size_before) {
  Result<MessageBody> body = MessageBody::From(std::move(elements), size_before + kMaxMendBytes);
  if (!body || !IsReadableInRooms(ContentOf(*body))) return Refused();
  return body;
}

}  // namespace

Result<MessageBody> GuardRoomMessage(MessageBody body, MessagePriority priority,
                                     std::string_view nick) {
  const bool is_common = priority == MessagePriority::kCommon;
  if (is_common && IsReadableInRooms(ContentOf(body))) return body;
  const std::vector<MessageElement> elements = body.Elements();
  const std::size_t size = body.text().size();
  const bool has_custom = std::ranges::any_of(
      elements, [](const auto& element) { return element.kind == ElementKind::kCustom; });
  if (!has_custom) return Mended(WithSender(body, nick), size);

  if (!is_common || elements.front().kind != ElementKind::kCustom) return Refused();
  std::optional<std::string> command = MendCommand(elements.front().text);
  if (!command) return Refused();
  ordered_json mended = body.json();
  mended.front()["MsgContent"]["Data"] = *std::move(command);
  return Mended(std::move(mended), size);
}

std::string MakeTextCommand(std::string_view nick, std::string_view avatar) {
  return Filled(kTextFrame, {EscapedNick(nick), Escaped(avatar)});
}

std::string MakeCustomCommand(std::string_view nick, std::string_view avatar,
                              std::string_view cmd) {
  return Filled(kCmdFrame, {EscapedNick(nick), Escaped(avatar), Escaped(cmd)});
}

Status GuardDirectMessage(const MessageBody& body) {
  constexpr auto kWithData = std::to_array<std::string_view>({"linkmic"});
  const std::optional<json> value = ParseAsClients(ContentOf(body));
  if (!value || value->is_null()) return Refused();
  if (value->is_object() && !IsHandled(*value, kWithData)) return Refused();
  return {};
}

}  // namespace rtcroom
