/// \file setting_rows.h
/// What the rows of the table are made of. Only for the files that hold rows.
#pragma once

#include <span>

#include "config/quantities.h"
#include "config/setting_table.h"

namespace holdfast {

std::span<const Setting> appRows();
std::span<const Setting> serverRows();
std::span<const Setting> debugRows();  ///< and what else a site may leave alone: reload, log, ...

inline std::string printValue(const std::string& value) { return value; }
inline std::string printValue(const std::filesystem::path& value) { return value.string(); }
inline std::string printValue(unsigned value) { return std::to_string(value); }
inline std::string printValue(bool value) { return value ? "true" : "false"; }
inline std::string printValue(std::uint64_t bytes) { return bytesText(bytes); }
inline std::string printValue(std::chrono::milliseconds value) { return durationText(value); }
inline std::string printValue(const Secret& value) { return value.empty() ? "" : "(set)"; }

template <auto kParse, auto kSection, auto kField>
Objection takeValue(const std::string& text, const SettingContext&, Settings& settings) {
  return kParse(text, settings.*kSection.*kField);
}

template <auto kSection, auto kField>
std::string printField(const Settings& settings) {
  return printValue(settings.*kSection.*kField);
}

/// A row for the field whose text alone says the value. \tparam kParse  Objection(text, field&)
template <auto kParse, auto kSection, auto kField>
constexpr Setting row(const char* key, const char* environment, const char* option,
                      const char* meaning, const char* example) {
  return {key,
          environment,
          option,
          true,
          meaning,
          example,
          takeValue<kParse, kSection, kField>,
          printField<kSection, kField>};
}

constexpr Setting notForDev(Setting row) {
  row.for_dev = false;
  return row;
}
constexpr Setting notInEffect(Setting row) {
  row.in_effect = false;
  return row;
}
constexpr Setting secret(Setting row) {
  row.secret = true;
  return row;
}
constexpr Setting notInYaml(Setting row) {
  row.in_yaml = false;
  return row;
}

template <unsigned kLeast, unsigned kMost>
Objection countWithin(const std::string& text, unsigned& value) {
  return parseCount(text, kLeast, kMost, value);
}

template <std::uint64_t kLeast, std::uint64_t kMost>
Objection bytesWithin(const std::string& text, std::uint64_t& value) {
  return parseBytes(text, kLeast, kMost, value);
}

/// In milliseconds.
template <std::int64_t kLeast, std::int64_t kMost>
Objection timeWithin(const std::string& text, std::chrono::milliseconds& value) {
  return parseDuration(text, std::chrono::milliseconds(kLeast), std::chrono::milliseconds(kMost),
                       value);
}

/// `off` means 0 for what can be switched off.
template <auto kParse, typename Number>
Objection orOff(const std::string& text, Number& value) {
  bool on = true;
  if (!parseSwitch(text, on) && !on) {
    value = Number{};
    return std::nullopt;
  }
  const Objection objection = kParse(text, value);
  return objection ? *objection + ", or off" : objection;
}

template <auto kSection, auto kField>
std::string printOrOff(const Settings& settings) {
  const auto& value = settings.*kSection.*kField;
  return value == std::remove_cvref_t<decltype(value)>{} ? "off" : printValue(value);
}

inline constexpr std::int64_t kSecond = 1000;
inline constexpr std::int64_t kHour = 3600 * kSecond;
inline constexpr std::int64_t kDay = 24 * kHour;
inline constexpr std::uint64_t kKiB = std::uint64_t{1} << 10;
inline constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

inline Objection takeText(const std::string& text, std::string& value) {
  value = text;
  return std::nullopt;
}

}  // namespace holdfast
