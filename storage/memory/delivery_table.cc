#include "storage/memory/delivery_table.h"

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

void DeliveryTable::Change(const DeliveryChange& change, TimePoint now,
                           std::optional<std::uint64_t> position) {
  const bool was_foreign = change.drops_pending && Drop(change.group);
  if (!change.enqueue) return;
  if (was_foreign && change.enqueue == DeliveryKind::kDestroyGroup) return;
  TimePoint next_try = now;
  for (Row* const row : RowsOf(change.group)) {
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

bool DeliveryTable::Drop(const RoomId& group) {
  const auto create = rows_.find({group, DeliveryKind::kCreateGroup});
  const bool is_foreign = create != rows_.end() && create->second.delivery.next_try == kParked;
  for (const DeliveryKind kind : kAllKinds) rows_.erase({group, kind});
  return is_foreign;
}

std::vector<DeliveryTable::Row*> DeliveryTable::RowsOf(const RoomId& group) {
  std::vector<Row*> rows;
  for (const DeliveryKind kind : kAllKinds) {
    const auto found = rows_.find({group, kind});
    if (found != rows_.end()) rows.push_back(&found->second);
  }
  return rows;
}

DeliveryTable::Row* DeliveryTable::Find(const Delivery& delivery) {
  const auto found = rows_.find({delivery.group, delivery.kind});
  const bool is_there = found != rows_.end() && found->second.delivery.id == delivery.id;
  return is_there ? &found->second : nullptr;
}

std::vector<Delivery> DeliveryTable::Load(DeliveryKind kind, std::size_t limit) const {
  std::vector<Delivery> loaded;
  for (const auto& [key, row] : rows_) {
    if (key.second == kind && row.delivery.next_try < kHeldBack) loaded.push_back(row.delivery);
  }
  std::ranges::sort(loaded, {}, [](const Delivery& one) { return std::tie(one.next_try, one.id); });
  if (loaded.size() > limit) loaded.resize(limit);
  return loaded;
}

DeliveryBacklog DeliveryTable::Count() const {
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

void DeliveryTable::Finish(const Delivery& delivery) {
  Row* const row = Find(delivery);
  if (row == nullptr) return;
  if (row->delivery.revision == delivery.revision) {
    rows_.erase({delivery.group, delivery.kind});
    const std::vector<Row*> rest = RowsOf(delivery.group);
    if (!rest.empty() && rest.front()->delivery.next_try == kHeldBack) {
      rest.front()->delivery.next_try = delivery.next_try;
    }
    return;
  }
  row->delivery.attempts = 0;
  row->delivery.lone_attempts = 0;
  row->delivery.lone_time = {};
}

bool DeliveryTable::Postpone(const Delivery& delivery) {
  Row* const row = Find(delivery);
  if (row == nullptr) return false;
  const Delivery before = row->delivery;
  row->delivery = delivery;
  row->delivery.revision = before.revision;
  if (before.revision != delivery.revision) row->delivery.payload = before.payload;
  if (delivery.next_try == kParked) {
    for (Row* const other : RowsOf(delivery.group)) other->delivery.next_try = kParked;
  }
  return true;
}

void DeliveryTable::RetrySoon(TimePoint now, std::chrono::milliseconds within, std::size_t limit) {
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
}

}  // namespace rtcroom
