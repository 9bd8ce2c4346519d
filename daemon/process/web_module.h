// The sessions of browsers of one life of the server, and their addresses.
#pragma once

#include "daemon/admin/metrics.h"
#include "daemon/config/config.h"
#include "daemon/core/web_sessions.h"
#include "daemon/process/runtime.h"
#include "daemon/process/store_module.h"
#include "handlers/web/web_addresses.h"

namespace rtcroom {

/// Whether browsers publish and play, through workers or SRS.
inline bool ServesBrowsers(const Config& config) {
  return config.web.max_sessions > 0 || !config.web.srs_base_url.empty();
}

/// All of it outlives the module.
struct WebModuleDeps {
  StoreModule& store;  ///< open
  Metrics& metrics;
  WebSessions::OnEnd on_end;
  Runtime& runtime;
};

/// @threads for one thread, except for what it gives out.
class WebModule {
 public:
  /// @param config  of a server that `ServesBrowsers`.
  WebModule(const Config& config, const WebModuleDeps& deps);
  ~WebModule();  ///< the store reports no commits any more
  WebModule(const WebModule&) = delete;
  WebModule& operator=(const WebModule&) = delete;

  [[nodiscard]] const WebAddresses& addresses() const { return addresses_; }
  [[nodiscard]] WebSessions& sessions() { return sessions_; }
  /// Null with SRS, which takes offers itself.
  [[nodiscard]] WebSessions* sessions_of_workers() { return is_of_srs_ ? nullptr : &sessions_; }

 private:
  const WebAddresses addresses_;
  const bool is_of_srs_;
  WebSessions sessions_;
  CommitRelay& commits_;
};

}  // namespace rtcroom
