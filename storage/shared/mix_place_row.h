// The columns in which stores keep the place of a stream in a mix.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/core/room.h"

namespace rtcroom {

// The numbers are stored.
inline constexpr std::int64_t kVideoPart = 1;
inline constexpr std::int64_t kAudioPart = 2;

inline std::int16_t PartsOf(const MixPlace& place) {
  return static_cast<std::int16_t>((place.has_video ? kVideoPart : 0) |
                                   (place.has_audio ? kAudioPart : 0));
}

inline constexpr int kMixPlaceColumns = 6;

/// The place in `kMixPlaceColumns` columns of the current row, from `first` on: x, y, width,
/// height, layer, parts.
///
/// @tparam Row  reads columns: `Integer`.
/// @return nullopt when the layer is 0: not in the mix.
template <typename Row>
std::optional<MixPlace> MixPlaceOf(Row& row, int first) {
  enum : int { kX, kY, kWidth, kHeight, kLayer, kParts };
  const auto pixels = [&](int column) {
    return static_cast<std::uint16_t>(row.Integer(first + column));
  };
  const auto layer = static_cast<std::uint8_t>(row.Integer(first + kLayer));
  if (layer == 0) return std::nullopt;
  const std::int64_t parts = row.Integer(first + kParts);
  return MixPlace{.x = pixels(kX),
                  .y = pixels(kY),
                  .width = pixels(kWidth),
                  .height = pixels(kHeight),
                  .layer = layer,
                  .has_video = (parts & kVideoPart) != 0,
                  .has_audio = (parts & kAudioPart) != 0};
}

}  // namespace rtcroom
