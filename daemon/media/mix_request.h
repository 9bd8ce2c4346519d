// The mix of streams that the host of a live room asks for, and the reply.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "daemon/base/json_text.h"
#include "daemon/base/result.h"

namespace rtcroom {

inline constexpr std::size_t kMaxMixInputs = 16;
/// The maximum of widths, heights and positions, in pixels.
inline constexpr int kMaxMixPixels = 3000;

/// The numbers of the mixing service.
enum class MixInputType : std::uint8_t {
  kAudioAndVideo = 0,
  kCanvas = 3,  ///< an empty picture; its stream name has no meaning
  kAudio = 4,
  kVideo = 5,
};

struct MixInput {
  std::string stream{};
  int image_layer = 1;  ///< 1 to 16; 1 is the background
  // Left to the service where nothing was sent.
  std::optional<int> image_width{};
  std::optional<int> image_height{};
  std::optional<int> location_x{};
  std::optional<int> location_y{};
  std::optional<MixInputType> input_type{};
  bool operator==(const MixInput&) const = default;
};

struct MixRequest {
  std::string output{};  ///< a stream, in general one of the inputs: that of the host
  std::vector<MixInput> inputs{};
  bool operator==(const MixRequest&) const = default;
};

/// The service's answer to a mix, for the client.
struct MixReply {
  std::int64_t code = -1;  ///< 0: done
  std::string message{};   ///< up to 200 bytes
  std::int64_t timestamp = 0;
  bool operator==(const MixReply&) const = default;
};

/// Reads the `mergeParams` of a client: `interface.para` with `output_stream_id` and
/// `input_stream_list`. Everything else in it is ignored, also the session and the account.
///
/// @errors kBadRequest unless there are 1 to 16 inputs, all names are names of streams, and all
///         numbers whole and within their bounds. The detail names the member.
/// @source protocol D.6.
Result<MixRequest> ReadMergeParams(const nlohmann::json& params);

/// @param members  the streams of the room's pushers.
/// @param creator  that of its creator.
/// @errors kBadRequest unless every input is of a member and the output is the creator's: a client
///         could mix, or overwrite, streams of other rooms.
Status CheckMixStreams(const MixRequest& request, std::span<const std::string> members,
                       std::string_view creator);

/// Whether the request ends the mix: it has one input.
[[nodiscard]] bool EndsMix(const MixRequest& request);

/// Type of the output for the service: 0 when it is one of the inputs, 1 otherwise.
[[nodiscard]] int OutputStreamType(const MixRequest& request);

/// The session of all mixes with that output: 1 to 80 letters, digits and `_`. No two outputs have
/// the same one. Clients do not choose it, or they could end the mixes of other rooms.
std::string MixSession(std::string_view output);

/// Spelling of an input's members in a body.
struct MixNames {
  std::string_view stream;
  std::string_view layout;
  std::string_view image_layer;
  std::string_view image_width;
  std::string_view image_height;
  std::string_view location_x;
  std::string_view location_y;
  std::string_view input_type;
};

/// Writes the inputs as elements of an array that is open.
void WriteMixInputs(const MixRequest& request, const MixNames& names, JsonText& body);

}  // namespace rtcroom
