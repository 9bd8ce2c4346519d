#include "daemon/media/mix_request.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/auth/json_member.h"
#include "daemon/base/digest.h"
#include "daemon/core/stream_urls.h"
#include "daemon/media/reply_json.h"

namespace rtcroom {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxPlainSessionBytes = 64;

/// @param member  a constant: what a client sent does not go into the detail.
Error BadMember(std::string_view member, std::string_view fault) {
  return {Errc::kBadRequest, fmt::format("mergeParams: {}: {}", member, fault)};
}

Result<std::string> ReadStream(const Json& object, const char* name) {
  std::optional<std::string> stream = TextMember(object, name);
  if (!stream || !IsStreamName(*stream)) return BadMember(name, "not the name of a stream");
  return *std::move(stream);
}

/// nullopt: absent or null. Clients compute positions, and 20.0 is the same as 20 to them.
Result<std::optional<int>> ReadPixels(const Json& layout, const char* name) {
  const auto member = layout.find(name);
  if (member == layout.end() || member->is_null()) return std::optional<int>();
  if (!member->is_number()) return BadMember(name, "not a number");
  const auto number = member->get<double>();
  if (!(number >= 0 && number <= kMaxMixPixels)) return BadMember(name, "out of bounds");
  if (std::trunc(number) != number) return BadMember(name, "not a whole number");
  return std::optional(static_cast<int>(number));
}

Result<int> ReadLayer(const Json& layout) {
  constexpr const char* kName = "image_layer";
  const Result<std::optional<int>> layer = ReadPixels(layout, kName);
  if (!layer) return layer.error();
  if (!*layer) return BadMember(kName, "missing");
  if (**layer < 1 || **layer > static_cast<int>(kMaxMixInputs)) {
    return BadMember(kName, "out of bounds");
  }
  return **layer;
}

Result<std::optional<MixInputType>> ReadType(const Json& layout) {
  constexpr const char* kName = "input_type";
  const Result<std::optional<int>> type = ReadPixels(layout, kName);
  if (!type) return type.error();
  if (!*type) return std::optional<MixInputType>();
  for (const MixInputType known : {MixInputType::kAudioAndVideo, MixInputType::kCanvas,
                                   MixInputType::kAudio, MixInputType::kVideo}) {
    if (**type == static_cast<int>(known)) return std::optional(known);
  }
  return BadMember(kName, "unknown");
}

Result<MixInput> ReadInput(const Json& input) {
  if (!input.is_object()) return BadMember("input_stream_list", "not a list of objects");
  Result<std::string> stream = ReadStream(input, "input_stream_id");
  if (!stream) return stream.error();
  const Json* const layout = ObjectMember(input, "layout_params");
  if (layout == nullptr) return BadMember("layout_params", "not an object");
  const Result<int> layer = ReadLayer(*layout);
  if (!layer) return layer.error();
  const Result<std::optional<MixInputType>> type = ReadType(*layout);
  if (!type) return type.error();
  MixInput read{.stream = *std::move(stream), .image_layer = *layer, .input_type = *type};
  for (const auto& [name, member] : {std::pair{"image_width", &MixInput::image_width},
                                     std::pair{"image_height", &MixInput::image_height},
                                     std::pair{"location_x", &MixInput::location_x},
                                     std::pair{"location_y", &MixInput::location_y}}) {
    const Result<std::optional<int>> pixels = ReadPixels(*layout, name);
    if (!pixels) return pixels.error();
    read.*member = *pixels;
  }
  return read;
}

bool IsSessionText(std::string_view text) {
  return text.size() <= kMaxPlainSessionBytes && IsStreamName(text) &&
         text.find('-') == std::string_view::npos;
}

void WriteNumber(std::string_view name, std::optional<int> number, JsonText& body) {
  if (number) body.Field(name, std::int64_t{*number});
}

}  // namespace

Result<MixRequest> ReadMergeParams(const Json& params) {
  if (!params.is_object()) return BadMember("mergeParams", "not an object");
  const Json* const interface = ObjectMember(params, "interface");
  if (interface == nullptr) return BadMember("interface", "not an object");
  const Json* const para = ObjectMember(*interface, "para");
  if (para == nullptr) return BadMember("para", "not an object");
  Result<std::string> output = ReadStream(*para, "output_stream_id");
  if (!output) return output.error();
  constexpr const char* kInputs = "input_stream_list";
  const Json* const inputs = ArrayMember(*para, kInputs);
  if (inputs == nullptr) return BadMember(kInputs, "not a list of objects");
  if (inputs->empty()) return BadMember(kInputs, "empty");
  if (inputs->size() > kMaxMixInputs) return BadMember(kInputs, "too long");
  MixRequest request{.output = *std::move(output), .inputs = {}};
  for (const Json& input : *inputs) {
    Result<MixInput> read = ReadInput(input);
    if (!read) return read.error();
    request.inputs.push_back(*std::move(read));
  }
  return request;
}

Status CheckMixStreams(const MixRequest& request, std::span<const std::string> members,
                       std::string_view creator) {
  if (request.output != creator) return BadMember("output_stream_id", "not of the creator");
  const bool all_known = std::ranges::all_of(request.inputs, [members](const MixInput& input) {
    return std::ranges::find(members, input.stream) != members.end();
  });
  if (!all_known) return BadMember("input_stream_id", "not of a member of the room");
  return {};
}

bool EndsMix(const MixRequest& request) { return request.inputs.size() == 1; }

int OutputStreamType(const MixRequest& request) {
  return std::ranges::find(request.inputs, request.output, &MixInput::stream) ==
                 request.inputs.end()
             ? 1
             : 0;
}

// A digest is longer than every session that is a name.
std::string MixSession(std::string_view output) {
  return IsSessionText(output) ? std::string(output) : Sha256Hex(output) + "_";
}

void WriteMixInputs(const MixRequest& request, const MixNames& names, JsonText& body) {
  for (const MixInput& input : request.inputs) {
    body.BeginObject().Field(names.stream, input.stream).BeginObject(names.layout);
    body.Field(names.image_layer, std::int64_t{input.image_layer});
    WriteNumber(names.image_width, input.image_width, body);
    WriteNumber(names.image_height, input.image_height, body);
    WriteNumber(names.location_x, input.location_x, body);
    WriteNumber(names.location_y, input.location_y, body);
    if (input.input_type) {
      body.Field(names.input_type, static_cast<std::int64_t>(*input.input_type));
    }
    body.EndObject().EndObject();
  }
}

}  // namespace rtcroom
