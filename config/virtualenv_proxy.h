/// \file virtualenv_proxy.h
/// Sites made with PTVS name its proxy as their handler, and in further variables what is behind
/// it. The proxy is not needed here: what is behind it stands in for it. Pure.
#pragma once

#include <optional>

#include "config/setting_source.h"
#include "config/setting_table.h"

namespace holdfast {

/// \param setting  one whose place another one can take: app.handler, app.python
/// \param own  its value, or nullptr
/// \param applied  has all rows above `setting`
/// \return the value that counts instead of `own`, if there is one
std::optional<SourceValue> virtualenvStandIn(const Setting& setting, const SourceValue* own,
                                             const SourceContents& sources,
                                             const Settings& applied);

/// \return the value that the strongest source has for the key; nullptr if none has
const SourceValue* strongest(const SourceContents& sources, std::string_view key);

}  // namespace holdfast
