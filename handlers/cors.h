// The headers that let pages of other origins call us.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rtcroom {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// @threads immutable: safe from any thread.
/// @source protocol 0.2.
class Cors {
 public:
  /// @param origins  who may call, each as a browser sends it; `*` for everybody.
  explicit Cors(std::vector<std::string> origins);

  /// For every reply. Never allows credentials: nothing here is in a cookie.
  void AddOrigin(std::string_view origin, Headers& headers) const;

  /// For the reply to OPTIONS, besides.
  static void AddPreflight(Headers& headers);

 private:
  const std::vector<std::string> origins_;
  const bool everybody_;
};

}  // namespace rtcroom
