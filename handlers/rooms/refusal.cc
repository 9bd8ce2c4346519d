#include "handlers/rooms/refusal.h"

#include <string>
#include <string_view>

#include "daemon/base/exception_type.h"
#include "daemon/http/http_handler.h"

namespace rtcroom {
namespace {

constexpr int kFirstFaultOfTheServer = 500;

/// The error text, which the client receives: the faulty part of the request and the fault.
std::string_view DetailOf(int status, std::string_view reason) {
  if (reason == kPlainHttpReason) return "scheme: http, where this port speaks https";
  switch (status) {
    case 404:
      return "path: unknown";
    case 405:
      return "method: not allowed here";
    case 408:
      return "request: not complete in time";
    case 411:
      return "Content-Length: missing";
    case 413:
      return "body: too long";
    case 414:
      return "request line: too long";
    case 415:
      return "Content-Encoding: not supported";
    case 417:
      return "Expect: not supported";
    case 431:
      return "head: too long";
    default:
      return "request: malformed";
  }
}

}  // namespace

HttpReply RefusalOf(int status, RequestLabel& label, std::string_view reason) {
  const Error failure = status < kFirstFaultOfTheServer
                            ? Error{Errc::kBadRequest, std::string(DetailOf(status, reason))}
                            : Error{Errc::kUnavailable, {}};
  HttpReply reply = Render(Reply::Failure(failure), label);
  reply.status = status;
  return reply;
}

HttpReply RefusalOf(int status) {
  RequestLabel label;
  return RefusalOf(status, label);
}

Reply TooManyRequests() {
  return Reply::Failure({Errc::kTooManyRequests, "address: too many requests"});
}

Reply InternalError() {
  return Reply::Failure({Errc::kInternal, std::string(CurrentExceptionType())});
}

}  // namespace rtcroom
