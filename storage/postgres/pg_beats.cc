#include "storage/postgres/pg_beats.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <vector>

namespace rtcroom {
namespace {

std::int16_t StoredState(MediaState::Kind kind) {
  switch (kind) {
    case MediaState::Kind::kOn:
      return kPgMediaOn;
    case MediaState::Kind::kOff:
      return kPgMediaOff;
    case MediaState::Kind::kUnknown:
    case MediaState::Kind::kNone:
      break;
  }
  return kPgMediaNone;
}

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

PgCall PutSigns(std::uint64_t node, std::span<const MediaSign> signs,
                std::chrono::milliseconds elapsed) {
  PgArray<std::uint64_t> rooms;
  PgArray<std::uint64_t> seats;
  PgArray<std::int16_t> tracks;
  PgArray<std::int16_t> states;
  PgArray<std::int64_t> ages;
  PgArray<std::int64_t> orders;
  for (const MediaSign& sign : signs) {
    rooms.Add(sign.seat.room_number);
    seats.Add(sign.seat.seat);
    tracks.Add(static_cast<std::int16_t>(sign.track));
    states.Add(StoredState(sign.kind));
    ages.Add(std::int64_t{(sign.age + elapsed).count()});
    orders.Add(sign.order);
  }
  return PgCall(kPgPutSigns, node, rooms, seats, tracks, states, ages, orders);
}

}  // namespace

Result<std::size_t> PgBeats::ReportNext(const Rest& rest, PgConnection& connection) {
  const MonotonicTime began = clock_.Monotonic();
  const std::size_t reported_beats = std::min(rest.reported, rest.heard.beats.size());
  const auto beats_left = std::span(rest.heard.beats).subspan(reported_beats);
  const auto beats = beats_left.first(std::min(beats_left.size(), most_));
  const auto signs_left = std::span(rest.heard.signs).subspan(rest.reported - reported_beats);
  const auto signs = signs_left.first(std::min(signs_left.size(), most_ - beats.size()));
  const std::size_t reported = rest.reported + beats.size() + signs.size();
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(began - rest.heard.as_of);
  std::vector<PgCall> calls = {PgCall(kPgBegin),
                               PgCall(kPgLimitBeats, std::to_string(patience_.count() / 2))};
  // Locks are taken in one order: first of `beats`, then of `media_signs`, by seat, then of `told`.
  if (!beats.empty()) calls.push_back(PutBeats(beats, elapsed));
  if (!signs.empty()) calls.push_back(PutSigns(node_, signs, elapsed));
  if (reported == rest.heard.size()) calls.emplace_back(kPgTold, node_, rest.through_ms);
  calls.emplace_back(kPgCommit);
  const auto written = connection.Run(calls, began + patience_);
  most_ = written ? std::min(most_ * 2, kMostInPiece) : std::max(most_ / 2, kLeastInPiece);
  if (!written) return written.error();
  return reported;
}

}  // namespace rtcroom
