#include "daemon/process/passed_sockets.h"

#include <cerrno>
#include <ranges>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "daemon/base/system_error.h"

namespace rtcroom {
namespace {

Error CannotPass() { return SystemError("cannot pass the sockets on", errno); }

}  // namespace

PassedSockets::~PassedSockets() {
  for (const Slot& slot : std::views::reverse(slots_)) {
    if (slot.before.valid()) {
      const bool closes_on_exec = (slot.before_flags & FD_CLOEXEC) != 0;
      dup3(slot.before.get(), slot.number, closes_on_exec ? O_CLOEXEC : 0);
    } else {
      close(slot.number);
    }
  }
}

Status PassedSockets::Arrange(std::span<const NamedSocket> sockets) {
  if (sockets.empty()) return {};
  const int first = InheritedSockets::kFirstDescriptor;
  const int above = first + static_cast<int>(sockets.size());
  // First duplicates above the target range: a socket may have a number that another one gets.
  std::vector<FileDescriptor> copies;
  std::vector<std::string_view> names;
  for (const NamedSocket& socket : sockets) {
    copies.emplace_back(fcntl(socket.listening.socket.get(), F_DUPFD_CLOEXEC, above));
    if (!copies.back().valid()) return CannotPass();
    names.push_back(socket.name);
  }
  slots_.reserve(copies.size());
  for (int number = first; const FileDescriptor& copy : copies) {
    Slot slot{.number = number, .before_flags = fcntl(number, F_GETFD)};
    if (slot.before_flags >= 0) {
      slot.before = FileDescriptor(fcntl(number, F_DUPFD_CLOEXEC, above));
      if (!slot.before.valid()) return CannotPass();
    }
    // The duplicate stays open across execve, unlike its source.
    if (dup2(copy.get(), number) < 0) return CannotPass();
    slots_.push_back(std::move(slot));
    ++number;
  }
  variables_ = {fmt::format("LISTEN_PID={}", getpid()), fmt::format("LISTEN_FDS={}", names.size()),
                fmt::format("LISTEN_FDNAMES={}", fmt::join(names, ":"))};
  return {};
}

}  // namespace rtcroom
