#include "daemon/media/cloud_streams.h"

#include <cstdint>
#include <utility>

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using Kind = MediaState::Kind;

/// Longer than any silence that matters, so that this alone decides.
constexpr std::chrono::hours kAlways{24 * 365};
constexpr MediaState kNeverKnown = {.kind = Kind::kUnknown, .lasting = kAlways};

bool IsKnown(const MediaState& state) {
  return state.kind == Kind::kOn || state.kind == Kind::kOff;
}

milliseconds Between(MonotonicTime from, MonotonicTime to) {
  return std::chrono::duration_cast<milliseconds>(to - from);
}

std::string_view NameOf(StreamState state) {
  switch (state) {
    case StreamState::kLive:
      return "live";
    case StreamState::kNotLive:
      return "not_live";
    case StreamState::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace

CloudStreams::CloudStreams(CloudStreamsOptions options, const CloudStreamsDeps& deps)
    : options_(options), deps_(deps) {}

MediaState CloudStreams::StateOf(std::string_view stream) const {
  if (deps_.callbacks != nullptr) {
    const MediaState state = deps_.callbacks->StateOf(stream);
    if (IsKnown(state)) return state;
  }
  const MonotonicTime now = deps_.clock.Monotonic();
  MediaState state;
  {
    const MutexLock lock(mutex_);
    auto entry = streams_.find(stream);
    if (entry == streams_.end()) {
      if (streams_.size() >= options_.max_streams) return kNeverKnown;
      entry = streams_.try_emplace(std::string(stream)).first;
    }
    Stream& known = entry->second;
    known.looked_at = now;
    state = StateAt(known, now);
    if (known.is_asked || IsFresh(known, now)) return state;
    known.is_asked = true;
  }
  Ask(std::string(stream));
  return state;
}

std::vector<std::string> CloudStreams::OffFor(milliseconds grace) const {
  std::vector<std::string> off;
  if (deps_.callbacks != nullptr) off = deps_.callbacks->OffFor(grace);
  const MonotonicTime now = deps_.clock.Monotonic();
  std::vector<std::string> unasked;
  {
    const MutexLock lock(mutex_);
    std::erase_if(streams_, [&](const Streams::value_type& entry) {
      return !entry.second.is_asked && now - entry.second.looked_at > options_.forget_after;
    });
    for (auto& [name, stream] : streams_) {
      const MediaState state = StateAt(stream, now);
      const bool is_off = state.kind == Kind::kOff && state.lasting >= grace;
      if (is_off || state.kind == Kind::kNone) off.push_back(name);
      if (stream.is_asked || !stream.reply || IsFresh(stream, now)) continue;
      // A stream that went off may have come back within its grace.
      const bool is_doubtful =
          stream.reply == StreamState::kUnknown ||
          (stream.live_at && stream.off_since && stream.replied_at - *stream.off_since < grace);
      if (!is_doubtful) continue;
      stream.is_asked = true;
      unasked.push_back(name);
    }
  }
  for (const std::string& name : unasked) Ask(name);
  return off;
}

MediaState CloudStreams::StateAt(const Stream& stream, MonotonicTime now) const {
  if (IsFresh(stream, now)) {
    if (stream.live_since) {
      return {.kind = Kind::kOn,
              .lasting = Between(*stream.live_since, now),
              .seen_ago = Between(stream.replied_at, now)};
    }
    if (stream.reply == StreamState::kNotLive) {
      if (!stream.live_at) return {.kind = Kind::kNone};
      return {.kind = Kind::kOff, .lasting = Between(*stream.off_since, now)};
    }
  }
  if (!stream.live_at) return kNeverKnown;
  return {.kind = Kind::kUnknown, .lasting = Between(*stream.live_at, now)};
}

void CloudStreams::Ask(const std::string& name) const {
  const bool is_taken = deps_.calls.TrySubmit(
      {.run = [this, name] { Record(name, deps_.service.AskState(name, options_.timeout)); },
       .expired = [this, name] { GiveUp(name); }});
  if (!is_taken) GiveUp(name);
}

void CloudStreams::Record(const std::string& name, const StreamReport& report) const {
  deps_.replies.Count(NameOf(report.state));
  const MonotonicTime now = deps_.clock.Monotonic();
  std::uint64_t unknown = 0;
  {
    const MutexLock lock(mutex_);
    const auto entry = streams_.find(name);  // it stays while it is asked about
    Stream& stream = entry->second;
    stream.is_asked = false;
    stream.reply = report.state;
    stream.replied_at = now;
    switch (report.state) {
      case StreamState::kUnknown:
        stream.live_since.reset();
        unknown = unknown_lines_.Count(now);
        break;
      case StreamState::kLive:
        stream.live_at = now;
        stream.live_since = stream.live_since.value_or(now);
        stream.off_since.reset();
        break;
      case StreamState::kNotLive:
        stream.live_since.reset();
        stream.off_since = stream.off_since.value_or(now);
        break;
    }
  }
  if (unknown == 0) return;
  deps_.logger.Warn("stream_states_unknown", {{"replies", unknown}, {"reason", report.reason}});
}

void CloudStreams::GiveUp(const std::string& name) const {
  const MutexLock lock(mutex_);
  streams_.find(name)->second.is_asked = false;
}

}  // namespace rtcroom
