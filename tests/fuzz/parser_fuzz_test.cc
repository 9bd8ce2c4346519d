// The properties checked by the fuzzers, on the stored corpus.
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fuzz/corpus.h"
#include "tests/fuzz/parser_properties.h"

namespace rtcroom {
namespace {

/// Enough for a reader of bytes.
constexpr std::size_t kCuts = 100;
/// Of a reader that begins with a whole server for each input.
constexpr std::size_t kFewCuts = 5;

struct Reader {
  const char* corpus;
  std::optional<std::string> (*fault_of)(std::string_view);
  std::size_t cuts = kCuts;
};
void PrintTo(const Reader& reader, std::ostream* out) { *out << reader.corpus; }

class ParserFuzz : public testing::TestWithParam<Reader> {};

TEST_P(ParserFuzz, ParsesCorpusInputsAndTheirPrefixes) {
  const auto [folder, fault_of, cuts] = GetParam();
  const std::vector<std::string> corpus =
      ReadCorpus(std::filesystem::path(RTCROOM_CORPUS) / folder);
  ASSERT_FALSE(corpus.empty());
  for (const std::string& input : corpus) {
    EXPECT_EQ(fault_of(input), std::nullopt) << testing::PrintToString(input);
    // At most about that many cut positions per input: those of a long input behave alike.
    const std::size_t step = 1 + input.size() / cuts;
    for (std::size_t size = 0; size < input.size(); size += step) {
      ASSERT_EQ(fault_of(input.substr(0, size)), std::nullopt)
          << testing::PrintToString(input.substr(0, size));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Readers, ParserFuzz,
    testing::Values(Reader{"framer", FaultOfFraming}, Reader{"body", FaultOfBodyReading},
                    Reader{"proxy", FaultOfProxyReading}, Reader{"websocket", FaultOfWebSocket},
                    Reader{"channel_body", FaultOfMessageGuard},
                    Reader{"channel_token", FaultOfChannelTokens},
                    Reader{"channel_socket", FaultOfSocketRequests, kFewCuts},
                    Reader{"sdk_commands", FaultOfSdkCommands, kFewCuts},
                    Reader{"media_replies", FaultOfMediaReplies},
                    Reader{"callbacks", FaultOfCallbacks, kFewCuts},
                    Reader{"web_offer", FaultOfWebOffers}),
    [](const auto& param_info) { return std::string(param_info.param.corpus); });

}  // namespace
}  // namespace rtcroom
