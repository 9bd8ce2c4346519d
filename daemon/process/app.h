// The running server: all modules, built in one order and stopped in the reverse.
// Its threads, and what ends them: docs/architecture.md.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/admin/metrics.h"
#include "daemon/admin/readiness_check.h"
#include "daemon/auth/account_logins.h"
#include "daemon/base/logger.h"
#include "daemon/channel/stream_notices.h"
#include "daemon/config/config.h"
#include "daemon/config/config_checks.h"
#include "daemon/core/media_signs.h"
#include "daemon/process/admin_module.h"
#include "daemon/process/api_module.h"
#include "daemon/process/auth_module.h"
#include "daemon/process/channel_module.h"
#include "daemon/process/cloud_module.h"
#include "daemon/process/events_module.h"
#include "daemon/process/im_module.h"
#include "daemon/process/inherited_sockets.h"
#include "daemon/process/listeners_module.h"
#include "daemon/process/live_service_module.h"
#include "daemon/process/media_module.h"
#include "daemon/process/running_config.h"
#include "daemon/process/runtime.h"
#include "daemon/process/store_module.h"
#include "daemon/process/upkeep_module.h"
#include "daemon/process/watchdog.h"
#include "daemon/process/web_module.h"

namespace rtcroom {

/// The functions of the process for one life of the server.
struct LifeHooks {
  /// Waits; returns true, at once, when the process is asked to stop, or was before.
  std::function<bool(std::chrono::milliseconds)> stops_within = {};
  /// Called about once a second while a start waits for the database.
  std::function<void(std::string_view reason)> waits_for_database = {};
  /// Ends this life and begins another: what is in memory cannot follow the store any more. Called
  /// from any thread; must not block.
  std::function<void()> begin_anew = {};
  /// The database's host, over all attempts and lives (`PgOptions`); may be null.
  PgReportedHost* known_host = nullptr;

  [[nodiscard]] bool StopsNow() const { return stops_within(std::chrono::milliseconds(0)); }
};

/// @threads for one thread.
class App {
 public:
  /// @param config  without problems; in dev mode missing keys and certificates are generated and
  ///         kept in the data directory; so is the channel's missing key in any mode.
  /// @param process_start  for the metrics; nullopt when it is not known.
  App(Config config, RunMode mode, std::optional<TimePoint> process_start, Logger& logger);
  ~App() { Stop(); }
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  /// Builds all modules and begins to serve. Waits for a database that cannot be reached, with
  /// nothing but the admin listener, which says so. Call it once.
  /// @param sockets  already listening; listeners without one bind their own.
  /// @errors the first part that could not be built: one sentence for the operator. kStoreBusy when
  ///         a store was lost that was there before, or the process is asked to stop: no socket was
  ///         taken, and another `App` may start with them.
  Status Start(InheritedSockets& sockets, const LifeHooks& hooks);

  /// Applies the reloadable changes, and reads the certificate's files again. Logs the applied
  /// changes and those that need a restart.
  void Reload(const Config& fresh);

  /// Whether a successor with `fresh` would listen on the same addresses: sockets are handed over
  /// unchanged.
  /// @errors kBadRequest, naming the changed key.
  [[nodiscard]] Status CheckSameListeners(const Config& fresh) const {
    return config_.CheckSameListeners(fresh);
  }

  /// Readiness fails first; then nothing new is accepted, running work is finished within
  /// `server.drain_timeout`, and the store is closed.
  void Stop(SocketAfterStop after = SocketAfterStop::kClosed);

  /// The listening sockets kept by a stop.
  std::vector<NamedSocket> TakeSockets();

  /// The parts that must not stall while it serves: the loops and workers of clients and operators,
  /// the reaper, and the store's writer. They answer as long as this object exists and is not
  /// stopped.
  [[nodiscard]] std::vector<LivenessProbe> LivenessProbes();

  /// "3 rooms, 7 pushers"
  [[nodiscard]] std::string StatusLine();

  /// The bound addresses, with the real ports; empty for a listener that is off.
  [[nodiscard]] std::string http_address() const;
  [[nodiscard]] std::string https_address() const;
  [[nodiscard]] std::string grpc_address() const;

  /// The console's URL for a browser, of `serve --dev`. It contains the token when that was
  /// generated; show it only to the user who started the server.
  [[nodiscard]] std::string console_link() const;

  /// The URL of the example page, of `serve --dev`; empty where clients are not served.
  [[nodiscard]] std::string demo_link() const;

 private:
  Status FillInApplication();
  Status FillInDevIdentity();
  Status OpenStore(InheritedSockets& sockets, const LifeHooks& hooks);
  Status BuildServices();
  Status Listen(InheritedSockets& sockets);
  void ApplyLimits();
  /// Reports the expiry times of the current certificates.
  void RecordCertificates();
  void WarnOf(const std::vector<ConfigProblem>& warnings);
  void StopServing(SocketAfterStop after);
  /// The streams of which callbacks tell, and a media server of one's own when asked.
  [[nodiscard]] std::optional<StreamWitness> ReportedStreams() const;
  [[nodiscard]] MediaWitness WitnessOfMedia();
  /// Asks the message channel and the sessions of browsers.
  [[nodiscard]] ViewerPresence PresenceOfViewers();
  [[nodiscard]] std::function<bool(std::uint64_t)> UsesOfGroups();
  /// Tells users of the channel that a session of theirs has ended.
  [[nodiscard]] WebSessions::OnEnd MakeWebEndedNotices();
  /// Tells the other nodes what callbacks and a media server of one's own tell.
  void ShareMedia();
  [[nodiscard]] ConsoleFacts MakeConsoleFacts() const;
  [[nodiscard]] RoomClients MakeRoomClients();
  [[nodiscard]] ConsoleStats ReadConsoleStats();
  /// The sources that the metrics read at each scrape.
  [[nodiscard]] MetricsSources MakeMetricsSources();

  Runtime runtime_;
  RunningConfig config_;
  Metrics metrics_;
  WriteRecord writes_;
  StoreModule store_;
  ReadinessCheck readiness_;
  const MaxHeldBytes max_held_;
  MemoryTotal held_{.most = max_held_.of_clients};
  std::unique_ptr<AuthModule> auth_;
  std::unique_ptr<ImModule> im_;            ///< null without `im.enabled`
  std::unique_ptr<ChannelModule> channel_;  ///< null without `channel.enabled`
  std::unique_ptr<AccountLogins> account_logins_;
  std::optional<StreamNotices> stream_notices_;      ///< none without the channel
  std::unique_ptr<WebModule> web_;                   ///< null where no browsers are served
  std::unique_ptr<MediaModule> media_;               ///< null without a media server
  std::unique_ptr<CloudModule> cloud_;               ///< null without a cloud
  std::optional<MediaSigns> signs_;                  ///< none without one of these
  std::unique_ptr<LiveServiceModule> live_service_;  ///< null without the live service
  std::unique_ptr<ApiModule> api_;
  std::unique_ptr<ListenersModule> listeners_;
  std::unique_ptr<EventsModule> events_;  ///< null without `grpc.listen`
  std::unique_ptr<AdminModule> admin_;
  std::unique_ptr<UpkeepModule> upkeep_;  ///< once it is ready
};

}  // namespace rtcroom
