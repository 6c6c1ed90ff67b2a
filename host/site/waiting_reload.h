/// \file waiting_reload.h
/// A reload for changed files that waits while a debugger holds the app. Pure.
#pragma once

#include <optional>
#include <string>

#include "host/site/change_detector.h"
#include "proxy/tap/hold.h"

namespace holdfast {

/// Not thread-safe.
class WaitingReload {
 public:
  /// More has changed.
  /// \param hold  where the app is held, as far as that is known
  /// \return for the log, once for all that waits together: else empty
  std::string add(const ReloadReason& reason, const std::optional<proxy::Hold>& hold);
  /// It waits no longer. \return all that has changed; nothing: nothing has
  std::optional<ReloadReason> take();

 private:
  std::optional<ReloadReason> reason_;
};

}  // namespace holdfast
