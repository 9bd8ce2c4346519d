#include "daemon/http/tls_settings.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

namespace rtcroom {
namespace {

/// Nullopt also for a certificate whose times cannot be parsed.
std::optional<std::string> FaultAt(TimePoint now, ssl_ctx_st* context) {
  const Result<CertificateTimes> times = CertificateTimesOf(context);
  return times ? times->FaultAt(now) : std::nullopt;
}

}  // namespace

Status TlsSettings::Reload(const std::string& cert_path, const std::string& key_path) {
  Result<TlsContext> loaded = LoadTlsContext(cert_path, key_path);
  if (!loaded) return loaded.error();
  const TimePoint now = clock_.Now();
  const std::shared_ptr<ssl_ctx_st> previous = Current();
  const std::optional<std::string> fault = FaultAt(now, loaded->get());
  if (fault && previous != nullptr && !FaultAt(now, previous.get())) {
    return Error{Errc::kUnavailable, fmt::format("{}: {}", cert_path, *fault)};
  }
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
