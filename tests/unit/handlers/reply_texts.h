// Exact replies expected by tests of several endpoints.
#pragma once

#include <string_view>

namespace rtcroom {

inline constexpr std::string_view kOk = R"({"code":0,"message":"请求成功"})";
inline constexpr std::string_view kNoGen1Room = R"({"code":3,"message":"您请求的房间不存在"})";
inline constexpr std::string_view kNoGen2Room = R"({"code":3,"message":"请求的房间不存在"})";

}  // namespace rtcroom
