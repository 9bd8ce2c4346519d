#include "daemon/web/feedback_bound.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/web/gst_objects.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using Verdict = FeedbackBound::Verdict;

class FeedbackBoundTest : public testing::Test {
 protected:
  Verdict Take(unsigned number, bool is_marked = false) {
    return bound_.Take(static_cast<std::uint16_t>(number), is_marked);
  }

 private:
  FeedbackBound bound_;
};

TEST_F(FeedbackBoundTest, MarksThe200thPacketWithoutAMarker) {
  unsigned number = 65'400;  // and on over the end of the numbers
  for (int i = 1; i < 200; ++i) EXPECT_EQ(Take(number++), Verdict::kPass) << i;
  EXPECT_EQ(Take(number++), Verdict::kMark);
  for (int i = 1; i < 200; ++i) EXPECT_EQ(Take(number++), Verdict::kPass) << i;
  EXPECT_EQ(Take(number++, true), Verdict::kPass);
  EXPECT_EQ(Take(number++), Verdict::kPass);
}

TEST_F(FeedbackBoundTest, DropsWhatCameTwice) {
  for (const unsigned number : {65'535U, 1U, 0U, 64U, 2U}) {
    EXPECT_NE(Take(number), Verdict::kDrop) << number;
    EXPECT_EQ(Take(number), Verdict::kDrop) << number;
  }
  EXPECT_EQ(Take(1), Verdict::kDrop);
}

TEST_F(FeedbackBoundTest, DropsWhatIsFarOff) {
  Take(1'000);
  for (const unsigned number : {936U, 9'192U, 33'768U}) {
    EXPECT_EQ(Take(number), Verdict::kDrop) << number;
  }
  EXPECT_EQ(Take(937), Verdict::kPass);
}

TEST_F(FeedbackBoundTest, MarksAfterAGap) {
  Take(0);
  EXPECT_EQ(Take(63), Verdict::kPass);
  EXPECT_EQ(Take(127), Verdict::kMark);
  EXPECT_EQ(Take(127 + 8'191), Verdict::kMark);
}

TEST_F(FeedbackBoundTest, MarksOnlyTheNewest) {
  for (unsigned number = 2; number < 400; number += 2) Take(number);
  EXPECT_EQ(Take(397, true), Verdict::kPass);  // late, so it does not count as a marker
  EXPECT_EQ(Take(395), Verdict::kPass);
  EXPECT_EQ(Take(400), Verdict::kMark);
}

/// The library's receiver of packets that have numbers in extension 3.
class BoundFeedbackTest : public testing::Test {
 protected:
  BoundFeedbackTest() {
    gst_init(nullptr, nullptr);
    bin_.reset(GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("rtpbin", nullptr))));
    BoundFeedback(bin_.get(), 3);
    gst_element_set_state(bin_.get(), GST_STATE_PLAYING);
    GstPtr<GstPad> sink(gst_element_request_pad_simple(bin_.get(), "recv_rtp_sink_0"));
    gst_pad_add_probe(
        sink.get(), GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad*, GstPadProbeInfo* info, gpointer self) {
          std::array<std::uint8_t, 2> head{};
          gst_buffer_extract(GST_PAD_PROBE_INFO_BUFFER(info), 0, head.data(), head.size());
          const bool is_marked = (head[1] & 0x80U) != 0;
          static_cast<BoundFeedbackTest*>(self)->came_.push_back(is_marked);
          return GST_PAD_PROBE_OK;
        },
        this, nullptr);
    pad_.reset(GST_PAD(gst_object_ref_sink(gst_pad_new("src", GST_PAD_SRC))));
    gst_pad_link(pad_.get(), sink.get());
    gst_pad_set_active(pad_.get(), TRUE);
    gst_pad_push_event(pad_.get(), gst_event_new_stream_start("packets"));
    gst_pad_push_event(
        pad_.get(),
        gst_event_new_caps(
            CapsPtr(gst_caps_from_string(
                        "application/x-rtp,media=audio,clock-rate=48000,encoding-name=OPUS,"
                        "payload=111,extmap-3=http://www.ietf.org/id/"
                        "draft-holmer-rmcat-transport-wide-cc-extensions-01"))
                .get()));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(pad_.get(), gst_event_new_segment(&segment));
  }
  ~BoundFeedbackTest() override {
    gst_pad_set_active(pad_.get(), FALSE);
    gst_element_set_state(bin_.get(), GST_STATE_NULL);
  }

  /// @param later  than the one before
  void Send(unsigned number, std::chrono::milliseconds later, bool is_marked = false) {
    now_ += later;
    ++sequence_;
    const auto high = [](unsigned word) { return static_cast<std::uint8_t>(word >> 8U); };
    const auto low = [](unsigned word) { return static_cast<std::uint8_t>(word); };
    const std::vector<std::uint8_t> packet = {0x90,
                                              static_cast<std::uint8_t>(is_marked ? 0xEF : 0x6F),
                                              high(sequence_),
                                              low(sequence_),
                                              0,
                                              0,
                                              0,
                                              0,
                                              0,
                                              0,
                                              0,
                                              15,
                                              0xBE,
                                              0xDE,
                                              0,
                                              1,
                                              0x31,
                                              high(number),
                                              low(number),
                                              0,
                                              0xFC};
    GstBuffer* const buffer = gst_buffer_new_memdup(packet.data(), packet.size());
    GST_BUFFER_PTS(buffer) = GST_BUFFER_DTS(buffer) =
        static_cast<GstClockTime>(std::chrono::nanoseconds(now_).count());
    gst_pad_push(pad_.get(), buffer);
  }

  std::vector<bool> came_;  ///< whether it has a marker

 private:
  GstPtr<GstElement> bin_;
  GstPtr<GstPad> pad_;
  std::chrono::milliseconds now_ = 1s;
  unsigned sequence_ = 0;
};

TEST_F(BoundFeedbackTest, EndsNoProcessWhenNoPacketIsMarked) {
  for (unsigned i = 0; i < 700; ++i) Send(i, i % 4 < 2 ? 1ms : 65ms);
  ASSERT_EQ(came_.size(), 700U);
  for (unsigned i = 0; i < 700; ++i) EXPECT_EQ(came_.at(i), i % 200 == 199) << i;
}

TEST_F(BoundFeedbackTest, EndsNoProcessWhenNumbersComeTwice) {
  Send(0, 1ms);
  // Numbers for which the library finds that fewer than 60 are missing.
  for (unsigned i = 0; i < 50; ++i) Send(50 + i % 2, 1ms);
  for (unsigned i = 0; i < 58; ++i) Send(110 + i % 2, 1ms);
  Send(112, 1ms, true);
  EXPECT_EQ(came_.size(), 6U);
}

TEST_F(BoundFeedbackTest, EndsNoProcessWhateverComes) {
  unsigned number = 0;
  for (unsigned seed = 0; seed < 10; ++seed) {
    std::mt19937 random(seed);
    // Some do it often, others seldom.
    const std::array<unsigned, 4> seldom = {500 / (seed + 1), seed / 2, seed % 5, 900 / (seed + 1)};
    const auto is = [&](std::size_t what) { return random() % (seldom.at(what) + 1) == 0; };
    for (int i = 0; i < 1000; ++i) {
      number += is(0)   ? random() % 8'192
                : is(1) ? random() % 128 - 64
                        : 1 + random() % 2 * (random() % 16);
      Send(number, is(2) ? 65ms : 1ms, is(3));
    }
  }
  EXPECT_GT(came_.size(), 4'000U);
}

}  // namespace
}  // namespace rtcroom
