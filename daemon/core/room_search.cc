#include "daemon/core/room_search.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace rtcroom {
namespace {

/// Rooms read at a time when a filter is set.
constexpr std::size_t kBatch = 200;
constexpr std::size_t kPositionDigits = 16;

}  // namespace

Result<RoomsFound> SearchRooms(RoomStore& store, const RoomSearch& search) {
  RoomsFound found;
  std::size_t looked_at = 0;
  std::uint64_t after = search.after;
  while (found.rooms.size() < search.count && looked_at < kMostRoomsSearched) {
    const std::size_t missing = search.count - found.rooms.size();
    const std::size_t batch =
        search.wanted ? std::min(kBatch, kMostRoomsSearched - looked_at) : missing;
    Result<RoomPage> page = store.Scan(after, batch);
    if (!page) return page.error();
    const bool is_last = page->rooms.size() < batch;
    std::size_t taken = 0;
    for (Room& room : page->rooms) {
      if (found.rooms.size() == search.count) break;
      ++taken;
      after = room.sequence;
      if (!search.wanted || search.wanted(room)) found.rooms.push_back(std::move(room));
    }
    looked_at += taken;
    if (is_last && taken == page->rooms.size()) return found;
  }
  found.next = after;
  return found;
}

std::string EncodeSearchPosition(std::uint64_t after) {
  return fmt::format("{:0{}x}", after, kPositionDigits);
}

std::optional<std::uint64_t> ParseSearchPosition(std::string_view text) {
  std::uint64_t after = 0;
  const char* const end = text.data() + text.size();
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): bounded by `end`
  const auto [stopped, failure] = std::from_chars(text.data(), end, after, 16);
  if (failure != std::errc() || stopped != end || EncodeSearchPosition(after) != text) {
    return std::nullopt;
  }
  return after;
}

}  // namespace rtcroom
