// Requests as bytes, writable by a fuzzer and readable by a person.
#pragma once

#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/message.h"

namespace rtcroom {

/// Parses arbitrary bytes as consecutive requests to one server.
///
/// The byte 0x1E separates requests. The first five lines of each are method, path, query, content
/// type and origin, each of which may be empty or missing; the rest is the body.
std::vector<HttpRequest> RequestsFromBytes(std::string_view bytes);

/// Mutates `bytes` as clients and attackers do: flips, cuts, repeats, inserts a token that parsers
/// mishandle, or a piece of `other`.
std::string MutateRequestBytes(std::string bytes, std::string_view other, std::mt19937_64& random);

}  // namespace rtcroom
