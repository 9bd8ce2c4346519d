#include "handlers/cors.h"

#include <algorithm>

namespace rtcroom {

Cors::Cors(std::vector<std::string> origins)
    : origins_(std::move(origins)), any_origin_(std::ranges::count(origins_, "*") > 0) {}

bool Cors::Allows(std::string_view origin) const {
  return any_origin_ || std::ranges::count(origins_, origin) > 0;
}

void Cors::AddOrigin(std::string_view origin, Headers& headers) const {
  if (any_origin_) {
    headers.emplace_back("Access-Control-Allow-Origin", "*");
  } else if (!origin.empty() && Allows(origin)) {
    headers.emplace_back("Access-Control-Allow-Origin", origin);
    headers.emplace_back("Vary", "Origin");
  }
}

void Cors::AddPreflight(Headers& headers) {
  headers.emplace_back("Access-Control-Allow-Methods", "OPTIONS, GET, PUT, POST, DELETE");
  headers.emplace_back("Access-Control-Allow-Headers",
                       "x-requested-with, accept, origin, content-type");
  headers.emplace_back("Access-Control-Max-Age", "300");
}

}  // namespace rtcroom
