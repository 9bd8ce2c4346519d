#include "daemon/grpc/room_admin.h"

#include <atomic>
#include <exception>
#include <functional>
#include <string_view>
#include <utility>

#include <grpcpp/support/server_callback.h>
#include <rtcroom/v1/room_admin.grpc.pb.h>

#include "daemon/core/node_lease.h"
#include "daemon/grpc/admin_calls.h"
#include "daemon/grpc/call_status.h"
#include "daemon/grpc/mix_followers.h"
#include "daemon/grpc/refused_call.h"
#include "daemon/grpc/web_workers.h"

namespace rtcroom {
namespace {

struct CallDeps {
  CallPool& pool;
  const Clock& clock;
  Logger& logger;
  std::atomic<std::size_t>& at_work;
};

/// One call, from its arrival until its answer has been sent. Deletes itself.
class UnaryCall : public grpc::ServerUnaryReactor {
 public:
  using Work = std::function<Status()>;

  UnaryCall(std::string_view method, const CallDeps& deps, grpc::CallbackServerContext& context)
      : method_(method), deps_(deps), context_(context), begun_(deps.clock.Monotonic()) {
    ++deps_.at_work;
  }
  ~UnaryCall() override { --deps_.at_work; }

  void Begin(Work work) {
    const bool taken = deps_.pool.TrySubmit({.run = [this, work = std::move(work)] { Run(work); },
                                             .expired = [this] { FinishLogged(kWaitedTooLong); }});
    if (!taken) FinishLogged(kTooMany);
  }

  void OnCancel() override { deps_.logger.Debug("grpc_call_cancelled", {{"method", method_}}); }
  void OnDone() override { delete this; }

 private:
  // Statuses of refused calls; `StatusOf` has the messages.
  static constexpr Errc kTooMany = Errc::kTooManyRequests;
  static constexpr Errc kWaitedTooLong = Errc::kStoreBusy;

  void Run(const Work& work) {
    if (context_.IsCancelled()) return FinishLogged(kWaitedTooLong);  // the client has gone
    try {
      const Status done = work();
      if (done) return FinishLogged(grpc::Status::OK);
      RecordFailure(done.error());
      FinishLogged(StatusOf(done.error()));
    } catch (const std::exception&) {
      FinishLogged(Errc::kInternal);  // most likely out of memory
    }
  }

  void RecordFailure(const Error& error) {
    const bool is_ours = error.code == Errc::kStoreBroken || error.code == Errc::kOutcomeUnknown ||
                         error.code == Errc::kInternal || error.code == Errc::kUnavailable;
    if (!is_ours) return;
    deps_.logger.Warn(
        "grpc_call_failed",
        {{"method", method_}, {"code", ErrcName(error.code)}, {"reason", error.detail}});
  }

  void FinishLogged(Errc code) { FinishLogged(StatusOf(Error{code, {}})); }
  void FinishLogged(const grpc::Status& status) {
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(deps_.clock.Monotonic() - begun_);
    deps_.logger.Debug("grpc_call", {{"method", method_},
                                     {"status", static_cast<int>(status.error_code())},
                                     {"ms", took.count()}});
    Finish(status);  // last: may destroy this object
  }

  const std::string_view method_;
  const CallDeps deps_;
  grpc::CallbackServerContext& context_;
  const MonotonicTime begun_;
};

}  // namespace

class RoomAdmin::Methods : public v1::RoomAdmin::CallbackService {
 public:
  Methods(AdminCalls& calls, CallPool& pool, const Clock& clock, Logger& logger,
          MixFollowers* mixes, WebWorkers* web, const NodeLease* node)
      : calls_(calls),
        pool_(pool),
        clock_(clock),
        logger_(logger),
        mixes_(mixes),
        web_(web),
        node_(node) {}

  grpc::ServerUnaryReactor* GetRoom(grpc::CallbackServerContext* context,
                                    const v1::GetRoomRequest* request,
                                    v1::GetRoomResponse* response) override {
    return Make("GetRoom", &AdminCalls::GetRoom, *context, *request, *response);
  }
  grpc::ServerUnaryReactor* ListRooms(grpc::CallbackServerContext* context,
                                      const v1::ListRoomsRequest* request,
                                      v1::ListRoomsResponse* response) override {
    return Make("ListRooms", &AdminCalls::ListRooms, *context, *request, *response);
  }
  grpc::ServerUnaryReactor* DeletePusher(grpc::CallbackServerContext* context,
                                         const v1::DeletePusherRequest* request,
                                         v1::DeletePusherResponse* response) override {
    return Make("DeletePusher", &AdminCalls::DeletePusher, *context, *request, *response);
  }
  grpc::ServerUnaryReactor* DestroyRoom(grpc::CallbackServerContext* context,
                                        const v1::DestroyRoomRequest* request,
                                        v1::DestroyRoomResponse* response) override {
    return Make("DestroyRoom", &AdminCalls::DestroyRoom, *context, *request, *response);
  }
  grpc::ServerUnaryReactor* EndLogins(grpc::CallbackServerContext* context,
                                      const v1::EndLoginsRequest* request,
                                      v1::EndLoginsResponse* response) override {
    return Make("EndLogins", &AdminCalls::EndLogins, *context, *request, *response);
  }
  grpc::ServerUnaryReactor* ListRecordings(grpc::CallbackServerContext* context,
                                           const v1::ListRecordingsRequest* request,
                                           v1::ListRecordingsResponse* response) override {
    return Make("ListRecordings", &AdminCalls::ListRecordings, *context, *request, *response);
  }
  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const v1::GetServerInfoRequest* request,
                                          v1::GetServerInfoResponse* response) override {
    return Make("GetServerInfo", &AdminCalls::GetServerInfo, *context, *request, *response);
  }

  MixFollowers::Reactor* FollowMixes(grpc::CallbackServerContext* /*context*/,
                                     const v1::FollowMixesRequest* /*request*/) override {
    if (mixes_ != nullptr) return mixes_->Follow();
    return new RefusedCall<MixFollowers::Reactor>(
        {grpc::StatusCode::FAILED_PRECONDITION, "mix.max: 0, so there are no mixes to follow"});
  }

  WebWorkers::Reactor* ServeWeb(grpc::CallbackServerContext* /*context*/) override {
    if (web_ != nullptr) return web_->Serve();
    return new RefusedCall<WebWorkers::Reactor>(
        {grpc::StatusCode::FAILED_PRECONDITION,
         "web.max_sessions: 0, so there are no sessions to serve"});
  }

  [[nodiscard]] std::size_t at_work() const { return at_work_; }

 private:
  /// gRPC owns request and response until the call is finished.
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Make(std::string_view method,
                                 Status (AdminCalls::*work)(const Request&, Response&),
                                 grpc::CallbackServerContext& context, const Request& request,
                                 Response& response) {
    auto* const call = new UnaryCall(
        method, {.pool = pool_, .clock = clock_, .logger = logger_, .at_work = at_work_}, context);
    call->Begin([this, work, &request, &response]() -> Status {
      if (IsCutOff(node_)) return Error{Errc::kStoreBusy, "cut off"};
      Status done = (calls_.*work)(request, response);
      // The connections of another node may do what those of this one cannot.
      if (node_ != nullptr && !done && done.error().code == Errc::kStoreBroken) {
        return Error{Errc::kUnavailable, done.error().detail};
      }
      return done;
    });
    return call;
  }

  AdminCalls& calls_;
  CallPool& pool_;
  const Clock& clock_;
  Logger& logger_;
  MixFollowers* const mixes_;
  WebWorkers* const web_;
  const NodeLease* const node_;
  std::atomic<std::size_t> at_work_{0};
};

RoomAdmin::RoomAdmin(AdminCalls& calls, CallPool& pool, const Clock& clock, Logger& logger,
                     MixFollowers* mixes, WebWorkers* web, const NodeLease* node)
    : methods_(std::make_unique<Methods>(calls, pool, clock, logger, mixes, web, node)) {}

RoomAdmin::~RoomAdmin() = default;

grpc::Service& RoomAdmin::service() { return *methods_; }

std::size_t RoomAdmin::calls_at_work() const { return methods_->at_work(); }

}  // namespace rtcroom
