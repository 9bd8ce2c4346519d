#include "daemon/admin/stream_endpoint.h"

#include <string_view>

#include "daemon/admin/admin_reply.h"
#include "daemon/admin/console_request.h"
#include "daemon/admin/pooled_handler.h"

namespace rtcroom {
namespace {

Status Open(const HttpRequest& request, AdminResponder& responder, EventStreams& streams,
            EventLog& log, const AdminAccess& access) {
  // Checked again: the request was admitted before it waited for a thread.
  const auto may_open = [&] { return access.Admits(request); };
  const Result<FormPairs> query = ReadQuery(request);
  if (!query) return query.error();
  const std::string_view after = FirstOrEmpty(*query, "after");
  // A cursor that cannot be parsed is from an earlier server: the page has missed events.
  if (!after.empty()) return streams.Open(responder, Cursor::Parse(after), may_open);
  const Result<Cursor> newest = log.Newest();
  if (!newest) return newest.error();
  return streams.Open(responder, *newest, may_open);
}

}  // namespace

AdminHandler OpenEventStream(CallPool& pool, EventStreams& streams, EventLog& log,
                             const AdminAccess& access) {
  return [&](const HttpRequest& request, AdminResponder& responder) {
    DeferToPool(pool, responder, [&streams, &log, &access, request](AdminResponder& later) {
      const Status opened = Open(request, later, streams, log, access);
      if (!opened) later.Send(AdminFailure(opened.error()));
    });
  };
}

}  // namespace rtcroom
