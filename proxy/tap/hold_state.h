/// \file hold_state.h
/// What has stopped, and what is to end that: what the taps have in common. Pure.
///
///     position   1 stopped   2 continue   3 stopped   4 the answer to 2
///                the app is held by 1, from 3 on also by 3, from 4 on by 3 alone
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/tap/hold.h"

namespace holdfast::proxy {

constexpr std::size_t kMaxName = 200;   ///< bytes of a reason, a function's or a thread's name
constexpr std::size_t kMaxPath = 1024;  ///< bytes of a file's
/// Bytes of a message that are looked at: what a tap wants to know stands in front.
constexpr std::size_t kMaxLooked = std::size_t{256} << 10;

/// The innermost frame of a thread.
struct Place {
  std::string file;  ///< empty: not known
  std::string function;
  int line = 0;  ///< 0: not known
};

/// A thread that has stopped.
struct Stop {
  enum class Kind {
    kStopped,
    kLoaded,    ///< the first line after a legacy debugger has attached
    kHandlers,  ///< a legacy engine asks which exceptions a file handles
  };
  Kind kind = Kind::kStopped;
  std::optional<std::int64_t> thread;  ///< nothing: not known
  std::string reason;
  std::string thread_name;
  Place place;
  std::uint64_t position = 0;  ///< of its message
  std::chrono::steady_clock::time_point since;
};

/// Not thread-safe.
class HoldState {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kMaxStops = 256;     ///< more make it blind
  static constexpr std::size_t kMaxAsked = 256;     ///< resumptions without an answer: likewise
  static constexpr std::size_t kMaxQuestions = 64;  ///< others without one; more are forgotten

  /// A request whose answer matters.
  struct Asked {
    enum class Kind {
      kResume,    ///< ends stops
      kHandlers,  ///< ends stops of that kind
      kFrames,    ///< asks where a thread stands
    };
    Kind kind = Kind::kResume;
    std::int64_t seq = 0;
    std::optional<std::int64_t> thread;  ///< that it names
    bool is_step = false;                ///< of kResume

    std::uint64_t position = 0;
  };

  /// The next message is there.
  void begin(Time now);
  void add(Stop stop);
  void ask(Asked asked);
  /// Takes the request with that number, if it is one of those.
  std::optional<Asked> answered(std::int64_t seq);
  /// Of that kind only, or of all others; those before `asked`.
  void release(const Asked& asked, std::optional<std::int64_t> thread);
  /// Nothing is held any more, nor is an answer awaited.
  void clear();
  /// For ever.
  void goBlind(Time now);
  bool isBlind() const { return blind_; }
  Time now() const { return now_; }  ///< of the last message

  const std::vector<Stop>& stops() const { return stops_; }
  /// To learn more about them.
  std::vector<Stop>& changeStops();

  const HoldNews& news() const { return news_; }
  /// To be called after each message. \return whether news() are others now
  bool settle();

 private:
  void tellMotion(HoldNews& news) const;
  std::string nameOf(const std::optional<std::int64_t>& thread) const;

  std::uint64_t position_ = 0;
  Time now_;
  bool blind_ = false;
  bool touched_ = false;   ///< news_ may not be what the others say
  bool stepping_ = false;  ///< nothing is held, but only for a step
  std::string stepped_;    ///< name of the thread that was told to step last
  std::vector<Stop> stops_;
  std::vector<Asked> asked_;
  HoldNews news_;
};

}  // namespace holdfast::proxy
