#include "tests/bench/bench_nodes.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "tests/bench/bench_rooms.h"

namespace rtcroom {
namespace {

constexpr std::uint64_t kPattern = 0;
/// Room numbers before those of the copies.
constexpr std::uint64_t kReserved = 1000;
/// Makes ids that do not ascend with the numbers: the index over them must not grow only at its
/// end.
constexpr std::uint64_t kScatter = 2'654'435'761;

template <typename Value>
Value Required(Result<Value> result) {
  if (!result) throw std::runtime_error(result.error().detail);
  return *std::move(result);
}

}  // namespace

RoomKey BenchNodes::KeyOf(std::uint64_t number) {
  return MakeKey(RoomKind::kLive, fmt::format("room_{:08x}", number * kScatter & 0xffffffffU));
}

BenchNodes::BenchNodes(PostgresServer& server, std::uint64_t rooms)
    : rooms_(rooms), url_(server.UrlOfNewSchema()) {
  Fill();
}

PgStore& BenchNodes::Add(CommitListener* listener) {
  PgStore& store = Open(listener);
  store.Begin();
  return store;
}

PgStore& BenchNodes::Open(CommitListener* listener) {
  stores_.push_back(Required(PgStore::Open({.url = url_,
                                            .new_epoch = "0123456789abcdef",
                                            .node = stores_.size() + 1,
                                            .limits = {.max_rooms = rooms_ + 1'000'000},
                                            .random = &random_},
                                           listener == nullptr ? deaf_ : *listener, clock_)));
  return *stores_.back();
}

/// Copies one room by SQL, and leaves no events.
void BenchNodes::Fill() {
  (void)Required(Add().rooms().Update(Filling(KeyOf(kPattern))));
  stores_.clear();
  constexpr std::uint64_t kStep = 20'000;
  for (std::uint64_t first = kPattern + 1; first < rooms_; first += kStep) {
    const std::uint64_t last = std::min(rooms_, first + kStep) - 1;
    (void)QueryPostgres(
        url_,
        fmt::format("INSERT INTO rooms (number, id, kind, dialect, creator, info, mixed_play_url,"
                    " created_at_ms, place, last_event, last_position)"
                    " SELECT {0} + n, 'room_' || lpad(to_hex(n * {1} & 4294967295), 8, '0'), kind,"
                    " dialect, creator, info, mixed_play_url, created_at_ms, {0} + n, last_event,"
                    " {0} + n FROM rooms, generate_series({2}::bigint, {3}) n WHERE id = '{4}'",
                    kReserved, kScatter, first, last, KeyOf(kPattern).id.value));
    (void)QueryPostgres(
        url_, fmt::format("INSERT INTO pushers (room, seat, user_id, user_name, user_avatar,"
                          " push_url, accelerate_url, added_at_ms)"
                          " SELECT {0} + n, seat, user_id, user_name, user_avatar, push_url,"
                          " accelerate_url, added_at_ms FROM pushers,"
                          " generate_series({1}::bigint, {2}) n WHERE room < {0}",
                          kReserved, first, last));
  }
  (void)QueryPostgres(url_, "DELETE FROM events");
  (void)QueryPostgres(url_, fmt::format("UPDATE meta SET trimmed_position = {0},"
                                        " trimmed_events = {0}",
                                        kReserved + rooms_));
  for (const std::string_view table : {"rooms", "pushers"}) {
    (void)QueryPostgres(url_, fmt::format("VACUUM ANALYZE {}", table));
  }
}

}  // namespace rtcroom
