#include "config/app_settings.h"

#include <algorithm>
#include <utility>

#include "config/letter_case.h"

namespace holdfast {
namespace {

auto hasKey(std::string_view key) {
  return [key](const AppSetting& setting) { return equalsIgnoringCase(setting.key, key); };
}

}  // namespace

void AppSettings::add(AppSetting setting) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), hasKey(setting.key));
  if (found == entries_.end()) {
    entries_.push_back(std::move(setting));
  } else {
    *found = std::move(setting);
  }
}

void AppSettings::remove(std::string_view key) { std::erase_if(entries_, hasKey(key)); }

const AppSetting* AppSettings::find(std::string_view key) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), hasKey(key));
  return found == entries_.end() ? nullptr : &*found;
}

}  // namespace holdfast
