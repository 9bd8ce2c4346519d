#include "storage/postgres/pg_silence.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "storage/postgres/pg_beats.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

/// Places that a step of a removal looks at: reports wait for it.
constexpr std::size_t kMostPerStep = 5000;

struct Column {
  enum : int { kAsked, kLastMs, kFloorMs, kThroughMs, kIsNode, kTrack, kState, kAtMs, kNowMs };
};

milliseconds Ago(std::int64_t time_ms, std::int64_t now_ms) {
  return milliseconds(std::max<std::int64_t>(now_ms - time_ms, 0));
}

void KeepNewest(std::optional<milliseconds>& age, milliseconds other) {
  age = std::min(age.value_or(other), other);
}

}  // namespace

std::int64_t PgSilenceRows::NowMs(PgRows& row) { return row.Integer(Column::kNowMs); }

void PgSilenceRows::Put(PgRows& row) {
  if (row.IsNull(Column::kFloorMs)) return;
  const std::size_t place = row.Unsigned(Column::kAsked) - 1;
  const std::int64_t now_ms = NowMs(row);
  const std::int64_t last_ms = row.Integer(Column::kLastMs);
  SharedSilence& answer = answers_.at(place);
  answer.age = Ago(last_ms, now_ms);
  answer.complete_for = Ago(row.Integer(Column::kFloorMs), now_ms);
  if (!row.IsNull(Column::kThroughMs)) {
    answer.told_ago = Ago(row.Integer(Column::kThroughMs), now_ms);
    answer.is_silent = last_ms + timeout_.count() < row.Integer(Column::kThroughMs);
  }
  if (row.IsNull(Column::kTrack)) return;
  const bool is_stream =
      static_cast<MediaTrack>(row.Integer(Column::kTrack)) == MediaTrack::kStream;
  Signs& signs = is_stream ? media_.at(place).stream : media_.at(place).tracks;
  const milliseconds age = Ago(row.Integer(Column::kAtMs), now_ms);
  const std::int64_t state = row.Integer(Column::kState);
  if (state == kPgMediaOff) {
    KeepNewest(signs.off, age);
  } else if (state == kPgMediaOn && age <= kTimeoutsWithoutAnswer * timeout_) {
    KeepNewest(signs.on, age);
  } else if (state == kPgMediaOn) {
    signs.has_lapsed = true;
  }
}

std::optional<SharedMedia> PgSilenceRows::Signs::Newest() const {
  if (on) return SharedMedia{.is_on = true, .age = *on};
  if (off && !has_lapsed) return SharedMedia{.is_on = false, .age = *off};
  return std::nullopt;
}

std::vector<SharedSilence> PgSilenceRows::Take() {
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    answers_[i].media = media_[i].tracks.Newest();
    if (!answers_[i].media) answers_[i].media = media_[i].stream.Newest();
  }
  return std::exchange(answers_, {});
}

Result<std::vector<NamedMember>> ReadPgMediaOff(milliseconds lasting, std::size_t limit,
                                                PgConnection& connection, MonotonicTime deadline) {
  Result<PgRows> rows =
      connection.Run(PgCall(kPgReadMediaOff, std::int64_t{lasting.count()}, limit), deadline);
  if (!rows) return rows.error();
  std::vector<NamedMember> members;
  while (rows->Next()) {
    members.push_back(
        {.room = {.kind = static_cast<RoomKind>(rows->Integer(0)), .id = {rows->Text(1)}},
         .user_id = {rows->Text(2)}});
  }
  if (!rows->status()) return rows->status().error();
  return members;
}

Result<std::size_t> RemoveLeftFromPg(milliseconds older_than, PgReaderPool& connections) {
  std::size_t removed = 0;
  for (const PgStatement& statement : {kPgRemoveLeftBeats, kPgRemoveLeftSigns}) {
    const bool is_of_beats = statement.name == std::string_view(kPgRemoveLeftBeats.name);
    SeatKey after;
    for (bool left_some = true; left_some;) {
      Result<PgRows> step = connections.Run([&](PgConnection& connection, MonotonicTime deadline) {
        return connection.Run(is_of_beats
                                  ? PgCall(statement, after.room_number, after.seat, kMostPerStep,
                                           std::int64_t{older_than.count()})
                                  : PgCall(statement, after.room_number, after.seat, kMostPerStep),
                              deadline);
      });
      if (!step) return step.error();
      if (!step->Next()) break;
      after = {.room_number = step->Unsigned(0), .seat = step->Unsigned(1)};
      removed += step->Unsigned(3);
      left_some = step->Unsigned(2) == kMostPerStep;
    }
  }
  return removed;
}

}  // namespace rtcroom
