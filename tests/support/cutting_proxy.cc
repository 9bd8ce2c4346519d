#include "tests/support/cutting_proxy.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

namespace rtcroom {
namespace {

constexpr std::size_t kChunkBytes = 65536;
/// How often a silent one looks whether it still is.
constexpr int kSilenceMilliseconds = 20;

bool HasNews(const pollfd& entry) { return entry.revents != 0; }

}  // namespace

CuttingProxy::CuttingProxy(int server_port)
    : server_port_(server_port), thread_([this] { Relay(); }) {}

CuttingProxy::~CuttingProxy() { listener_.ShutDown(); }

void CuttingProxy::CutAll() {
  const MutexLock lock(mutex_);
  for (const Pair& pair : pairs_) {
    pair.client.ShutDown();
    pair.server.ShutDown();
  }
}

void CuttingProxy::Refuse() {
  {
    const MutexLock lock(mutex_);
    way_ = Way::kRefusing;
  }
  CutAll();
}

void CuttingProxy::Silence() {
  const MutexLock lock(mutex_);
  way_ = Way::kSilent;
}

void CuttingProxy::Mend() {
  const MutexLock lock(mutex_);
  way_ = Way::kOpen;
}

void CuttingProxy::Redirect(int server_port) {
  const MutexLock lock(mutex_);
  server_port_ = server_port;
}

bool CuttingProxy::IsSilent() const {
  const MutexLock lock(mutex_);
  return way_ == Way::kSilent;
}

void CuttingProxy::CutAfter(Toward toward, std::size_t bytes) {
  Give({.toward = toward, .bytes = bytes});
}

void CuttingProxy::CutAt(Toward toward, std::string_view text) {
  Give({.toward = toward, .text = std::string(text)});
}

void CuttingProxy::HoldUpTo(std::string_view text) {
  Give({.toward = Toward::kServer, .text = std::string(text), .holds = true});
}

void CuttingProxy::Give(Order order) {
  const MutexLock lock(mutex_);
  for (Pair& pair : pairs_) {
    pair.last_of_client.clear();
    pair.last_of_server.clear();
  }
  order_ = std::move(order);
}

void CuttingProxy::Release() {
  std::vector<Held> released;
  {
    const MutexLock lock(mutex_);
    released.swap(held_);
  }
  std::array<char, kChunkBytes> answer{};
  for (const Held& held : released) {
    held.server.Send(held.bytes);
    ::shutdown(held.server.descriptor(), SHUT_WR);
    while (::recv(held.server.descriptor(), answer.data(), answer.size(), 0) > 0) {
    }
  }
}

int CuttingProxy::cuts() const {
  const MutexLock lock(mutex_);
  return cuts_;
}

void CuttingProxy::Relay() {
  for (;;) {
    const bool silent = IsSilent();
    std::vector<pollfd> entries = {{.fd = listener_.descriptor(), .events = POLLIN, .revents = 0}};
    std::vector<Pair*> pairs;
    {
      const MutexLock lock(mutex_);
      for (Pair& pair : pairs_) {
        pairs.push_back(&pair);
        for (const LoopbackSocket* const end : {&pair.client, &pair.server}) {
          entries.push_back(
              {.fd = silent ? -1 : end->descriptor(), .events = POLLIN, .revents = 0});
        }
      }
    }
    if (::poll(entries.data(), entries.size(), silent ? kSilenceMilliseconds : -1) < 0) continue;
    if ((entries[0].revents & POLLHUP) != 0) return;
    if (IsSilent() != silent) continue;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      Pair* const pair = pairs[i];
      const bool goes_on = (!HasNews(entries[1 + 2 * i]) || Pass(*pair, Toward::kServer)) &&
                           (!HasNews(entries[2 + 2 * i]) || Pass(*pair, Toward::kClient));
      if (goes_on) continue;
      const MutexLock lock(mutex_);
      pairs_.remove_if([pair](const Pair& one) { return &one == pair; });
    }
    if (HasNews(entries[0])) Accept();
  }
}

void CuttingProxy::Accept() {
  LoopbackSocket client = listener_.Accept();
  if (!client.valid()) return;
  const MutexLock lock(mutex_);
  if (way_ == Way::kRefusing) return;
  LoopbackSocket server = LoopbackSocket::Connect(server_port_);
  if (!server.valid()) return;
  pairs_.push_back({.client = std::move(client), .server = std::move(server)});
}

bool CuttingProxy::Pass(Pair& pair, Toward toward) {
  const bool to_server = toward == Toward::kServer;
  const LoopbackSocket& from = to_server ? pair.client : pair.server;
  const LoopbackSocket& to = to_server ? pair.server : pair.client;
  std::array<char, kChunkBytes> chunk{};
  const ssize_t count = ::recv(from.descriptor(), chunk.data(), chunk.size(), 0);
  if (count <= 0) return false;
  const std::string_view bytes(chunk.data(), static_cast<std::size_t>(count));
  std::optional<std::size_t> cut;
  {
    const MutexLock lock(mutex_);
    const bool is_held = to_server && order_ && order_->holds;
    cut = FindCut(bytes, toward, to_server ? pair.last_of_client : pair.last_of_server);
    if (is_held) {
      pair.held += bytes;
      if (!cut) return true;
      held_.push_back({.server = std::move(pair.server), .bytes = std::move(pair.held)});
      return false;  // the client's end is closed
    }
  }
  to.Send(bytes.substr(0, cut.value_or(bytes.size())));
  return !cut;
}

std::optional<std::size_t> CuttingProxy::FindCut(std::string_view bytes, Toward toward,
                                                 std::string& last) {
  if (!order_ || order_->toward != toward) return std::nullopt;
  std::size_t passing = order_->bytes;
  if (order_->text.empty()) {
    if (bytes.size() <= passing) {
      order_->bytes -= bytes.size();
      return std::nullopt;
    }
  } else {
    const std::size_t before = last.size();
    last += bytes;
    const std::size_t at = last.find(order_->text);
    if (at == std::string::npos) {
      last.erase(0, last.size() - std::min(last.size(), order_->text.size() - 1));
      return std::nullopt;
    }
    passing = at + order_->text.size() - 1 - before;
  }
  order_.reset();
  ++cuts_;
  return passing;
}

}  // namespace rtcroom
