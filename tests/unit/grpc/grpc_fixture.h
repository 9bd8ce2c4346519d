// A gRPC server on a store of its own, and clients of it.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <rtcroom/v1/room_admin.grpc.pb.h>

#include "daemon/base/call_pool.h"
#include "daemon/base/system_clock.h"
#include "daemon/core/node_lease.h"
#include "daemon/grpc/admin_calls.h"
#include "daemon/grpc/grpc_server.h"
#include "daemon/grpc/room_admin.h"
#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/support/service_fixture.h"
#include "tests/support/temp_directory.h"
#include "tests/support/test_certificate.h"

namespace rtcroom {

class GrpcTest : public ServiceFixture {
 protected:
  /// Stops the server before the members of a derived test that it uses are destroyed.
  void TearDown() override {
    server_.reset();
    pool_.Stop();
  }

  GrpcServerOptions Options(std::string listen = "127.0.0.1:0") {
    return {.listen = {std::move(listen)}, .is_open_on_loopback = true};
  }

  Status Start(GrpcServerOptions options) {
    node_.RenewForGood();
    server_ = std::make_unique<GrpcServer>(
        std::move(options),
        GrpcServerDeps{.services = {{.name = RoomAdmin::kName, .service = &admin_.service()}},
                       .calls_at_work = [this] { return admin_.calls_at_work(); },
                       .end_streams = [this] { ++streams_ended_; },
                       .clock = system_clock_,
                       .logger = server_log_});
    return server_->Start();
  }

  /// @param address  of this server; empty: that of operators.
  /// @return  a new channel with a separate connection.
  std::shared_ptr<grpc::Channel> Connect(const std::shared_ptr<grpc::ChannelCredentials>&
                                             credentials = grpc::InsecureChannelCredentials(),
                                         const std::string& address = {}) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
    return grpc::CreateCustomChannel(address.empty() ? server_->bound_address() : address,
                                     credentials, arguments);
  }

  static void SetDeadline(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + kWaitTimeout);
  }

  /// One small call.
  static grpc::Status AskInfo(const std::shared_ptr<grpc::Channel>& channel,
                              const std::string& token = {}) {
    grpc::ClientContext context;
    SetDeadline(context);
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    v1::GetServerInfoResponse response;
    return v1::RoomAdmin::NewStub(channel)->GetServerInfo(&context, {}, &response);
  }

  /// All that the server has logged so far.
  [[nodiscard]] std::string Log() const { return log_.Text(); }

  SystemClock system_clock_;
  CapturedLog log_;
  Logger server_log_{LogFormat::kText, LogLevel::kDebug, log_.file()};
  TempDirectory directory_;
  AdminCalls calls_{store_,
                    sqlite_.recordings(),
                    rooms_,
                    [](const UserId& /*user_id*/) { return Status(); },
                    {.version = "1.2.3",
                     .started_at = kNoon,
                     .pushers = [this] { return leases_.size(); },
                     .watchers = [] { return 7; }}};
  CallPool pool_{system_clock_, server_log_, RoomAdmin::kPool};
  FakeBootClock boot_clock_;
  NodeLease node_{boot_clock_};
  RoomAdmin admin_{calls_, pool_, system_clock_, server_log_, nullptr, nullptr, &node_};
  std::atomic<int> streams_ended_{0};
  std::unique_ptr<GrpcServer> server_;
};

MATCHER_P(HasCode, code, "") {
  *result_listener << arg.error_code() << " " << arg.error_message();
  return arg.error_code() == code;
}

}  // namespace rtcroom
