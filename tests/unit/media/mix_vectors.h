// Mix requests as clients send them.
#pragma once

#include <nlohmann/json.hpp>

#include "daemon/media/mix_request.h"

namespace rtcroom {

/// A host with two guests, on a canvas of 360x640. The account and the session are the client's
/// guess.
inline nlohmann::json MergeParams() {
  return nlohmann::json::parse(R"({
    "timestamp": 1700000000, "eventId": 1700000000,
    "interface": {"interfaceName": "Mix_StreamV2", "para": {
      "app_id": "1400000001", "interface": "mix_streamv2.start_mix_stream_advanced",
      "mix_stream_session_id": "8888_host", "output_stream_id": "8888_host",
      "input_stream_list": [
        {"input_stream_id": "8888_host", "layout_params": {"image_layer": 1}},
        {"input_stream_id": "8888_guest_1", "layout_params": {"image_layer": 2,
          "image_width": 120, "image_height": 180, "location_x": 240, "location_y": 400}},
        {"input_stream_id": "8888_guest_2", "layout_params": {"image_layer": 3,
          "image_width": 120, "image_height": 180, "location_x": 240, "location_y": 220}}]}}})");
}

/// The same as it is read.
inline MixRequest HostWithTwoGuests() {
  return {.output = "8888_host",
          .inputs = {{.stream = "8888_host", .image_layer = 1},
                     {.stream = "8888_guest_1",
                      .image_layer = 2,
                      .image_width = 120,
                      .image_height = 180,
                      .location_x = 240,
                      .location_y = 400},
                     {.stream = "8888_guest_2",
                      .image_layer = 3,
                      .image_width = 120,
                      .image_height = 180,
                      .location_x = 240,
                      .location_y = 220}}};
}

/// The guests have left.
inline MixRequest HostAlone() {
  return {.output = "8888_host", .inputs = {{.stream = "8888_host", .image_layer = 1}}};
}

}  // namespace rtcroom
