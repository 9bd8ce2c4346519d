#include "tests/support/manager_stand_in.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace rtcroom {
namespace {

[[noreturn]] void Fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

std::optional<std::string> Notice::Value(const std::string& name) const {
  const std::string lines = "\n" + text + "\n";
  const std::size_t at = lines.find("\n" + name + "=");
  if (at == std::string::npos) return std::nullopt;
  const std::size_t begin = at + name.size() + 2;
  return lines.substr(begin, lines.find('\n', begin) - begin);
}

ManagerStandIn::ManagerStandIn(std::string address) : address_(std::move(address)) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::ranges::copy(address_, name.sun_path);
  if (address_.starts_with('@')) name.sun_path[0] = '\0';
  descriptor_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) Fail("socket");
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  if (bind(descriptor_, reinterpret_cast<const sockaddr*>(&name), length) != 0) Fail("bind");
  const int on = 1;
  if (setsockopt(descriptor_, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0) Fail("SO_PASSCRED");
  thread_ = std::jthread([this](const std::stop_token& stop) {
    constexpr int kLookForStopMs = 20;
    while (!stop.stop_requested()) {
      pollfd waiting{.fd = descriptor_, .events = POLLIN, .revents = 0};
      if (poll(&waiting, 1, kLookForStopMs) <= 0) continue;
      const MutexLock lock(mutex_);
      Take();
    }
  });
}

ManagerStandIn::~ManagerStandIn() {
  thread_ = {};
  close(descriptor_);
  if (!address_.starts_with('@')) unlink(address_.c_str());
}

std::optional<Notice> ManagerStandIn::Next(std::chrono::milliseconds timeout) {
  std::optional<Notice> next;
  (void)Eventually(
      [&] {
        const MutexLock lock(mutex_);
        Take();
        if (notices_.empty()) return false;
        next = std::move(notices_.front());
        notices_.pop_front();
        return true;
      },
      timeout);
  return next;
}

void ManagerStandIn::Take() {
  while (true) {
    std::array<char, 4096> text{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    iovec piece{.iov_base = text.data(), .iov_len = text.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t length = recvmsg(descriptor_, &message, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (length < 0) Fail("recvmsg");
    Notice notice{.text = std::string(text.data(), static_cast<std::size_t>(length))};
    const cmsghdr* const credentials = CMSG_FIRSTHDR(&message);
    if (credentials != nullptr && credentials->cmsg_type == SCM_CREDENTIALS) {
      ucred sender{};
      std::memcpy(&sender, CMSG_DATA(credentials), sizeof(sender));
      notice.sender = sender.pid;
    }
    notices_.push_back(std::move(notice));
  }
}

std::optional<Notice> ManagerStandIn::Await(const std::string& name, const std::string& value) {
  const auto deadline = std::chrono::steady_clock::now() + kWaitTimeout;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    std::optional<Notice> notice = Next(std::max(left, std::chrono::milliseconds(0)));
    if (!notice || notice->Value(name) == value) return notice;
  }
}

}  // namespace rtcroom
