// The streams that workers pull before anybody asks for them.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "daemon/base/sip_hash.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The streams on air of the rooms in which somebody has a session: with them the first picture
/// does not wait for the next key frame of a phone. A change of another room costs one look-up.
///
/// @threads for one thread at a time.
class WebPulls {
 public:
  /// A session in that room began, or ended.
  void Add(const RoomKey& room);
  void Remove(const RoomKey& room);

  /// The members of a room have changed: its streams are to be read again.
  void OnChanged(const RoomKey& room);
  /// The rooms whose streams are to be read again, each once.
  [[nodiscard]] std::vector<RoomKey> TakeChanged();
  [[nodiscard]] bool HasChanged() const { return !changed_.empty(); }
  /// A room without sessions is left out.
  void Set(const RoomKey& room, std::vector<std::string> streams);

  /// @return whether it is a stream of one of the rooms.
  bool OnAir(std::string_view stream, bool is_on);
  /// The wanted streams that are on air.
  [[nodiscard]] std::set<std::string_view> Streams() const;

 private:
  struct Entry {
    std::size_t sessions = 0;
    std::vector<std::string> streams{};
  };
  void Forget(const std::vector<std::string>& streams);

  std::map<RoomKey, Entry> rooms_;
  std::set<RoomKey> changed_;
  std::map<std::string, std::size_t, std::less<>> wanted_;  ///< number of rooms that have it
  std::unordered_set<std::string, NameHash, std::equal_to<>> on_air_;
};

}  // namespace rtcroom
