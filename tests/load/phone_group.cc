#include "tests/load/phone_group.h"

#include <algorithm>
#include <future>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

namespace rtcroom {
namespace {

constexpr std::chrono::milliseconds kRampStep{5};
/// The maximum number of phones between their first packet and their seat: this adapts the rate to
/// a slow machine, instead of letting handshakes exceed their deadline.
constexpr std::size_t kMostUnsettled = 64;

}  // namespace

PhoneGroup::PhoneGroup(SSL_CTX* tls, const boost::asio::ip::tcp::endpoint& server,
                       std::vector<PhonePlan> plans, double joins_per_second)
    : stays_(loop_.get_executor()),
      deps_{.loop = loop_, .tls = tls, .server = server, .stats = stats_},
      joins_per_second_(joins_per_second),
      start_timer_(loop_) {
  phones_.reserve(plans.size());
  for (PhonePlan& plan : plans) {
    phones_.push_back(std::make_unique<Phone>(deps_, std::move(plan)));
  }
  thread_ = std::jthread([this] { loop_.run(); });
}

PhoneGroup::~PhoneGroup() { loop_.stop(); }

template <typename Work>
auto PhoneGroup::OnThread(Work work) {
  return boost::asio::post(loop_, boost::asio::use_future(std::move(work))).get();
}

void PhoneGroup::Start() {
  OnThread([this] {
    started_at_ = std::chrono::steady_clock::now();
    StartSome();
  });
}

void PhoneGroup::StartSome() {
  LetMatesJoin();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - started_at_;
  const auto allowed = static_cast<std::size_t>(passed.count() * joins_per_second_) + 1;
  const std::size_t room_for = kMostUnsettled - std::min(CountUnsettled(), kMostUnsettled);
  const std::size_t until = std::min({phones_.size(), allowed, started_ + room_for});
  while (started_ < until) phones_[started_++]->Start();

  if (settled_ == phones_.size()) return;
  start_timer_.expires_after(kRampStep);
  start_timer_.async_wait([this](const boost::system::error_code& failed) {
    if (!failed) StartSome();
  });
}

void PhoneGroup::LetMatesJoin() {
  for (std::size_t i = settled_; i < started_; ++i) {
    if (phones_[i]->state() != Phone::State::kAwaitsRoom) continue;
    const Phone& creator = *phones_[i - i % kPhonesPerRoom];
    if (creator.state() == Phone::State::kBeating) phones_[i]->Join();
    if (creator.state() == Phone::State::kLost) phones_[i]->GiveUp(PhoneFailure::kRefused);
  }
}

std::size_t PhoneGroup::CountUnsettled() {
  while (settled_ < started_ && phones_[settled_]->settled()) ++settled_;
  std::size_t unsettled = 0;
  for (std::size_t i = settled_; i < started_; ++i) unsettled += phones_[i]->settled() ? 0 : 1;
  return unsettled;
}

bool PhoneGroup::AllSettled() {
  return OnThread([this] { return CountUnsettled() == 0 && started_ == phones_.size(); });
}

void PhoneGroup::GiveUpOnTheRest() {
  OnThread([this] {
    for (const auto& phone : phones_) {
      if (!phone->settled()) phone->GiveUp(PhoneFailure::kLate);
    }
    start_timer_.cancel();
  });
}

void PhoneGroup::BeginMeasuring() {
  OnThread([this] { stats_.heartbeats.Clear(); });
}

PhoneStats PhoneGroup::Stats() {
  return OnThread([this] { return stats_; });
}

}  // namespace rtcroom
