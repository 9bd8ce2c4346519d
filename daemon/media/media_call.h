// The boundary of calls to media servers and services: errors instead of exceptions.
#pragma once

#include <concepts>
#include <exception>
#include <string>
#include <utility>

#include "daemon/base/exception_type.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// The result of `call`, or kUnavailable when it throws: the HTTP library, a digest that the
/// system's OpenSSL lacks, memory.
template <std::invocable Call>
auto MakeMediaCall(Call&& call) -> decltype(call()) {
  try {
    return std::forward<Call>(call)();
  } catch (const std::exception&) {
    return Error{Errc::kUnavailable, "media call: " + std::string(CurrentExceptionType())};
  }
}

}  // namespace rtcroom
