#include "daemon/web/sdp_answer.h"
#include "daemon/web/sdp_offer.h"
#include "tests/fuzz/parser_properties.h"

namespace rtcroom {

std::optional<std::string> FaultOfWebOffers(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const WebWay way = bytes.front() == 'P' ? WebWay::kPublish : WebWay::kPlay;
  const std::string_view text = bytes.substr(1);
  const Result<WebOffer> offer = ReadOffer(text, way);
  if (!offer) {
    if (offer.error().detail.find('\n') != std::string::npos) return "an error of several lines";
    return std::nullopt;
  }
  std::size_t with_codec = 0;
  for (const OfferedMedium& medium : offer->media) {
    if (medium.payload_type) ++with_codec;
  }
  if (offer->media.size() > kMaxOfferMedia || with_codec < 1 || with_codec > 2) return "its media";
  const std::string& written = offer->text;
  if (written.size() > text.size() + 2048) return "much longer than it was";
  if (written.find("a=candidate") != std::string::npos) return "a candidate";
  const Result<WebOffer> again = ReadOffer(written, way);
  if (!again) return "not to be read again: " + again.error().detail;
  if (again->text != written) return "another one when it is written again";
  const std::string answer =
      FinishAnswer(text, *offer, {.public_v4 = "192.0.2.1", .max_kbps = 100});
  if (answer.size() > 2 * text.size() + 4096) return "an answer that grows";
  return std::nullopt;
}

}  // namespace rtcroom
