#include "daemon/cli/rooms_access.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/atomic_file.h"
#include "daemon/base/listen_address.h"
#include "daemon/config/dev_ports.h"
#include "daemon/config/text_rules.h"

namespace rtcroom {
namespace {

/// A usage error.
Error Misused(std::string sentence) { return Error{Errc::kBadRequest, std::move(sentence)}; }

/// The target of the configured listener, as reachable from this machine.
Result<std::string> TargetOf(const std::string& listen) {
  if (listen.empty()) return Misused("grpc.listen: off: use --target");
  if (listen.starts_with("unix:")) return listen;
  std::optional<std::string> target = ReachableFromHere(listen);
  if (target) return *std::move(target);
  return Misused("grpc.listen: its port is not known before the start: use --target");
}

/// Whether traffic to the target stays on this machine.
bool IsLocal(const std::string& target) {
  if (target.starts_with("unix:")) return true;
  std::string host = target.substr(0, target.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return IsLoopbackHost(host);
}

bool IsTarget(const std::string& text) {
  if (text.starts_with("unix:")) return CheckGrpcAddress(text).empty();
  return text.find(':') != std::string::npos && !text.starts_with(':') &&
         CheckOptionalHost(text).empty();
}

Result<std::string> ReadPem(std::string_view option, const std::string& path) {
  Result<std::string> pem = ReadSmallFile(path);
  if (!pem) return Misused(fmt::format("{}: {}", option, pem.error().detail));
  return pem;
}

Status ReadTls(const RoomsAccess& access, const GrpcConfig& grpc, RoomsServer& server) {
  server.has_tls = !grpc.tls_cert.empty() || access.ca || access.cert || access.key;
  if (!server.has_tls) return {};
  if (access.cert.has_value() != access.key.has_value()) {
    return Misused("--cert and --key: each needs the other");
  }
  // On this machine the server's own certificate is readable, and is the most trustworthy anchor.
  const std::string ca = access.ca.value_or(grpc.tls_cert);
  if (!ca.empty()) {
    Result<std::string> pem = ReadPem("--ca", ca);
    if (!pem) return pem.error();
    server.trusted = *std::move(pem);
  }
  if (access.cert) {
    Result<std::string> cert = ReadPem("--cert", *access.cert);
    if (!cert) return cert.error();
    Result<std::string> key = ReadPem("--key", *access.key);
    if (!key) return key.error();
    server.cert = *std::move(cert);
    server.key = Secret(*std::move(key));
  }
  return {};
}

}  // namespace

Result<RoomsServer> FindServer(const RoomsAccess& access, const GrpcConfig& grpc) {
  RoomsServer server{.token = grpc.token};
  if (access.target) {
    if (!IsTarget(*access.target)) return Misused("--target: must be HOST:PORT or unix:PATH");
    server.target = *access.target;
  } else if (access.dev_port) {
    server.target = fmt::format("{}:{}", kDevHost, *access.dev_port + kDevGrpcOffset);
  } else {
    Result<std::string> target = TargetOf(grpc.listen);
    if (!target) return target.error();
    server.target = *std::move(target);
  }
  if (const Status read = ReadTls(access, grpc, server); !read) return read.error();
  if (!server.has_tls && !IsLocal(server.target)) {
    return Misused("--target: another machine is asked by TLS only: use --ca, --cert and --key");
  }
  return server;
}

}  // namespace rtcroom
