// Streams whose state tests set.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/core/stream_liveness.h"

namespace rtcroom {

/// @threads for one thread.
class FakeMedia : public MediaView {
 public:
  /// `clock` outlives this.
  explicit FakeMedia(const Clock& clock) : clock_(clock) {}

  /// From now on the stream is in that state, without a later sign of it.
  void Set(const std::string& stream, MediaState::Kind kind) {
    streams_[stream] = {kind, clock_.Monotonic()};
  }
  [[nodiscard]] MediaState StateOf(std::string_view stream) const override {
    const auto found = streams_.find(std::string(stream));
    if (found == streams_.end()) return {.kind = MediaState::Kind::kNone};
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.Monotonic() -
                                                                             found->second.since);
    return {.kind = found->second.kind, .lasting = since, .seen_ago = since};
  }
  [[nodiscard]] std::vector<std::string> OffFor(std::chrono::milliseconds grace) const override {
    std::vector<std::string> off;
    for (const auto& [stream, entry] : streams_) {
      const MediaState state = StateOf(stream);
      if (state.kind == MediaState::Kind::kOff && state.lasting >= grace) off.push_back(stream);
    }
    return off;
  }

 private:
  struct Entry {
    MediaState::Kind kind = MediaState::Kind::kNone;
    MonotonicTime since{};
  };
  const Clock& clock_;
  std::map<std::string, Entry> streams_;
};

}  // namespace rtcroom
