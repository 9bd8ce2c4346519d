#include "daemon/media/callback_streams.h"

#include <algorithm>
#include <charconv>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr std::chrono::seconds kPushPurgePeriod{10};

std::chrono::milliseconds Since(MonotonicTime start, MonotonicTime now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - start);
}

bool IsSequence(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, IsAsciiDigit);
}

/// Whether one decimal number, of any length, is below another.
bool IsBelow(std::string_view one, std::string_view other) {
  const auto strip = [](std::string_view& number) {
    number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  };
  strip(one);
  strip(other);
  return one.size() != other.size() ? one.size() < other.size() : one < other;
}

/// Orders the reports that other nodes get of the same stream, as far as it can be expressed.
std::int64_t OrderOf(std::string_view sequence, const std::optional<TimePoint>& at) {
  std::int64_t number = 0;
  const char* const end = sequence.data() + sequence.size();
  const auto [read_to, error] = std::from_chars(sequence.data(), end, number);
  if (error == std::errc() && read_to == end && number > 0) return number;
  return at ? std::int64_t{at->time_since_epoch().count()} : 0;
}

bool IsBefore(const std::optional<TimePoint>& one, const std::optional<TimePoint>& other) {
  return one && other && *one < *other;
}

}  // namespace

bool CallbackStreams::Started(const PushReport& report) {
  const MutexLock lock(mutex_);
  const MonotonicTime now = clock_.Monotonic();
  Stream* const stream = FindOrAddLocked(report.stream, now);
  if (stream == nullptr) return false;
  const bool has_ended = !report.sequence.empty() && report.sequence == stream->ended;
  const bool is_repeated = stream->is_on && report.sequence == stream->started;
  // Pushes of one stream begin one after the other, whatever becomes of their ends.
  if (has_ended || is_repeated || IsBefore(report.at, stream->began_at)) return true;
  stream->started = report.sequence;
  stream->began_at = report.at;
  stream->is_on = true;
  stream->since = now;
  return true;
}

bool CallbackStreams::Stopped(const PushReport& report) {
  const MutexLock lock(mutex_);
  const MonotonicTime now = clock_.Monotonic();
  Stream* const stream = FindOrAddLocked(report.stream, now);
  if (stream == nullptr) return false;
  const bool is_of_this_push = !report.sequence.empty() && report.sequence == stream->started;
  if (stream->is_on && !is_of_this_push) {
    // The push that replaced another one may have begun before the end of that.
    const bool has_numbers = IsSequence(report.sequence) && IsSequence(stream->started);
    const bool is_of_earlier = has_numbers ? IsBelow(report.sequence, stream->started)
                                           : IsBefore(report.at, stream->began_at);
    if (is_of_earlier) return true;
  }
  stream->ended = report.sequence;
  stream->ended_at = report.at;
  if (!stream->is_on) return true;
  stream->is_on = false;
  stream->since = now;
  return true;
}

MediaState CallbackStreams::StateOf(std::string_view name) const {
  const MutexLock lock(mutex_);
  const auto found = streams_.find(name);
  if (found == streams_.end()) return {.kind = MediaState::Kind::kNone};
  const Stream& stream = found->second;
  const MonotonicTime now = clock_.Monotonic();
  const std::chrono::milliseconds lasting = Since(stream.since, now);
  if (!stream.is_on) return {.kind = MediaState::Kind::kOff, .lasting = lasting};
  if (!IsBelieved(stream, now)) return {.kind = MediaState::Kind::kNone};
  return {.kind = MediaState::Kind::kOn, .lasting = lasting, .seen_ago = lasting};
}

std::vector<StreamSign> CallbackStreams::SignsSince(MonotonicTime since) const {
  std::vector<StreamSign> signs;
  const MutexLock lock(mutex_);
  const MonotonicTime now = clock_.Monotonic();
  for (const auto& [name, stream] : streams_) {
    if (stream.since < since || !IsBelieved(stream, now)) continue;
    signs.push_back({.stream = name,
                     .is_on = stream.is_on,
                     .at = stream.since,
                     .order = stream.is_on ? OrderOf(stream.started, stream.began_at)
                                           : OrderOf(stream.ended, stream.ended_at)});
  }
  return signs;
}

bool CallbackStreams::IsBelieved(const Stream& stream, MonotonicTime now) const {
  return !stream.is_on || Since(stream.since, now) <= options_.believed_for;
}

std::vector<std::string> CallbackStreams::OffFor(std::chrono::milliseconds grace) const {
  std::vector<std::string> off;
  const MutexLock lock(mutex_);
  const MonotonicTime now = clock_.Monotonic();
  for (const auto& [name, stream] : streams_) {
    if (!stream.is_on && Since(stream.since, now) >= grace) off.push_back(name);
  }
  return off;
}

CallbackStreams::Stream* CallbackStreams::FindOrAddLocked(std::string_view name,
                                                          MonotonicTime now) {
  if (now - purged_at_ >= kPushPurgePeriod) {
    purged_at_ = now;
    std::erase_if(streams_, [&](const auto& entry) { return IsForgotten(entry.second, now); });
  }
  const auto found = streams_.find(name);
  if (found != streams_.end()) return &found->second;
  if (streams_.size() >= options_.max_streams) return nullptr;
  return &streams_.emplace(name, Stream{.since = now}).first->second;
}

bool CallbackStreams::IsForgotten(const Stream& stream, MonotonicTime now) const {
  // A start that is no longer believed still tells whose stop is to come.
  const std::chrono::milliseconds kept = kOffIsKept;
  return Since(stream.since, now) >= (stream.is_on ? options_.believed_for + kept : kept);
}

}  // namespace rtcroom
