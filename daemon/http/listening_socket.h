// The listening socket behind an address as it is written in the configuration.
#pragma once

#include <string>

#include "daemon/base/file_descriptor.h"
#include "daemon/base/ip_address.h"
#include "daemon/base/result.h"

namespace rtcroom {

struct ListeningSocket {
  FileDescriptor socket = {};  ///< non-blocking
  /// `host:port` or `[v6]:port` as bound, with the real port; or `unix:PATH`.
  std::string address = {};
};

/// Binds and listens on `host:port` or `[v6]:port`; port 0 lets the system choose. `[::]`
/// takes IPv6 only, so that it can stand beside `0.0.0.0`.
///
/// @errors  kUnavailable; the detail names the address and the reason ("Address already in use").
Result<ListeningSocket> Listen(const std::string& address);

/// Takes over a socket that another process, or this one before an exec, has bound and set to
/// listen: what it lacks of non-blocking, close-on-exec and backlog is made up for.
///
/// @errors  kUnavailable when it is anything but a listening TCP socket, or one that has a path in
///          the file system; the detail names the descriptor.
Result<ListeningSocket> AdoptListeningSocket(FileDescriptor socket);

struct AcceptedSocket {
  FileDescriptor socket = {};  ///< non-blocking
  IpAddress peer = {};
};

/// Accepts one waiting connection, without TCP's delay of small replies.
/// @return  nothing when none waits or the system is short of something: see errno.
AcceptedSocket Accept(const FileDescriptor& listening);

}  // namespace rtcroom
