#include <signal.h>

#include <atomic>
#include <cerrno>

#include "proxy/bridge/interrupt.h"
#include "proxy/bridge/stoppable_wait.h"

namespace holdfast::proxy {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

std::atomic<StoppableWait*> called_off{nullptr};

void onSignal(int) {
  const int error = errno;
  if (StoppableWait* const wait = called_off.load()) wait->stop();
  errno = error;
}

}  // namespace

Interrupt::Interrupt(StoppableWait& wait) {
  called_off = &wait;
  // Who runs it by nohup wants it to outlive its terminal.
  for (const int number : kSignals) {
    struct sigaction before {};
    ::sigaction(number, nullptr, &before);
    if (number == SIGHUP && before.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = onSignal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(number, &action, nullptr);
  }
}

Interrupt::~Interrupt() {
  for (const int number : kSignals) {
    struct sigaction before {};
    ::sigaction(number, nullptr, &before);
    if (before.sa_handler == onSignal) ::signal(number, SIG_DFL);
  }
  called_off = nullptr;
}

}  // namespace holdfast::proxy
