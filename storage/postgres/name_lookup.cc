#include "storage/postgres/name_lookup.h"

#include <array>

#include <netdb.h>
#include <sys/socket.h>
#include <time.h>

namespace rtcroom {

struct NameLookup::Request {
  std::string name;
  addrinfo hints{};
  gaicb control{};
  int begun = 0;  ///< error of the beginning
};

NameLookup::NameLookup(const std::string& name) : request_(std::make_unique<Request>()) {
  request_->name = name;
  request_->hints.ai_socktype = SOCK_STREAM;
  request_->control.ar_name = request_->name.c_str();
  request_->control.ar_request = &request_->hints;
  std::array<gaicb*, 1> list = {&request_->control};
  request_->begun = ::getaddrinfo_a(GAI_NOWAIT, list.data(), list.size(), nullptr);
}

NameLookup::~NameLookup() {
  if (!ended() && ::gai_cancel(&request_->control) == EAI_NOTCANCELED) {
    (void)request_.release();  // the thread will still write to it
  } else if (request_->control.ar_result != nullptr) {
    ::freeaddrinfo(request_->control.ar_result);
  }
}

void NameLookup::Wait(std::chrono::milliseconds at_most) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at_most);
  const timespec timeout{.tv_sec = seconds.count(),
                         .tv_nsec = std::chrono::nanoseconds(at_most - seconds).count()};
  const std::array<const gaicb*, 1> list = {&request_->control};
  if (!ended()) (void)::gai_suspend(list.data(), list.size(), &timeout);
}

bool NameLookup::ended() const {
  return request_->begun != 0 || ::gai_error(&request_->control) != EAI_INPROGRESS;
}

Result<std::vector<std::string>> NameLookup::Addresses() const {
  const int failed = request_->begun != 0 ? request_->begun : ::gai_error(&request_->control);
  if (failed != 0) return Error{Errc::kStoreBusy, ::gai_strerror(failed)};
  std::vector<std::string> addresses;
  for (const addrinfo* one = request_->control.ar_result; one != nullptr; one = one->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text.data());
    }
  }
  return addresses;
}

}  // namespace rtcroom
