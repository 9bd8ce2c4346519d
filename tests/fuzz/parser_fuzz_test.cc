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

struct Reader {
  const char* corpus;
  std::optional<std::string> (*fault_of)(std::string_view);
};
void PrintTo(const Reader& reader, std::ostream* out) { *out << reader.corpus; }

class ParserFuzz : public testing::TestWithParam<Reader> {};

TEST_P(ParserFuzz, ParsesCorpusInputsAndTheirPrefixes) {
  const auto [folder, fault_of] = GetParam();
  const std::vector<std::string> corpus =
      ReadCorpus(std::filesystem::path(RTCROOM_CORPUS) / folder);
  ASSERT_FALSE(corpus.empty());
  for (const std::string& input : corpus) {
    EXPECT_EQ(fault_of(input), std::nullopt) << testing::PrintToString(input);
    // At most about 100 cut positions per input: those of a long input behave alike.
    const std::size_t step = 1 + input.size() / 100;
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
                    Reader{"channel_socket", FaultOfSocketRequests},
                    Reader{"sdk_commands", FaultOfSdkCommands},
                    Reader{"media_replies", FaultOfMediaReplies},
                    Reader{"callbacks", FaultOfCallbacks}, Reader{"web_offer", FaultOfWebOffers}),
    [](const auto& param_info) { return std::string(param_info.param.corpus); });

}  // namespace
}  // namespace rtcroom
