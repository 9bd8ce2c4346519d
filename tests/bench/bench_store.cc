#include "tests/bench/bench_store.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "tests/bench/bench_rooms.h"

namespace rtcroom {

BenchStore::BenchStore(std::uint64_t rooms, CommitListener* listener)
    : rooms_(rooms), listener_(listener == nullptr ? deaf_ : *listener) {
  Open(Durability::kOff);
  Fill();
  Open(Durability::kFull);
}

RoomKey BenchStore::KeyOf(std::uint64_t number) {
  // IDs come from random numbers: the index over them must not grow only at its end.
  const std::uint64_t scattered = number * 0x9E3779B97F4A7C15U;
  return MakeKey(RoomKind::kMulti,
                 fmt::format("room_{:08x}_{:04x}", scattered >> 32U, scattered & 0xffffU));
}

std::chrono::duration<double> BenchStore::Reopen() {
  store_.reset();
  const auto began = std::chrono::steady_clock::now();
  Open(Durability::kFull);
  return std::chrono::steady_clock::now() - began;
}

void BenchStore::Open(Durability durability) {
  store_.reset();
  auto opened = SqliteStore::Open({.path = path(),
                                   .new_epoch = "0123456789abcdef",
                                   .durability = durability,
                                   .limits = {.max_rooms = rooms_ + 1'000'000}},
                                  listener_);
  if (!opened) throw std::runtime_error(opened.error().detail);
  store_ = *std::move(opened);
}

void BenchStore::Fill() {
  constexpr std::uint64_t kBatch = 1000;
  for (std::uint64_t first = 0; first < rooms_; first += kBatch) {
    std::vector<RoomUpdate> batch;
    for (std::uint64_t i = first; i < std::min(rooms_, first + kBatch); ++i) {
      batch.push_back(Filling(KeyOf(i)));
    }
    for (const auto& outcome : store_->rooms().UpdateAll(batch)) {
      if (!outcome) throw std::runtime_error(outcome.error().detail);
    }
  }
}

}  // namespace rtcroom
