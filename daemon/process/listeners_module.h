// The clients' HTTP and HTTPS listeners of one life of the server.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/admin/metrics.h"
#include "daemon/base/clock.h"
#include "daemon/base/memory_reservation.h"
#include "daemon/base/result.h"
#include "daemon/config/config.h"
#include "daemon/http/connection_limiter.h"
#include "daemon/http/edge_threads.h"
#include "daemon/http/http_listener.h"
#include "daemon/http/tls_settings.h"
#include "daemon/process/inherited_sockets.h"
#include "daemon/process/runtime.h"

namespace rtcroom {

/// The sockets of one listener.
struct ListenerSockets {
  std::vector<ListeningSocket> inherited = {};
  std::vector<ListenTarget> listen = {};  ///< to be opened
};

/// @param listen  of the configuration.
ListenerSockets MakeListenerSockets(std::string_view name, const std::string& listen,
                                    const Config& config, InheritedSockets& sockets);

/// The options that every HTTP listener has.
HttpListenerOptions MakeListenerOptions(const Config& config, ListenerSockets sockets);

/// Why a listener does not start, and what moves it when its address is at fault.
/// @param key  of its addresses.
Error CannotStart(Error failure, std::string_view key, bool is_dev);

/// Adds the sockets kept by a listener of that name.
void AddSockets(std::string_view name, std::vector<ListeningSocket> kept,
                std::vector<NamedSocket>& sockets);

/// `server.max_held_bytes`, or its default for the memory of the machine, which it reads; at least
/// 16 MiB. An eighth is for `AdminModule`, so that the operator can connect when clients hold the
/// rest.
struct MaxHeldBytes {
  explicit MaxHeldBytes(const ServerConfig& server);

  std::size_t of_admin = 0;
  std::size_t of_clients = 0;
};

/// All of it outlives the module.
struct ListenersModuleDeps {
  HttpHandler& handler;
  InheritedSockets& sockets;
  Metrics& metrics;
  MemoryTotal& held;              ///< memory for clients
  bool reads_on_workers = false;  ///< that of `ConnectionOptions`
  bool is_dev = false;
  Runtime& runtime;
};

/// @threads for one thread, except for the numbers.
class ListenersModule {
 public:
  ListenersModule(const Config& config, const ListenersModuleDeps& deps);

  /// Reads the certificate and begins to serve.
  /// @errors one sentence for the operator.
  Status Start(const ServerConfig& server);

  void SetLimits(const ConnectionLimits& connections, const LimitsConfig& limits);
  /// Reads the certificate's files again; without an HTTPS listener nothing.
  /// @errors as `TlsSettings::Reload`.
  Status ReloadTls(const ServerConfig& server);
  /// nullopt without an HTTPS listener.
  [[nodiscard]] std::optional<TimePoint> CertificateExpiry() const;

  /// The listeners that are on; the caller stops them, all at once.
  [[nodiscard]] std::vector<HttpListener*> listeners() const;
  /// The listening sockets kept by a stop.
  [[nodiscard]] std::vector<NamedSocket> TakeSockets();

  /// The first one of each; empty for a listener that is off.
  [[nodiscard]] std::string http_address() const;
  [[nodiscard]] std::string https_address() const;
  [[nodiscard]] std::size_t connections() const { return limiter_.total(); }
  [[nodiscard]] EdgeThreads& threads() { return threads_; }

 private:
  /// Null without an address.
  std::unique_ptr<HttpListener> Make(std::string_view name, const std::string& address,
                                     TlsSource tls, const Config& config,
                                     const ListenersModuleDeps& deps);
  Status Start(std::string_view name, HttpListener* listener);

  Logger& logger_;
  const bool is_dev_;
  ConnectionLimiter limiter_;
  EdgeThreads threads_;
  TlsSettings tls_;
  std::unique_ptr<HttpListener> http_;
  std::unique_ptr<HttpListener> https_;
};

}  // namespace rtcroom
