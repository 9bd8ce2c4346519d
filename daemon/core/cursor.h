// The position of an event reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rtcroom {

/// A position in one epoch of a store's history. Readers outside the process get it as an
/// opaque text.
struct Cursor {
  /// The history it belongs to: 16 hex digits, drawn when the store is created. Empty for `Start`.
  std::string epoch{};
  /// Position of the last event that was read; 0 before the first.
  std::uint64_t position = 0;

  /// The cursor before the oldest retained event.
  static Cursor Start() { return {}; }

  /// `<epoch>-<position>`; `Start` is the empty text.
  [[nodiscard]] std::string Encode() const;
  /// @return nullopt when `text` is not an output of `Encode`.
  static std::optional<Cursor> Parse(std::string_view text);

  bool operator==(const Cursor&) const = default;
};

}  // namespace rtcroom
