#include "daemon/web/picture_group.h"

namespace rtcroom {

void PictureGroup::Add(const MediaFrame& picture) {
  if (picture.is_key) Clear();
  if (pictures_.empty() && !picture.is_key) return;
  pictures_.push_back(picture);
  bytes_ += picture.bytes;
  if (pictures_.size() > kMaxPictures || bytes_ > kMaxBytes) Clear();
}

void PictureGroup::Clear() {
  pictures_.clear();
  bytes_ = 0;
}

std::vector<MediaFrame> PictureGroup::Compressed() const {
  std::vector<MediaFrame> pictures = pictures_;
  MediaTime time = pictures.empty() ? MediaTime() : pictures.back().time;
  for (auto picture = pictures.rbegin(); picture != pictures.rend(); ++picture) {
    picture->time = time;
    time -= std::chrono::milliseconds(1);
  }
  return pictures;
}

}  // namespace rtcroom
