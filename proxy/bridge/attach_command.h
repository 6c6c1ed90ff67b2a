/// \file attach_command.h
/// `holdfast attach`: from its options to the exit code.
#pragma once

#include <ostream>
#include <string>

#include "config/secret.h"
#include "proxy/bridge/http_proxy.h"

namespace holdfast::proxy {

struct AttachOptions {
  std::string url;
  /// What stood in front of the host in `url`, if it was hidden there; see hideUserPart().
  Secret user_part;
  std::string listen = "127.0.0.1:5678";
  bool launch_json = false;
  std::string local_root;  ///< empty: the current folder
  std::string ca_file;     ///< empty: the system's certificates alone
  bool raw = false;
};

/// Runs until Ctrl-C.
/// \return 0 done, 1 failed, 2 wrong usage; what is wrong stands on `err`
int attach(const AttachOptions& options, const EnvironmentLookup& environment, std::ostream& out,
           std::ostream& err);

}  // namespace holdfast::proxy
