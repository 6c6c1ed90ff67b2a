#include "host/site/reload_trigger.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "config/printable.h"
#include "host/log.h"
#include "host/platform/folder_watch.h"
#include "host/platform/path_watch.h"
#include "host/site/file_pattern.h"

namespace holdfast {

namespace fs = std::filesystem;

struct ReloadTrigger::Impl {
  Impl(EventLoop& event_loop, Watched what, OnReload callback, ChangeDetector::Pace pace)
      : loop(event_loop),
        watched(std::move(what)),
        on_reload(std::move(callback)),
        pattern(watched.pattern),
        detector(pace),
        settings(loop, watched.settings_files, [this](std::size_t i) { settingsChanged(i); }),
        folder(loop, watched.root,
               {[this](const std::string& path) { return matters(path); },
                [this](const std::string& path) { fileChanged(path); }}) {}

  bool matters(const std::string& path) {
    const FilePattern::Verdict verdict = pattern.match(path);
    if (verdict == FilePattern::Verdict::kTooCostly && !std::exchange(costly_said, true)) {
      log::warning("reload.pattern " + printable(watched.pattern) +
                   " takes too long to try: changes of files such as " + printable(path) +
                   " are not noticed (write it without repetitions inside repetitions)");
    }
    return verdict == FilePattern::Verdict::kYes;
  }

  void fileChanged(const std::string& path) {
    const bool everything = path == "/";
    detector.fileChanged(EventLoop::Clock::now(), everything ? watched.root.string() : path);
    schedule();
  }

  void settingsChanged(std::size_t index) {
    const fs::path& file = watched.settings_files[index];
    // The name that the folder's watch would use, so that it counts once.
    const fs::path below = file.lexically_relative(watched.root);
    const bool outside = below.empty() || *below.begin() == "..";
    detector.settingsChanged(EventLoop::Clock::now(), outside ? file.string() : below.string());
    schedule();
  }

  void schedule() {
    if (waiting) return;
    waiting = true;
    const auto left = *detector.due() - EventLoop::Clock::now();
    timer = loop.after(
        std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(0)),
        [this] { onTimer(); });
  }

  void onTimer() {
    waiting = false;
    if (EventLoop::Clock::now() < *detector.due()) {
      schedule();
      return;
    }
    // A copy: the call may destroy all this.
    const OnReload callback = on_reload;
    const ReloadReason reason = detector.take(EventLoop::Clock::now());
    if (!reason.restless.empty()) sayRestless(reason.restless);
    callback(reason);
  }

  void sayRestless(const std::string& name) const {
    log::error(
        printable(name) +
        " changes at once after each reload: if it is the app that writes it, this would go "
        "on for ever, so reloads become as rare as one in 10 s until it stays quiet. Let the "
        "app write it elsewhere, or leave it out of reload.pattern (now " +
        printable(watched.pattern) + ")");
  }

  EventLoop& loop;
  const Watched watched;
  const OnReload on_reload;
  const FilePattern pattern;
  bool costly_said = false;
  ChangeDetector detector;
  bool waiting = false;
  Timer timer;
  PathWatch settings;
  FolderWatch folder;
};

ReloadTrigger::ReloadTrigger(EventLoop& loop, Watched watched, OnReload on_reload,
                             ChangeDetector::Pace pace) {
  if (watched.pattern.empty()) return;
  impl_ = std::make_unique<Impl>(loop, std::move(watched), std::move(on_reload), pace);
}

ReloadTrigger::~ReloadTrigger() = default;

}  // namespace holdfast
