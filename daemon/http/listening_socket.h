// The listening socket of an address in the configuration.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "daemon/base/file_descriptor.h"
#include "daemon/base/ip_address.h"
#include "daemon/base/result.h"

namespace rtcroom {

struct ListeningSocket {
  FileDescriptor socket = {};  ///< non-blocking
  /// `host:port` or `[v6]:port` as bound, with the real port; or `unix:PATH`.
  std::string address = {};
};

/// The families of the clients of a socket on `[::]`. Others accept that of their address.
enum class WildcardFamilies : std::uint8_t {
  kBoth,
  kV6Only,  ///< another socket listens on the same port of IPv4
};

/// Binds and listens on `host:port` or `[v6]:port`; port 0 lets the system choose. A host is
/// numeric, or `localhost`, which is 127.0.0.1 whatever the machine's files say.
///
/// @errors  kUnavailable; the detail names the address and the reason ("Address already in use").
Result<ListeningSocket> Listen(const std::string& address,
                               WildcardFamilies families = WildcardFamilies::kBoth);

/// Takes over a listening socket of another process, or of this one before an exec. Sets
/// non-blocking, close-on-exec and backlog.
///
/// @errors  kUnavailable unless it is a listening TCP socket, or one with a path in the file
///          system; the detail names the descriptor.
Result<ListeningSocket> AdoptListeningSocket(FileDescriptor socket);

/// An address to listen on.
struct ListenTarget {
  // NOLINTBEGIN(google-explicit-constructor): mostly an address alone
  ListenTarget(std::string listen, WildcardFamilies accepted = WildcardFamilies::kBoth)
      : address(std::move(listen)), families(accepted) {}
  ListenTarget(const char* listen) : address(listen) {}
  // NOLINTEND(google-explicit-constructor)

  std::string address;
  WildcardFamilies families = WildcardFamilies::kBoth;
};

struct AcceptedSocket {
  FileDescriptor socket = {};  ///< non-blocking
  IpAddress peer = {};
};

/// Accepts one pending connection, with TCP_NODELAY.
/// @return  an invalid socket when none is pending or a resource is exhausted: see errno.
AcceptedSocket Accept(const FileDescriptor& listening);

}  // namespace rtcroom
