#include "storage/postgres/pg_notice_text.h"

#include <cstddef>
#include <cstdint>
#include <ios>
#include <sstream>
#include <utility>
#include <variant>
#include <vector>

namespace rtcroom::pg {
namespace {

/// Writes values, or reads them in the same order: a number with a space behind it, a text behind
/// the number of its bytes.
class NoticeStream {
 public:
  NoticeStream() = default;
  explicit NoticeStream(std::string_view text)
      : reads_(true), most_(text.size()), stream_(std::string(text)) {}

  void operator()(auto&... values) { (Pass(values), ...); }
  /// Whether all was there that was read.
  [[nodiscard]] bool is_whole() const { return !stream_.fail(); }
  [[nodiscard]] std::string text() const { return stream_.str(); }

 private:
  template <typename Number>
  void Pass(Number& value) {
    auto number = static_cast<std::uint64_t>(value);
    if (!reads_) {
      stream_ << number << ' ';
      return;
    }
    stream_ >> number;
    stream_.get();
    value = static_cast<Number>(number);
  }
  void Pass(TimePoint& time) {
    auto since_1970 = time.time_since_epoch().count();
    Pass(since_1970);
    time = TimePoint(TimePoint::duration(since_1970));
  }
  void Pass(std::string& text) {
    PassSize(text);
    if (reads_) {
      stream_.read(text.data(), static_cast<std::streamsize>(text.size()));
    } else {
      stream_ << text;
    }
  }
  void Pass(std::vector<ReceiptNotice::Message>& messages) {
    PassSize(messages);
    for (ReceiptNotice::Message& message : messages) {
      (*this)(message.seq, message.random, message.time, message.client_time);
    }
  }
  void PassSize(auto& values) {
    std::size_t size = values.size();
    Pass(size);
    if (!reads_) return;
    if (size > most_) stream_.setstate(std::ios::failbit);
    values.resize(is_whole() ? size : 0);
  }

  bool reads_ = false;
  std::size_t most_ = 0;  ///< no size that is read is greater
  std::stringstream stream_;
};

/// Passes the members of a fact. Programs of other versions read them, too: new ones go to the end.
struct PassMembers {
  NoticeStream& pass;

  void operator()(GroupsNotice& /*nothing*/) const {}
  void operator()(MemberNotice& notice) const {
    pass(notice.group.value, notice.group_name, notice.account.value, notice.nick, notice.image,
         notice.has_left, notice.members, notice.number, notice.at);
  }
  void operator()(MessageNotice& notice) const {
    StoredMessage& message = notice.message;
    MessageContent& content = message.content;
    pass(notice.group.value, notice.group_name, notice.image, message.position, message.room_number,
         message.seq, message.receiver.value, content.sender.value, content.nick,
         content.client_seq, content.client_random, content.body, content.sent_at,
         content.client_time, content.custom, content.priority, content.is_unguarded,
         content.wants_receipt, content.type, content.cmd, content.avatar);
  }
  void operator()(ReadNotice& notice) const {
    ReadPosition& position = notice.position;
    pass(position.reader.value, position.peer.value, position.until, notice.is_own);
  }
  void operator()(ReceiptNotice& notice) const { pass(notice.reader.value, notice.messages); }
  void operator()(StreamNotice& notice) const {
    pass(notice.room.kind, notice.room.id.value, notice.user_id.value, notice.is_on);
  }
  void operator()(WebEndedNotice& notice) const {
    pass(notice.room.kind, notice.room.id.value, notice.session, notice.reason);
  }
};

/// Makes the fact with that index. @return false: there is none.
bool Emplace(std::size_t index, NoticeFact& fact) {
  return [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    return ((index == kIndex && (fact.emplace<kIndex>(), true)) || ...);
  }(std::make_index_sequence<std::variant_size_v<NoticeFact>>());
}

}  // namespace

std::string EncodeNotice(NoticeFact fact) {
  NoticeStream stream;
  std::size_t index = fact.index();
  stream(index);
  std::visit(PassMembers{stream}, fact);
  return stream.text();
}

std::optional<NoticeFact> DecodeNotice(std::string_view text) {
  NoticeStream stream(text);
  std::size_t index = 0;
  stream(index);
  NoticeFact fact;
  if (!stream.is_whole() || !Emplace(index, fact)) return std::nullopt;
  std::visit(PassMembers{stream}, fact);
  if (!stream.is_whole()) return std::nullopt;
  return fact;
}

}  // namespace rtcroom::pg
