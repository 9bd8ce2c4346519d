#include "storage/postgres/pg_beats.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <vector>

namespace rtcroom {
namespace {

PgCall PutBeats(std::span<const Beat> beats, std::chrono::milliseconds elapsed) {
  PgArray<std::uint64_t> rooms;
  PgArray<std::uint64_t> seats;
  PgArray<std::int64_t> ages;
  for (const Beat& beat : beats) {
    rooms.Add(beat.seat.room_number);
    seats.Add(beat.seat.seat);
    ages.Add(std::int64_t{(beat.age + elapsed).count()});
  }
  return PgCall(kPgPutBeats, rooms, seats, ages);
}

}  // namespace

Result<std::size_t> PgBeats::ReportNext(const Rest& rest, PgConnection& connection) {
  const MonotonicTime began = clock_.Monotonic();
  const auto left = std::span(rest.heard.beats).subspan(rest.reported);
  const auto piece = left.first(std::min(left.size(), most_));
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(began - rest.heard.as_of);
  std::vector<PgCall> calls = {PgCall(kPgBegin),
                               PgCall(kPgLimitBeats, std::to_string(patience_.count() / 2))};
  // Locks are taken in one order: first of `beats`, by seat, then of `told`.
  if (!piece.empty()) calls.push_back(PutBeats(piece, elapsed));
  if (piece.size() == left.size()) calls.emplace_back(kPgTold, node_, rest.through_ms);
  calls.emplace_back(kPgCommit);
  const auto written = connection.Run(calls, began + patience_);
  most_ = written ? std::min(most_ * 2, kMostInPiece) : std::max(most_ / 2, kLeastInPiece);
  if (!written) return written.error();
  return rest.reported + piece.size();
}

}  // namespace rtcroom
