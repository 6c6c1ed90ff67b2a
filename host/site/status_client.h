/// \file status_client.h
/// `holdfast status`: finds the hosts of this machine, asks them, prints what they say.
#pragma once

#include <chrono>
#include <filesystem>
#include <ostream>

#include "host/platform/private_sockets.h"

namespace holdfast {

struct StatusQuestion {
  bool json = false;
  std::filesystem::path app_root;            ///< empty: all hosts
  std::chrono::milliseconds patience{5000};  ///< with all hosts together
  PrivatePlaces places;
};

/// Blocks until all hosts have answered or `patience` is over.
/// \param out  the status; with `json` always one document
/// \param err  why there is none, and what to do
/// \return whether there was a host and all that were asked answered
bool printStatus(const StatusQuestion& question, std::ostream& out, std::ostream& err);

}  // namespace holdfast
