// Watch over gRPC, from the store to the client.
#pragma once

#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <rtcroom/v1/membership_notifier.grpc.pb.h>

#include "daemon/grpc/watch_hub.h"
#include "daemon/grpc/watch_service.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/support/flaky_store.h"
#include "tests/support/matchers.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_store.h"

namespace rtcroom {

/// A call of Watch, read message by message.
///
/// @threads for one thread, except `Cancel`.
class WatchCall {
 public:
  WatchCall(v1::MembershipNotifier::Stub& stub, const v1::WatchRequest& request) {
    context_.set_deadline(std::chrono::system_clock::now() + kWaitTimeout);
    reader_ = stub.Watch(&context_, request);
  }
  /// Ends the call without an explicit `Finish`.
  ~WatchCall() {
    if (!finished_) {
      context_.TryCancel();
      Finish();
    }
  }
  WatchCall(const WatchCall&) = delete;
  WatchCall& operator=(const WatchCall&) = delete;

  /// Waits until the start position is fixed: all later events are sent.
  void WaitUntilOpen() { reader_->WaitForInitialMetadata(); }

  /// Waits for the next message; nullopt at the end.
  std::optional<v1::WatchResponse> Next() {
    v1::WatchResponse message;
    if (!reader_->Read(&message)) return std::nullopt;
    return message;
  }

  /// The next message. @throws std::runtime_error with the final status when the call ended.
  v1::WatchResponse NextOrThrow() {
    std::optional<v1::WatchResponse> message = Next();
    if (message) return *std::move(message);
    finished_ = true;
    throw std::runtime_error("the call has ended: " + reader_->Finish().error_message());
  }

  void Cancel() { context_.TryCancel(); }

  /// Skips unread messages.
  grpc::Status Finish() {
    while (Next()) {
    }
    finished_ = true;
    return reader_->Finish();
  }

  /// From the trailing metadata, after `Finish`; empty when missing.
  [[nodiscard]] std::string final_cursor() const {
    const auto& metadata = context_.GetServerTrailingMetadata();
    const auto found = metadata.find("rtcroom-cursor");
    if (found == metadata.end()) return {};
    return {found->second.data(), found->second.size()};
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchResponse>> reader_;
  bool finished_ = false;
};

class WatchFixture : public testing::Test {
 protected:
  explicit WatchFixture(WatchOptions options = {}) {
    options.tick = std::chrono::milliseconds(5);
    node_.RenewForGood();
    hub_.emplace(store_, signal_, clock_, logger_, options, &node_);
    service_.emplace(*hub_);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&*service_);
    server_ = builder.BuildAndStart();
    stub_ = NewStub();
  }
  ~WatchFixture() override {
    hub_->Stop();
    server_->Shutdown();
  }

  /// Over a separate connection.
  /// @param read_ahead  bytes of a stream that gRPC buffers before they are read.
  [[nodiscard]] std::unique_ptr<v1::MembershipNotifier::Stub> NewStub(
      int read_ahead = 65535) const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, read_ahead);
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    return v1::MembershipNotifier::NewStub(grpc::CreateCustomChannel(
        "127.0.0.1:" + std::to_string(port_), grpc::InsecureChannelCredentials(), arguments));
  }

  /// An open call: all later events are sent.
  std::unique_ptr<WatchCall> Watch(const v1::WatchRequest& request = {}) {
    auto call = std::make_unique<WatchCall>(*stub_, request);
    call->WaitUntilOpen();
    return call;
  }
  std::unique_ptr<WatchCall> WatchAfter(const std::string& cursor) {
    v1::WatchRequest request;
    request.set_cursor(cursor);
    return Watch(request);
  }

  /// Waits until up-to-date streams receive changes without a store read. Call before the first
  /// `Watch`: until then only the feed reads events, and it does so after the ring has started.
  [[nodiscard]] bool FeedHasBegun() const {
    return Eventually([this] { return store_.event_reads > 0; });
  }

  /// Two events.
  RoomKey CreateRoom(const std::string& id, RoomKind kind = RoomKind::kMulti) {
    const Room room = MakeRoom(kind, id);
    EXPECT_OK(Apply(sqlite_, Creating(room)));
    return room.key;
  }

  CommitSignal signal_;
  TempStore sqlite_{StoreLimits{}, "00112233aabbccdd", signal_};
  FlakyStore store_{sqlite_.rooms()};
  FakeClock clock_;
  FakeBootClock boot_clock_;
  NodeLease node_{boot_clock_};
  std::FILE* const nowhere_ = std::fopen("/dev/null", "w");
  Logger logger_{LogFormat::kText, LogLevel::kError, nowhere_};
  std::optional<WatchHub> hub_;
  std::optional<WatchService> service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::MembershipNotifier::Stub> stub_;
};

}  // namespace rtcroom
