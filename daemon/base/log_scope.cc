#include "daemon/base/log_scope.h"

#include <utility>

namespace rtcroom {
namespace {

thread_local const LogScope* innermost = nullptr;

}  // namespace

LogScope::LogScope(std::string request_id)
    : request_id_(std::move(request_id)), outer_(std::exchange(innermost, this)) {}

LogScope::~LogScope() { innermost = outer_; }

std::string_view LogScope::Current() {
  return innermost == nullptr ? std::string_view() : innermost->request_id_;
}

}  // namespace rtcroom
