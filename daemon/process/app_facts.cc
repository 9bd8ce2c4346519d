// The facts that the server tells of itself: metrics, the console's figures, the status line, and
// its addresses.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "daemon/base/free_space.h"
#include "daemon/base/listen_address.h"
#include "daemon/base/version.h"
#include "daemon/http/embedded_file.h"
#include "daemon/process/app.h"

namespace rtcroom {
namespace {

/// The origin of a listener for a browser on this machine. Empty when there is none.
std::string OriginOf(std::string_view scheme, const std::string& bound_address) {
  const std::optional<std::string> address = ReachableFromHere(bound_address);
  return address ? std::string(scheme) + "://" + *address : std::string();
}

}  // namespace

MetricsSources App::MakeMetricsSources() {
  return {
      .rooms = [this](RoomKind kind) { return store_.storage().rooms().CountRooms(kind); },
      .room_counts = [this] { return store_.state().counters.snapshot(); },
      .leases = [this] { return store_.state().leases.size(); },
      .sessions = [this] { return auth_->sessions().size(); },
      .refused_logins = [this](LoginOutcome why) { return auth_->sessions().refused_logins(why); },
      .ready = [this] { return readiness_.ReadLatest(); },
      .free_bytes = [this] { return FreeBytes(store_.directory()).value_or(0); },
      .store_log_bytes = [this] { return store_.LogBytes(); },
      .waiting_requests = [this] { return listeners_->threads().workers().waiting(); },
      .im_backlog = [this] { return im_ == nullptr ? ImBacklog() : im_->ReadBacklog(); },
      .watch = [this] { return events_ == nullptr ? WatchStats() : events_->ReadStats(); },
      .channel = [this] { return channel_ == nullptr ? ChannelStats() : channel_->ReadStats(); },
      .streams = [this] { return media_ == nullptr ? StreamCounts() : media_->Count(); },
      .mixes =
          [this] {
            return MixStats{.mixes = store_.state().mixes.Count(),
                            .followers = events_ == nullptr ? 0 : events_->mix_followers()};
          },
      .web = [this] { return web_ == nullptr ? WebCounts() : web_->sessions().Count(); },
      .trtc_pending = [this] { return cloud_ == nullptr ? 0 : cloud_->CountPending(); },
      .recording_space = [this] { return media_ == nullptr ? std::nullopt : media_->free_bytes(); },
      .log_lines_dropped = [this](LogLevel level) { return runtime_.logger.dropped(level); },
      .node = [this]() -> const NodeLease& { return store_.lease(); },
      .log_age = [this] { return LogAgeOf(store_.storage().follower()); },
      .replication = [this]() -> const ReplicationState& { return store_.replication(); }};
}

ConsoleFacts App::MakeConsoleFacts() const {
  return {.version = std::string(kVersion),
          .started_at = runtime_.clock.Now(),
          .heartbeat_timeout = config_->room.heartbeat_timeout,
          .im_enabled = im_ != nullptr,
          .channel_enabled = channel_ != nullptr,
          .http_origin = OriginOf("http", http_address()),
          .https_origin = OriginOf("https", https_address()),
          .api_prefix = config_->server.prefix,
          .channel_prefix = config_->channel.prefix,
          .media_origin = std::string(OriginOfUrl(config_->live.hls_url)),
          .recordings_url = config_->recording.base_url,
          .recordings_root = config_->recording.root};
}

RoomClients App::MakeRoomClients() {
  if (channel_ == nullptr) return {};
  return {.receivers = &channel_->receivers(),
          .logins = &channel_->channel().logins(),
          .old = &channel_->clients()};
}

ConsoleStats App::ReadConsoleStats() {
  return {.pushers = store_.state().leases.size(),
          .connections = listeners_->connections(),
          .waiting_requests = listeners_->threads().workers().waiting(),
          .watchers = events_ == nullptr ? 0 : events_->subscribers(),
          .im = im_ == nullptr ? ImBacklog() : im_->ReadBacklog(),
          .channel = channel_ == nullptr ? ChannelStats() : channel_->ReadStats(),
          .totals = metrics_.Totals()};
}

std::string App::StatusLine() {
  std::uint64_t rooms = 0;
  for (const RoomKind kind : kAllRoomKinds) rooms += store_.storage().rooms().CountRooms(kind);
  return fmt::format("{} rooms, {} pushers", rooms, store_.state().leases.size());
}

std::string App::http_address() const {
  return listeners_ == nullptr ? "" : listeners_->http_address();
}

std::string App::https_address() const {
  return listeners_ == nullptr ? "" : listeners_->https_address();
}

std::string App::grpc_address() const { return events_ == nullptr ? "" : events_->bound_address(); }

std::string App::console_link() const {
  if (!config_.is_dev() || admin_ == nullptr) return {};
  std::string link = OriginOf("http", admin_->bound_address()) + "/console/";
  const Secret& token = config_.generated_admin_token();
  if (!token.empty()) link += "#token=" + token.Reveal();
  return link;
}

std::string App::demo_link() const {
  if (!config_.is_dev()) return {};
  // The link avoids a certificate that browsers warn of, where that is possible.
  const std::string plain = OriginOf("http", http_address());
  const std::string origin = plain.empty() ? OriginOf("https", https_address()) : plain;
  return origin.empty() ? "" : origin + "/demo/";
}

}  // namespace rtcroom
