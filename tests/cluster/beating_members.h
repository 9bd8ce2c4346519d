// Members that beat at any node, and when they were last told that they were heard.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "tests/support/api_client.h"

namespace rtcroom {

/// Of the wall clock, which the servers' events have too.
std::int64_t NowMs();

/// @threads safe from any thread.
class BeatingMembers {
 public:
  struct Member {
    std::string kind = {};
    std::string room = {};
    std::string user = {};
    std::string query = {};  ///< of its calls: "userID=...", or none
    /// It beats at one node, and goes to the next one when that has not answered for some time.
    bool is_sticky = false;
    /// It may be gone: a change that may remove it is under way, or has an unknown outcome.
    bool leaving = false;
  };

  BeatingMembers() = default;
  ~BeatingMembers() = default;
  BeatingMembers(const BeatingMembers&) = delete;
  BeatingMembers& operator=(const BeatingMembers&) = delete;

  /// Beats at these nodes from now on: each member about once a second, a sticky one at one of
  /// them, others at one or more.
  /// @param ports  of plain HTTP. One thread each, so that a node that does not answer delays no
  ///     beats at others.
  void BeatAt(const std::vector<int>& ports, std::uint32_t seed);

  /// @param joined_ms  before which its join was not acknowledged.
  void Add(Member member, std::int64_t joined_ms) EXCLUDES(mutex_);
  /// Sets `leaving` of all members of a room.
  void SetLeaving(const std::string& room, bool leaving) EXCLUDES(mutex_);
  void Remove(const std::string& room, const std::string& user) EXCLUDES(mutex_);
  void RemoveRoom(const std::string& room) EXCLUDES(mutex_);

  /// When the last answered beat, or the join, began; 0 for one that never was a member. Known
  /// after the removal, too.
  [[nodiscard]] std::int64_t LastHeardMs(const std::string& room, const std::string& user) const
      EXCLUDES(mutex_);
  /// How many beats were answered.
  [[nodiscard]] std::size_t heard() const EXCLUDES(mutex_);
  /// How many were not, though their members had not left.
  [[nodiscard]] std::size_t unheard() const EXCLUDES(mutex_);
  /// Members that a node did not know though they had not left: room, and what was said.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Denied() const EXCLUDES(mutex_);

 private:
  using Key = std::pair<std::string, std::string>;  ///< room, user
  struct Entry {
    Member member = {};
    std::uint64_t stamp = 0;  ///< of the last change to it
    std::size_t home = 0;     ///< the node of a sticky one
  };

  void BeatAtOne(const std::stop_token& stop, std::size_t node, int port, std::uint32_t seed)
      EXCLUDES(mutex_);
  /// Whether a sticky member is at that node, or comes to it now.
  bool IsAt(std::size_t node, const Entry& beating) EXCLUDES(mutex_);
  [[nodiscard]] std::vector<Entry> All() const EXCLUDES(mutex_);
  void Note(const Entry& beaten, int port, std::int64_t begun_ms, const ApiReply& reply)
      EXCLUDES(mutex_);

  mutable Mutex mutex_;
  std::map<Key, Entry> members_ GUARDED_BY(mutex_);
  std::map<Key, std::int64_t> heard_ms_ GUARDED_BY(mutex_);
  std::vector<std::pair<std::string, std::string>> denied_ GUARDED_BY(mutex_);
  std::uint64_t stamps_ GUARDED_BY(mutex_) = 0;
  std::size_t heard_ GUARDED_BY(mutex_) = 0;
  std::size_t unheard_ GUARDED_BY(mutex_) = 0;
  std::size_t nodes_ = 0;
  std::vector<std::jthread> threads_;  // last: they use all other members
};

}  // namespace rtcroom
