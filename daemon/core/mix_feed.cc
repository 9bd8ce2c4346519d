#include "daemon/core/mix_feed.h"

#include <algorithm>
#include <ranges>
#include <variant>

namespace rtcroom {
namespace {

std::set<std::string_view> StreamsOf(const WantedMix& mix) {
  std::set<std::string_view> streams = {mix.stream};
  for (const WantedMix::Input& input : mix.inputs) streams.insert(input.stream);
  return streams;
}

}  // namespace

void MixFeed::Restore(const Room& room) {
  if (max_ == 0 || room.key.kind != RoomKind::kLive) return;
  const MutexLock lock(mutex_);
  MixRoom& restored = rooms_[room.sequence];
  restored.number = room.sequence;
  restored.creator = room.creator;
  for (const Pusher& pusher : room.pushers) {
    PutMemberLocked(restored, room.dialect, pusher.user_id, StreamInPushUrl(pusher.push_url));
  }
  PlaceMembers(restored, MixOf(room));
  UpdateLocked(restored);
}

// Ends the process when there is no memory, as the other listeners do.
// NOLINTNEXTLINE(bugprone-exception-escape): meant so
void MixFeed::OnCommit(const Committed& committed) noexcept {
  if (max_ == 0) return;
  const MutexLock lock(mutex_);
  auto mix = committed.mixes.begin();
  for (const StoredEvent& stored : committed.events) {
    for (; mix != committed.mixes.end() && mix->after < stored.position; ++mix) ApplyLocked(*mix);
    ApplyLocked(stored);
  }
  for (; mix != committed.mixes.end(); ++mix) ApplyLocked(*mix);
}

void MixFeed::ApplyLocked(const StoredEvent& stored) {
  const RoomEvent& event = stored.event;
  if (event.room.kind != RoomKind::kLive) return;
  if (const auto* const created = std::get_if<RoomCreated>(&event.payload)) {
    rooms_[stored.room_number] = {.number = stored.room_number, .creator = created->creator};
    return;
  }
  const auto known = rooms_.find(stored.room_number);
  if (known == rooms_.end()) return;
  ApplyLocked(known->second, event);
  if (std::holds_alternative<RoomDestroyed>(event.payload)) rooms_.erase(known);
}

void MixFeed::ApplyLocked(MixRoom& room, const RoomEvent& event) {
  if (const auto* const activated = std::get_if<RoomActivated>(&event.payload)) {
    room.creator = activated->creator;
  } else if (const auto* const added = std::get_if<PusherAdded>(&event.payload)) {
    PutMemberLocked(room, event.dialect, added->user_id, added->stream);
  } else if (const auto* const updated = std::get_if<PusherUpdated>(&event.payload)) {
    PutMemberLocked(room, event.dialect, updated->user_id, updated->stream);
  } else if (const auto* const deleted = std::get_if<PusherDeleted>(&event.payload)) {
    std::erase_if(room.members,
                  [&](const Member& member) { return member.user_id == deleted->user_id; });
    if (!deleted->new_creator.value.empty()) room.creator = deleted->new_creator;
  } else if (std::holds_alternative<RoomDestroyed>(event.payload)) {
    room.members.clear();
  } else {
    return;
  }
  UpdateLocked(room);
}

void MixFeed::ApplyLocked(const MixChanged& changed) {
  const auto known = rooms_.find(changed.room_number);
  if (known == rooms_.end()) return;
  PlaceMembers(known->second, changed.mix);
  UpdateLocked(known->second);
}

// A stream counts only for the user that it belongs to: a client may name that of another.
void MixFeed::PutMemberLocked(MixRoom& room, Dialect dialect, const UserId& user_id,
                              std::string_view named) {
  std::string stream = StreamOf(dialect, user_id, named, streams_);
  if (!IsOwnStream(stream, user_id, streams_)) stream.clear();
  const auto known = std::ranges::find(room.members, user_id, &Member::user_id);
  if (known != room.members.end()) {
    known->stream = std::move(stream);
  } else {
    room.members.push_back({.user_id = user_id, .stream = std::move(stream)});
  }
}

void MixFeed::PlaceMembers(MixRoom& room, const RoomMix& mix) {
  room.canvas = mix.canvas;
  for (Member& member : room.members) {
    const auto input = std::ranges::find(mix.inputs, member.user_id, &RoomMix::Input::user_id);
    member.place = input == mix.inputs.end() ? std::nullopt : std::optional(input->place);
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

void MixFeed::UpdateLocked(MixRoom& room) {
  WantedMix whole = WholeMixOf(room);
  if (whole == room.whole) return;
  RemoveStreamsLocked(room);
  room.whole = std::move(whole);
  if (!room.whole.stream.empty()) {
    for (const std::string_view stream : StreamsOf(room.whole)) {
      by_stream_[std::string(stream)].insert(&room);
    }
  }
  // A change of the mix does not cost a room its place.
  const std::optional<std::uint64_t> rank = room.rank;
  AssessLocked(room);
  if (!room.whole.stream.empty() && !room.rank) room.rank = rank;
}

void MixFeed::RemoveStreamsLocked(MixRoom& room) {
  if (room.whole.stream.empty()) return;
  for (const std::string_view stream : StreamsOf(room.whole)) {
    const auto rooms = by_stream_.find(stream);
    rooms->second.erase(&room);
    if (rooms->second.empty()) by_stream_.erase(rooms);
  }
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

WantedMix MixFeed::WholeMixOf(const MixRoom& room) {
  WantedMix mix{.canvas = room.canvas};
  for (const Member& member : room.members) {
    if (member.stream.empty()) continue;
    if (member.user_id == room.creator) mix.stream = member.stream;
    if (member.place) mix.inputs.push_back({.stream = member.stream, .place = *member.place});
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
