#include "daemon/web/stream_hub.h"

#include <algorithm>
#include <utility>

namespace rtcroom {

void StreamHub::Deliver(const MediaFrame& frame) {
  ++frames_;
  const bool is_video = frame.kind == MediaKind::kVideo;
  (is_video ? has_video_ : has_audio_) = true;
  const MutexLock lock(mutex_);
  if (is_video) Keep(frame);
  for (Place& place : places_) {
    if (!is_video || place.has_picture) {
      place.reader->Take(frame);
    } else {
      Begin(place);
    }
  }
  if (is_video) {
    needs_key_ =
        std::ranges::any_of(places_, [](const Place& place) { return !place.has_picture; });
  }
}

void StreamHub::Keep(const MediaFrame& picture) {
  if (picture.is_key || kept_bytes_ + picture.bytes > kMaxBytes ||
      pictures_.size() >= kMaxPictures) {
    pictures_.clear();
    kept_bytes_ = 0;
  }
  if (pictures_.empty() && !picture.is_key) return;
  pictures_.push_back(picture);
  kept_bytes_ += picture.bytes;
}

void StreamHub::Begin(Place& place) {
  if (pictures_.empty()) return;
  auto before_last = static_cast<MediaTime::rep>(pictures_.size());
  for (MediaFrame picture : pictures_) {
    picture.time = pictures_.back().time - --before_last * std::chrono::milliseconds(1);
    place.reader->Take(picture);
  }
  place.has_picture = true;
}

void StreamHub::Add(std::shared_ptr<FrameReader> reader) {
  const MutexLock lock(mutex_);
  places_.push_back({.reader = std::move(reader)});
  if (pictures_.empty()) needs_key_ = true;
}

void StreamHub::Remove(const FrameReader& reader) {
  const MutexLock lock(mutex_);
  std::erase_if(places_, [&reader](const Place& place) { return place.reader.get() == &reader; });
}

void StreamHub::SetSize(std::uint32_t width, std::uint32_t height) {
  width_ = width;
  height_ = height;
}

void StreamHub::Restart() {
  const MutexLock lock(mutex_);
  pictures_.clear();
  kept_bytes_ = 0;
  // A picture of the new source refers to none of the old one.
  for (Place& place : places_) place.has_picture = false;
  needs_key_ = !places_.empty();
  has_video_ = false;
  has_audio_ = false;
  SetSize(0, 0);
}

}  // namespace rtcroom
