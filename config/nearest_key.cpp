#include "config/nearest_key.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "config/letter_case.h"
#include "config/setting_table.h"

namespace holdfast {
namespace {

std::size_t distanceToSetting(std::string_view written, std::string_view key) {
  // The extra step: with the names alike, the right section is nearer than another one.
  return std::min(editDistance(written, key),
                  editDistance(nameInSection(written), nameInSection(key)) + 1);
}

}  // namespace

std::size_t editDistance(std::string_view a, std::string_view b) {
  // distances[j]: from the part of `a` read so far to the first j characters of `b`.
  std::vector<std::size_t> distances(b.size() + 1);
  std::iota(distances.begin(), distances.end(), std::size_t{0});
  for (const char c : a) {
    std::size_t diagonal = distances[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (c == b[j - 1] ? 0 : 1);
      diagonal = distances[j];
      distances[j] = std::min({replaced, distances[j] + 1, distances[j - 1] + 1});
    }
  }
  return distances.back();
}

std::string nearestKey(std::string_view key) {
  std::string_view nearest;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  const auto offer = [&](std::string_view candidate, std::size_t distance) {
    if (distance >= least) return;
    least = distance;
    nearest = candidate;
  };
  const bool in_section = key.find('.') != std::string_view::npos;
  for (const Setting& setting : settingTable()) {
    if (!setting.in_yaml) continue;
    offer(setting.key, distanceToSetting(key, setting.key));
    if (!in_section) offer(sectionOf(setting.key), editDistance(key, sectionOf(setting.key)));
  }
  return std::string(nearest);
}

std::string nearestVariable(std::string_view name) {
  constexpr std::size_t kNear = 3;
  const std::string written = upperCase(name);
  const bool ours = written.starts_with("WSGI_") || written.starts_with("HOLDFAST_");
  if (!ours || findSettingOfVariable(name)) return {};
  std::string nearest;
  std::size_t least = kNear + 1;
  for (const Setting& setting : settingTable()) {
    if (!setting.environment) continue;
    const std::size_t distance = editDistance(written, setting.environment);
    if (distance >= least) continue;
    least = distance;
    nearest = setting.environment;
  }
  return nearest;
}

}  // namespace holdfast
