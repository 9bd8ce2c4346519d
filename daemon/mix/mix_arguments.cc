#include "daemon/mix/mix_arguments.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "daemon/core/stream_urls.h"

namespace rtcroom {
namespace {

constexpr int kMaxInputs = 16;
constexpr std::uint32_t kMaxPixels = 3000;
constexpr std::uint32_t kMaxLayer = 16;
constexpr int kFramesPerSecond = 15;

using Arguments = std::vector<std::string>;

Error Refuse(std::string sentence) { return {Errc::kBadRequest, std::move(sentence)}; }

bool IsLength(std::uint32_t pixels) { return pixels >= 1 && pixels <= kMaxPixels; }
bool IsPlace(std::int32_t pixels) {
  return pixels >= 0 && pixels <= static_cast<std::int32_t>(kMaxPixels);
}

/// Whether the host is alone: there is nothing to place.
bool IsPassedOn(const v1::Mix& mix) {
  return mix.inputs_size() == 1 && mix.inputs(0).stream() == mix.stream();
}

Status CheckInput(const v1::MixInput& input, bool is_passed_on) {
  if (!IsStreamName(input.stream())) return Refuse("inputs.stream: not the name of a stream");
  if (is_passed_on) return {};
  if (!input.has_video() && !input.has_audio()) return Refuse("inputs: neither video nor audio");
  if (!input.has_video()) return {};
  if (!IsPlace(input.x())) return Refuse("inputs.x: out of bounds");
  if (!IsPlace(input.y())) return Refuse("inputs.y: out of bounds");
  if (!IsLength(input.width())) return Refuse("inputs.width: out of bounds");
  if (!IsLength(input.height())) return Refuse("inputs.height: out of bounds");
  if (input.layer() > kMaxLayer) return Refuse("inputs.layer: out of bounds");
  return {};
}

Status Check(const v1::Mix& mix) {
  if (!IsStreamName(mix.stream())) return Refuse("stream: not the name of a stream");
  if (mix.inputs_size() < 1 || mix.inputs_size() > kMaxInputs) {
    return Refuse("inputs: must be 1 to 16");
  }
  const bool is_passed_on = IsPassedOn(mix);
  for (const v1::MixInput& input : mix.inputs()) {
    if (Status checked = CheckInput(input, is_passed_on); !checked) return checked;
  }
  if (is_passed_on) return {};
  if (!IsLength(mix.width())) return Refuse("width: out of bounds");
  if (!IsLength(mix.height())) return Refuse("height: out of bounds");
  return {};
}

void Append(Arguments& arguments, std::initializer_list<std::string_view> more) {
  for (const std::string_view each : more) arguments.emplace_back(each);
}

/// The filters of the pictures: the inputs over a black canvas, the lowest layer first.
std::string PictureFilters(const v1::Mix& mix) {
  std::vector<std::pair<std::uint32_t, int>> order;  // the layer and the place among the inputs
  for (int i = 0; i < mix.inputs_size(); ++i) {
    if (mix.inputs(i).has_video()) order.emplace_back(mix.inputs(i).layer(), i);
  }
  std::ranges::sort(order);
  // H.264 with colours at half the resolution has only even lengths.
  const auto even = [](std::uint32_t pixels) { return std::max(pixels & ~1U, 2U); };
  std::string filters = fmt::format("color=c=black:s={}x{}:r={}[canvas];", even(mix.width()),
                                    even(mix.height()), kFramesPerSecond);
  std::string below = "canvas";
  for (const auto& [layer, i] : order) {
    const v1::MixInput& input = mix.inputs(i);
    std::string above = fmt::format("with{}", i);
    filters += fmt::format(
        "[{0}:v]scale={1}:{2},setsar=1[video{0}];[{3}][video{0}]overlay=x={4}:y={5}:shortest=1[{6}]"
        ";",
        i, input.width(), input.height(), below, input.x(), input.y(), above);
    below = std::move(above);
  }
  return filters + fmt::format("[{}]format=yuv420p[video]", below);
}

/// The filters of the sound; empty when there is none. A sum too loud is limited, not distorted.
std::string SoundFilters(const v1::Mix& mix) {
  std::string inputs;
  int count = 0;
  for (int i = 0; i < mix.inputs_size(); ++i) {
    if (!mix.inputs(i).has_audio()) continue;
    inputs += fmt::format("[{}:a]", i);
    ++count;
  }
  if (count == 0) return "";
  return fmt::format(";{}amix=inputs={}:duration=shortest:normalize=0,alimiter[audio]", inputs,
                     count);
}

void AppendInput(Arguments& arguments, const std::string& url) {
  // Without these limits ffmpeg looks at a stream for twice as long before it begins; with less it
  // misses the video. A player stays connected when its stream ends, so silence is an end, too.
  Append(arguments,
         {"-threads", "1", "-fpsprobesize", "0", "-probesize", "1000000", "-analyzeduration",
          "3000000", "-rw_timeout", "5000000", "-f", "flv", "-i", url});
}

/// How picture and sound are encoded. A key frame every two seconds: viewers begin with one.
void AppendEncoding(Arguments& arguments) {
  Append(arguments,
         {"-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-threads", "2", "-r",
          fmt::format("{}", kFramesPerSecond), "-g", fmt::format("{}", 2 * kFramesPerSecond),
          "-b:v", "900k", "-maxrate", "900k", "-bufsize", "1800k"});
  Append(arguments, {"-c:a", "aac", "-b:a", "64k", "-ar", "44100", "-ac", "2"});
}

}  // namespace

Result<Arguments> MixArguments(const v1::Mix& mix, const MixServer& server) {
  if (const Status checked = Check(mix); !checked) return checked.error();
  Arguments arguments = {server.ffmpeg, "-nostdin",  "-hide_banner",
                         "-nostats",    "-loglevel", "warning"};
  for (const v1::MixInput& input : mix.inputs()) {
    AppendInput(arguments, fmt::format("{}/{}/{}", server.url, server.app, input.stream()));
  }
  if (IsPassedOn(mix)) {
    Append(arguments, {"-map", "0", "-c", "copy"});
  } else {
    const std::string sound = SoundFilters(mix);
    Append(arguments, {"-filter_complex_threads", "2", "-filter_complex",
                       PictureFilters(mix) + sound, "-map", "[video]"});
    if (!sound.empty()) Append(arguments, {"-map", "[audio]"});
    arguments.emplace_back("-shortest");
    AppendEncoding(arguments);
  }
  Append(arguments, {"-flvflags", "no_duration_filesize", "-f", "flv",
                     fmt::format("{}/mix/{}", server.url, mix.stream())});
  return arguments;
}

Arguments ArgumentsAt(Arguments arguments, MonotonicTime start) {
  // Timestamps of RTMP have 32 bits for milliseconds.
  constexpr std::chrono::milliseconds kWrap = std::chrono::seconds(1'000'000);
  const auto at =
      std::chrono::duration_cast<std::chrono::milliseconds>(start.time_since_epoch()) % kWrap;
  const std::array<std::string, 2> option = {
      "-output_ts_offset", fmt::format("{}.{:03}", at.count() / 1000, at.count() % 1000)};
  arguments.insert(arguments.end() - 1, option.begin(), option.end());
  return arguments;
}

}  // namespace rtcroom
