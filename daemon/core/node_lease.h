// How long a node may answer heartbeats without having reached the others.
#pragma once

#include <algorithm>
#include <atomic>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/base/boot_clock.h"
#include "daemon/core/cluster.h"

namespace rtcroom {

/// A node's right to serve. It lasts for `ttl` from the moment at which the last successful
/// `Cluster::Renew` began. The other nodes declare the node gone later than that, so that it never
/// acknowledges a heartbeat that no other node will receive. When the lease ends, so do the node's
/// duties.
///
/// @threads safe from any thread; takes no lock.
class NodeLease {
 public:
  static constexpr std::chrono::milliseconds kTtl{6000};

  explicit NodeLease(const BootClock& clock, std::chrono::milliseconds ttl = kTtl)
      : clock_(clock), ttl_(ttl), told_until_(clock.SinceBoot().count()) {}

  /// Read it before a renewal begins.
  [[nodiscard]] BootTime Now() const { return clock_.SinceBoot(); }

  /// @param began  when the renewal that succeeded now began.
  void Renew(BootTime began) { until_ = (began + ttl_).count(); }

  /// Stores the result of a renewal. Call it after each successful one.
  void Record(const NodeStanding& standing) {
    std::bitset<kDuties> held;
    for (std::size_t i = 0; i < kDuties; ++i) held[i] = standing.terms.at(i).has_value();
    duties_ = static_cast<std::uint32_t>(held.to_ulong());
    nodes_ = standing.nodes;
    trusts_wall_clock_ = standing.TrustsWallClock();
    keeps_bounds_ = standing.keeps_bounds;
    clock_ahead_ms_ = standing.clock_ahead.count();
    all_know_marked_tickets_ = standing.all_know_marked_tickets;
    all_have_viewer_leases_ = standing.all_have_viewer_leases;
    all_know_plain_messages_ = standing.all_know_plain_messages;
    if (standing.told_ago) told_until_ = (clock_.SinceBoot() - *standing.told_ago).count();
  }

  /// The node has no duties until the next `Record`: other nodes may have them now.
  void DropDuties() { duties_ = 0; }
  void DropDuty(Duty duty) { duties_ &= ~(1U << static_cast<unsigned>(duty)); }

  /// A node that is alone needs no other renewal.
  void RenewForGood() {
    until_ = BootTime::max().count();
    told_until_ = BootTime::max().count();
  }

  /// The lease ends at once.
  void End() { until_ = 0; }

  /// Whether the lease has ended: the node answers heartbeats, reads and writes with 503. True
  /// before the first renewal.
  [[nodiscard]] bool IsCutOff() const { return clock_.SinceBoot().count() >= until_.load(); }

  /// 0 unless it is cut off; before the first renewal it is since the machine was started.
  [[nodiscard]] std::chrono::milliseconds CutOffFor() const { return Since(until_); }

  /// All nodes have reported the heartbeats received up to this long ago, as far as this one knows;
  /// counted from its start before the first renewal. Heartbeats after that may still be reported.
  /// 0 for a node that is alone.
  [[nodiscard]] std::chrono::milliseconds ToldAgo() const { return Since(told_until_); }

  /// Whether this node has the duty now.
  [[nodiscard]] bool Holds(Duty duty) const {
    return ((duties_.load() >> static_cast<unsigned>(duty)) & 1U) != 0 && !IsCutOff();
  }

  /// Whether this node may remove data by its wall clock. True before the first `Record`, and for a
  /// node that is alone.
  [[nodiscard]] bool TrustsWallClock() const { return trusts_wall_clock_; }

  /// `NodeStanding::keeps_bounds` at the last renewal; false once the lease has ended.
  [[nodiscard]] bool KeepsBounds() const { return keeps_bounds_ && !IsCutOff(); }

  /// `NodeStanding::clock_ahead` at the last renewal.
  [[nodiscard]] std::chrono::milliseconds ClockAhead() const {
    return std::chrono::milliseconds(clock_ahead_ms_);
  }

  /// `NodeStanding::all_know_marked_tickets` at the last renewal; false before the first `Record`.
  [[nodiscard]] bool AllKnowMarkedTickets() const { return all_know_marked_tickets_; }

  /// `NodeStanding::all_have_viewer_leases` at the last renewal; false before the first `Record`.
  [[nodiscard]] bool AllHaveViewerLeases() const { return all_have_viewer_leases_; }

  /// `NodeStanding::all_know_plain_messages` at the last renewal; false before the first `Record`.
  /// Ask it for each message: where it is false, none may be stored as it was sent.
  [[nodiscard]] bool AllKnowPlainMessages() const { return all_know_plain_messages_; }

  /// Number of nodes alive at the last renewal, with this one.
  [[nodiscard]] std::size_t nodes() const { return nodes_; }

  [[nodiscard]] std::chrono::milliseconds ttl() const { return ttl_; }

 private:
  /// The time since then, not negative.
  [[nodiscard]] std::chrono::milliseconds Since(const std::atomic<BootTime::rep>& time) const {
    const BootTime since(clock_.SinceBoot().count() - time.load());
    return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(since),
                    std::chrono::milliseconds(0));
  }

  const BootClock& clock_;
  const std::chrono::milliseconds ttl_;
  std::atomic<BootTime::rep> until_{0};
  std::atomic<std::uint32_t> duties_{0};  ///< a bit for each
  std::atomic<std::size_t> nodes_{1};
  std::atomic<bool> trusts_wall_clock_{true};
  std::atomic<bool> keeps_bounds_{false};
  std::atomic<bool> all_know_marked_tickets_{false};
  std::atomic<bool> all_have_viewer_leases_{false};
  std::atomic<bool> all_know_plain_messages_{false};
  std::atomic<std::chrono::milliseconds::rep> clock_ahead_ms_{0};
  std::atomic<BootTime::rep> told_until_;  ///< time until which all nodes told
};

/// Whether a node is cut off; null: no other one uses its store.
inline bool IsCutOff(const NodeLease* node) { return node != nullptr && node->IsCutOff(); }

}  // namespace rtcroom
