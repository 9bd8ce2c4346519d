#include "daemon/web/sdp_answer.h"

#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rtcroom {
namespace {

/// nullopt when it is not to be told.
std::optional<std::string> FinishCandidate(std::string_view line, const AnswerRules& rules) {
  constexpr std::size_t kProtocol = 2;
  constexpr std::size_t kAddress = 4;
  std::vector<std::string_view> words = WordsOf(line);
  if (words.size() <= kAddress) return std::nullopt;
  const bool is_udp = words[kProtocol] == "UDP" || words[kProtocol] == "udp";
  const bool is_passive = line.find(" tcptype passive") != std::string_view::npos;
  if (!is_udp && !is_passive) return std::nullopt;
  const bool is_v6 = words[kAddress].find(':') != std::string_view::npos;
  const std::string& instead = is_v6 ? rules.public_v6 : rules.public_v4;
  if (!instead.empty()) words[kAddress] = instead;
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace

std::string FinishAnswer(std::string_view answer, const WebOffer& offer, const AnswerRules& rules) {
  std::string finished;
  bool has_candidate = false;
  auto next = offer.media.begin();  // the medium whose place is next
  const auto reject = [&] {
    for (; next != offer.media.end() && !next->payload_type; ++next) {
      finished += fmt::format(
          "m={} 0 UDP/TLS/RTP/SAVPF {}\r\nc=IN IP4 0.0.0.0\r\na=mid:{}\r\na=inactive\r\n",
          next->is_video ? "video" : "audio", next->first_format, next->mid);
    }
  };
  const OfferedMedium* medium = nullptr;
  for (const std::string_view line : LinesOf(answer)) {
    if (line.starts_with("m=")) {
      reject();
      medium = next == offer.media.end() ? nullptr : &*next++;
    }
    const bool is_bounded = medium != nullptr && medium->is_video && rules.max_kbps > 0;
    const std::string format = is_bounded ? fmt::format("a=fmtp:{} ", *medium->payload_type) : "";
    if (line.starts_with("a=candidate:")) {
      const std::optional<std::string> candidate = FinishCandidate(line, rules);
      if (candidate) finished += *candidate + "\r\n";
      has_candidate |= candidate.has_value();
    } else if (is_bounded && line.starts_with("c=")) {
      finished += fmt::format("{}\r\nb=AS:{}\r\n", line, rules.max_kbps);
    } else if (is_bounded && line.starts_with(format)) {
      finished += fmt::format("{};x-google-max-bitrate={}\r\n", line, rules.max_kbps);
    } else {
      finished.append(line).append("\r\n");
    }
  }
  reject();
  return has_candidate ? finished : "";
}

}  // namespace rtcroom
