// Records the changes that a client makes at a server that may fail, and compares them with what
// the server has stored later.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/api_client.h"
#include "tests/support/call_outcome.h"

namespace rtcroom {

/// Generates changes, each of one subject, such as a room, that no other client changes.
///
/// A `Value` is the state of one subject; the default one means that there is no such subject.
/// GoogleTest has to be able to print it. A `Change` has the members `subject`, `after`, which is
/// the value once the change is made, and `what`, which names the change in messages.
template <typename Source>
concept ChangeSource = requires(Source source, const Source constant, ApiClient& client,
                                const std::string& subject, const typename Source::Change& change,
                                const std::map<std::string, typename Source::Value>& acknowledged) {
  { source.Next(acknowledged) } -> std::same_as<typename Source::Change>;
  { source.Send(client, change) } -> std::same_as<ApiReply>;
  { constant.Owns(subject) } -> std::same_as<bool>;
};

enum class ChangeOutcome : std::uint8_t {
  kAcknowledged,
  kRefused,  ///< answered with a code other than 0: it was not made
  kNotDone,  ///< HTTP 503, or no connection: it was not made
  kUnknown,  ///< it may have been made, or may be yet
};

struct MadeChange {
  ChangeOutcome outcome = ChangeOutcome::kUnknown;
  ApiReply reply = {};
  std::string what = {};  ///< the change and the reply, for messages
};

/// Of several recorders together.
struct WriteCounts {
  std::atomic<std::size_t> acknowledged{0};
  std::atomic<std::size_t> refused{0};
};

/// Knows of each subject the value that was acknowledged, or the two that are possible after a
/// change with an unknown outcome. The source gets no such subject until `Settle`, and so does not
/// change it.
///
/// @threads for one thread at a time, except for `acknowledged` and `unknown`.
template <ChangeSource Source>
class ChangeRecorder {
 public:
  using Change = typename Source::Change;
  using Value = typename Source::Value;
  using State = std::map<std::string, Value>;  ///< by subject

  explicit ChangeRecorder(Source source) : source_(std::move(source)) {}

  [[nodiscard]] const Source& source() const { return source_; }
  [[nodiscard]] Change Next() { return source_.Next(acknowledged_); }
  /// Sends a change and records its outcome.
  MadeChange Make(ApiClient& client, const Change& change);

  /// Makes changes one after the other until one gets no reply, because the server was killed. Any
  /// other reply than an acknowledgement is a test failure.
  void WriteUntilCutOff(ApiClient client, std::atomic<std::size_t>& acknowledged);
  /// Makes changes one after the other until `stop` is set; all are answered. One answered with
  /// code 6 has not happened: it counts as refused, and the next follows after a short pause.
  void WriteUntilStopped(ApiClient client, const std::atomic<bool>& stop, WriteCounts& counts);

  /// How many changes were acknowledged so far. Safe from any thread.
  [[nodiscard]] std::size_t acknowledged() const { return acknowledged_count_; }
  /// How many had an unknown outcome so far. Safe from any thread.
  [[nodiscard]] std::size_t unknown() const { return unknown_count_; }
  /// All that was acknowledged, without the subjects of `PerhapsMade`.
  [[nodiscard]] const State& acknowledged_state() const { return acknowledged_; }
  /// The subjects of changes with an unknown outcome, as they are if the changes were made.
  [[nodiscard]] State PerhapsMade() const;

  /// From now on, keeps the acknowledged state after each change, for `ExpectSeenBetween`.
  void KeepEveryState() { states_ = {acknowledged_}; }
  /// The stored state must be the expected state after some number of changes: at least `first`,
  /// and at most one more than `last`, since one change may have been in progress. Must be called
  /// while no change is made.
  /// @param stored  of all clients.
  void ExpectSeenBetween(std::size_t first, std::size_t last, const State& stored) const;

  /// Compares the record with what is stored, and continues from there. Must be called while no
  /// change is made.
  /// @param stored  of all clients.
  /// @param excused  subjects that may differ from what was acknowledged.
  /// @return one line for each subject that is not as it must be.
  [[nodiscard]] std::vector<std::string> Settle(const State& stored,
                                                const std::set<std::string>& excused = {});

 private:
  /// The possible values of a subject after a change with an unknown outcome.
  struct Possible {
    Value before;
    Value after;
    std::string what;
  };

  [[nodiscard]] static Value ValueIn(const State& state, const std::string& subject) {
    const auto found = state.find(subject);
    return found == state.end() ? Value{} : found->second;
  }
  [[nodiscard]] State OwnIn(const State& stored) const;
  void Acknowledge(const Change& change);
  void LeaveOpen(const Change& change, std::string what);

  Source source_;
  State acknowledged_;
  std::map<std::string, Possible> open_;  ///< by subject; it has none of `acknowledged_`
  std::vector<State> states_;             ///< by the number of changes; empty unless they are kept
  std::atomic<std::size_t> acknowledged_count_{0};
  std::atomic<std::size_t> unknown_count_{0};
};

template <ChangeSource Source>
MadeChange ChangeRecorder<Source>::Make(ApiClient& client, const Change& change) {
  const auto begun = std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  MadeChange made{.reply = source_.Send(client, change)};
  made.what =
      fmt::format("{} of {} at {} (ms), before {}: HTTP {} {}", change.what, change.subject,
                  begun.count(), testing::PrintToString(ValueIn(acknowledged_, change.subject)),
                  made.reply.status, made.reply.text);
  if (made.reply.code() == kOk) {
    made.outcome = ChangeOutcome::kAcknowledged;
    Acknowledge(change);
    return made;
  }
  switch (OutcomeOf(made.reply)) {
    case CallOutcome::kAnswered:
      made.outcome = ChangeOutcome::kRefused;
      break;
    case CallOutcome::kNotDone:
      made.outcome = ChangeOutcome::kNotDone;
      break;
    case CallOutcome::kUnknown:
      made.outcome = ChangeOutcome::kUnknown;
      LeaveOpen(change, made.what);
      break;
  }
  return made;
}

template <ChangeSource Source>
void ChangeRecorder<Source>::WriteUntilCutOff(ApiClient client,
                                              std::atomic<std::size_t>& acknowledged) {
  while (true) {
    const MadeChange made = Make(client, Next());
    if (made.reply.status == 0) return;
    EXPECT_EQ(made.reply.code(), kOk) << made.what;
    if (made.outcome != ChangeOutcome::kAcknowledged) return;
    ++acknowledged;
  }
}

template <ChangeSource Source>
void ChangeRecorder<Source>::WriteUntilStopped(ApiClient client, const std::atomic<bool>& stop,
                                               WriteCounts& counts) {
  constexpr std::chrono::milliseconds kPauseAfterRefusal{2};
  while (!stop) {
    const MadeChange made = Make(client, Next());
    if (made.reply.code() == kInternalFailure) {
      ++counts.refused;
      std::this_thread::sleep_for(kPauseAfterRefusal);
      continue;
    }
    EXPECT_EQ(made.reply.code(), kOk) << made.what;
    if (made.outcome != ChangeOutcome::kAcknowledged) return;
    ++counts.acknowledged;
  }
}

template <ChangeSource Source>
typename ChangeRecorder<Source>::State ChangeRecorder<Source>::PerhapsMade() const {
  State state;
  for (const auto& [subject, possible] : open_) state.emplace(subject, possible.after);
  return state;
}

template <ChangeSource Source>
void ChangeRecorder<Source>::ExpectSeenBetween(std::size_t first, std::size_t last,
                                               const State& stored) const {
  const State own = OwnIn(stored);
  const std::size_t end = std::min(last + 2, states_.size());
  ASSERT_LT(first, end);
  const auto from = states_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto to = states_.begin() + static_cast<std::ptrdiff_t>(end);
  EXPECT_NE(std::find(from, to, own), to)
      << testing::PrintToString(own) << " was never true between change " << first << " and "
      << last << ", from " << testing::PrintToString(*from);
}

template <ChangeSource Source>
std::vector<std::string> ChangeRecorder<Source>::Settle(const State& stored,
                                                        const std::set<std::string>& excused) {
  State own = OwnIn(stored);
  std::vector<std::string> faults;
  for (const auto& [subject, value] : acknowledged_) {
    const Value found = ValueIn(own, subject);
    if (found == value || excused.contains(subject)) continue;
    faults.push_back(fmt::format("{}: stored {}, acknowledged {}", subject,
                                 testing::PrintToString(found), testing::PrintToString(value)));
  }
  for (const auto& [subject, possible] : open_) {
    const Value found = ValueIn(own, subject);
    if (found == possible.before || found == possible.after || excused.contains(subject)) continue;
    faults.push_back(fmt::format("{}: stored {}, acknowledged {}, then perhaps {} ({})", subject,
                                 testing::PrintToString(found),
                                 testing::PrintToString(possible.before),
                                 testing::PrintToString(possible.after), possible.what));
  }
  for (const auto& [subject, value] : own) {
    if (acknowledged_.contains(subject) || open_.contains(subject)) continue;
    faults.push_back(fmt::format("{}: stored {}, but there is none of what was acknowledged",
                                 subject, testing::PrintToString(value)));
  }
  acknowledged_ = std::move(own);
  open_.clear();
  return faults;
}

template <ChangeSource Source>
typename ChangeRecorder<Source>::State ChangeRecorder<Source>::OwnIn(const State& stored) const {
  State own;
  for (const auto& [subject, value] : stored) {
    if (source_.Owns(subject)) own.emplace(subject, value);
  }
  return own;
}

template <ChangeSource Source>
void ChangeRecorder<Source>::Acknowledge(const Change& change) {
  if (change.after == Value{}) {
    acknowledged_.erase(change.subject);
  } else {
    acknowledged_[change.subject] = change.after;
  }
  if (!states_.empty()) states_.push_back(acknowledged_);
  ++acknowledged_count_;
}

template <ChangeSource Source>
void ChangeRecorder<Source>::LeaveOpen(const Change& change, std::string what) {
  Possible possible{.before = ValueIn(acknowledged_, change.subject),
                    .after = change.after,
                    .what = std::move(what)};
  open_.insert_or_assign(change.subject, std::move(possible));
  acknowledged_.erase(change.subject);
  ++unknown_count_;
}

}  // namespace rtcroom
