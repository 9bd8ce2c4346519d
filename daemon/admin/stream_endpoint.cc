#include "daemon/admin/stream_endpoint.h"

#include <memory>
#include <optional>
#include <string_view>

#include "daemon/admin/admin_reply.h"
#include "daemon/admin/console_request.h"
#include "daemon/admin/pooled_handler.h"

namespace rtcroom {
namespace {

Status Open(const HttpRequest& request, PendingReply& pending, EventStreams& streams, Store& store,
            const AdminAccess& access) {
  // Checked again: the request was admitted before it waited for a thread.
  const auto may_open = [&] { return access.Admits(request); };
  const Result<FormPairs> query = ReadQuery(request);
  if (!query) return query.error();
  const std::string_view after = FirstOrEmpty(*query, "after");
  // An unknown cursor comes from a server that no longer exists: its page has missed events.
  if (!after.empty()) return streams.Open(pending, Cursor::Parse(after), may_open);
  const Result<Cursor> newest = store.Newest();
  if (!newest) return newest.error();
  return streams.Open(pending, *newest, may_open);
}

}  // namespace

AdminHandler OpenEventStream(CallPool& pool, EventStreams& streams, Store& store,
                             const AdminAccess& access) {
  return [&](const HttpRequest& request, const DeferReply& defer) -> std::optional<HttpReply> {
    return DeferToPool(pool, defer, [&streams, &store, &access, request](PendingReply& pending) {
      const Status opened = Open(request, pending, streams, store, access);
      if (!opened) pending.Send(AdminFailure(opened.error()));
    });
  };
}

}  // namespace rtcroom
