// Loaded into a server before all other libraries (LD_PRELOAD): moves its wall clock. Nothing here
// allocates memory, since an allocator asks for the time while it starts.
#include <cstdlib>
#include <ctime>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/support/wall_clock.h"

namespace {

using namespace rtcroom;

constinit const ClockOffset none{0};  // until the file is mapped
constinit std::atomic<const ClockOffset*> offset{&none};

__attribute__((constructor)) void MapOffset() {
  const char* const file = std::getenv(kClockOffsetVariable);
  if (file == nullptr) return;
  const int descriptor = ::open(file, O_RDONLY | O_CLOEXEC);
  void* const mapped = ::mmap(nullptr, sizeof(ClockOffset), PROT_READ, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (mapped != MAP_FAILED) offset = static_cast<const ClockOffset*>(mapped);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto outcome = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  const bool is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (outcome == 0 && is_wall) time->tv_sec += offset.load()->load();
  return outcome;
}

int gettimeofday(timeval* __restrict time, void* __restrict /*zone*/) noexcept {
  timespec now{};
  const int outcome = clock_gettime(CLOCK_REALTIME, &now);
  *time = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
  return outcome;
}

time_t time(time_t* seconds) noexcept {
  timespec now{};
  (void)clock_gettime(CLOCK_REALTIME, &now);
  if (seconds != nullptr) *seconds = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
