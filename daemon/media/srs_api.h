// An SRS media server, asked over its HTTP API.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/result.h"
#include "daemon/http_client/outgoing_call.h"
#include "daemon/media/http_stream_server.h"

namespace rtcroom {

/// Asks for the list of streams.
/// @param options  with the key `user:password` of `http_api.auth`.
OutgoingCall SrsListCall(const StreamServerOptions& options);

/// The published streams of an application, of all virtual hosts.
/// @errors kUnavailable for any reply but a whole list with valid members.
Result<StreamList> ReadSrsList(OutgoingReply reply, std::string_view app);

/// Asks for the list of clients.
OutgoingCall SrsClientsCall(const StreamServerOptions& options);

/// The IDs of all clients, publishers and players.
/// @errors kUnavailable for any reply but a whole list.
Result<std::set<std::string>> ReadSrsClients(OutgoingReply reply);

/// Disconnects a client.
/// @param client  a client ID.
OutgoingCall SrsDropCall(const StreamServerOptions& options, std::string_view client);

/// @errors kUnavailable for any reply but that of a drop or of an unknown client.
Result<DropOutcome> ReadSrsDrop(const OutgoingReply& reply);

/// Needs version 5 or later: before, names in lists are not escaped, and any player could forge
/// entries.
///
/// @source measured with SRS 7.0.18; its issue 1757.
class SrsServer : public HttpStreamServer {
 public:
  using HttpStreamServer::HttpStreamServer;

 private:
  [[nodiscard]] OutgoingCall ListCall() const override { return SrsListCall(options()); }
  [[nodiscard]] Result<StreamList> ReadList(OutgoingReply reply) const override {
    return ReadSrsList(std::move(reply), options().app);
  }
  [[nodiscard]] OutgoingCall DropCall(const std::string& /*stream*/,
                                      const std::string& client) const override {
    return SrsDropCall(options(), client);
  }
  [[nodiscard]] Result<DropOutcome> ReadDrop(const OutgoingReply& reply) const override {
    return ReadSrsDrop(reply);
  }
};

}  // namespace rtcroom
