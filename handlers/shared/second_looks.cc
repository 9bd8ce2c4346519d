#include "handlers/shared/second_looks.h"

#include <chrono>

namespace rtcroom {
namespace {

constexpr std::chrono::seconds kCatchUpTime{2};

}  // namespace

SecondLooks::Place SecondLooks::TryBegin(std::string_view address) {
  const bool is_full = under_way_.fetch_add(1) >= kMost;
  Place place(this);
  // Debt, since calls that keep or end a membership take no token otherwise.
  if (is_full || admission_.IsAddressInDebt(address)) return nullptr;
  admission_.ChargeAddress(address, 1);
  return place;
}

Status SecondLooks::CatchUp() {
  if (follower_ == nullptr) return {};
  return follower_->CatchUp(clock_.Monotonic() + kCatchUpTime);
}

}  // namespace rtcroom
