#include "handlers/rooms/reply.h"

#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/exception_type.h"
#include "daemon/http/http_handler.h"
#include "handlers/shared/protocol_codes.h"

namespace rtcroom {
namespace {

constexpr int kBusyStatus = 503;

JsonText CodeAndMessage(int code, std::string_view message) {
  JsonText members;
  members.Field("code", code).Field("message", message);
  return members;
}

/// Built once: most replies consist of these fields only.
const JsonText& Succeeded() {
  static const JsonText succeeded = CodeAndMessage(kSuccessCode, kSuccessMessage);
  return succeeded;
}

std::string Object(std::string_view members, std::string_view more_members) {
  std::string object;
  object.reserve(members.size() + more_members.size() + std::string_view("{,}").size());
  object += '{';
  object += members;
  if (!more_members.empty()) object += ',';
  object += more_members;
  object += '}';
  return object;
}

/// The page, with headers that keep a browser from running, guessing or storing anything of it.
HttpReply RenderPage(const TextPage& page) {
  const bool is_html = page.kind == TextPage::Kind::kHtml;
  return {.headers = {{"Content-Type",
                       is_html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Content-Security-Policy",
                       "default-src 'none'; base-uri 'none'; form-action 'none'; "
                       "frame-ancestors 'none'; sandbox"},
                      {"Cache-Control", "no-store"}},
          .body = page.text};
}

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

HttpReply Render(const Reply& reply, RequestLabel& label, BusyReply busy) {
  if (reply.page) {
    label.code = kSuccessCode;
    return RenderPage(*reply.page);
  }
  const std::string_view fields = reply.fields.text();
  if (!reply.failure) {
    label.code = kSuccessCode;
    return {.body = Object(Succeeded().text(), fields)};
  }
  const Error& failure = *reply.failure;
  const ProtocolCode& row = ProtocolCodeOf(label.protocol, label.endpoint, failure.code);
  label.code = row.code;
  label.failure = failure.code;
  label.failure_detail = failure.detail;
  JsonText members = CodeAndMessage(row.code, row.message);
  // Gen-2 has numbers of its own for what is wrong with a login or token.
  const bool is_disclosed =
      failure.code == Errc::kBadRequest || failure.code == Errc::kTooManyRooms ||
      (failure.code == Errc::kUnauthorized && label.protocol != Protocol::kGen2);
  if (is_disclosed && !failure.detail.empty()) {
    members.Field("detail", failure.detail);
  }
  HttpReply rendered{.status = HttpStatusOf(failure.code), .body = Object(members.text(), fields)};
  const bool is_of_store = failure.code == Errc::kStoreBusy || failure.code == Errc::kStoreBroken;
  if (is_of_store && busy == BusyReply::kTryAnother) {
    rendered.status = kBusyStatus;
    rendered.headers.emplace_back("Retry-After", "1");
  }
  return rendered;
}

std::size_t SuccessFrameBytes() {
  return Succeeded().text().size() + std::string_view("{,}").size();
}

HttpReply RefusalOf(int status, RequestLabel& label, std::string_view reason) {
  const Error failure = status < kFirstFaultOfTheServer
                            ? Error{Errc::kBadRequest, std::string(DetailOf(status, reason))}
                            : Error{Errc::kUnavailable, {}};
  HttpReply reply = Render(Reply::Failure(failure), label);
  reply.status = status;
  return reply;
}

Reply TooManyRequests() {
  return Reply::Failure({Errc::kTooManyRequests, "address: too many requests"});
}

Reply InternalError() {
  return Reply::Failure({Errc::kInternal, std::string(CurrentExceptionType())});
}

Answer::Answer(Call& call, RequestRecorder& recorder, RequestCharge charge, BusyReply busy)
    : call_(std::make_shared<PendingCall>(call, recorder, std::move(charge))), busy_(busy) {}

void Answer::operator()(const Reply& reply) const {
  call_->Answer([&](RequestLabel& label) { return Render(reply, label, busy_); });
}

void Answer::RunInSlices(std::function<std::optional<Reply>()> slice) const {
  call_->RunInSlices([answer = *this, slice = std::move(slice), has_begun = false]() mutable {
    try {
      // Many calls may have been admitted at once: refuses those whose caller is in debt by now.
      if (!std::exchange(has_begun, true) && answer.call_->charge().IsInDebt()) {
        answer(TooManyRequests());
        return true;
      }
      const std::optional<Reply> reply = slice();
      if (reply) answer(*reply);
      return reply.has_value();
    } catch (...) {
      answer(InternalError());
      return true;
    }
  });
}

}  // namespace rtcroom
