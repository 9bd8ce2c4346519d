// The running server: all parts, built in one order and stopped in the reverse.
//
// Threads: what runs on them; what they may block on; how they are stopped.
// - main: waits for signals (serve.cc); signals; SIGTERM or SIGINT
// - log: queued lines; standard error; the end of the process
// - loops: sockets, TLS, requests that never wait; a read of the store; the end of the threads
// - workers: requests that change state; a commit; likewise
// - admin loop and workers: the operator's requests; a commit; likewise
// - console's callers, 2: calls of the console's API; a commit; `Console::Stop`
// - console's streams: event delivery; a read of the store; likewise
// - outgoing callers, 16: calls to outside services; the network, bounded; `CallPool::Stop`
// - outgoing calls, one call each: the network; `HttplibOutgoing::Stop`
// - IM sender: hands out deliveries; the store; `ImModule::Stop`
// - IM lanes, 16, and callers, 16: calls for groups; the IM service, commits; likewise
// - store writer: groups of changes; the disk; the end of the store
// - start signals, only under a service manager and until it serves; the manager's socket, bounded;
//   the end of `StartWatch`
// - watchdog and status, only under a service manager: request signs of life from all of the above;
//   the manager's socket, bounded; the end of `ServiceWatch`
// - reaper: `HeartbeatReaper::Tick`; a commit; the end of its task
// - trimmer: `EventTrimmer::Trim`, ended bans and sessions; a commit; the end of its task
// - backup, while one is made: a copy of the store; the disk; `BackupEndpoint::Stop`
// - gRPC's acceptor: connections of operators' programs; nothing; `GrpcAdminServer::Stop`
// - gRPC's own: operators' calls, which never wait, and reflection, which waits for its client;
//   likewise
// - watch feed, and 2 that catch up: the store; a read; `WatchHub::Stop`
// - operator's callers, 4: the work of operators' calls; a commit; likewise
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/admin/admin_access.h"
#include "daemon/admin/admin_router.h"
#include "daemon/admin/admin_server.h"
#include "daemon/admin/backup_endpoint.h"
#include "daemon/admin/console.h"
#include "daemon/admin/metrics.h"
#include "daemon/admin/readiness_probe.h"
#include "daemon/admin/room_counters.h"
#include "daemon/admin/utils_module.h"
#include "daemon/auth/im_login_signer.h"
#include "daemon/auth/login_service.h"
#include "daemon/auth/openssl_session_crypto.h"
#include "daemon/auth/rate_limited_admission.h"
#include "daemon/auth/session_service.h"
#include "daemon/auth/signed_stream_urls.h"
#include "daemon/auth/user_sig_verifier.h"
#include "daemon/auth/wechat_code_exchange.h"
#include "daemon/base/logger.h"
#include "daemon/base/periodic_task.h"
#include "daemon/base/system_clock.h"
#include "daemon/base/system_random.h"
#include "daemon/config/config.h"
#include "daemon/config/config_checks.h"
#include "daemon/core/ban_list.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/event_trimmer.h"
#include "daemon/core/heartbeat_reaper.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/room_quota.h"
#include "daemon/core/room_service.h"
#include "daemon/core/system_ids.h"
#include "daemon/events/watch_hub.h"
#include "daemon/events/watch_service.h"
#include "daemon/grpc/grpc_admin_server.h"
#include "daemon/http/connection_limiter.h"
#include "daemon/http/edge_threads.h"
#include "daemon/http/http_listener.h"
#include "daemon/http/tls_settings.h"
#include "daemon/http_client/call_pool.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/im/im_module.h"
#include "daemon/im/no_im_groups.h"
#include "daemon/process/data_directory.h"
#include "daemon/process/inherited_sockets.h"
#include "daemon/process/position_mark.h"
#include "daemon/process/store_backup.h"
#include "daemon/process/watchdog.h"
#include "handlers/router.h"
#include "storage/storage.h"

namespace rtcroom {

/// @threads for one thread.
class App : public SweepObserver {
 public:
  static constexpr ConnectionLimits kAdminConnections{.total = 256, .per_address = 256};

  /// @param config  without problems; in dev mode missing keys and certificates are generated and
  ///         kept in the data directory.
  /// @param sockets  already listening; listeners without one bind their own.
  /// @param process_start  for the metrics; nullopt when it is not known.
  App(Config config, RunMode mode, InheritedSockets sockets, std::optional<TimePoint> process_start,
      Logger& logger);
  ~App() override;  ///< as `Stop`

  /// Builds all parts and begins to serve. Call it once.
  /// @errors the first part that could not be built: one sentence for the operator.
  Status Start();

  /// Applies the reloadable changes, and reads the certificate's files again. Logs the applied
  /// changes and those that need a restart.
  void Reload(const Config& fresh);

  /// Whether a successor with `fresh` would listen on the same addresses: sockets are handed over
  /// unchanged.
  /// @errors kBadRequest, naming the changed key.
  [[nodiscard]] Status CheckSameListeners(const Config& fresh) const;

  /// Readiness fails first; then nothing new is accepted, running work is finished within
  /// `server.drain_timeout`, and the store is closed.
  void Stop(SocketAfterStop after = SocketAfterStop::kClosed);

  /// The listening sockets kept by a stop.
  std::vector<NamedSocket> TakeSockets();

  void OnSweep(const SweepOutcome& outcome) override;
  void OnStall() override;

  /// The parts that must not stall while it serves: the loops and workers of clients and operators,
  /// the reaper, and the store's writer, by way of the upkeep that writes to the store continually.
  /// They answer as long as this object exists and is not stopped.
  [[nodiscard]] std::vector<LivenessProbe> LivenessProbes();

  /// "3 rooms, 7 pushers"
  [[nodiscard]] std::string StatusLine() const;

  /// The bound addresses, with the real ports; empty for a listener that is off.
  [[nodiscard]] std::string http_address() const;
  [[nodiscard]] std::string https_address() const;
  [[nodiscard]] std::string grpc_address() const;

  /// Of `serve --dev`: the console's URL for a browser. It contains the token when that was
  /// generated; show it only to the user who started the server.
  [[nodiscard]] std::string console_link() const;

 private:
  Status OpenDataDirectory();
  Status FillInDevIdentity();
  Status OpenRooms();
  /// Logs when the store has lost acknowledged events.
  Status CompareWithMark();
  void RecordNewest();
  Status RestoreBans();
  Status BuildServices();
  Status MakeSigners();
  Status MakeSessions();
  void MakeLogins();
  Status MakeRooms();
  [[nodiscard]] RouterOptions RouterOptionsNow() const;
  [[nodiscard]] std::unique_ptr<UtilsModule> MakeUtils();
  void MakeAdminRouter();
  /// Requires bound listeners.
  void MakeConsole();
  [[nodiscard]] ConsoleStats ReadConsoleStats() const;
  Status Listen();
  /// Leaves `server` empty for a listener that is off.
  void MakeServer(std::string_view name, const std::string& address, TlsSource tls,
                  std::unique_ptr<HttpListener>& server);
  Status Start(std::string_view name, HttpListener* server);
  [[nodiscard]] HttpListenerOptions ListenerOptions(std::string_view name,
                                                    const std::string& address);
  /// Leaves `grpc_` empty when that listener is off.
  void MakeGrpcServer();
  [[nodiscard]] WatchStats ReadWatchStats() const;
  /// The sources that the metrics read at each scrape.
  [[nodiscard]] MetricsSources MakeMetricsSources();
  [[nodiscard]] AdmissionLimits AdmissionLimitsNow() const;
  void ApplyLimits();
  void BeginUpkeep();
  /// Reports the expiry times of the current certificates.
  void RecordCertificates();
  void PurgeEndedBans();
  void MaintainSessions();
  void StopServing(SocketAfterStop after);

  Config config_;         ///< includes the values that a start fills in
  Config loaded_config_;  ///< as loaded, for the next reload
  const RunMode mode_;
  Secret dev_admin_token_;  ///< only in dev mode, and only when none is configured
  Logger& logger_;
  std::atomic<bool> draining_{false};
  bool is_ready_ = false;
  InheritedSockets sockets_;
  const std::optional<TimePoint> process_start_;

  SystemClock clock_;
  SystemRandom random_;
  SystemIds ids_{random_};
  std::unique_ptr<DataDirectory> data_directory_;
  LeaseTable leases_;
  InactiveRooms inactive_;
  RoomCounters room_counters_;
  ReadinessProbe readiness_{clock_};
  std::unique_ptr<Metrics> metrics_;
  BanList bans_{clock_};
  DeliverySignal enqueued_;
  CommitSignal watch_commits_;
  CommitSignal console_commits_;
  RoomQuota quota_{random_};
  CommitFanOut commits_{{&leases_, &inactive_, &room_counters_, &quota_, &watch_commits_,
                         &console_commits_, &enqueued_}};
  std::unique_ptr<Storage> store_;
  std::optional<PositionMark> mark_;  ///< only if the store is a file
  bool is_mark_written_ = true;
  std::unique_ptr<ImLoginSigner> login_signer_;
  std::unique_ptr<ImLoginSigner> webrtc_ticket_signer_;  ///< signs tickets for webrtc rooms
  std::unique_ptr<UserSigVerifier> login_verifier_;
  OpensslSessionCrypto session_crypto_{random_};
  std::unique_ptr<SessionService> sessions_;
  std::unique_ptr<SignedStreamUrls> streams_;
  NoImGroups no_groups_;
  std::unique_ptr<ImModule> im_;  ///< only with `im.enabled`
  HttplibOutgoing outgoing_{clock_};
  std::unique_ptr<CallPool> calls_;
  std::unique_ptr<WechatCodeExchange> codes_;
  std::unique_ptr<RateLimitedAdmission> admission_;
  std::unique_ptr<LoginService> logins_;
  std::unique_ptr<RoomService> rooms_;
  std::unique_ptr<UtilsModule> utils_;
  std::unique_ptr<RequestIds> request_ids_;
  std::unique_ptr<RequestRecorder> recorder_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<AdminAccess> admin_access_;
  std::unique_ptr<StoreBackup> backup_;
  std::unique_ptr<BackupEndpoint> backup_endpoint_;
  std::unique_ptr<AdminRouter> admin_router_;
  std::unique_ptr<Console> console_;
  std::unique_ptr<TlsSettings> tls_;
  std::unique_ptr<ConnectionLimiter> connection_limiter_;
  std::unique_ptr<MemoryTotal> held_;
  std::unique_ptr<MemoryTotal> admin_held_;
  /// Separate, so that the operator can connect when the others are exhausted.
  ConnectionLimiter admin_connection_limiter_{kAdminConnections};
  std::unique_ptr<EdgeThreads> threads_;
  std::unique_ptr<EdgeThreads> admin_threads_;
  std::unique_ptr<HttpListener> http_;
  std::unique_ptr<HttpListener> https_;
  std::unique_ptr<AdminServer> admin_;
  std::unique_ptr<WatchHub> watch_;              ///< only with `grpc_`, which uses the service ...
  std::unique_ptr<WatchService> watch_service_;  ///< ... that uses the hub
  std::unique_ptr<GrpcAdminServer> grpc_;
  std::unique_ptr<HeartbeatReaper> reaper_;
  std::unique_ptr<EventTrimmer> trimmer_;
  LoopHeartbeat reaper_heartbeat_;
  LoopHeartbeat upkeep_heartbeat_;
  std::optional<PeriodicTask> reaping_;
  std::optional<PeriodicTask> trimming_;
  std::optional<PeriodicTask> marking_;
};

}  // namespace rtcroom
