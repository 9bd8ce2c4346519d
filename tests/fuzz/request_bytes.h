// Bytes as requests, so that a fuzzer can write them and a person can read them.
#pragma once

#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "handlers/request.h"

namespace rtcroom {

/// Reads any bytes as requests to one server, one after the other.
///
/// Requests are separated by the byte 0x1E. Of each, the first five lines are method, path,
/// query, content type and origin, each of which may be empty or missing; the rest is the body.
std::vector<HttpRequest> RequestsFromBytes(std::string_view bytes);

/// Changes `bytes` in one of the ways in which clients and attackers do: flips, cuts, repeats,
/// puts in a token that parsers dislike, or a piece of `other`.
std::string MutateRequestBytes(std::string bytes, std::string_view other, std::mt19937_64& random);

}  // namespace rtcroom
