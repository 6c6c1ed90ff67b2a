/// \file change_detector.h
/// Makes one reload of the many events of one change. Pure: the clock is passed in.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holdfast {

/// Why a reload is due.
struct ReloadReason {
  std::vector<std::string> names;  ///< the first few, in the order of their first event, raw bytes
  std::size_t count = 0;           ///< different names in all
  bool settings_changed = false;   ///< a settings file is among them
};

/// For the log: `app.py, views.py and 39 more changed`; printable.
std::string describe(const ReloadReason& reason);

/// An editor writes a new file and renames it, `git checkout` takes its time: events are gathered
/// until it has been quiet for a while. Not thread-safe.
class ChangeDetector {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Pace {
    std::chrono::milliseconds quiet{200};  ///< without an event: the change is complete
    /// From its first event: it counts as complete, however much goes on.
    std::chrono::milliseconds longest{5000};
  };

  explicit ChangeDetector(Pace pace) : pace_(pace) {}

  /// \param name  of the file, for the log
  void fileChanged(TimePoint now, const std::string& name) { note(now, name); }
  void settingsChanged(TimePoint now, const std::string& name);

  /// When the reload is due; none: nothing has changed.
  std::optional<TimePoint> due() const;

  /// What has changed since the last call, which begins anew with it.
  ReloadReason take();

 private:
  void note(TimePoint now, const std::string& name);

  Pace pace_;
  TimePoint first_;
  TimePoint last_;
  ReloadReason reason_;
  std::set<std::string> seen_;  ///< names counted, up to a limit
};

}  // namespace holdfast
