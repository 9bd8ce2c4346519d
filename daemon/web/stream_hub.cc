#include "daemon/web/stream_hub.h"

#include <algorithm>
#include <utility>

namespace rtcroom {

void StreamHub::Deliver(const MediaFrame& frame) {
  ++frames_;
  bytes_ += frame.bytes;
  const bool is_video = frame.kind == MediaKind::kVideo;
  (is_video ? has_video_ : has_audio_) = true;
  std::shared_ptr<const Places> places;
  std::vector<MediaFrame> group;  // only copied where a reader begins
  {
    const MutexLock lock(mutex_);
    places = places_;
    if (is_video) {
      group_.Add(frame);
      const bool begins = std::ranges::any_of(
          *places, [](const std::shared_ptr<Place>& place) { return !place->has_picture; });
      if (begins) group = group_.Compressed();
      needs_key_ = begins && group.empty();
    }
  }
  for (const std::shared_ptr<Place>& place : *places) {
    if (!is_video || place->has_picture) {
      place->reader->Take(frame);
      continue;
    }
    for (const MediaFrame& picture : group) place->reader->Take(picture);
    place->has_picture = !group.empty();
  }
}

void StreamHub::Add(std::shared_ptr<FrameReader> reader) {
  const MutexLock lock(mutex_);
  auto places = std::make_shared<Places>(*places_);
  places->push_back(std::make_shared<Place>(std::move(reader)));
  places_ = std::move(places);
  if (group_.empty()) needs_key_ = true;
}

void StreamHub::Remove(const FrameReader& reader) {
  const MutexLock lock(mutex_);
  auto places = std::make_shared<Places>(*places_);
  std::erase_if(*places, [&reader](const std::shared_ptr<Place>& place) {
    return place->reader.get() == &reader;
  });
  places_ = std::move(places);
}

void StreamHub::SetSize(std::uint32_t width, std::uint32_t height) {
  width_ = width;
  height_ = height;
}

void StreamHub::Restart() {
  const MutexLock lock(mutex_);
  group_.Clear();
  // A picture of the new source refers to none of the old one.
  for (const std::shared_ptr<Place>& place : *places_) place->has_picture = false;
  needs_key_ = !places_->empty();
  has_video_ = false;
  has_audio_ = false;
  SetSize(0, 0);
}

}  // namespace rtcroom
