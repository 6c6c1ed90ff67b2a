#include "config/quantities.h"

#include <charconv>
#include <limits>
#include <span>
#include <string_view>
#include <system_error>

#include "config/letter_case.h"

namespace holdfast {
namespace {

struct Unit {
  const char* name;  ///< as it is printed
  std::uint64_t factor;
};

/// Ascending; the first is the one that results are counted in.
constexpr Unit kTimes[] = {
    {"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit kSizes[] = {{"B", 1},
                           {"KiB", std::uint64_t{1} << 10},
                           {"MiB", std::uint64_t{1} << 20},
                           {"GiB", std::uint64_t{1} << 30}};
constexpr Unit kDecimalSizes[] = {{"kB", 1'000}, {"MB", 1'000'000}, {"GB", 1'000'000'000}};

const Unit* findUnit(std::string_view name, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (equalsIgnoringCase(name, unit.name)) return &unit;
  }
  return nullptr;
}

struct Quantity {
  std::uint64_t number;
  std::string_view unit;
};

/// What does not fit into 64 bits is not read either.
std::optional<Quantity> split(std::string_view text) {
  Quantity quantity{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, quantity.number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view rest(stop, static_cast<std::size_t>(end - stop));
  const std::size_t unit = rest.find_first_not_of(' ');
  if (unit != std::string_view::npos) quantity.unit = rest.substr(unit);
  return quantity;
}

std::optional<std::uint64_t> product(std::uint64_t number, std::uint64_t factor) {
  if (number > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
  return number * factor;
}

std::string inLargestUnit(std::uint64_t value, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) best = &unit;
  }
  return std::to_string(value / best->factor) + ' ' + best->name;
}

std::uint64_t count(std::chrono::milliseconds value) {
  return static_cast<std::uint64_t>(value.count());
}

std::string range(const std::string& least, const std::string& most) {
  return " from " + least + " to " + most;
}

}  // namespace

Objection parseDuration(const std::string& text, std::chrono::milliseconds least,
                        std::chrono::milliseconds most, std::chrono::milliseconds& value) {
  const std::optional<Quantity> quantity = split(text);
  const Unit* const unit =
      quantity ? findUnit(quantity->unit.empty() ? "s" : quantity->unit, kTimes) : nullptr;
  const auto total = unit ? product(quantity->number, unit->factor) : std::nullopt;
  if (!total || *total < count(least) || *total > count(most)) {
    return "must be a time" + range(durationText(least), durationText(most)) +
           ", a whole number with ms, s, min, h or d";
  }
  value = std::chrono::milliseconds(*total);
  return std::nullopt;
}

std::string durationText(std::chrono::milliseconds value) {
  return value.count() == 0 ? "0 s" : inLargestUnit(count(value), kTimes);
}

Objection parseBytes(const std::string& text, std::uint64_t least, std::uint64_t most,
                     std::uint64_t& value) {
  const std::optional<Quantity> quantity = split(text);
  const Unit* unit = nullptr;
  if (quantity) {
    const std::string_view name = quantity->unit.empty() ? "B" : quantity->unit;
    unit = findUnit(name, kSizes);
    if (!unit) unit = findUnit(name, kDecimalSizes);
  }
  const auto total = unit ? product(quantity->number, unit->factor) : std::nullopt;
  if (!total || *total < least || *total > most) {
    return "must be a size" + range(bytesText(least), bytesText(most)) +
           ", a whole number with B, kB, MB, GB, KiB, MiB or GiB";
  }
  value = *total;
  return std::nullopt;
}

std::string bytesText(std::uint64_t value) { return inLargestUnit(value, kSizes); }

}  // namespace holdfast
