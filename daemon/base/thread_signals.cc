#include "daemon/base/thread_signals.h"

#include <signal.h>

namespace rtcroom {

void BlockSignalsInThisThread() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace rtcroom
