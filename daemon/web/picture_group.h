// The pictures since the last key frame: what somebody needs who begins to play now.
#pragma once

#include <cstddef>
#include <vector>

#include "daemon/web/media_frame.h"

namespace rtcroom {

/// A longer or larger group is forgotten: who begins then waits for the next key frame.
///
/// @threads for one thread at a time.
class PictureGroup {
 public:
  static constexpr std::size_t kMaxPictures = 400;
  static constexpr std::size_t kMaxBytes = std::size_t{3} << 20;

  void Add(const MediaFrame& picture);
  void Clear();

  [[nodiscard]] bool empty() const { return pictures_.empty(); }

  /// All of it, with times a millisecond apart, of which the last is as it was: a decoder is done
  /// with them at once.
  [[nodiscard]] std::vector<MediaFrame> Compressed() const;

 private:
  std::vector<MediaFrame> pictures_;
  std::size_t bytes_ = 0;
};

}  // namespace rtcroom
