// The reloadable certificate and key of new TLS connections.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/http/ticket_keys.h"
#include "daemon/http/tls_context.h"

namespace rtcroom {

/// Connections keep the context they began with: OpenSSL counts the references. Tickets remain
/// valid across a reload, so that clients resume their sessions instead of making thousands of
/// full handshakes at once.
///
/// @threads safe from any thread.
class TlsSettings {
 public:
  /// Both, and the settings themselves, must outlive every connection that uses them.
  TlsSettings(const Clock& clock, FillRandom fill)
      : clock_(clock), ticket_keys_(clock, std::move(fill)) {}

  /// Reads the files and uses them for new connections. Call it before `Current`, and again
  /// whenever the files have changed.
  /// @errors  as LoadTlsContext, and kUnavailable when a certificate of the file has expired or is
  ///          not valid yet while the previous ones are valid; the previous files stay in use.
  Status Reload(const std::string& cert_path, const std::string& key_path) EXCLUDES(mutex_);

  /// The context for a new connection's SSL_new; null before the first successful `Reload`. It is
  /// shared because a reload may occur between this call and SSL_new.
  [[nodiscard]] std::shared_ptr<ssl_ctx_st> Current() const EXCLUDES(mutex_);

 private:
  const Clock& clock_;
  TicketKeys ticket_keys_;
  mutable Mutex mutex_;
  std::shared_ptr<ssl_ctx_st> current_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
