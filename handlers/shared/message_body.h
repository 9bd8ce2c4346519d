// The elements of which IM SDKs make a message, checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/base/result.h"

namespace rtcroom {

/// Longest body as compact JSON, in bytes.
/// @source docs/channel.md, 1 (80002).
inline constexpr std::size_t kMaxMessageBytes = std::size_t{12} * 1024;

/// Longest stored one: the guard lengthens some, and those of new clients are made.
inline constexpr std::size_t kMaxStoredBytes = std::size_t{16} * 1024;

/// Deepest nesting of arrays and objects in a body, its own array counted.
inline constexpr int kMaxMessageNesting = 16;

/// The kinds of elements that every client can show.
enum class ElementKind : std::uint8_t { kText, kFace, kCustom };

/// An element of a body, as a view into it.
struct MessageElement {
  ElementKind kind = ElementKind::kText;
  std::string_view text{};  ///< `Text` of a text, `Data` of a face or a custom element
};

/// An array of at least one element: TIMTextElem {Text}, TIMFaceElem {Index, Data} or TIMCustomElem
/// {Data, Desc, Ext}, each with all of these members and perhaps others. It is relayed as it came:
/// elements, members and texts in their order and unchanged.
/// @source docs/channel.md, 4.
class MessageBody {
 public:
  /// Checks a parsed `MsgBody`.
  ///
  /// @param max_bytes  of the compact JSON.
  /// @errors kBadRequest when it is malformed, with a detail that names the member;
  ///         kContentTooLong; kContentRefused for an element of another type, such as a picture.
  static Result<MessageBody> From(nlohmann::ordered_json elements,
                                  std::size_t max_bytes = kMaxMessageBytes);
  /// Checks a text, such as one that is stored. @errors also kBadRequest when it is not JSON.
  static Result<MessageBody> Parse(std::string_view text, std::size_t max_bytes = kMaxMessageBytes);

  [[nodiscard]] const nlohmann::ordered_json& json() const { return json_; }
  /// The body as compact JSON.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// The elements in their order; at least one. The views are valid as long as this body.
  [[nodiscard]] std::vector<MessageElement> Elements() const;

  bool operator==(const MessageBody& other) const { return text_ == other.text_; }

 private:
  MessageBody(nlohmann::ordered_json elements, std::string text)
      : json_(std::move(elements)), text_(std::move(text)) {}

  nlohmann::ordered_json json_;
  std::string text_;
};

/// An element for a body.
nlohmann::ordered_json CustomElement(std::string_view data, std::string_view desc = {},
                                     std::string_view ext = {});

/// Whether `value` has more than `levels` levels of arrays and objects, itself counted.
template <typename Json>
bool IsNestedDeeperThan(int levels, const Json& value) {
  if (!value.is_structured()) return false;
  if (levels == 0) return true;
  for (const Json& inner : value) {
    if (IsNestedDeeperThan(levels - 1, inner)) return true;
  }
  return false;
}

/// One line for a list of conversations: the texts and faces in their order, a face as its name in
/// brackets, texts with the entities of the body; `[其他]` for a body without them.
/// @source docs/channel.md, 2 (recentcontact/get).
std::string TextOf(std::span<const MessageElement> elements);
inline std::string TextOf(const MessageBody& body) { return TextOf(body.Elements()); }

}  // namespace rtcroom
