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
  /// Has changed after each of the last reloads at once, as if these did it; once, else empty.
  std::string restless = {};
};

/// For the log: `app.py, views.py and 39 more changed`; printable.
std::string describe(const ReloadReason& reason);

/// An editor writes a new file and renames it, `git checkout` takes its time: events are gathered
/// until it has been quiet for a while. An app that writes a watched file while it is imported
/// would be reloaded for ever: reloads become rare as long as that goes on. Not thread-safe.
class ChangeDetector {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Pace {
    std::chrono::milliseconds quiet{200};  ///< without an event: the change is complete
    /// From its first event: it counts as complete, however much goes on.
    std::chrono::milliseconds longest{5000};
    /// After a reload: what changes within that time may have been changed by the reload.
    std::chrono::milliseconds soon{5000};
    /// Between two reloads, when the same file has changed soon after each of many.
    std::chrono::milliseconds rarest{10'000};
  };

  explicit ChangeDetector(Pace pace) : pace_(pace) {}

  /// \param name  of the file, for the log
  void fileChanged(TimePoint now, const std::string& name) { note(now, name); }
  void settingsChanged(TimePoint now, const std::string& name);

  /// When the reload is due; none: nothing has changed.
  std::optional<TimePoint> due() const;

  /// What has changed since the last call, which begins anew with it.
  ReloadReason take(TimePoint now);

 private:
  void note(TimePoint now, const std::string& name);
  void countInARow();
  /// Since the last reload, before the next one.
  std::chrono::milliseconds distance() const;

  Pace pace_;
  TimePoint first_;
  TimePoint last_;
  ReloadReason reason_;
  std::set<std::string> seen_;      ///< names counted, up to a limit
  TimePoint taken_;                 ///< the last reload
  unsigned in_a_row_ = 0;           ///< reloads, each soon after the one before it
  std::set<std::string> restless_;  ///< changed before each of them
};

}  // namespace holdfast
