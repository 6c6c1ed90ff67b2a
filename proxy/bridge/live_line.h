/// \file live_line.h
/// The line that says how the bridge stands. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "proxy/tap/hold.h"

namespace holdfast::proxy {

struct BridgeState {
  enum Phase {
    kWaiting,
    kConnecting,  ///< a debugger is there, the site not yet
    kAttached,
  };
  std::string address;  ///< on which it listens, `HOST:PORT`
  Phase phase = kWaiting;
  std::string client;        ///< of `initialize`, printable; empty while unknown
  std::optional<Hold> hold;  ///< nothing: the app runs
  std::string patience;      ///< of who waits for what is held, printable; empty while unknown
  std::string lasting;       ///< see LastingHold::text()
  std::chrono::steady_clock::time_point since;  ///< of the attach
};

/// `attached · VS Code · held at views.py:42 · 2 min 10 s · GET /x kept by hop, nginx waits 60 s`:
/// for how long it is held, or else attached.
std::string liveLine(const BridgeState& state, std::chrono::steady_clock::time_point now);

/// `held at views.py:42`
std::string heldText(const Hold& hold);

/// The same without what changes each second, for output that keeps every line.
std::string plainLine(const BridgeState& state);

/// `10 s`, `2 min 10 s`, `1 h 2 min`.
std::string spokenDuration(std::chrono::seconds duration);

/// At most so many columns, cut at the end, with `...`; takes a character for one column.
std::string cutToWidth(const std::string& line, std::size_t columns);

}  // namespace holdfast::proxy
