/// \file client_messages.h
/// What the bridge reads, and in one place changes, in the messages of the debugger's client (DAP).
/// Pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/bridge/jsonc.h"
#include "proxy/path_mapping.h"

namespace holdfast::proxy {

/// A source file in which the client has set breakpoints.
struct BreakpointFile {
  std::string local;     ///< as the client names it
  std::string deployed;  ///< from the app root on, with / between the parts
};

/// The messages of one client, in their order. Not thread-safe.
class ClientMessages {
 public:
  /// Longer ones are not looked into: no client says anything of interest in so many bytes.
  static constexpr std::size_t kMaxRead = 1024 * 1024;

  /// \param roots  the developer's folder and the server's app root, which is empty if unknown
  explicit ClientMessages(PathMapping roots) : roots_(std::move(roots)) {}

  /// \param content  JSON of one message
  /// \return what is to be sent in its place: `attach` with the path mapping that it lacks.
  ///   Nothing: it stays byte for byte
  std::optional<std::string> read(std::string_view content);

  /// As `initialize` says it, printable; empty while unknown.
  const std::string& name() const { return name_; }
  /// It has asked to leave: an end of the session is no surprise to it.
  bool isLeaving() const { return leaving_; }
  /// Files of the last message's breakpoints, below the app root.
  std::vector<BreakpointFile> takeFiles() { return std::exchange(files_, {}); }
  /// A file of its breakpoints that can be none of the site's; empty: there is none, or none whose
  /// folder was not told of before.
  std::string takeStray() { return std::exchange(stray_, {}); }

 private:
  std::optional<std::string> readAttach(std::string_view content, const JsonValue& message);
  void noteStray(const std::string& path);
  void readBreakpoints(std::string_view content, const JsonValue& arguments);
  std::optional<std::string> withMapping(std::string_view content, const JsonValue& message,
                                         const PathMapping& mapping) const;

  const PathMapping roots_;
  std::vector<PathMapping> mappings_;  ///< those that count, once there was an `attach`
  std::string name_;
  bool leaving_ = false;
  std::vector<BreakpointFile> files_;
  bool attached_ = false;                ///< there was an `attach`
  bool maps_itself_ = false;             ///< `attach` had a mapping of its own
  std::string stray_;                    ///< path as the client names it
  std::set<std::string> stray_folders_;  ///< of those that were told of
};

}  // namespace holdfast::proxy
