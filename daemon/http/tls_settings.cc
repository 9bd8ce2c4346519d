#include "daemon/http/tls_settings.h"

#include <utility>

namespace rtcroom {

Status TlsSettings::Reload(const std::string& cert_path, const std::string& key_path) {
  Result<TlsContext> loaded = LoadTlsContext(cert_path, key_path);
  if (!loaded) return loaded.error();
  if (!ticket_keys_.Serve(loaded->get())) {
    return Error{Errc::kInternal, "TLS tickets: " + TakeTlsError()};
  }
  std::shared_ptr<ssl_ctx_st> fresh = *std::move(loaded);
  const MutexLock lock(mutex_);
  current_.swap(fresh);
  return {};
}

std::shared_ptr<ssl_ctx_st> TlsSettings::Current() const {
  const MutexLock lock(mutex_);
  return current_;
}

}  // namespace rtcroom
