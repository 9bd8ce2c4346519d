#include "daemon/core/mix_feed.h"

#include <algorithm>
#include <ranges>
#include <variant>

namespace rtcroom {
namespace {

bool ConcernsStreams(const RoomEvent& event) {
  return std::holds_alternative<PusherAdded>(event.payload) ||
         std::holds_alternative<PusherUpdated>(event.payload) ||
         std::holds_alternative<PusherDeleted>(event.payload);
}

std::set<std::string_view> StreamsOf(const WantedMix& mix) {
  std::set<std::string_view> streams = {mix.stream};
  for (const WantedMix::Input& input : mix.inputs) streams.insert(input.stream);
  return streams;
}

}  // namespace

void MixFeed::Restore(const Room& room) {
  if (max_ == 0 || room.key.kind != RoomKind::kLive) return;
  const MutexLock lock(mutex_);
  PutLocked(room);
}

// Ends the process when there is no memory, as the other listeners do.
// NOLINTNEXTLINE(bugprone-exception-escape): meant so
void MixFeed::OnCommit(std::span<const RoomChange> changes) noexcept {
  if (max_ == 0) return;
  const MutexLock lock(mutex_);
  for (const RoomChange& change : changes) {
    if (change.room.key.kind != RoomKind::kLive) continue;
    if (change.closed) {
      EraseLocked(change.room.key.id);
    } else if (change.sets_mix || std::ranges::any_of(change.events, ConcernsStreams)) {
      PutLocked(change.room);
    }
  }
}

// NOLINTNEXTLINE(bugprone-exception-escape): likewise
void MixFeed::OnAir(std::string_view stream, bool is_on) noexcept {
  if (max_ == 0) return;
  const MutexLock lock(mutex_);
  if (is_on) {
    on_air_.emplace(stream);
  } else if (const auto known = on_air_.find(stream); known != on_air_.end()) {
    on_air_.erase(known);
  }
  AssessRoomsOfLocked(stream);
}

// NOLINTNEXTLINE(bugprone-exception-escape): likewise
void MixFeed::OnPartial(std::span<const PartialStream> streams) noexcept {
  if (max_ == 0) return;
  const MutexLock lock(mutex_);
  decltype(partial_) before = std::move(partial_);
  partial_.clear();
  for (const PartialStream& stream : streams) partial_.emplace(stream.name, stream.parts);
  for (const auto& [stream, parts] : partial_) {
    const auto known = before.find(stream);
    const bool has_changed = known == before.end() || known->second != parts;
    if (known != before.end()) before.erase(known);
    if (has_changed) AssessRoomsOfLocked(stream);
  }
  for (const auto& [stream, parts] : before) AssessRoomsOfLocked(stream);
}

void MixFeed::OnListed() noexcept {
  const MutexLock lock(mutex_);
  if (is_listed_) return;
  is_listed_ = true;
  changes_.Raise();
}

void MixFeed::PutLocked(const Room& room) {
  WantedMix whole = MixOf(room);
  const auto known = rooms_.find(room.key.id.value);
  const bool is_same = known != rooms_.end() && known->second.number == room.sequence &&
                       known->second.whole == whole;
  if (is_same) return;
  // A change of the mix does not cost a room its place.
  const auto rank = known != rooms_.end() ? known->second.rank : std::nullopt;
  EraseLocked(room.key.id);
  if (whole.stream.empty()) return;
  MixRoom& added =
      rooms_
          .emplace(room.key.id.value,
                   MixRoom{.number = room.sequence, .whole = std::move(whole), .rank = rank})
          .first->second;
  for (const std::string_view stream : StreamsOf(added.whole)) {
    by_stream_[std::string(stream)].insert(&added);
  }
  AssessLocked(added);
}

void MixFeed::EraseLocked(const RoomId& id) {
  const auto known = rooms_.find(id.value);
  if (known == rooms_.end()) return;
  MixRoom& room = known->second;
  if (room.mix) {
    wanted_.erase({*room.rank, room.number});
    changes_.Raise();
  }
  for (const std::string_view stream : StreamsOf(room.whole)) {
    const auto rooms = by_stream_.find(stream);
    rooms->second.erase(&room);
    if (rooms->second.empty()) by_stream_.erase(rooms);
  }
  rooms_.erase(known);
}

void MixFeed::AssessRoomsOfLocked(std::string_view stream) {
  const auto rooms = by_stream_.find(stream);
  if (rooms == by_stream_.end()) return;
  for (MixRoom* const room : rooms->second) AssessLocked(*room);
}

void MixFeed::AssessLocked(MixRoom& room) {
  std::optional<WantedMix> mix = MixNowLocked(room);
  if (mix == room.mix) return;
  if (!mix) {
    wanted_.erase({*room.rank, room.number});
    room.rank.reset();
  } else if (!room.mix) {
    // In the first list after a start all streams seem to begin: there the older rooms are first.
    if (!room.rank) room.rank = is_listed_ ? ++last_rank_ : 0;
    wanted_.emplace(std::pair(*room.rank, room.number), &room);
  }
  room.mix = std::move(mix);
  changes_.Raise();
}

std::optional<WantedMix> MixFeed::MixNowLocked(const MixRoom& room) const {
  const WantedMix& whole = room.whole;
  if (!on_air_.contains(whole.stream)) return std::nullopt;
  WantedMix mix{.stream = whole.stream, .canvas = whole.canvas};
  for (WantedMix::Input input : whole.inputs) {
    if (!on_air_.contains(input.stream)) continue;
    if (const auto known = partial_.find(input.stream); known != partial_.end()) {
      input.place.has_video = input.place.has_video && known->second.video;
      input.place.has_audio = input.place.has_audio && known->second.audio;
      if (!input.place.has_video && !input.place.has_audio) continue;
    }
    mix.inputs.push_back(std::move(input));
  }
  const bool is_alone =
      mix.inputs.empty() || (mix.inputs.size() == 1 && mix.inputs.front().stream == mix.stream);
  if (is_alone) {
    mix.canvas = {};
    mix.inputs = {{.stream = mix.stream, .place = {}}};
  }
  return mix;
}

// A stream counts only for the user that it belongs to: a client may name that of another.
WantedMix MixFeed::MixOf(const Room& room) const {
  WantedMix mix{.canvas = room.mix.value_or(MixCanvas{})};
  for (const Pusher& pusher : room.pushers) {
    std::string stream = StreamOf(room.dialect, pusher.user_id, pusher.push_url, streams_);
    if (!IsOwnStream(stream, pusher.user_id, streams_)) continue;
    if (pusher.user_id == room.creator) mix.stream = stream;
    if (room.mix && pusher.mix_place) {
      mix.inputs.push_back({.stream = std::move(stream), .place = *pusher.mix_place});
    }
  }
  return mix;
}

std::optional<std::vector<WantedMix>> MixFeed::Wanted() const {
  const MutexLock lock(mutex_);
  if (!is_listed_) return std::nullopt;
  std::vector<WantedMix> mixes;
  for (const MixRoom* const room : ChosenLocked()) mixes.push_back(*room->mix);
  return mixes;
}

std::vector<const MixFeed::MixRoom*> MixFeed::ChosenLocked() const {
  std::vector<const MixRoom*> chosen;
  std::map<std::string_view, std::size_t> places;  // by stream
  for (const MixRoom* const room : wanted_ | std::views::values) {
    const auto known = places.find(room->mix->stream);
    if (known != places.end()) {
      // A user may have several rooms with one stream: the latest is the one it is in.
      const MixRoom*& place = chosen[known->second];
      if (room->number > place->number) place = room;
    } else if (chosen.size() < max_) {
      places.emplace(room->mix->stream, chosen.size());
      chosen.push_back(room);
    }
  }
  return chosen;
}

MixFeed::Counts MixFeed::Count() const {
  const MutexLock lock(mutex_);
  std::set<std::string_view> streams;
  for (const MixRoom* const room : wanted_ | std::views::values) streams.insert(room->mix->stream);
  const std::size_t wanted = std::min(max_, streams.size());
  return {.wanted = wanted, .refused = streams.size() - wanted};
}

}  // namespace rtcroom
