#include "daemon/mix/mix_arguments.h"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/mix/mix_worker.h"
#include "tests/support/captured_log.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kServer = "rtmp://127.0.0.1:1935";

/// An input at (10, 20), 120x160, with picture and sound.
v1::MixInput Input(const std::string& stream, std::uint32_t layer) {
  v1::MixInput input;
  input.set_stream(stream);
  input.set_x(10);
  input.set_y(20);
  input.set_width(120);
  input.set_height(160);
  input.set_layer(layer);
  input.set_has_video(true);
  input.set_has_audio(true);
  return input;
}

/// A picture of 360x640 with the host's and a guest's stream.
v1::Mix HostAndGuest() {
  v1::Mix mix;
  mix.set_stream("host");
  mix.set_width(360);
  mix.set_height(640);
  *mix.add_inputs() = Input("host", 1);
  *mix.add_inputs() = Input("guest", 2);
  return mix;
}

std::vector<std::string> ArgumentsOf(const v1::Mix& mix) {
  const Result<std::vector<std::string>> arguments = MixArguments(mix, {.url = kServer});
  EXPECT_OK(arguments);
  return arguments ? *arguments : std::vector<std::string>();
}
/// The values that follow that option.
std::vector<std::string> ValuesOf(const std::vector<std::string>& arguments,
                                  const std::string& option) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
    if (arguments[i] == option) values.push_back(arguments[i + 1]);
  }
  return values;
}
std::string FiltersOf(const v1::Mix& mix) {
  const std::vector<std::string> filters = ValuesOf(ArgumentsOf(mix), "-filter_complex");
  return filters.size() == 1 ? filters.front() : "";
}

TEST(MixArguments, PassAHostThatIsAloneOnAsItIs) {
  v1::Mix mix;
  mix.set_stream("host");
  mix.add_inputs()->set_stream("host");
  const std::vector<std::string> arguments = ArgumentsOf(mix);
  EXPECT_EQ(arguments.front(), "/usr/bin/ffmpeg");
  EXPECT_THAT(ValuesOf(arguments, "-i"), ElementsAre("rtmp://127.0.0.1:1935/live/host"));
  EXPECT_THAT(ValuesOf(arguments, "-c"), ElementsAre("copy"));
  EXPECT_EQ(arguments.back(), "rtmp://127.0.0.1:1935/mix/host");
  EXPECT_THAT(arguments, Not(Contains("-filter_complex")));
}

TEST(MixArguments, PlayEachInputAndPublishUnderTheHostsName) {
  const std::vector<std::string> arguments = ArgumentsOf(HostAndGuest());
  EXPECT_THAT(ValuesOf(arguments, "-i"),
              ElementsAre("rtmp://127.0.0.1:1935/live/host", "rtmp://127.0.0.1:1935/live/guest"));
  EXPECT_THAT(ValuesOf(arguments, "-fpsprobesize"), ElementsAre("0", "0"));
  EXPECT_THAT(ValuesOf(arguments, "-probesize"), ElementsAre("1000000", "1000000"));
  EXPECT_THAT(ValuesOf(arguments, "-analyzeduration"), ElementsAre("3000000", "3000000"));
  EXPECT_THAT(ValuesOf(arguments, "-map"), ElementsAre("[video]", "[audio]"));
  EXPECT_THAT(ValuesOf(arguments, "-c:v"), ElementsAre("libx264"));
  EXPECT_THAT(ValuesOf(arguments, "-r"), ElementsAre("15"));
  EXPECT_EQ(arguments.back(), "rtmp://127.0.0.1:1935/mix/host");
}

TEST(MixArguments, UseTheServerTheApplicationAndTheProgramOfTheSettings) {
  const Result<std::vector<std::string>> arguments = MixArguments(
      HostAndGuest(), {.url = "rtmp://media:19", .app = "stage", .ffmpeg = "/opt/ffmpeg"});
  ASSERT_OK(arguments);
  EXPECT_EQ(arguments->front(), "/opt/ffmpeg");
  EXPECT_THAT(ValuesOf(*arguments, "-i"),
              ElementsAre("rtmp://media:19/stage/host", "rtmp://media:19/stage/guest"));
  EXPECT_EQ(arguments->back(), "rtmp://media:19/mix/host");
}

TEST(MixArguments, PlacePicturesByTheirLayersFromBelow) {
  v1::Mix mix = HostAndGuest();
  mix.mutable_inputs(0)->set_layer(5);
  EXPECT_EQ(FiltersOf(mix),
            "color=c=black:s=360x640:r=15[canvas];"
            "[1:v]scale=120:160,setsar=1[video1];[canvas][video1]overlay=x=10:y=20:shortest=1"
            "[with1];"
            "[0:v]scale=120:160,setsar=1[video0];[with1][video0]overlay=x=10:y=20:shortest=1"
            "[with0];"
            "[with0]format=yuv420p[video];"
            "[0:a][1:a]amix=inputs=2:duration=shortest:normalize=0,alimiter[audio]");
}

TEST(MixArguments, KeepTheOrderOfInputsInOneLayer) {
  v1::Mix mix = HostAndGuest();
  mix.mutable_inputs(1)->set_layer(1);
  EXPECT_THAT(FiltersOf(mix), HasSubstr("[with0][video1]overlay"));
}

TEST(MixArguments, HaveOnlyThePartsThatAreInTheMix) {
  v1::Mix mix = HostAndGuest();
  mix.mutable_inputs(0)->set_has_audio(false);
  mix.mutable_inputs(1)->set_has_video(false);
  EXPECT_THAT(FiltersOf(mix), AllOf(HasSubstr("[0:v]"), Not(HasSubstr("[1:v]")),
                                    HasSubstr("[1:a]amix=inputs=1:"), Not(HasSubstr("[0:a]"))));
  mix.mutable_inputs()->DeleteSubrange(1, 1);
  mix.mutable_inputs(0)->set_stream("guest");
  const std::vector<std::string> arguments = ArgumentsOf(mix);
  EXPECT_THAT(ValuesOf(arguments, "-map"), ElementsAre("[video]"));
  EXPECT_THAT(FiltersOf(mix), Not(HasSubstr("amix")));
}

TEST(MixArguments, RoundThePictureToEvenLengths) {
  v1::Mix mix = HostAndGuest();
  mix.set_width(361);
  mix.set_height(1);
  EXPECT_THAT(FiltersOf(mix), HasSubstr("s=360x2:"));
}

TEST(MixArguments, TakeSixteenInputs) {
  v1::Mix mix = HostAndGuest();
  while (mix.inputs_size() < 16) *mix.add_inputs() = Input("guest", 3);
  EXPECT_EQ(ValuesOf(ArgumentsOf(mix), "-i").size(), 16U);
}

TEST(MixArguments, HaveTimestampsThatBeginWithTheStart) {
  const auto at = [](std::chrono::milliseconds time) {
    return ArgumentsAt({"ffmpeg", "-f", "flv", "rtmp://out"}, MonotonicTime(time));
  };
  EXPECT_THAT(at(std::chrono::milliseconds(12'034)),
              ElementsAre("ffmpeg", "-f", "flv", "-output_ts_offset", "12.034", "rtmp://out"));
  EXPECT_THAT(at(std::chrono::seconds(1'000'001)), Contains("1.000"));
}

struct Fault {
  std::string field;
  std::function<void(v1::Mix&)> make;
};
std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.field; }

class MixFault : public testing::TestWithParam<Fault> {};

TEST_P(MixFault, IsRefused) {
  v1::Mix mix = HostAndGuest();
  GetParam().make(mix);
  const Result<std::vector<std::string>> arguments = MixArguments(mix, {.url = kServer});
  ASSERT_FALSE(arguments);
  EXPECT_EQ(arguments.error().code, Errc::kBadRequest);
  EXPECT_THAT(arguments.error().detail, testing::StartsWith(GetParam().field + ":"));
}

INSTANTIATE_TEST_SUITE_P(
    Each, MixFault,
    testing::Values(
        Fault{"stream", [](v1::Mix& mix) { mix.clear_stream(); }},
        Fault{"stream", [](v1::Mix& mix) { mix.set_stream("a/b"); }},
        Fault{"stream", [](v1::Mix& mix) { mix.set_stream("a b"); }},
        Fault{"stream", [](v1::Mix& mix) { mix.set_stream(std::string(256, 'a')); }},
        Fault{"width", [](v1::Mix& mix) { mix.set_width(0); }},
        Fault{"width", [](v1::Mix& mix) { mix.set_width(3001); }},
        Fault{"height", [](v1::Mix& mix) { mix.set_height(0); }},
        Fault{"height", [](v1::Mix& mix) { mix.set_height(3001); }},
        Fault{"inputs", [](v1::Mix& mix) { mix.clear_inputs(); }},
        Fault{"inputs",
              [](v1::Mix& mix) {
                while (mix.inputs_size() < 17) *mix.add_inputs() = Input("guest", 3);
              }},
        Fault{"inputs",
              [](v1::Mix& mix) {
                mix.mutable_inputs(0)->set_has_video(false);
                mix.mutable_inputs(0)->set_has_audio(false);
              }},
        Fault{"inputs.stream", [](v1::Mix& mix) { mix.mutable_inputs(1)->set_stream("-i\n"); }},
        Fault{"inputs.stream", [](v1::Mix& mix) { mix.mutable_inputs(1)->set_stream("a?b"); }},
        Fault{"inputs.x", [](v1::Mix& mix) { mix.mutable_inputs(1)->set_x(-1); }},
        Fault{"inputs.y", [](v1::Mix& mix) { mix.mutable_inputs(1)->set_y(3001); }},
        Fault{"inputs.width", [](v1::Mix& mix) { mix.mutable_inputs(1)->set_width(0); }},
        Fault{"inputs.height", [](v1::Mix& mix) { mix.mutable_inputs(1)->set_height(9999); }},
        Fault{"inputs.layer", [](v1::Mix& mix) { mix.mutable_inputs(1)->set_layer(17); }}));

TEST(ProgramsForMixes, LeaveOutThoseThatCannotBeMade) {
  const CapturedLog log;
  Logger logger(LogFormat::kText, LogLevel::kInfo, log.file());
  v1::WantedMixes wanted;
  *wanted.add_mixes() = HostAndGuest();
  wanted.add_mixes()->set_stream("a b");
  const WantedPrograms programs = ProgramsFor(wanted, {.url = kServer}, logger);
  ASSERT_EQ(programs.size(), 1U);
  EXPECT_EQ(programs.begin()->first, "host");
  EXPECT_EQ(programs.begin()->second, ArgumentsOf(HostAndGuest()));
  EXPECT_THAT(log.Text(), HasSubstr("mix_impossible"));
}

}  // namespace
}  // namespace rtcroom
