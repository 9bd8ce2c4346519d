#include "handlers/shared/message_body.h"

#include <array>
#include <span>
#include <utility>

namespace rtcroom {
namespace {

using nlohmann::ordered_json;

/// A member of `MsgContent`.
struct ContentMember {
  const char* name = "";
  bool is_number = false;  ///< otherwise a string
  std::string_view fault{};
};

constexpr ContentMember kTextMembers[] = {
    {.name = "Text", .fault = "Text: missing or not a string"},
};
constexpr ContentMember kFaceMembers[] = {
    {.name = "Data", .fault = "Data: missing or not a string"},
    {.name = "Index", .is_number = true, .fault = "Index: missing or not a number"},
};
constexpr ContentMember kCustomMembers[] = {
    {.name = "Data", .fault = "Data: missing or not a string"},
    {.name = "Desc", .fault = "Desc: missing or not a string"},
    {.name = "Ext", .fault = "Ext: missing or not a string"},
};

struct ElementType {
  std::string_view name{};
  ElementKind kind = ElementKind::kText;
  std::span<const ContentMember> members{};  ///< the first has the text of the element
};

constexpr auto kElementTypes = std::to_array<ElementType>({
    {"TIMTextElem", ElementKind::kText, kTextMembers},
    {"TIMFaceElem", ElementKind::kFace, kFaceMembers},
    {"TIMCustomElem", ElementKind::kCustom, kCustomMembers},
});

const ElementType* TypeNamed(std::string_view name) {
  for (const ElementType& type : kElementTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

Error Malformed(std::string_view fault) { return {Errc::kBadRequest, std::string(fault)}; }

Status CheckElement(const ordered_json& element) {
  if (!element.is_object()) return Malformed("MsgBody: an element is not an object");
  const auto name = element.find("MsgType");
  if (name == element.end() || !name->is_string()) {
    return Malformed("MsgType: missing or not a string");
  }
  // The type is checked before the content: that of other types has members of its own.
  const ElementType* type = TypeNamed(name->get_ref<const std::string&>());
  if (type == nullptr) return Error{Errc::kContentRefused, "an element of another type"};
  const auto content = element.find("MsgContent");
  if (content == element.end() || !content->is_object()) {
    return Malformed("MsgContent: missing or not an object");
  }
  for (const ContentMember& member : type->members) {
    const auto value = content->find(member.name);
    const bool is_there =
        value != content->end() && (member.is_number ? value->is_number() : value->is_string());
    if (!is_there) return Malformed(member.fault);
  }
  return {};
}

Status CheckArray(const ordered_json& body) {
  if (!body.is_array()) return Malformed("MsgBody: missing or not an array");
  if (body.empty()) return Malformed("MsgBody: empty");
  if (IsNestedDeeperThan(kMaxMessageNesting, body)) return Malformed("MsgBody: nested too deeply");
  return {};
}

Status CheckElements(const ordered_json& body) {
  for (const ordered_json& element : body) {
    if (Status checked = CheckElement(element); !checked) return checked;
  }
  return {};
}

std::string InBrackets(std::string_view name) {
  std::string text;
  if (!name.starts_with('[')) text += '[';
  text += name;
  if (!name.ends_with(']')) text += ']';
  return text;
}

}  // namespace

Result<MessageBody> MessageBody::From(ordered_json elements, std::size_t max_bytes) {
  if (const Status checked = CheckArray(elements); !checked) return checked.error();
  std::string text = elements.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  if (text.size() > max_bytes) return Error{Errc::kContentTooLong, "a message of too many bytes"};
  if (const Status checked = CheckElements(elements); !checked) return checked.error();
  return MessageBody(std::move(elements), std::move(text));
}

Result<MessageBody> MessageBody::Parse(std::string_view text, std::size_t max_bytes) {
  ordered_json elements = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (elements.is_discarded()) return Malformed("MsgBody: not JSON");
  return From(std::move(elements), max_bytes);
}

std::vector<MessageElement> MessageBody::Elements() const {
  std::vector<MessageElement> elements;
  elements.reserve(json_.size());
  for (const ordered_json& element : json_) {
    const ElementType& type = *TypeNamed(element.at("MsgType").get_ref<const std::string&>());
    const ordered_json& text = element.at("MsgContent").at(type.members.front().name);
    elements.push_back({.kind = type.kind, .text = text.get_ref<const std::string&>()});
  }
  return elements;
}

ordered_json CustomElement(std::string_view data, std::string_view desc, std::string_view ext) {
  return {{"MsgType", "TIMCustomElem"},
          {"MsgContent", {{"Data", data}, {"Desc", desc}, {"Ext", ext}}}};
}

std::string TextOf(std::span<const MessageElement> elements) {
  std::string text;
  bool has_text = false;
  for (const MessageElement& element : elements) {
    switch (element.kind) {
      case ElementKind::kText:
        text += element.text;
        has_text = true;
        break;
      case ElementKind::kFace:
        text += InBrackets(element.text);
        has_text = true;
        break;
      case ElementKind::kCustom:
        break;
    }
  }
  return has_text ? text : "[其他]";
}

}  // namespace rtcroom
