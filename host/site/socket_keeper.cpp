#include "host/site/socket_keeper.h"

#include <exception>
#include <utility>
#include <vector>

#include "host/log.h"

namespace holdfast {

namespace fs = std::filesystem;

namespace {
constexpr std::size_t kSchemeBytes = 5;  // unix:
}

SocketKeeper::SocketKeeper(EventLoop& loop, ListenerOptions options, SocketFile file,
                           Listener listener)
    : SocketKeeper(loop, std::move(options), std::move(file), std::move(listener), Pace()) {}

SocketKeeper::SocketKeeper(EventLoop& loop, ListenerOptions options, SocketFile file,
                           Listener listener, Pace pace)
    : loop_(loop),
      options_(std::move(options)),
      file_(std::move(file)),
      listener_(std::move(listener)),
      pace_(pace),
      watch_(std::make_unique<PathWatch>(
          loop, std::vector<fs::path>{options_.address.substr(kSchemeBytes)},
          [this](std::size_t) { checkIn(pace_.wait); })) {
  checkIn(pace_.wait);
}

void SocketKeeper::end() {
  timer_.cancel();
  watch_.reset();
  file_.remove();
}

void SocketKeeper::checkIn(std::chrono::milliseconds time) {
  timer_ = loop_.after(time, [this] { check(); });
}

void SocketKeeper::check() {
  if (file_.isThere()) return checkIn(pace_.check);
  open();
  // Soon: the watch does not tell of a file that goes again before it was looked at.
  checkIn(trouble_.empty() ? pace_.wait : pace_.retry);
}

void SocketKeeper::open() {
  try {
    OpenedListener opened = openListener(options_);
    file_ = std::move(opened.file);
    listener_.on_opened(std::move(opened.socket));
    log::warning("the socket file of " + log::printable(options_.address) +
                 " was gone (removed, or moved away with its folder) and has been made anew");
    tell("");
  } catch (const std::exception& error) {
    tell("web servers cannot reach this host: its socket file is gone and cannot be made anew: " +
         log::printable(error.what()));
  }
}

void SocketKeeper::tell(const std::string& trouble) {
  if (std::exchange(trouble_, trouble) == trouble) return;
  if (!trouble.empty()) log::error(trouble);
  listener_.on_trouble(trouble);
}

}  // namespace holdfast
