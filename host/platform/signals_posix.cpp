#include <signal.h>
#include <sys/signalfd.h>

#include <cerrno>

#include "host/platform/signals.h"

namespace holdfast {

struct HostSignals::Impl {
  std::function<void(HostSignal, const char*)> on_signal;
  Socket signals;
  std::unique_ptr<Watch> watch;

  void onReadable() {
    signalfd_siginfo info{};
    const IoResult result = signals.read(std::as_writable_bytes(std::span(&info, 1)));
    if (!result.ok()) return;
    if (info.ssi_signo == SIGHUP) return on_signal(HostSignal::kReload, "SIGHUP");
    on_signal(HostSignal::kStop, info.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM");
  }
};

HostSignals::HostSignals(EventLoop& loop, std::function<void(HostSignal, const char*)> on_signal)
    : impl_(std::make_unique<Impl>()) {
  sigset_t ours;
  ::sigemptyset(&ours);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&ours, signal);
  ::pthread_sigmask(SIG_BLOCK, &ours, nullptr);
  const int handle = ::signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
  if (handle < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
  impl_->on_signal = std::move(on_signal);
  impl_->signals = Socket(handle);
  impl_->watch = std::make_unique<Watch>(loop, handle, true, false,
                                         [impl = impl_.get()](Readiness) { impl->onReadable(); });
}

HostSignals::~HostSignals() = default;

struct SignalsBlocked::Before {
  sigset_t mask;
};

SignalsBlocked::SignalsBlocked() : before_(std::make_unique<Before>()) {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before_->mask);
}

SignalsBlocked::~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_->mask, nullptr); }

void ignoreBrokenPipes() { ::signal(SIGPIPE, SIG_IGN); }

}  // namespace holdfast
