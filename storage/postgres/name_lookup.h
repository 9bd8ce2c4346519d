// Looks up the addresses of a host name, without waiting longer than allowed.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/result.h"

namespace rtcroom {

/// One lookup, by the system, on a thread of the C library. A name server that does not answer
/// holds up that thread only.
///
/// @threads one thread at a time.
class NameLookup {
 public:
  /// Begins it.
  /// @param name  of a host, or a numeric address.
  explicit NameLookup(const std::string& name);
  ~NameLookup();
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

  /// Returns at its end, at the latest after `at_most`, or earlier.
  void Wait(std::chrono::milliseconds at_most);
  [[nodiscard]] bool ended() const;
  /// The addresses are numeric, the preferred one first; call it after the end.
  /// @errors kStoreBusy, with the system's reason.
  [[nodiscard]] Result<std::vector<std::string>> Addresses() const;

 private:
  struct Request;
  std::unique_ptr<Request> request_;
};

}  // namespace rtcroom
