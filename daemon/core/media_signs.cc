#include "daemon/core/media_signs.h"

#include <algorithm>
#include <tuple>

namespace rtcroom {
namespace {

std::chrono::milliseconds AgeOf(MonotonicTime at, MonotonicTime as_of) {
  return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(as_of - at),
                  std::chrono::milliseconds(0));
}

auto PlaceOf(const MediaSign& sign) { return std::tuple(sign.seat, sign.track); }

}  // namespace

MediaSigns::MediaSigns(const Sources& sources, std::chrono::milliseconds grace)
    : sources_(sources), between_(std::min(kMostBetween, grace / 2)) {}

std::vector<MediaSign> MediaSigns::SignsSince(MonotonicTime since, MonotonicTime as_of) {
  if (!all_at_ || as_of - *all_at_ >= between_) {
    all_at_ = as_of;
    since = MonotonicTime::min();
  }
  std::vector<MediaSign> signs;
  if (sources_.streams != nullptr) {
    for (const StreamSign& sign : sources_.streams->SignsSince(since)) {
      for (const StreamClaims::Member& member : sources_.claims.MembersOf(sign.stream)) {
        Add(member,
            {.kind = sign.is_on ? MediaState::Kind::kOn : MediaState::Kind::kOff,
             .age = AgeOf(sign.at, as_of),
             .order = sign.order},
            signs, as_of);
      }
    }
  }
  if (sources_.tracks != nullptr) {
    for (const TrackSign& sign : sources_.tracks->SignsSince(since)) {
      Add(sign.member,
          {.track = sign.track,
           .kind = sign.kind,
           .age = AgeOf(sign.at, as_of),
           .order = sign.order},
          signs, as_of);
    }
  }
  std::ranges::sort(signs, {}, PlaceOf);
  const auto repeated = std::ranges::unique(signs, {}, PlaceOf);
  signs.erase(repeated.begin(), repeated.end());
  return signs;
}

void MediaSigns::Add(const StreamClaims::Member& member, MediaSign sign,
                     std::vector<MediaSign>& signs, MonotonicTime as_of) const {
  const std::optional<LapsedLease> lease =
      sources_.leases.Observe(member.room, member.user_id, as_of);
  if (!lease) return;
  sign.seat = {.room_number = lease->room_number, .seat = lease->seat};
  signs.push_back(sign);
}

}  // namespace rtcroom
