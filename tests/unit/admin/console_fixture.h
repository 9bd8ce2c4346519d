// The console's API on a store of its own, called as through the admin listener.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/admin/console.h"
#include "daemon/base/mutex.h"
#include "daemon/channel/channel.h"
#include "tests/support/channel_parts.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_media.h"
#include "tests/support/only_node.h"
#include "tests/support/service_fixture.h"
#include "tests/unit/admin/admin_request.h"

namespace rtcroom {

/// Records the output of a stream; a test can end it or simulate unsent bytes.
///
/// @threads safe from any thread.
class RecordedStream : public StreamedReply {
 public:
  explicit RecordedStream(OnEnd on_end) : on_end_(std::move(on_end)) {}

  bool Write(std::string_view bytes) override {
    const MutexLock lock(mutex_);
    if (has_ended_) return false;
    text_ += bytes;
    return true;
  }
  [[nodiscard]] std::size_t unsent() const override {
    const MutexLock lock(mutex_);
    return unsent_;
  }

  /// The client disconnects.
  void End() {
    {
      const MutexLock lock(mutex_);
      has_ended_ = true;
    }
    on_end_();
  }
  void SetUnsent(std::size_t bytes) {
    const MutexLock lock(mutex_);
    unsent_ = bytes;
  }
  [[nodiscard]] std::string text() const {
    const MutexLock lock(mutex_);
    return text_;
  }
  /// Waits until the stream contains that text.
  [[nodiscard]] bool Receives(const std::string& text) const {
    return Eventually([&] { return this->text().find(text) != std::string::npos; });
  }

 private:
  const OnEnd on_end_;
  mutable Mutex mutex_;
  std::string text_ GUARDED_BY(mutex_);
  std::size_t unsent_ GUARDED_BY(mutex_) = 0;
  bool has_ended_ GUARDED_BY(mutex_) = false;
};

/// Keeps the reply or the opened stream.
///
/// @threads safe from any thread.
class RecordedAnswer : public RecordedReply {
 public:
  std::shared_ptr<StreamedReply> Open(std::uint32_t /*turn*/, HttpReply head,
                                      StreamedReply::OnEnd on_end) override {
    auto stream = std::make_shared<RecordedStream>(std::move(on_end));
    const MutexLock lock(mutex_);
    head_ = std::move(head);
    stream_ = stream;
    return stream;
  }
  [[nodiscard]] std::shared_ptr<RecordedStream> stream() const {
    const MutexLock lock(mutex_);
    return stream_.lock();
  }
  [[nodiscard]] std::optional<HttpReply> head() const {
    const MutexLock lock(mutex_);
    return head_;
  }

 private:
  mutable Mutex mutex_;
  std::optional<HttpReply> head_ GUARDED_BY(mutex_);
  std::weak_ptr<RecordedStream> stream_ GUARDED_BY(mutex_);  ///< owned by its writer
};

class ConsoleFixture : public ServiceFixture {
 protected:
  struct Answer {
    int status = 0;
    nlohmann::json json{};
    HttpReply reply{};
  };

  ConsoleFixture() { console_.AddRoutes(router_); }
  void TearDown() override { console_.Stop(); }

  Answer Get(const std::string& path, const std::string& query = {}) {
    return Ask({.method = "GET", .path = path, .query = query});
  }
  Answer Post(const std::string& path, const std::string& body) {
    return Ask({.method = "POST", .path = path, .body = body});
  }
  Answer Ask(HttpRequest request) {
    const auto pending = Send(std::move(request));
    EXPECT_TRUE(Eventually([&] { return pending->reply().has_value(); }));
    HttpReply reply = pending->reply().value_or(HttpReply{.status = 0});
    return {.status = reply.status,
            .json = nlohmann::json::parse(reply.body, nullptr, false),
            .reply = std::move(reply)};
  }
  std::shared_ptr<RecordedAnswer> Send(HttpRequest request) {
    if (request.authorization.empty()) request.authorization = Secret("Bearer the token");
    auto pending = std::make_shared<RecordedAnswer>();
    AdminResponder responder = ResponderTo(pending, clock_, logger_);
    router_.Answer(request, responder);
    return pending;
  }
  /// @param query  as of GET /console/api/stream.
  std::shared_ptr<RecordedStream> OpenStream(const std::string& query = {}) {
    const auto pending = Send({.method = "GET", .path = "/console/api/stream", .query = query});
    EXPECT_TRUE(Eventually([&] { return pending->stream() != nullptr; }));
    std::shared_ptr<RecordedStream> stream = pending->stream();
    EXPECT_TRUE(stream->Receives(": open\n\n"));
    return stream;
  }

  std::vector<std::string> logged_out_;
  ConsoleStats stats_{.pushers = 1, .connections = 2, .waiting_requests = 3, .watchers = 4};
  /// Called during GET /console/api/server.
  std::function<void()> on_stats_ = [] {};
  CommitSignal commit_signal_;
  StreamClaims claims_{streams_};
  FakeMedia media_{clock_};
  CommitFanOut signalled_commits_{{&leases_, &claims_, &commit_signal_}};
  TempStore rooms_store_{{}, "00000000000000bb", signalled_commits_};
  FailingStore failing_{rooms_store_.rooms()};
  RoomService service_{{.store = failing_,
                        .ban_store = rooms_store_.bans(),
                        .bans = bans_,
                        .leases = leases_,
                        .groups = &groups_,
                        .streams = streams_,
                        .clock = clock_,
                        .ids = ids_},
                       {},
                       logger_};
  ChannelParts parts_{.bans = bans_, .clock = clock_, .logger = logger_};
  PushReceivers receivers_{{.rooms = rooms_store_.rooms(), .bans = bans_, .clock = clock_},
                           {.per_second = 20'000, .burst = 20'000}};
  Channel channel_{
      parts_.On(rooms_store_), ChannelTokens(Secret("0123456789abcdef0123456789abcdef")), {}};
  PendingCalls calls_{clock_};
  WebimClients clients_{channel_, receivers_, calls_};
  OnlyNode node_;
  AdminAccess access_{Secret("the token"), Secret()};
  RequestIds request_ids_{"test"};
  AdminRouter router_{access_, request_ids_, clock_, logger_};
  Console console_{
      {.access = access_,
       .store = failing_,
       .recordings = rooms_store_.recordings(),
       .rooms = service_,
       .end_logins =
           [this](const UserId& user_id) {
             logged_out_.push_back(user_id.value);
             return Status();
           },
       .signs = {.leases = leases_,
                 .clients = {.receivers = &receivers_,
                             .logins = &channel_.logins(),
                             .old = &clients_},
                 .media = {.streams = StreamWitness{.media = media_, .claims = claims_}},
                 .playlist_of =
                     [](std::string_view stream) {
                       return "https://tv.example/" + std::string(stream);
                     }},
       .nodes = {.cluster = node_.cluster, .lease = node_.lease},
       .stats =
           [this] {
             on_stats_();
             return stats_;
           },
       .commits = commit_signal_,
       .clock = clock_,
       .logger = logger_},
      {.version = "1.2.3",
       .started_at = clock_.Now(),
       .heartbeat_timeout = kTimeout,
       .channel_enabled = true,
       .http_origin = "http://127.0.0.1:5757",
       .api_prefix = "/weapp",
       .channel_prefix = "/im",
       .media_origin = "https://tv.example",
       .recordings_url = "https://files.example.com/r",
       .recordings_root = "/"}};
};

}  // namespace rtcroom
