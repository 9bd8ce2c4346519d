#include "daemon/media/local_mixer.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace rtcroom {
namespace {

constexpr MixCanvas kUsualCanvas{.width = 360, .height = 640};
constexpr int kBackground = 1;
constexpr int kInColumn = 3;

/// Encoders want even sizes, and at least one pixel of each colour plane.
std::uint16_t Even(int pixels) { return static_cast<std::uint16_t>(std::max(2, pixels & ~1)); }

std::uint16_t Pixels(int pixels) {
  return static_cast<std::uint16_t>(std::clamp(pixels, 0, kMaxMixPixels));
}

bool HasSize(const MixInput& input) {
  return input.image_width.value_or(0) > 0 && input.image_height.value_or(0) > 0;
}

MixCanvas CanvasOf(const MixRequest& request) {
  const auto is_canvas = [](const MixInput& input) {
    return input.input_type == MixInputType::kCanvas && HasSize(input);
  };
  const auto is_background = [](const MixInput& input) {
    return input.image_layer == kBackground && HasSize(input);
  };
  auto sized = std::ranges::find_if(request.inputs, is_canvas);
  if (sized == request.inputs.end()) sized = std::ranges::find_if(request.inputs, is_background);
  if (sized == request.inputs.end()) return kUsualCanvas;
  return {.width = Even(*sized->image_width), .height = Even(*sized->image_height)};
}

/// The place of the `index`-th input that is not in the background.
MixPlace CornerPlace(const MixCanvas& canvas, int index) {
  const bool is_small = canvas.width < 540 || canvas.height < 960;
  const int width = is_small ? 120 : 160;
  const int height = is_small ? 180 : 240;
  const int below = is_small ? 60 : 90;
  const int column = index / kInColumn + 1;
  const int row = index % kInColumn + 1;
  return {.x = Pixels(canvas.width - column * width),
          .y = Pixels(canvas.height - below - row * height),
          .width = Pixels(width),
          .height = Pixels(height)};
}

MixPlace PlaceOf(const MixInput& input, const MixPlace& usual) {
  const bool has_size = HasSize(input);
  return {.x = Pixels(input.location_x.value_or(usual.x)),
          .y = Pixels(input.location_y.value_or(usual.y)),
          .width = has_size ? Pixels(*input.image_width) : usual.width,
          .height = has_size ? Pixels(*input.image_height) : usual.height,
          .layer = static_cast<std::uint8_t>(input.image_layer),
          .has_video = input.input_type != MixInputType::kAudio,
          .has_audio = input.input_type != MixInputType::kVideo};
}

/// The pusher that sends the stream. Of several that name it, the one to whom it belongs.
const Pusher* FindSender(const Room& room, std::string_view stream,
                         const StreamUrlSigner& streams) {
  const Pusher* sender = nullptr;
  for (const Pusher& pusher : room.pushers) {
    if (StreamOf(room.dialect, pusher.user_id, StreamInPushUrl(pusher.push_url), streams) != stream)
      continue;
    if (sender == nullptr || IsOwnStream(stream, pusher.user_id, streams)) sender = &pusher;
  }
  return sender;
}

/// @return whether neither the mix nor a picture in it has more pixels.
bool HasAtMost(std::size_t max_pixels, const RoomMix& mix) {
  const auto fits = [max_pixels](std::size_t width, std::size_t height) {
    return width * height <= max_pixels;
  };
  return fits(mix.canvas.width, mix.canvas.height) &&
         std::ranges::all_of(mix.inputs, [&](const RoomMix::Input& input) {
           return fits(input.place.width, input.place.height);
         });
}

}  // namespace

RoomMix PlaceInputs(const MixRequest& request, const Room& room, const StreamUrlSigner& streams) {
  RoomMix mix{.canvas = CanvasOf(request)};
  if (EndsMix(request)) return mix;
  int in_corner = 0;
  for (const MixInput& input : request.inputs) {
    if (input.input_type == MixInputType::kCanvas) continue;
    const MixPlace usual = input.image_layer == kBackground
                               ? MixPlace{.width = mix.canvas.width, .height = mix.canvas.height}
                               : CornerPlace(mix.canvas, in_corner++);
    const Pusher* const sender = FindSender(room, input.stream, streams);
    if (sender == nullptr) continue;  // it has just left
    mix.inputs.push_back({.user_id = sender->user_id, .place = PlaceOf(input, usual)});
  }
  return mix;
}

void LocalMixer::Mix(const RoomKey& room, MixRequest request, Done done) {
  const Status stored = rooms_.SetMix(room, [&](const Room& now) -> Result<RoomMix> {
    RoomMix mix = PlaceInputs(request, now, streams_);
    // A mix that ends is not encoded.
    if (mix.inputs.empty() || HasAtMost(max_pixels_, mix)) return mix;
    return Error{Errc::kBadRequest,
                 "mergeParams: image_width, image_height: more pixels than mix.max_pixels"};
  });
  if (!stored) return done(stored.error());
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(clock_.Now().time_since_epoch());
  done(MixReply{.code = 0, .message = "success", .timestamp = seconds.count()});
}

}  // namespace rtcroom
