#include "daemon/http/request_framer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

/// Sets of characters.
enum : std::uint8_t {
  kTokenChar = 1,  ///< of methods and header names: RFC 9110 5.6.2
  kPlainChar = 2,  ///< of header names that are not dropped
  kValueChar = 4,  ///< of header values: RFC 9110 5.5
  /// A target has no fragment (RFC 9112 3.2), and a library would silently remove one.
  kTargetChar = 8,
  kEveryChar = 0xff,
};

constexpr std::size_t Index(char c) { return static_cast<unsigned char>(c); }

/// The sets that each character belongs to.
constexpr std::array<std::uint8_t, 256> kSetsOfChars = [] {
  std::array<std::uint8_t, 256> sets{};
  for (std::size_t c = 0; c < sets.size(); ++c) {
    const bool is_control = c < 0x20 || c == 0x7f;
    if (!is_control || c == '\t') sets[c] |= kValueChar;
    if (!is_control && c != ' ' && c != '#') sets[c] |= kTargetChar;
  }
  const auto add = [&sets](char c, std::uint8_t more) { sets[Index(c)] |= more; };
  for (const char c : std::string_view("!#$%&'*+.^_`|~")) add(c, kTokenChar);
  add('-', kTokenChar | kPlainChar);
  for (char c = '0'; c <= '9'; ++c) add(c, kTokenChar | kPlainChar);
  for (char c = 'a'; c <= 'z'; ++c) add(c, kTokenChar | kPlainChar);
  for (char c = 'A'; c <= 'Z'; ++c) add(c, kTokenChar | kPlainChar);
  return sets;
}();

/// The sets that all characters of `text` belong to.
std::uint8_t CommonSets(std::string_view text) {
  std::uint8_t sets = kEveryChar;
  for (const char c : text) sets &= kSetsOfChars[Index(c)];
  return sets;
}

bool IsToken(std::string_view text) { return !text.empty() && (CommonSets(text) & kTokenChar); }

/// Whether a comma-separated list holds the word, in any letter case.
bool ListHolds(std::string_view list, std::string_view word) {
  return AnyInList(list, [word](std::string_view one) { return EqualsIgnoringCase(one, word); });
}

/// A list with one more value, comma separated.
std::string Joined(std::string list, std::string_view value) {
  if (!list.empty()) list += ',';
  return list.append(value);
}

/// The place where the host begins in a target in absolute form; 0 for other forms.
std::size_t AuthorityOf(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (StartsWithIgnoringCase(target, scheme)) return scheme.size();
  }
  return 0;
}

}  // namespace

RequestFramer::Progress RequestFramer::Feed(std::string_view bytes, MonotonicTime now) {
  if (refusal_ != 0) return Progress::kRefused;
  if (!is_begun_) begun_at_ = now;
  buffer_.append(bytes);
  is_begun_ = !buffer_.empty();
  return part_ == Part::kBody ? ReadBody() : ReadHead(now);
}

FramedRequest RequestFramer::Take() {
  const std::size_t end = parsed_ + content_length_.value_or(0);
  request_.body = buffer_.substr(parsed_, end - parsed_);
  request_.more_follows = end < buffer_.size();
  // Copies the rest to a string of its own size: frees the memory of a large body. Idle
  // connections, which are most of them, hold none.
  std::string(buffer_, end).swap(buffer_);
  is_begun_ = false;
  parsed_ = 0;
  part_ = Part::kRequestLine;
  blank_lines_ = 0;
  headers_ = 0;
  has_host_ = false;
  host_bytes_ = 0;
  has_close_ = false;
  has_upgrade_ = false;
  content_length_.reset();
  awaits_continue_ = false;
  return std::exchange(request_, {});
}

std::string RequestFramer::TakeRest() {
  is_begun_ = false;
  return std::exchange(buffer_, {});
}

RequestFramer::Progress RequestFramer::ReadHead(MonotonicTime now) {
  while (true) {
    const std::size_t end = buffer_.find('\n', parsed_);
    const std::size_t head_bytes = end == std::string::npos ? buffer_.size() : end + 1;
    if (part_ == Part::kRequestLine && head_bytes - parsed_ > kMaxRequestLineBytes) Refuse(414);
    if (part_ == Part::kHeaders && head_bytes > kMaxHeadBytes) Refuse(431);
    if (refusal_ != 0) return Progress::kRefused;
    if (end == std::string::npos) return Progress::kNeedMore;

    const std::string_view line(buffer_.data() + parsed_, end - parsed_);
    parsed_ = end + 1;
    if (!line.ends_with('\r')) return Refuse(400), Progress::kRefused;
    const std::string_view text = line.substr(0, line.size() - 1);
    if (part_ == Part::kHeaders && text.empty()) {
      part_ = Part::kBody;
      if (request_.upgrade && !IsUpgradable()) request_.upgrade.reset();
      if (request_.upgrade) request_.upgrade->host = buffer_.substr(host_begin_, host_bytes_);
      return ReadBody();
    }
    if (part_ == Part::kRequestLine && text.empty() && blank_lines_ < kMaxLeadingBlankLines) {
      ++blank_lines_;
      // This is no request yet: a client that sends an extra empty line after a body is idle.
      buffer_ = buffer_.substr(std::exchange(parsed_, 0));
      is_begun_ = !buffer_.empty();
      begun_at_ = now;  // the bytes after the line arrived with its end
      continue;
    }
    const bool taken = part_ == Part::kRequestLine ? TakeRequestLine(text) : TakeHeader(text);
    if (!taken) return Progress::kRefused;
  }
}

RequestFramer::Progress RequestFramer::ReadBody() {
  if (buffer_.size() - parsed_ >= content_length_.value_or(0)) return Progress::kComplete;
  // A client that sent its body without waiting needs no answer to its Expect.
  if (std::exchange(awaits_continue_, false) && buffer_.size() == parsed_) {
    return Progress::kContinue;
  }
  return Progress::kNeedMore;
}

bool RequestFramer::TakeRequestLine(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return Refuse(400);
  const std::string_view method = line.substr(0, first);
  const std::string_view version = line.substr(last + 1);
  if (!IsToken(method) || (version != "HTTP/1.1" && version != "HTTP/1.0")) return Refuse(400);
  request_.method = method;
  request_.version = version == "HTTP/1.1" ? HttpVersion::k11 : HttpVersion::k10;
  request_.keep_alive = request_.version == HttpVersion::k11;
  part_ = Part::kHeaders;
  return TakeTarget(line.substr(first + 1, last - first - 1));
}

bool RequestFramer::TakeTarget(std::string_view target) {
  if (target.empty() || !(CommonSets(target) & kTargetChar)) return Refuse(400);
  if (target.front() != '/' && target != "*") {
    const std::size_t authority = AuthorityOf(target);
    if (authority == 0) return Refuse(400);
    target.remove_prefix(authority);
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    if (end == 0) return Refuse(400);  // no host
    target.remove_prefix(end);
  }
  const std::size_t question = std::min(target.find('?'), target.size());
  if (question > kMaxPathBytes) return Refuse(414);
  request_.path = question == 0 ? "/" : target.substr(0, question);
  request_.query = target.substr(std::min(question + 1, target.size()));
  return true;
}

bool RequestFramer::TakeHeader(std::string_view line) {
  if (++headers_ > kMaxHeaders) return Refuse(431);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Refuse(400);
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = TrimBlanks(line.substr(colon + 1));
  // A folded line starts with a blank, which no name holds.
  const std::uint8_t sets = CommonSets(name);
  if (name.empty() || !(sets & kTokenChar)) return Refuse(400);
  if (!(CommonSets(value) & kValueChar)) return Refuse(400);
  return !(sets & kPlainChar) || ApplyHeader(name, value);
}

bool RequestFramer::ApplyHeader(std::string_view name, std::string_view value) {
  if (EqualsIgnoringCase(name, "Content-Length")) return TakeContentLength(value);
  if (EqualsIgnoringCase(name, "Transfer-Encoding")) return Refuse(411);
  if (EqualsIgnoringCase(name, "Content-Encoding")) {
    return EqualsIgnoringCase(value, "identity") || Refuse(415);
  }
  if (EqualsIgnoringCase(name, "Expect")) {
    if (request_.version == HttpVersion::k10) return true;  // RFC 9110 10.1.1
    awaits_continue_ = true;
    return EqualsIgnoringCase(value, "100-continue") || Refuse(417);
  }
  if (EqualsIgnoringCase(name, "Host")) return TakeHost(value);
  if (EqualsIgnoringCase(name, "Connection")) {
    TakeConnection(value);
  } else if (EqualsIgnoringCase(name, "Content-Type")) {
    request_.content_type = value;
  } else if (EqualsIgnoringCase(name, "Origin")) {
    request_.origin = value;
  } else if (EqualsIgnoringCase(name, "If-None-Match")) {
    request_.if_none_match = value;
  } else if (EqualsIgnoringCase(name, "If-Match")) {
    request_.if_match = value;
  } else if (EqualsIgnoringCase(name, "Accept")) {
    if (value.find("text/html") != value.npos) request_.accepts_html = true;
  } else if (EqualsIgnoringCase(name, "Authorization")) {
    // Two values are joined, so that the result is no valid credential.
    request_.authorization = Secret(Joined(request_.authorization.Reveal(), value));
  } else if (EqualsIgnoringCase(name, "X-Forwarded-For")) {
    request_.forwarded_for = Joined(request_.forwarded_for, value);
  } else if (EqualsIgnoringCase(name, "Upgrade")) {
    TakeUpgrade(&UpgradeOffer::protocols, value);
  } else if (EqualsIgnoringCase(name, "Sec-WebSocket-Key")) {
    TakeUpgrade(&UpgradeOffer::web_socket_key, value);
  } else if (EqualsIgnoringCase(name, "Sec-WebSocket-Version")) {
    TakeUpgrade(&UpgradeOffer::web_socket_version, value);
  } else if (EqualsIgnoringCase(name, "Sec-WebSocket-Protocol")) {
    TakeUpgrade(&UpgradeOffer::web_socket_protocols, value);
  } else {
    Keep(name, value);
  }
  return true;
}

bool RequestFramer::TakeHost(std::string_view value) {
  if (std::exchange(has_host_, true)) return Refuse(400);
  // Few requests need it: it stays where it is until the end of the head.
  if (!value.empty()) host_begin_ = static_cast<std::size_t>(value.data() - buffer_.data());
  host_bytes_ = value.size();
  return true;
}

void RequestFramer::TakeConnection(std::string_view value) {
  if (ListHolds(value, "close")) {
    request_.keep_alive = false;
    has_close_ = true;
  } else if (request_.version == HttpVersion::k10 && ListHolds(value, "keep-alive")) {
    request_.keep_alive = !has_close_;
  }
  if (ListHolds(value, "upgrade")) has_upgrade_ = true;
}

void RequestFramer::Keep(std::string_view name, std::string_view value) {
  const auto wanted = std::ranges::find_if(
      kept_, [name](std::string_view kept) { return EqualsIgnoringCase(kept, name); });
  if (wanted == kept_.end()) return;
  const auto known = std::ranges::find(request_.kept, *wanted, &Headers::value_type::first);
  if (known == request_.kept.end()) {
    request_.kept.emplace_back(*wanted, value);
  } else {
    known->second = Joined(known->second, value);
  }
}

void RequestFramer::TakeUpgrade(std::string UpgradeOffer::* part, std::string_view value) {
  if (!request_.upgrade) request_.upgrade.emplace();
  std::string& text = (*request_.upgrade).*part;
  text = Joined(std::move(text), value);
}

bool RequestFramer::IsUpgradable() const {
  // RFC 9110 7.8: a request of HTTP/1.0 is none. The bytes after a body would be ambiguous.
  if (request_.version == HttpVersion::k10 || content_length_.value_or(0) > 0) return false;
  if (!has_upgrade_ || !request_.keep_alive || request_.upgrade->protocols.empty()) return false;
  const auto& [protocols, key, version, subprotocols, host] = *request_.upgrade;
  return std::ranges::max({protocols.size(), key.size(), version.size(), subprotocols.size()}) <=
         kMaxUpgradeHeaderBytes;
}

bool RequestFramer::TakeContentLength(std::string_view value) {
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (content_length_ || value.empty() || end != value.data() + value.size()) return Refuse(400);
  // A number too large for size_t is also above every limit.
  if (error == std::errc::result_out_of_range || length > max_body_bytes_) return Refuse(413);
  if (error != std::errc{}) return Refuse(400);
  content_length_ = length;
  return true;
}

bool RequestFramer::Refuse(int status) {
  refusal_ = status;
  return false;
}

}  // namespace rtcroom
