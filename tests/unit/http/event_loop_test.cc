#include "daemon/http/event_loop.h"

#include <functional>
#include <future>
#include <string>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/support/captured_log.h"

namespace rtcroom {
namespace {

class EventLoopTest : public testing::Test {
 protected:
  CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kDebug, log_.file()};
  EventLoop loop_{logger_};
};

TEST_F(EventLoopTest, FinishesOneJobBeforeItBeginsTheNext) {
  std::string order;
  std::promise<void> done;
  loop_.Await([&] {
    for (const char name : {'a', 'b', 'c'}) {
      loop_.RunInSlices([&, name, left = 3]() mutable {
        order += name;
        const bool is_last = --left == 0;
        if (is_last && name == 'c') done.set_value();
        return is_last;
      });
    }
  });
  done.get_future().wait();
  EXPECT_EQ(order, "aaabbbccc");
}

TEST_F(EventLoopTest, AcceptsJobsFromOtherThreads) {
  std::promise<void> done;
  loop_.RunInSlices([&] {
    done.set_value();
    return true;
  });
  done.get_future().wait();
}

// A descriptor that becomes readable during a slice waits for that slice and at most one more, for
// any number of jobs.
TEST_F(EventLoopTest, PollsAllDescriptorsBetweenSlices) {
  constexpr int kJobs = 1500;
  constexpr int kSlicesOfAJob = 10;
  constexpr int kSlices = kJobs * kSlicesOfAJob;
  constexpr int kWakeEvery = 100;
  boost::asio::posix::stream_descriptor wakened(loop_.context(), eventfd(0, EFD_NONBLOCK));
  int slices = 0;
  int woken_at = 0;
  std::vector<int> waits;  // in slices
  std::promise<void> done;
  const std::function<void()> listen = [&] {
    wakened.async_wait(boost::asio::posix::descriptor_base::wait_read, [&](const auto& error) {
      if (error) return;
      eventfd_t count = 0;
      eventfd_read(wakened.native_handle(), &count);
      waits.push_back(slices - woken_at);
      listen();
    });
  };
  loop_.Await([&] {
    listen();
    for (int job = 0; job < kJobs; ++job) {
      loop_.RunInSlices([&, left = kSlicesOfAJob]() mutable {
        if (++slices % kWakeEvery == 0) {
          woken_at = slices;
          eventfd_write(wakened.native_handle(), 1);
        }
        if (slices == kSlices) done.set_value();
        return --left == 0;
      });
    }
  });
  done.get_future().wait();
  loop_.Await([] {});  // the last event is handled, too
  loop_.Await([&] { wakened.close(); });
  EXPECT_GE(waits.size(), static_cast<std::size_t>(kSlices / kWakeEvery - 1));
  for (const int wait : waits) EXPECT_LE(wait, 1);
}

}  // namespace
}  // namespace rtcroom
