#include "storage/memory/memory_deliveries.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

namespace rtcroom {
namespace {

constexpr std::array kAllKinds = {DeliveryKind::kDestroyGroup, DeliveryKind::kCreateGroup,
                                  DeliveryKind::kNotifyGroup, DeliveryKind::kRemoveUser,
                                  DeliveryKind::kDismissRoom};

}  // namespace

void MemoryDeliveries::ChangeLocked(const DeliveryChange& change, TimePoint now,
                                    std::optional<std::uint64_t> position) {
  const bool was_foreign = change.drops_pending && DropLocked(change.group);
  if (!change.enqueue) return;
  if (was_foreign && change.enqueue == DeliveryKind::kDestroyGroup) return;
  TimePoint next_try = now;
  for (Row* const row : RowsOfLocked(change.group)) {
    TimePoint& of_row = row->delivery.next_try;
    if (row->delivery.kind < *change.enqueue) next_try = of_row == kParked ? kParked : kHeldBack;
    if (row->delivery.kind > *change.enqueue) of_row = std::max(of_row, kHeldBack);
  }
  const auto [place, is_new] = rows_.try_emplace({change.group, *change.enqueue});
  Delivery& delivery = place->second.delivery;
  delivery.payload = change.payload;
  if (!is_new) {
    ++delivery.revision;
    return;
  }
  delivery.id = ++last_id_;
  delivery.group = change.group;
  delivery.kind = *change.enqueue;
  delivery.next_try = next_try;
  place->second.position = position;
}

bool MemoryDeliveries::DropLocked(const RoomId& group) {
  const auto create = rows_.find({group, DeliveryKind::kCreateGroup});
  const bool is_foreign = create != rows_.end() && create->second.delivery.next_try == kParked;
  for (const DeliveryKind kind : kAllKinds) rows_.erase({group, kind});
  return is_foreign;
}

std::vector<MemoryDeliveries::Row*> MemoryDeliveries::RowsOfLocked(const RoomId& group) {
  std::vector<Row*> rows;
  for (const DeliveryKind kind : kAllKinds) {
    const auto found = rows_.find({group, kind});
    if (found != rows_.end()) rows.push_back(&found->second);
  }
  return rows;
}

MemoryDeliveries::Row* MemoryDeliveries::FindLocked(const Delivery& delivery) {
  const auto found = rows_.find({delivery.group, delivery.kind});
  const bool is_there = found != rows_.end() && found->second.delivery.id == delivery.id;
  return is_there ? &found->second : nullptr;
}

Result<std::vector<Delivery>> MemoryDeliveries::LoadDeliveries(DeliveryKind kind,
                                                               std::size_t limit) {
  std::vector<Delivery> loaded;
  const MutexLock lock(engine_.mutex);
  for (const auto& [key, row] : rows_) {
    if (key.second == kind && row.delivery.next_try < kHeldBack) loaded.push_back(row.delivery);
  }
  std::ranges::sort(loaded, {}, [](const Delivery& one) { return std::tie(one.next_try, one.id); });
  if (loaded.size() > limit) loaded.resize(limit);
  return loaded;
}

Result<DeliveryBacklog> MemoryDeliveries::CountDeliveries() {
  const MutexLock lock(engine_.mutex);
  DeliveryBacklog backlog;
  std::set<RoomId> groups;
  for (const auto& [key, row] : rows_) {
    if (IsForTrtc(key.second)) {
      ++backlog.to_trtc;
      continue;
    }
    if (key.second != DeliveryKind::kNotifyGroup) ++backlog.creates_and_destroys;
    if (row.delivery.next_try == kParked) continue;
    groups.insert(key.first);
    if (!row.position) continue;
    backlog.oldest_event = std::min(backlog.oldest_event.value_or(*row.position), *row.position);
  }
  backlog.groups = groups.size();
  return backlog;
}

Status MemoryDeliveries::ChangeDeliveries(const DeliveryChange& change, TimePoint now) {
  const MutexLock lock(engine_.mutex);
  ChangeLocked(change, now, std::nullopt);
  return {};
}

Status MemoryDeliveries::FinishDelivery(const Delivery& delivery) {
  const MutexLock lock(engine_.mutex);
  Row* const row = FindLocked(delivery);
  if (row == nullptr) return {};
  if (row->delivery.revision == delivery.revision) {
    rows_.erase({delivery.group, delivery.kind});
    const std::vector<Row*> rest = RowsOfLocked(delivery.group);
    if (!rest.empty() && rest.front()->delivery.next_try == kHeldBack) {
      rest.front()->delivery.next_try = delivery.next_try;
    }
    return {};
  }
  row->delivery.attempts = 0;
  row->delivery.lone_attempts = 0;
  row->delivery.lone_time = {};
  return {};
}

Result<bool> MemoryDeliveries::PostponeDelivery(const Delivery& delivery) {
  const MutexLock lock(engine_.mutex);
  Row* const row = FindLocked(delivery);
  if (row == nullptr) return false;
  const Delivery before = row->delivery;
  row->delivery = delivery;
  row->delivery.revision = before.revision;
  if (before.revision != delivery.revision) row->delivery.payload = before.payload;
  if (delivery.next_try == kParked) {
    for (Row* const other : RowsOfLocked(delivery.group)) other->delivery.next_try = kParked;
  }
  return true;
}

Status MemoryDeliveries::RetryDeliveriesSoon(TimePoint now, std::chrono::milliseconds within,
                                             std::size_t limit) {
  const MutexLock lock(engine_.mutex);
  for (const DeliveryKind kind : kDeliveryKinds) {
    std::vector<Delivery*> waiting;
    for (auto& [key, row] : rows_) {
      Delivery& delivery = row.delivery;
      const bool is_later = delivery.next_try > now && delivery.next_try < kHeldBack;
      if (key.second == kind && delivery.attempts > 0 && is_later) waiting.push_back(&delivery);
    }
    std::ranges::sort(waiting, {}, [](const Delivery* one) { return one->next_try; });
    if (waiting.size() > limit) waiting.resize(limit);
    for (Delivery* delivery : waiting) {
      const std::chrono::milliseconds share(delivery->id %
                                            static_cast<std::uint64_t>(within.count()));
      delivery->next_try = std::min(delivery->next_try, now + share);
    }
  }
  return {};
}

}  // namespace rtcroom
